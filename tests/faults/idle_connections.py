"""10,000 connections are held open without a request, or after one, while others are served."""
import asyncio, os
from .kit.client import Connection, Lost
from .kit.load import Load
from .kit.needs import files
from .kit.server import Server

TITLE, ENGINES, SHORT = "10,000 idle connections", ("sqlite", "postgres"), False
COUNT = 10_000


async def run(lab, engine):
    files(COUNT + 2000)
    # Longer than it takes to open them all.
    settings = {"MAX_CONNECTIONS": "12000", "HEAD_TIMEOUT": "3m", "IDLE_TIMEOUT": "3m"}
    settings = {f"PORTCULLIS_SERVER__{name}": value for name, value in settings.items()}
    server = Server(lab, await lab.database(engine), **settings)
    await server.start()
    load = Load([server.address], people=6, pause=0.05)
    await load.run(2)
    before = server.process.memory()
    idle = []

    async def hold(n):
        # From 200 addresses, because `server.max_connections_per_address` is 100.
        connection = Connection(server.address, source=f"127.0.1.{1 + n % 200}", seconds=30)
        try:
            if n % 2:
                await connection.request("GET", "/health/live")
            else:
                await connection.open()
        except (Lost, OSError):
            return
        idle.append(connection)

    gate = asyncio.Semaphore(64)

    async def gated(n):
        async with gate:
            await hold(n)

    await asyncio.gather(*(gated(n) for n in range(COUNT)))
    opened = len(idle)
    await load.run(6)
    held = len(os.listdir(f"/proc/{server.process.pid}/fd"))
    peak = server.process.memory()
    journal = load.journal
    assert opened == COUNT and held >= COUNT, f"{opened} connections were opened, and {held} files held"
    journal.require_no_failure()
    for connection in idle:
        connection.close()
    await load.check()
    await server.stop()
    return (f"{opened:,} opened, the server held {held:,} files 6 s later; {len(journal.times):,} requests of others: 0 failed, "
            f"median {journal.quantile(0.5) * 1000:.0f} ms, 99 % within {journal.quantile(0.99) * 1000:.0f} ms; "
            f"memory {before} to {peak} MiB")
