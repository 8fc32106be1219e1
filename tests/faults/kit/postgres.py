"""PostgreSQL clusters of our own, in temporary folders."""
import asyncio, os, signal, time
from .processes import Process, free_port, owner_of_databases, run


class Cluster:
    """A cluster in `folder`. `options` are settings such as `synchronous_commit=off`."""

    def __init__(self, lab, folder=None, options=()):
        self.bin, self.user = lab.postgres, owner_of_databases()
        self.folder = folder or lab.folder("cluster", self.user)
        self.data, self.port, self.process = f"{self.folder}/data", free_port(), None
        self.options = ["fsync=off", "full_page_writes=off", "max_connections=200", "shared_buffers=64MB",
                        "listen_addresses=127.0.0.1", "unix_socket_directories=", *options]

    def create(self):
        run([f"{self.bin}/initdb", "-D", self.data, "-U", "portcullis", "-A", "trust", "-E", "UTF8",
             "--no-locale", "--no-sync"], self.user, cwd="/")
        return self

    def copy_of(self, primary):
        """Makes this cluster a standby of `primary`."""
        run([f"{self.bin}/pg_basebackup", "-D", self.data, "-R", "-X", "stream", "-c", "fast", "--no-sync",
             "-h", "127.0.0.1", "-p", str(primary.port), "-U", "portcullis"], self.user, cwd="/")
        return self

    async def start(self, seconds=30):
        options = [part for option in self.options for part in ("-c", option)]
        self.process = Process([f"{self.bin}/postgres", "-D", self.data, "-p", str(self.port), *options],
                               "/", f"{self.folder}/log", user=self.user)
        end = time.monotonic() + seconds
        while not self.is_ready():
            assert self.process.is_running() and time.monotonic() < end, self.process.output()[-2000:]
            await asyncio.sleep(0.05)
        return self

    def is_ready(self):
        try:
            with open(f"{self.data}/postmaster.pid") as file:
                lines = file.read().split("\n")
            return lines[0] == str(self.process.pid) and lines[7].strip() == "ready"
        except (OSError, IndexError):
            return False

    async def crash(self):
        """Ends all processes at once, as a loss of power does."""
        self.process.send(signal.SIGQUIT)
        await self.process.ends(10)

    async def stop(self):
        self.process.send(signal.SIGINT)
        await self.process.ends(20)

    def sql(self, statement, database="postgres"):
        """Runs a statement and returns its rows, one per line."""
        return run([f"{self.bin}/psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", str(self.port),
                    "-U", "portcullis", "-d", database, "-c", statement]).strip()

    def load(self, file, database):
        run([f"{self.bin}/psql", "-XAtq", "-h", "127.0.0.1", "-p", str(self.port), "-U", "portcullis",
             "-d", database, "-f", file])

    def database(self, name):
        """Creates an empty database and returns its URL."""
        self.sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        self.sql(f"CREATE DATABASE {name}")
        return self.url(name)

    def url(self, name):
        return f"postgres://portcullis@127.0.0.1:{self.port}/{name}"
