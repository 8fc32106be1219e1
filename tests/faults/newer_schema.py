"""A program meets a database that a newer version migrated, as after a downgrade."""
import sqlite3
from .kit.lab import sqlite_file
from .kit.load import Load
from .kit.server import Server

TITLE, ENGINES, SHORT = "older program on a newer schema", ("sqlite", "postgres"), True


async def run(lab, engine):
    url = await lab.database(engine)
    server, other = Server(lab, url), Server(lab, url)
    await server.start()
    load = Load([server.address], people=4)
    await load.run(1)
    yes, now, sum_ = ("1", "datetime()", "x'00'") if engine == "sqlite" else ("TRUE", "now()", "'\\x00'")
    newer = f"""INSERT INTO _auth_migrations (version, description, installed_on, success, checksum, execution_time)
                VALUES (9999, 'of a newer version', {now}, {yes}, {sum_}, 0)"""

    async def change(statement):
        if engine == "sqlite":
            with sqlite3.connect(sqlite_file(url), timeout=5) as db:
                db.execute(statement)
            db.close()
        else:
            (await lab.cluster()).sql(statement, url.rsplit("/", 1)[1])

    await change(newer)
    # A server that runs goes on, as in a rolling upgrade.
    assert await server.status("/health/ready") == 200
    said = await other.refusal()
    for word in ("newer version", "9999", "use that version"):
        assert word in said, said
    await load.run(1)
    await server.stop()
    said = await server.refusal("migrate")
    assert "newer version" in said and len(said.splitlines()) == 1, said
    await change("DELETE FROM _auth_migrations WHERE version = 9999")
    await server.start()
    await load.check()
    await server.stop()
    return f'refused: "{said.split(": ", 2)[-1]}"; servers that ran went on, nothing was changed'
