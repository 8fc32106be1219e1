"""Five servers start at once on an empty database."""
import asyncio, time
from .kit.client import Connection
from .kit.load import Load
from .kit.server import Server

TITLE, ENGINES, SHORT = "five servers started at once on an empty database", ("sqlite", "postgres"), True


async def run(lab, engine):
    rounds, slowest = (1 if lab.short else 5), 0.0
    for _ in range(rounds):
        url = await lab.database(engine)
        servers = [Server(lab, url) for _ in range(5)]
        since = time.monotonic()
        for server in servers:
            server.launch()
        await asyncio.gather(*(server.until_ready(60) for server in servers))
        slowest = max(slowest, time.monotonic() - since)
        keys = {(await Connection(server.address).request("GET", "/.well-known/jwks.json")).body for server in servers}
        assert len(keys) == 1, keys
        load = Load([server.address for server in servers], people=10)
        await load.run(1)
        # Whoever was served by one server is known to the others.
        for n, person in enumerate(load.people):
            person.connection.close()
            person.connection.address = servers[(n + 1) % 5].address
        await load.check()
        await asyncio.gather(*(server.stop() for server in servers))
    return f"{rounds} times, all ready after {slowest:.1f} s at most, one key set"
