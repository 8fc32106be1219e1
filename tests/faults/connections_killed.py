"""All connections to PostgreSQL are ended, ten times under load."""
import asyncio
from .kit.load import Load
from .kit.server import Server

TITLE, ENGINES, SHORT = "all database connections killed", ("postgres",), True


async def run(lab, engine):
    url = await lab.database(engine)
    cluster, name = await lab.cluster(), url.rsplit("/", 1)[1]
    server = Server(lab, url)
    await server.start()
    load = Load([server.address])
    load.start()
    ended = 0
    for _ in range(3 if lab.short else 10):
        await asyncio.sleep(1)
        kill = f"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = '{name}'"
        ended += int(cluster.sql(kill))
    await asyncio.sleep(1)
    await server.until_ready()
    await load.finish(server)
    return f"{ended} connections ended, {load.journal.figures()}; longest gap between replies {load.journal.longest_gap:.1f} s; 0 lost"
