"""Processes that end with the run, each by its own id."""
import asyncio, atexit, os, random, signal, socket, subprocess, time

STARTED = []
PORTS = set()


def free_port():
    """A port that nobody has, and that no outgoing connection gets."""
    for port in random.sample(range(10_000, 30_000), 200):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port not in PORTS:
            PORTS.add(port)
            return port
    raise AssertionError("no free port")


class Process:
    """A program that runs beside this one. Its output goes to the file `log`."""

    def __init__(self, args, folder, log, environment=None, user=None):
        as_user = {"user": user, "group": user, "extra_groups": []} if user else {}
        self.log = log
        with open(log, "ab") as out:
            self.child = subprocess.Popen(args, cwd=folder, env=environment, stdin=subprocess.DEVNULL,
                                          stdout=out, stderr=out, **as_user)
        STARTED.append(self)

    @property
    def pid(self):
        return self.child.pid

    def is_running(self):
        return self.child.poll() is None

    def send(self, number):
        if self.is_running():
            self.child.send_signal(number)

    def freeze(self):
        """Stops the process where it is. Returns once each of its threads stands still."""
        self.send(signal.SIGSTOP)
        for _ in range(1000):
            states = set()
            for task in os.listdir(f"/proc/{self.pid}/task"):
                with open(f"/proc/{self.pid}/task/{task}/stat") as file:
                    states.add(file.read().rpartition(")")[2].split()[0])
            if states == {"T"}:
                return
            time.sleep(0.001)
        raise AssertionError(f"process {self.pid} does not stand still: {states}")

    def kill(self):
        """Ends the process at once, and reaps it."""
        self.send(signal.SIGKILL)
        self.child.wait(10)

    async def ends(self, seconds):
        """Its exit code, or None if it still runs after `seconds`."""
        end = time.monotonic() + seconds
        while self.is_running() and time.monotonic() < end:
            await asyncio.sleep(0.01)
        return self.child.poll()

    async def stop(self, seconds=20, number=signal.SIGTERM):
        """Asks the process to end and returns its exit code."""
        self.send(number)
        code = await self.ends(seconds)
        if code is None:
            self.kill()
            raise AssertionError(f"process {self.pid} did not stop within {seconds} s")
        return code

    def output(self):
        with open(self.log, errors="replace") as file:
            return file.read()

    def memory(self):
        """Resident memory, in MiB."""
        with open(f"/proc/{self.pid}/status") as file:
            line = next(line for line in file if line.startswith("VmRSS"))
        return int(line.split()[1]) // 1024


@atexit.register
def end_all():
    """Ends what still runs. A database gets the time to end its own processes."""
    running = [process for process in reversed(STARTED) if process.is_running()]
    for process in running:
        process.send(signal.SIGCONT)
        process.send(signal.SIGQUIT)
    end = time.monotonic() + 3
    for process in running:
        try:
            process.child.wait(max(0.1, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()


def run(args, user=None, seconds=60, **more):
    """Runs a program to its end and returns its standard output."""
    as_user = {"user": user, "group": user, "extra_groups": []} if user else {}
    done = subprocess.run(args, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds,
                          **as_user, **more)
    assert done.returncode == 0, (args, done.stdout, done.stderr)
    return done.stdout


def owner_of_databases():
    """The user that PostgreSQL and pgbouncer run as: both refuse root."""
    return "postgres" if os.getuid() == 0 else None
