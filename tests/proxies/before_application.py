"""What holds for every proxy that asks Portcullis about the requests for another application."""
import http.server, json, threading
from .client import STRANGER, Client
from .portcullis import EDITOR, READER, SUPERUSER, Portcullis, log_in


class Application:
    """An application that answers with what it received."""

    def __init__(self):
        received = self.received = []

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                headers = self.headers.items()
                if self.headers.get("Transfer-Encoding") == "chunked":
                    body = b""
                    while size := int(self.rfile.readline(), 16):
                        body += self.rfile.read(size)
                        self.rfile.readline()
                    self.rfile.readline()
                else:
                    body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                received.append(self.path)
                reply = json.dumps([self.command, self.path, headers, body.decode()]).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(reply)))
                self.end_headers()
                self.wfile.write(reply)

            do_GET = do_POST = answer

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class Request:
    """A request as the application received it."""

    def __init__(self, reply):
        self.method, self.path, self.headers, self.body = reply.json()

    def values(self, name):
        """The values of a header. An application may take `_` for `-`, as CGI does."""
        wanted = name.lower()
        return [value for key, value in self.headers if key.lower().replace("_", "-") == wanted and value]


class BeforeApplication:
    """Tests for a proxy that `start` starts, which asks `cls.service` and passes requests to `cls.application`."""

    HOST = "localhost"
    # The ids of the users, in the order in which they were added.
    IDS = {SUPERUSER: "1", EDITOR: "2", READER: "3"}

    @classmethod
    def setUpClass(cls):
        cls.service = Portcullis(PORTCULLIS_TRUSTED_PROXIES="127.0.0.1/32")
        cls.addClassCleanup(cls.service.stop)
        cls.application = Application()
        cls.addClassCleanup(cls.application.stop)
        cls.replies = {}
        cls.port, cls.context = cls.start()

    def ask(self, method, target, body=None, headers=()):
        client = Client(self.port, self.HOST, self.context, STRANGER)
        try:
            return client.ask(method, target, body, headers)
        finally:
            client.close()

    def login_of(self, email):
        if email not in self.replies:
            self.replies[email] = log_in(self.service.client(), email)
        return self.replies[email]

    def token_of(self, email):
        return [("Authorization", f"Bearer {self.login_of(email).json()['token']}")]

    def token_of_editor(self):
        return self.token_of(EDITOR)

    def test_the_application_learns_who_asks(self):
        for email, roles in ((EDITOR, ["EDITOR"]), (READER, [])):
            request = Request(self.ask("GET", "/a/b?c=d", headers=self.token_of(email)))
            self.assertEqual((request.method, request.path), ("GET", "/a/b?c=d"))
            self.assertEqual(request.values(self.USER), [self.IDS[email]])
            self.assertEqual(request.values(self.ROLES), roles)

    def test_nothing_passes_without_a_valid_token(self):
        token = self.token_of_editor()[0][1]
        for headers in ([], [("Authorization", "Bearer x")], [("Authorization", token[:-2])],
                        [("Cookie", "__Host-portcullis=x")], [("X-Auth-User-Id", "1"), ("X-User", "1")]):
            with self.subTest([name for name, _ in headers]):
                self.assertEqual(self.ask("GET", "/refused", headers=headers).status, 401)
                self.assertEqual(self.ask("POST", "/refused", b"x", headers).status, 401)
        two = [("Authorization", token), ("Authorization", "Bearer x")]
        self.assertIn(self.ask("GET", "/refused", headers=two).status, (400, 401))
        self.assertNotIn("/refused", self.application.received)

    def test_a_session_cookie_is_enough(self):
        cookie = [("Cookie", self.login_of(EDITOR).cookies())]
        self.assertEqual(Request(self.ask("GET", "/", headers=cookie)).values(self.USER), [self.IDS[EDITOR]])

    def test_headers_of_the_client_do_not_name_a_user(self):
        for email, roles in ((EDITOR, ["EDITOR"]), (READER, [])):
            for user, own in ((self.USER, self.ROLES), (self.USER.lower(), self.ROLES.lower()),
                              (self.USER.replace("-", "_"), self.ROLES.replace("-", "_"))):
                forged = [(user, "1"), (user, "1"), (own, "ADMIN"), (own, "ADMIN"), ("Connection", f"close, {user}, {own}")]
                request = Request(self.ask("GET", "/", headers=[*forged, *self.token_of(email)]))
                self.assertEqual(request.values(self.USER), [self.IDS[email]], forged)
                self.assertEqual(request.values(self.ROLES), roles, forged)

    def test_bodies_reach_the_application(self):
        token = self.token_of_editor()
        request = Request(self.ask("POST", "/", b"some text", token))
        self.assertEqual((request.method, request.body), ("POST", "some text"))
        chunked = [*token, ("Transfer-Encoding", "chunked")]
        self.assertEqual(Request(self.ask("POST", "/", b"4\r\nsome\r\n5\r\n text\r\n0\r\n\r\n", chunked)).body, "some text")

    def test_parameters_of_the_client_do_not_reach_the_check(self):
        # /auth/verify refuses parameters that it does not know, and a role that the user does not have.
        request = Request(self.ask("GET", "/?role=ADMIN&x=y", headers=self.token_of_editor()))
        self.assertEqual(request.path, "/?role=ADMIN&x=y")

    def test_the_address_is_that_of_the_client(self):
        headers = [("X-Forwarded-For", "10.1.2.3"), *self.token_of_editor()]
        self.assertEqual(self.ask("GET", "/", headers=headers).status, 200)
        line = self.service.line(r'portcullis::request.*route="/auth/verify')
        self.assertIn(f"ip={STRANGER} ", line)
