"""A server of ours, driven by signals and HTTP only."""
import asyncio, os, time
from .client import Connection, Lost
from .processes import Process, free_port

PUBLIC_URL = "http://localhost:8000"


class Server:
    """A process of the program on the database at `url`. `settings` are variables of its environment."""

    def __init__(self, lab, url, **settings):
        self.lab, self.url, self.port, self.process = lab, url, free_port(), None
        self.folder = lab.folder("server")
        self.environment = {
            "PATH": os.environ["PATH"], "DATABASE_URL": url, "ROCKET_PORT": str(self.port),
            "PORTCULLIS_PUBLIC_URL": PUBLIC_URL, "PORTCULLIS_SHUTDOWN__DRAIN": "0s",
            # All clients have one address.
            "PORTCULLIS_LIMITS__ENABLED": "false", **settings,
        }

    def address(self):
        return "127.0.0.1", self.port

    def launch(self, *args):
        log = f"{self.folder}/log"
        self.process = Process([self.lab.program, *args], self.folder, log, self.environment)
        return self.process

    async def start(self, seconds=30):
        """Starts, and returns after how many seconds the server was ready."""
        since = time.monotonic()
        self.launch()
        await self.until_ready(seconds)
        return time.monotonic() - since

    async def until_ready(self, seconds=30):
        """The seconds until it is ready."""
        start, status = time.monotonic(), None
        while time.monotonic() < start + seconds:
            assert self.process.is_running(), self.process.output()[-2000:]
            status = await self.status("/health/ready")
            if status == 200:
                return time.monotonic() - start
            await asyncio.sleep(0.02)
        raise AssertionError(f"not ready after {seconds} s: {status}\n{self.process.output()[-2000:]}")

    async def status(self, path, **headers):
        """The status of a GET; None without a reply."""
        connection = Connection(self.address, seconds=5)
        try:
            return (await connection.request("GET", path, **headers)).status
        except Lost:
            return None
        finally:
            connection.close()

    def kill(self):
        self.process.kill()

    async def stop(self):
        code = await self.process.stop(30)
        assert code == 0, (code, self.process.output()[-2000:])

    async def refusal(self, *args, seconds=20):
        """Starts the program, which must fail, and returns what it says."""
        log = f"{self.folder}/log"
        before = os.path.getsize(log) if os.path.exists(log) else 0
        code = await self.launch(*args).ends(seconds)
        said = self.process.output()[before:].strip()
        if code is None:
            self.kill()
        assert code == 1, f"it did not refuse: exit code {code}: {said}"
        return said
