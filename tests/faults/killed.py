"""The server is killed under load, again and again."""
import asyncio
from .kit.load import Load
from .kit.server import Server

TITLE, ENGINES, SHORT = "kill -9 under load", ("sqlite", "postgres"), True


async def run(lab, engine):
    rounds = 2 if lab.short else 20
    server = Server(lab, await lab.database(engine))
    await server.start()
    load = Load([server.address])
    starts = []
    for _ in range(rounds):
        load.start()
        await asyncio.sleep(1.2)
        server.kill()
        starts.append(await server.start())
        await asyncio.sleep(0.3)
        await load.stop()
        await load.check()
    await server.stop()
    return f"{rounds} kills, {load.journal.figures()}; ready again after {max(starts):.1f} s at most; 0 lost"
