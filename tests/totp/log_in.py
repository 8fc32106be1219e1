#!/usr/bin/env python3
"""A user sets up an authenticator app that others wrote, pyotp, and logs in with it at the API and at a dialect.
`scripts/test` runs it: log_in.py PROGRAM DATABASE_URL..."""
import json, os, socket, subprocess, sys, tempfile, time, urllib.error, urllib.request

import pyotp

PASSWORD = "correct horse battery"
EMAIL = "ann@example.com"


class Service:
    """The program over one database, with a user."""

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
            "PORTCULLIS_PUBLIC_URL": self.url, "PORTCULLIS_ENCRYPTION_KEY": "0123456789abcdef0123456789abcdef",
        }
        self.run("migrate")
        self.run("user", "add", EMAIL, "--confirmed", "--password-stdin")

    def run(self, *args):
        done = subprocess.run([self.program, *args], cwd=self.folder.name, env=self.environment, check=True,
                              input=PASSWORD, stdout=subprocess.PIPE, text=True, timeout=120)
        return done.stdout

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

    def post(self, path, token=None, **fields):
        """The status and the body of the reply."""
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        request = urllib.request.Request(self.url + path, json.dumps(fields).encode(), headers)
        try:
            with urllib.request.urlopen(request, timeout=30) as reply:
                return reply.status, json.load(reply)
        except urllib.error.HTTPError as refused:
            return refused.code, json.load(refused)

    def log_in(self, **more):
        return self.post("/auth/login", email=EMAIL, password=PASSWORD, **more)


def expect(reply, status, code=None):
    assert reply[0] == status and reply[1].get("code") == code, reply
    return reply[1]


def check(service):
    token = expect(service.log_in(), 200)["token"]
    begun = expect(service.post("/auth/factors/totp", token, password=PASSWORD), 200)
    # What a phone reads from the QR code says the same as the text beside it.
    app = pyotp.parse_uri(begun["otpauth_uri"])
    assert (app.secret, app.name, app.issuer) == (begun["secret"], EMAIL, "localhost"), begun
    # The steps of the codes, which the clock of the machine decides: each is used once, an earlier one first.
    # The test takes less than half a step, and begins in the first half of one.
    if time.time() % 30 > 15:
        time.sleep(30 - time.time() % 30)
    now = int(time.time())
    earlier, current, later = app.at(now - 30), app.at(now), app.at(now + 30)
    done = expect(service.post("/auth/factors/totp/confirm", token, code=earlier), 200)
    assert len(done["recovery_codes"]) == 10
    ticket = expect(service.log_in(), 401, "second_factor_required")["ticket"]
    expect(service.post("/auth/login/second-factor", ticket=ticket, code=earlier), 401, "invalid_code")
    expect(service.post("/auth/login/second-factor", ticket=ticket, code=current), 200)
    expect(service.post("/auth/login/second-factor", ticket=ticket, code=later), 401, "ticket_not_valid")
    expect(service.log_in(code=current), 401, "invalid_credentials")
    expect(service.post("/api/login", email=EMAIL, password=PASSWORD), 401, "second_factor_required")
    expect(service.post("/api/login", email=EMAIL, password=PASSWORD, code=later), 200)
    expect(service.log_in(code=done["recovery_codes"][0]), 200)
    assert json.loads(service.run("user", "factors", EMAIL))["recovery_codes_left"] == 9
    service.run("user", "reset-factors", EMAIL)
    expect(service.log_in(), 200)


def main(program, *urls):
    for url in urls:
        with Service(program, url) as service:
            check(service)
    print(f"{len(urls)} passed, 0 failed")


if __name__ == "__main__":
    main(*sys.argv[1:])
