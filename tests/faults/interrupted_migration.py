"""A migration is killed in the middle: of an empty database, and of one of an older version."""
import asyncio, gzip, os, random, time
from .kit.lab import sqlite_file
from .kit.server import Server

TITLE, ENGINES, SHORT = "migration killed in the middle", ("sqlite", "postgres"), True


async def run(lab, engine):
    rounds = 3 if lab.short else 15
    done = []
    for start, fill in (("empty", None), ("schema 7", restore)):
        url = await database(lab, engine, fill)
        since = time.monotonic()
        assert await Server(lab, url).launch("migrate").ends(60) == 0
        whole, killed = time.monotonic() - since, 0
        for n in range(rounds):
            url = await database(lab, engine, fill)
            server = Server(lab, url)
            # Spread over the time that it takes.
            await asyncio.sleep(0.01 * random.random())
            process = server.launch("migrate")
            killed += await process.ends(whole * (n + 0.5) / rounds) is None
            process.kill()
            await server.start()
            if fill:
                assert await users(lab, engine, url) == "4"
            await server.stop()
        assert killed > 0
        done.append(f"{start}: killed {killed} of {rounds} times before its end")
    return "; ".join(done) + "; each next start completed it, and no user was lost"


async def database(lab, engine, fill):
    url = await lab.database(engine)
    if fill:
        await fill(lab, engine, url)
    return url


async def restore(lab, engine, url):
    """A database of the previous version, with four users."""
    kind = "sqlite" if engine == "sqlite" else "postgres.sql"
    with gzip.open(f"{lab.repository}/tests/fixtures/schema-7.{kind}.gz") as file:
        data = file.read()
    path = sqlite_file(url) if engine == "sqlite" else f"{lab.folder('dump')}/dump.sql"
    with open(path, "wb") as file:
        file.write(data)
    if engine == "postgres":
        (await lab.cluster()).load(path, url.rsplit("/", 1)[1])
    else:
        os.chmod(path, 0o600)


async def users(lab, engine, url):
    if engine == "postgres":
        return (await lab.cluster()).sql("SELECT count(*) FROM auth_users", url.rsplit("/", 1)[1])
    import sqlite3
    db = sqlite3.connect(sqlite_file(url))
    count = str(db.execute("SELECT count(*) FROM auth_users").fetchone()[0])
    db.close()
    return count
