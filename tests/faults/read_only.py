"""The database takes no writes: PostgreSQL is read-only for a while, or the disk of the SQLite file is at the
start. (Linux does not make a disk read-only while a file on it is open for writing.)"""
import asyncio
from .kit.load import Load
from .kit.needs import Disk
from .kit.server import Server

TITLE, ENGINES, SHORT = "database read-only", ("sqlite", "postgres"), True


async def run(lab, engine):
    return await (at_the_start(lab) if engine == "sqlite" else for_a_while(lab))


async def at_the_start(lab):
    disk = Disk(lab, 24)
    server = Server(lab, f"sqlite://{disk.path}/auth.db")
    await server.start()
    load = Load([server.address])
    await load.run(2)
    server.kill()
    disk.remount("ro")
    said = await server.refusal()
    assert f"{disk.path}/auth.db" in said and "read" in said.lower(), said
    disk.remount("rw")
    await server.start()
    await load.check()
    await server.stop()
    disk.unmount()
    reason = said.splitlines()[-1].replace(disk.path, "…")
    return f'refused at the start: "{reason}"; {load.journal.figures()}; 0 lost'


async def for_a_while(lab):
    url = await lab.database("postgres")
    cluster, name = await lab.cluster(), url.rsplit("/", 1)[1]
    server = Server(lab, url)
    await server.start()
    load = Load([server.address])
    await load.run(2)
    load.start()

    def read_only(value):
        cluster.sql(f"ALTER DATABASE {name} SET default_transaction_read_only = {value}")
        kill = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
        cluster.sql(kill)

    read_only("on")
    await asyncio.sleep(3)
    assert await server.status("/health/ready") == 503
    before = load.journal.unknown
    read_only("off")
    ready = await server.until_ready()
    await asyncio.sleep(1)
    await load.finish(server)
    assert before > 0
    return f"{load.journal.figures()}; ready {ready:.1f} s after it took writes again; 0 lost"
