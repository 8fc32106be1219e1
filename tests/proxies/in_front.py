"""What holds for every proxy in front of Portcullis."""
import concurrent.futures, time
from .client import OFFICE, STRANGER, Client
from .portcullis import EDITOR, HOST, SUPERUSER, Portcullis, log_in

# 60 s and 50 s in the documentation, each shortened.
IDLE_TIMEOUT, PROXY_KEEPS = "3s", "300ms"
# Times between two requests on a connection of the proxy, in seconds: around both limits, and long after them.
PAUSES = (0.1, 0.25, 0.3, 0.35, 0.6, 2.95, 2.99, 3.0, 3.01, 3.05, 3.5)
# Answered with 200 to a superuser.
INTERNAL = ("/metrics", "/docs/", "/api-doc/", "/openapi.json", "/admin/", "/auth/admin/users")


def spellings(path):
    """Other ways to write a path, some of which a proxy or an application could take for it."""
    bare = path.rstrip("/")
    first, rest = bare[1], bare[2:]
    return [
        bare, f"{bare}/", f"{bare}//", f"{bare}?x=/login", f"{bare}/?x", f"{bare}/x/..", f"{bare}/.", f"{bare}/..;/",
        f"/{bare}", f"//{bare}", f"/.{bare}", f"/x/..{bare}", f"/login/../{bare}", f"/%2e{bare}", f"/x/%2e%2e{bare}",
        f"/%{ord(first):02x}{rest}", f"/%{ord(first):02X}{rest}", f"/%25{ord(first):02x}{rest}", f"/%2f{bare[1:]}",
        "/" + "%2f".join(bare[1:].split("/")), "/" + "%5c".join(bare[1:].split("/")), "/" + "//".join(bare[1:].split("/")),
        bare.upper(), f"/{first.upper()}{rest}", f"{bare}%2f", f"{bare}%00", f"{bare}%20", f"{bare}%23", f"{bare};x", f"{bare}.",
        f"{bare}%3fx", f"{bare}#x", f"\\{bare[1:]}", f"http://{HOST}{bare}", f"http://{HOST}/{bare}", f"HTTP://{HOST}{bare}/",
        f"https://x@{HOST}{bare}",
    ]


# What a client may send to appear as somebody else.
FORGERIES = [
    [("X-Forwarded-For", "10.1.2.3")],
    [("X-Forwarded-For", "10.1.2.3"), ("X-Forwarded-For", "10.1.2.4")],
    [("X-Forwarded-For", "10.1.2.3, 127.0.0.1")],
    [("x-forwarded-for", "127.0.0.1")],
    [("X_Forwarded_For", "10.1.2.3")],
    [("Connection", "close, X-Forwarded-For"), ("X-Forwarded-For", "10.1.2.3")],
    [("Connection", "X-Forwarded-For")],
    [("X-Real-IP", "10.1.2.3"), ("Forwarded", "for=10.1.2.3"), ("X-Client-IP", "10.1.2.3"), ("True-Client-IP", "10.1.2.3")],
]


class InFront:
    """Tests for a proxy that `start` starts in front of `cls.service`."""

    SETTINGS = {"PORTCULLIS_TRUSTED_PROXIES": "127.0.0.1/32", "PORTCULLIS_SERVER__IDLE_TIMEOUT": IDLE_TIMEOUT}

    @classmethod
    def setUpClass(cls):
        cls.service = Portcullis(**cls.SETTINGS)
        cls.addClassCleanup(cls.service.stop)
        cls.port, cls.context = cls.start()

    @classmethod
    def client(cls, source=STRANGER):
        """A client of the proxy."""
        return Client(cls.port, HOST, cls.context, source)

    def ask(self, method, target, source=STRANGER, headers=()):
        """The reply to a request on a connection of its own."""
        client = self.client(source)
        try:
            return client.ask(method, target, headers=headers)
        finally:
            client.close()

    def test_requests_and_logins_pass(self):
        self.assertEqual(self.ask("GET", "/health/ready").status, 200)
        page = self.ask("GET", "/login")
        self.assertEqual(page.status, 200)
        self.assertIn(b"<form", page.body)
        self.assertIn("max-age", page.headers["Strict-Transport-Security"])
        client = self.client()
        reply = log_in(client, EDITOR)
        self.assertIn("__Host-portcullis=", reply.cookies())
        token = [("Authorization", f"Bearer {reply.json()['token']}")]
        self.assertEqual(client.ask("GET", "/auth/me", headers=token).json()["email"], EDITOR)
        own = client.ask("POST", "/auth/refresh", headers=[("Cookie", reply.cookies()), ("Origin", f"https://{HOST}")])
        self.assertEqual(own.status, 200)
        other = client.ask("POST", "/auth/refresh", headers=[("Cookie", own.cookies()), ("Origin", "https://evil.example")])
        self.assertEqual(other.status, 403)
        sessions = client.ask("GET", "/auth/sessions", headers=token).json()
        self.assertIn(STRANGER, [session["ip"] for session in sessions if session["current"]])

    def test_the_address_is_that_of_the_client(self):
        for source in (STRANGER, OFFICE):
            self.assertEqual(self.service.address_of(self.ask("GET", "/login", source)), source)

    def test_a_client_cannot_forge_its_address(self):
        for headers in FORGERIES:
            with self.subTest(headers):
                reply = self.ask("GET", "/login", headers=headers)
                self.assertEqual(self.service.address_of(reply), STRANGER)

    def test_internal_paths_are_closed_to_strangers_however_they_are_written(self):
        reply = log_in(self.client(), SUPERUSER)
        rights = [("Authorization", f"Bearer {reply.json()['token']}"), ("Cookie", reply.cookies())]
        for path in INTERNAL:
            self.assertEqual(self.ask("GET", path, OFFICE, rights).status, 200, path)
            for form in (path, path.rstrip("/"), path.rstrip("/") + "/"):
                self.assertEqual(self.ask("GET", form, headers=rights).status, 403, form)
            for form in spellings(path):
                reply = self.ask("GET", form, headers=rights)
                self.assertIn(reply.status, (400, 403, 404), f"{form}: {reply.body[:300]}")
                for kind in ("POST", "HEAD", "OPTIONS"):
                    self.assertNotIn(self.ask(kind, path, headers=rights).status // 100, (2, 3), f"{kind} {path}")

    def test_connections_that_were_closed_meanwhile_give_no_error(self):
        clients = [self.client() for _ in range(8)]

        def ask(client):
            # A proxy may not repeat a POST.
            return client.ask("POST", "/auth/refresh", {}).status

        with concurrent.futures.ThreadPoolExecutor(len(clients)) as pool:
            for pause in PAUSES:
                self.assertEqual(set(pool.map(ask, clients)), {401}, pause)
                time.sleep(pause)
            self.assertEqual(set(pool.map(ask, clients)), {401})
