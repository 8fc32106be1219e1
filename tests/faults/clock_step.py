"""The clock of the machine is set an hour forward and back, and an hour back and forward, under load."""
import asyncio, time
from .kit.fake_clock import FakeClock, issued_at, require_effect
from .kit.load import Load, Person
from .kit.server import Server

TITLE, ENGINES, SHORT, NEEDS = "clock stepped by an hour", ("sqlite", "postgres"), False, ("faketime",)
HOUR = 3600


async def run(lab, engine):
    clock = FakeClock(lab)
    server = Server(lab, await lab.database(engine), **clock.settings())
    await server.start()
    load = Load([server.address])
    await load.run(2)
    witness = Person("witness", server.address, load.journal)
    assert await witness.register() and await witness.login()
    load.start()
    for step in (HOUR, 0, -HOUR, 0):
        clock.set(step)
        await asyncio.sleep(3)
        assert await witness.refresh(), load.journal.violations + load.journal.failures[-3:]
        # With PostgreSQL the clock of the database counts.
        seen = issued_at(witness.session.access) - time.time()
        if engine == "sqlite":
            require_effect(seen, step)
        else:
            assert abs(seen) < 5, seen
    await load.stop()
    load.people.append(witness)
    await load.check()
    await server.stop()
    return f"4 steps, {load.journal.figures()}; no session lost, no ended session alive"
