#!/usr/bin/env python3
"""Sends requests that schemathesis generates from the OpenAPI document: no reply may be a server error or
break the document. `scripts/test` runs it: conformance.py PROGRAM SCHEMATHESIS DATABASE_URL..."""
import json, os, socket, subprocess, sys, tempfile, time, urllib.request

PASSWORD = "correct horse battery"
SUPERUSER = "root@example.com"
# Wrong passwords end the session after a while, and so do these operations at once.
ENDS_SESSION = "prove|password|factors|email|sessions|logout|refresh|tokens|me$"
# Whether a value is valid often depends on more than the document can say, such as a cursor.
EXCLUDED_CHECKS = "positive_data_acceptance,negative_data_rejection"
# Not QUERY, which is answered with 501 (RFC 9110, 15.6.2).
SETTINGS = """
[phases.coverage]
unexpected-methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "TRACE"]

[[operations]]
include-path-regex = "^/auth/admin/users/"
parameters = { "path.id" = 2 }

# A logout clears the cookie, whatever is in it.
[[operations]]
include-path = "/auth/logout"
checks.ignored_auth.enabled = false
"""


class Service:
    """The program over one database, with a superuser (id 1) and a user (id 2)."""

    def __init__(self, program, url):
        self.program, self.folder = os.path.abspath(program), tempfile.TemporaryDirectory()
        if url == "sqlite":
            url = f"sqlite://{self.folder.name}/auth.db"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://localhost:{port}"
        self.environment = {
            "PATH": os.environ["PATH"], "DATABASE_URL": url, "ROCKET_PORT": str(port),
            "PORTCULLIS_PUBLIC_URL": self.url, "PORTCULLIS_LIMITS__ENABLED": "false",
            "PORTCULLIS_DIALECTS": '["autor", "simple", "cookie", "role", "chat"]',
        }
        self.run("migrate")
        self.run("user", "add", SUPERUSER, "--superuser", "--confirmed", "--password-stdin")
        self.run("user", "add", "ann@example.com", "--confirmed", "--password-stdin")

    def run(self, *args):
        subprocess.run([self.program, *args], cwd=self.folder.name, env=self.environment, check=True,
                       input=PASSWORD, stdout=subprocess.DEVNULL, text=True, timeout=120)

    def __enter__(self):
        self.log = open(f"{self.folder.name}/log", "w+")
        self.server = subprocess.Popen([self.program], cwd=self.folder.name, env=self.environment,
                                       stdout=self.log, stderr=self.log)
        for _ in range(200):
            try:
                with urllib.request.urlopen(f"{self.url}/health/ready", timeout=5):
                    return self
            except OSError:
                time.sleep(0.05)
        self.log.seek(0)
        raise AssertionError(self.log.read())

    def __exit__(self, *_):
        self.server.kill()
        self.server.wait()

    def token(self):
        body = json.dumps({"email": SUPERUSER, "password": PASSWORD}).encode()
        request = urllib.request.Request(f"{self.url}/auth/login", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as reply:
            return json.load(reply)["token"]

    def conforms(self, schemathesis, *options):
        settings = f"{self.folder.name}/schemathesis.toml"
        with open(settings, "w") as file:
            file.write(SETTINGS)
        done = subprocess.run(
            [os.path.abspath(schemathesis), "--config-file", settings, "run", f"{self.url}/openapi.json", "--max-examples", "20",
             "--exclude-checks", EXCLUDED_CHECKS, *options],
            cwd=self.folder.name, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stdout + done.stderr
        print(*[line.strip() for line in done.stdout.splitlines() if "generated," in line])


def main(program, schemathesis, *urls):
    for url in urls:
        with Service(program, url) as service:
            service.conforms(schemathesis)
            service.conforms(schemathesis, "-H", f"Authorization: Bearer {service.token()}",
                             "--exclude-path-regex", ENDS_SESSION)
    print(f"{2 * len(urls)} passed, 0 failed")


if __name__ == "__main__":
    main(*sys.argv[1:])
