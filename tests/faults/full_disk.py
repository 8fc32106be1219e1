"""The disk of the database is full under load, and has room again."""
import asyncio, time
from .kit.load import Load
from .kit.needs import Disk
from .kit.postgres import Cluster
from .kit.processes import owner_of_databases
from .kit.server import Server

TITLE, ENGINES, SHORT = "disk full", ("sqlite", "postgres"), False


async def run(lab, engine):
    cluster = None
    if engine == "postgres":
        disk = Disk(lab, 256, owner_of_databases())
        options = ["min_wal_size=32MB", "max_wal_size=64MB", "shared_buffers=16MB"]
        cluster = await Cluster(lab, disk.path, options).create().start()
        url = cluster.database("auth")
    else:
        disk = Disk(lab, 24)
        url = f"sqlite://{disk.path}/auth.db"
    server = Server(lab, url)
    await server.start()
    load = Load([server.address])
    await load.run(2)
    load.start()
    full = time.monotonic()
    refused = None
    while time.monotonic() - full < 12:
        # What is freed meanwhile is filled again.
        disk.fill()
        if refused is None and await server.status("/health/ready") != 200:
            refused = time.monotonic() - full
        assert server.process.is_running(), server.process.output()[-2000:]
        await asyncio.sleep(0.3)
    before = load.journal.unknown
    disk.empty()
    since = time.monotonic()
    while await server.status("/health/ready") != 200:
        assert time.monotonic() - since < 30, "it does not recover"
        if cluster and not cluster.process.is_running():
            # PostgreSQL itself stops if it cannot write its log. Its operator starts it again.
            await cluster.start()
        await asyncio.sleep(0.1)
    ready = time.monotonic() - since
    await asyncio.sleep(2)
    await load.finish(server)
    if cluster:
        await cluster.stop()
    disk.unmount()
    assert before > 0 or refused is not None, "the disk was not full"
    # Small writes may still fit into the pages that a database has already.
    noticed = "stayed 200, as small writes went on" if refused is None else f"failed after {refused:.1f} s"
    return f"{load.journal.figures()}; /health/ready {noticed}; 200 again {ready:.1f} s after there was room; 0 lost"
