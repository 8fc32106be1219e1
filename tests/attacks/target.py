"""The service under attack, and what it takes meanwhile: memory, threads, files, rows, bytes of its log."""
import asyncio, collections, os, resource, sqlite3, statistics, time
from faults.kit.client import Connection, Lost
from faults.kit.lab import sqlite_file
from faults.kit.server import Server

PASSWORD = "three unlikely words, comma"
# No process takes more memory than this, whatever the attack does to it.
MOST_MEMORY = 8 << 30
# After how many seconds it is measured what an attack leaves behind.
REST = 10


class Target:
    def __init__(self, lab, url, settings):
        self.server = Server(lab, url, **settings)
        self.database, self.replies, self.times = sqlite_file(url), collections.Counter(), []

    async def start(self):
        await self.server.start(60)
        resource.prlimit(self.pid, resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
        for path in ("/auth/register", "/auth/login"):
            body, reply = {"email": "ann@example.com", "password": PASSWORD}, None
            for _ in range(5):
                # A machine that is busy with the attack before may be too slow at first.
                if (reply := await self.post(path, body, n=250)) in (200, 201):
                    break
                await asyncio.sleep(1)
            assert reply in (200, 201), (path, reply)
        self.replies.clear()
        await asyncio.sleep(1)
        with open(f"/proc/{self.pid}/clear_refs", "w") as file:
            file.write("5")

    @property
    def pid(self):
        return self.server.process.pid

    def address(self):
        return self.server.address()

    def source(self, n):
        """One of 250 addresses."""
        return f"127.0.1.{1 + n % 250}"

    async def open(self, n=0):
        """A connection from the `n`th address."""
        return await asyncio.open_connection(*self.address(), local_addr=(self.source(n), 0))

    def client(self, n=0, seconds=20):
        return Connection(self.address, source=self.source(n), seconds=seconds)

    async def ask(self, client, method, path, body=None, **headers):
        """The status of a reply, which is counted; None if there is none."""
        try:
            status = (await client.request(method, path, body, **headers)).status
        except Lost:
            status = None
        self.replies[status] += 1
        return status

    async def post(self, path, body, n=0):
        client = self.client(n)
        status = await self.ask(client, "POST", path, body)
        client.close()
        return status

    async def raw(self, data, n=0, seconds=15):
        """Sends bytes on a connection of their own, and counts the status of the reply."""
        status = None
        try:
            reader, writer = await self.open(n)
            writer.write(data)
            line = await asyncio.wait_for(reader.readline(), seconds)
            status = int(line.split()[1]) if line else None
        except (OSError, asyncio.TimeoutError, IndexError, ValueError):
            pass
        else:
            writer.close()
        self.replies[status] += 1
        return status

    async def probe(self):
        """Another client, with an address of its own."""
        client = Connection(self.address, source="127.0.9.9", seconds=30)
        while True:
            since = time.monotonic()
            try:
                await client.request("GET", "/health/live")
            except Lost:
                pass
            self.times.append(time.monotonic() - since)
            await asyncio.sleep(0.1)

    async def login(self):
        """How long another client's login takes, in seconds."""
        client = Connection(self.address, source="127.0.9.8", seconds=60)
        since = time.monotonic()
        try:
            reply = await client.request("POST", "/auth/login", {"email": "ann@example.com", "password": PASSWORD})
            return reply.status, time.monotonic() - since
        except Lost:
            return None, time.monotonic() - since
        finally:
            client.close()

    def is_running(self):
        return self.server.process.is_running()

    def figure(self, name):
        """A figure of /proc in MiB."""
        with open(f"/proc/{self.pid}/status") as file:
            line = next(line for line in file if line.startswith(name))
        return int(line.split()[1]) / 1024

    def rows(self):
        """The rows of all tables of ours."""
        with sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=10) as db:
            tables = db.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'auth_%'").fetchall()
            return sum(db.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for (name,) in tables)

    def log_size(self):
        return os.path.getsize(self.server.process.log)


async def watch(target, most):
    """Notes the highest numbers of threads and files."""
    while target.is_running():
        try:
            for name, folder in (("threads", "task"), ("files", "fd")):
                most[name] = max(most[name], len(os.listdir(f"/proc/{target.pid}/{folder}")))
        except OSError:
            return
        await asyncio.sleep(0.2)


async def measure(lab, attack, limits, seconds=60):
    """Makes an attack, and returns a task that gives its figures once the service has rested. `limits` says whether
    the program has limits of requests; without, it gets none of their settings."""
    settings = {"PORTCULLIS_LIMITS__ENABLED": "true", **attack.settings} if limits else {}
    target = Target(lab, await lab.database("sqlite"), settings)
    await target.start()
    figures = {"before": target.figure("VmRSS"), "note": ""}
    rows, log, most = target.rows(), target.log_size(), collections.Counter()
    tasks = [asyncio.create_task(target.probe()), asyncio.create_task(watch(target, most))]
    since = time.monotonic()
    try:
        figures["note"] = await asyncio.wait_for(attack.run(target), seconds) or ""
    except asyncio.TimeoutError:
        figures["note"] = f"not done after {seconds} s"
    figures["seconds"] = time.monotonic() - since
    for task in tasks:
        task.cancel()
    figures["died"] = not target.is_running()
    figures["peak"] = figures["after"] = 0.0
    if not figures["died"]:
        figures["peak"] = target.figure("VmHWM")
    figures |= {"threads": most["threads"], "files": most["files"], "replies": target.replies}
    figures["slowest"] = max(target.times, default=0.0)
    figures["median"] = statistics.median(target.times) if target.times else 0.0
    return asyncio.create_task(rest(target, figures, rows, log))


async def rest(target, figures, rows, log):
    if not figures["died"]:
        await asyncio.sleep(REST)
    if target.is_running():
        figures["after"] = target.figure("VmRSS")
        # What is told at the end belongs to the attack as well.
        try:
            await target.server.process.stop(20)
        except AssertionError:
            figures["note"] += " (did not stop)"
    figures["rows"], figures["log"] = target.rows() - rows, (target.log_size() - log) / 1024
    return figures
