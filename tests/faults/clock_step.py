"""The clock of the machine is set an hour forward and back, and an hour back and forward, under load."""
import asyncio, time
from .kit.fake_clock import FakeClock, issued_at, require_effect
from .kit.load import Load
from .kit.server import Server

TITLE, ENGINES, SHORT, NEEDS = "clock stepped by an hour", ("sqlite", "postgres"), False, ("faketime",)
HOUR = 3600


async def run(lab, engine):
    clock = FakeClock(lab)
    server = Server(lab, await lab.database(engine), **clock.settings())
    await server.start()
    load = Load([server.address])
    await load.run(2)
    load.start()
    for step in (HOUR, 0, -HOUR, 0):
        clock.set(step)
        await asyncio.sleep(3)
        person = next(person for person in load.people if person.session)
        assert await person.refresh()
        # With PostgreSQL the clock of the database counts.
        seen = issued_at(person.session.access) - time.time()
        if engine == "sqlite":
            require_effect(seen, step)
        else:
            assert abs(seen) < 5, seen
    await load.stop()
    await load.check()
    await server.stop()
    return f"4 steps, {load.journal.figures()}; no session lost, no ended session alive"
