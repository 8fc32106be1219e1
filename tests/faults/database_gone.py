"""The database is gone for ten seconds: PostgreSQL crashes, or another process locks the SQLite file."""
import asyncio, sqlite3, time
from .kit.lab import sqlite_file
from .kit.load import Load
from .kit.postgres import Cluster
from .kit.server import Server

TITLE, ENGINES, SHORT = "database gone for 10 s", ("sqlite", "postgres"), False
SECONDS = 10


async def run(lab, engine):
    cluster = None
    if engine == "postgres":
        cluster = await Cluster(lab).create().start()
        url = cluster.database("auth")
    else:
        url = await lab.database(engine)
    server = Server(lab, url)
    await server.start()
    load = Load([server.address])
    await load.run(3)
    access = next(person.session.access for person in load.people if person.session)
    load.start()
    if cluster:
        await cluster.crash()
    else:
        lock = sqlite3.connect(sqlite_file(url), isolation_level=None, timeout=5)
        lock.execute("BEGIN IMMEDIATE")
    gone = time.monotonic()
    while time.monotonic() - gone < SECONDS:
        # Access tokens still verify, and the process says that it lives.
        assert await server.status("/auth/verify", Authorization=f"Bearer {access}") in (200, 401)
        assert await server.status("/health/live") == 200
        await asyncio.sleep(0.5)
    assert await server.status("/health/ready") == 503
    if cluster:
        await cluster.start()
    else:
        lock.execute("ROLLBACK")
        lock.close()
    ready = await server.until_ready()
    await asyncio.sleep(2)
    await load.finish(server)
    if cluster:
        await cluster.stop()
    slowest = load.journal.slowest()
    assert slowest < 6, f"a request took {slowest:.1f} s"
    return f"{load.journal.figures()}; slowest reply {slowest:.1f} s; ready {ready:.1f} s after it was back; 0 lost"
