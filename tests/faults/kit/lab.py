"""Where a fault happens: the program, temporary folders, databases."""
import os, shutil, tempfile
from . import debian
from .postgres import Cluster
from .processes import end_all

ENGINES = ("sqlite", "postgres")


class Lab:
    def __init__(self, repository, program, short):
        self.repository, self.program, self.short = repository, program, short
        self.postgres = debian.find("postgres")
        self.root = tempfile.mkdtemp(prefix="portcullis-faults-")
        # PostgreSQL runs as another user.
        os.chmod(self.root, 0o711)
        self.shared = None
        self.count, self.disks = 0, []

    def folder(self, name, owner=None):
        self.count += 1
        path = f"{self.root}/{name}-{self.count}"
        os.mkdir(path, 0o700)
        if owner:
            shutil.chown(path, owner, owner)
        return path

    async def cluster(self):
        """The cluster that faults share which do not harm it."""
        if self.shared is None:
            self.shared = await Cluster(self).create().start()
        return self.shared

    async def database(self, engine):
        """The URL of an empty database."""
        if engine == "sqlite":
            return f"sqlite://{self.folder('sqlite')}/auth.db"
        cluster = await self.cluster()
        self.count += 1
        return cluster.database(f"fault_{self.count}")

    async def end(self):
        """Ends what still runs, and removes the folders."""
        end_all()
        for disk in list(self.disks):
            disk.unmount()
        shutil.rmtree(self.root, ignore_errors=True)


def sqlite_file(url):
    return url.removeprefix("sqlite://")
