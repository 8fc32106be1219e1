"""What a fault needs from the machine."""
import os, resource
from . import debian
from .processes import run


class Missing(Exception):
    """The fault cannot be caused on this machine: what is missing."""


def tool(name):
    """The path of a program of Debian."""
    path = debian.find(name)
    if path is None:
        raise Missing(f"{debian.PACKAGES[name]} is missing")
    return path


class Disk:
    """A small file system in memory, mounted at a folder. `owner` may write to it."""

    def __init__(self, lab, megabytes, owner=None):
        self.lab, self.path = lab, lab.folder("disk", owner)
        if os.getuid() != 0:
            raise Missing("mounting a small tmpfs needs root")
        mode = f"size={megabytes}m,mode=0700" + (f",uid={owner},gid={owner}" if owner else "")
        try:
            run(["mount", "-t", "tmpfs", "-o", mode, "portcullis-faults", self.path])
        except AssertionError as e:
            raise Missing("a tmpfs cannot be mounted here") from e
        lab.disks.append(self)

    def fill(self):
        """Writes a file until no byte is left."""
        with open(f"{self.path}/filler", "wb", buffering=0) as file:
            for size in (1 << 20, 1 << 12, 1):
                try:
                    while True:
                        file.write(bytes(size))
                except OSError:
                    pass

    def empty(self):
        os.remove(f"{self.path}/filler")

    def remount(self, mode):
        """`ro` or `rw`."""
        run(["mount", "-o", f"remount,{mode}", self.path])

    def unmount(self):
        if self in self.lab.disks:
            self.lab.disks.remove(self)
            run(["umount", "--lazy", self.path])


def files(count):
    """Allows this process, and those that it starts, so many open files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft >= count:
        return
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (count, max(hard, count)))
    except (ValueError, OSError) as e:
        raise Missing(f"only {hard} open files are allowed (ulimit -n)") from e
