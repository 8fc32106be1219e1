"""The SQLite file is damaged in several ways. Each is refused at the start with what to do, and nothing is
changed, let alone created anew."""
import glob, hashlib, os, shutil, time
from .kit.lab import sqlite_file
from .kit.load import Load
from .kit.server import Server

TITLE, ENGINES, SHORT = "damaged SQLite file", ("sqlite",), True


def noise(length):
    return b"".join(hashlib.sha256(str(n).encode()).digest() for n in range(length // 32 + 1))[:length]


def overwrite(path, at, length):
    with open(path, "r+b") as file:
        file.seek(at)
        file.write(noise(length))


def remove_but_keep_log(path):
    os.remove(path)
    with open(f"{path}-wal", "wb") as log:
        log.write(noise(8192))


def write(path, data):
    with open(path, "wb") as file:
        file.write(data)


WAYS = {
    "the first 100 bytes overwritten": lambda path: overwrite(path, 0, 100),
    "a page of the schema overwritten": lambda path: overwrite(path, 100, 3000),
    "pages in the middle overwritten": lambda path: overwrite(path, os.path.getsize(path) // 2, 16384),
    "all but the header overwritten": lambda path: overwrite(path, 4096, os.path.getsize(path) - 4096),
    "cut to half its size": lambda path: os.truncate(path, os.path.getsize(path) // 2),
    "cut to a part of a page": lambda path: os.truncate(path, 1000),
    "emptied": lambda path: os.truncate(path, 0),
    "replaced by a text": lambda path: write(path, b"restore me\n" * 1000),
    "replaced by zeros": lambda path: write(path, bytes(65536)),
    "removed, with its log left": remove_but_keep_log,
}


def contents(path):
    """What is in the files of the database. The index of the log is not part of it."""
    files = [file for file in glob.glob(f"{path}*") if not file.endswith("-shm")]
    digests = {file: hashlib.sha256(open(file, "rb").read()).hexdigest() for file in files if os.path.getsize(file)}
    return digests, os.path.exists(path)


async def run(lab, engine):
    server = Server(lab, await lab.database(engine))
    path = sqlite_file(server.url)
    await server.start()
    load = Load([server.address], people=4)
    await load.run(2)
    await load.stop()
    await server.stop()
    shutil.copy(path, f"{server.folder}/copy")
    slowest = 0.0
    for way, damage in WAYS.items():
        for file in glob.glob(f"{path}*"):
            os.remove(file)
        shutil.copy(f"{server.folder}/copy", path)
        damage(path)
        before, since = contents(path), time.monotonic()
        said = await server.refusal()
        slowest = max(slowest, time.monotonic() - since)
        assert path in said and "restore a backup" in said, f"{way}: {said}"
        assert contents(path) == before, f"{way}: the files were changed"
        # Commands refuse it as well.
        said = await server.refusal("migrate")
        assert path in said and "restore a backup" in said and len(said.splitlines()) == 1, f"{way}: migrate: {said}"
        assert contents(path) == before, f"{way}: migrate changed the files"
    for file in glob.glob(f"{path}*"):
        os.remove(file)
    shutil.copy(f"{server.folder}/copy", path)
    await server.start()
    await load.check()
    await server.stop()
    return f"{len(WAYS)} kinds of damage, each refused within {slowest:.1f} s with the path and what to do, and left as it was"
