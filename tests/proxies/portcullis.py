"""A server of ours with users, and what proxies need beside it."""
import functools, os, re, shutil, subprocess, tempfile, time
from faults.kit import debian
from faults.kit.processes import Process, free_port
from .client import Client, trusting

PROGRAM = None
HOST, APP_HOST = "auth.example.com", "app.example.com"
PASSWORD = "correct horse battery"
# In the order of their ids. The second has a role, the third has none.
SUPERUSER, EDITOR, READER = "root@example.com", "ann@example.com", "bob@example.com"
# Settings that the pages about proxies leave to others.
BASIS = {
    "PORTCULLIS_MAIL__URL": "smtp://127.0.0.1:9", "PORTCULLIS_MAIL__FROM": "Portcullis <no-reply@example.com>",
    "PORTCULLIS_SHUTDOWN__DRAIN": "0s",
}
ROOT = tempfile.TemporaryDirectory(prefix="portcullis-proxies-")


def folder(name):
    """A new folder, which is removed at the end."""
    path = tempfile.mkdtemp(prefix=f"{name}-", dir=ROOT.name)
    # nginx and HAProxy may drop their rights.
    os.chmod(ROOT.name, 0o755)
    os.chmod(path, 0o755)
    return path


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


@functools.cache
def certificate():
    """The paths of a certificate for both hosts, of its key, and of a file with both."""
    path = folder("certificate")
    files = [f"{path}/cert.pem", f"{path}/key.pem", f"{path}/both.pem"]
    subprocess.run(
        [debian.find("openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-days", "2", "-subj", f"/CN={HOST}", "-addext", f"subjectAltName=DNS:{HOST},DNS:{APP_HOST}",
         "-out", files[0], "-keyout", files[1]], check=True, capture_output=True)
    with open(files[2], "wb") as both:
        for part in files[:2]:
            with open(part, "rb") as file:
                both.write(file.read())
    return files


@functools.cache
def database():
    """A folder with the database of the users above."""
    path = folder("database")
    environment = {"PATH": os.environ["PATH"], "DATABASE_URL": f"sqlite://{path}/auth.db"}

    def run(*args):
        subprocess.run([PROGRAM, *args], cwd=path, env=environment, check=True, input=PASSWORD, text=True,
                       stdout=subprocess.DEVNULL, timeout=120)

    run("migrate")
    for user in [(SUPERUSER, "--superuser"), (EDITOR, "--role", "EDITOR"), (READER,)]:
        run("user", "add", *user, "--confirmed", "--password-stdin")
    return path


def started(args, path, environment=None, is_ready=lambda: True, seconds=30):
    """A process that is ready."""
    process = Process(args, path, f"{path}/log", environment)
    end = time.monotonic() + seconds
    while not is_ready():
        assert process.is_running() and time.monotonic() < end, process.output()[-4000:]
        time.sleep(0.02)
    assert process.is_running(), process.output()[-4000:]
    return process


def ended(process):
    process.child.terminate()
    try:
        process.child.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()


def answers(client, path="/health/ready"):
    """Whether a GET is answered with 200."""
    try:
        return client.ask("GET", path).status == 200
    except OSError:
        return False
    finally:
        client.close()


class Portcullis:
    """The program with the users above. `file` is its Rocket.toml, `settings` are variables of its environment."""

    def __init__(self, port=None, tls=False, file="", **settings):
        self.port, self.folder = port or free_port(), f"{folder('portcullis')}/data"
        shutil.copytree(database(), self.folder)
        write(f"{self.folder}/Rocket.toml", file)
        environment = {"PATH": os.environ["PATH"], "DATABASE_URL": f"sqlite://{self.folder}/auth.db", **BASIS}
        if not file:
            environment |= {"ROCKET_PORT": str(self.port), "PORTCULLIS_PUBLIC_URL": f"https://{HOST}"}
        if tls:
            environment |= {"ROCKET_TLS": '{certs="%s",key="%s"}' % tuple(certificate()[:2])}
        self.context = trusting(certificate()[0]) if tls or file else None
        # A proxy that speaks the PROXY protocol stands before it, and says when it is ready.
        ready = (lambda: True) if settings.get("PORTCULLIS_SERVER__PROXY_PROTOCOL") else (lambda: answers(self.client()))
        self.process = started([PROGRAM], self.folder, environment | settings, ready)

    def client(self, **more):
        """A client without a proxy."""
        return Client(self.port, HOST, self.context, **more)

    def line(self, pattern):
        """The last line of the log that matches; the log may be late."""
        for _ in range(200):
            found = [line for line in self.process.output().splitlines() if re.search(pattern, line)]
            if found:
                return found[-1]
            time.sleep(0.02)
        raise AssertionError(f"{pattern} is not in the log:\n{self.process.output()[-4000:]}")

    def address_of(self, reply):
        """The address from which the service saw the request of a reply."""
        line = self.line(f"portcullis::request.*{reply.headers['X-Request-Id']}")
        return re.search(r'ip="?([0-9a-f.:]+)', line)[1]

    def stop(self):
        ended(self.process)


def log_in(client, email):
    """The reply to a login, which succeeds."""
    reply = client.ask("POST", "/auth/login", {"email": email, "password": PASSWORD})
    assert reply.status == 200, (reply.status, reply.body)
    return reply
