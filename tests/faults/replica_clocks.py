"""Three servers share a database, and their clocks are 30 s apart."""
from .kit.fake_clock import FakeClock
from .kit.load import Load
from .kit.server import Server

TITLE, ENGINES, SHORT, NEEDS = "clocks of replicas 30 s apart", ("postgres",), False, ("faketime",)


async def run(lab, engine):
    url = await lab.database(engine)
    servers = [Server(lab, url, **FakeClock(lab, seconds).settings()) for seconds in (-30, 0, 30)]
    for server in servers:
        await server.start()
    load = Load([server.address for server in servers])
    for _ in range(6):
        await load.run(1)
        # Everybody goes to the next server.
        for person in load.people:
            person.connection.close()
            here = [server.address() for server in servers].index(person.connection.address())
            person.connection.address = servers[(here + 1) % 3].address
    await load.check()
    for server in servers:
        await server.stop()
    return f"{load.journal.figures()}, each person at every server in turn; no session lost, no ended session alive"
