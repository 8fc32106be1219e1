"""The program alone at a public address, as docs/operations.md has it."""
import unittest
from faults.kit.processes import free_port
from .client import STRANGER, Client
from .documentation import adapted, block
from .portcullis import EDITOR, HOST, Portcullis, certificate, log_in

PAGE = [("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")]


class WithoutAProxy(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.port, cls.redirect_port = free_port(), free_port()
        file = adapted(block("operations.md", "toml", "server.redirect_port"), {
            '"::"': '"127.0.0.1"', "port = 443": f"port = {cls.port}", "redirect_port = 80": f"redirect_port = {cls.redirect_port}",
            "/etc/portcullis/fullchain.pem": certificate()[0], "/etc/portcullis/key.pem": certificate()[1],
        })
        cls.service = Portcullis(cls.port, file=file)
        cls.addClassCleanup(cls.service.stop)

    def client(self):
        return self.service.client(source=STRANGER)

    def test_pages_come_over_tls_and_ask_for_it_in_future(self):
        reply = self.client().ask("GET", "/login", headers=PAGE)
        self.assertEqual(reply.status, 200)
        self.assertRegex(reply.headers["Strict-Transport-Security"], r"max-age=\d{7,}")

    def test_http_2_is_offered(self):
        client = self.client()
        client.context.set_alpn_protocols(["h2", "http/1.1"])
        client.connect()
        self.assertEqual((client.sock.selected_alpn_protocol(), client.sock.version()), ("h2", "TLSv1.3"))
        client.close()
        client.context.set_alpn_protocols(["http/1.1"])

    def test_pages_are_redirected_to_https(self):
        reply = Client(self.redirect_port, HOST).ask("GET", "/login?next=%2Fx", headers=PAGE)
        self.assertEqual((reply.status, reply.headers["Location"]), (308, f"https://{HOST}/login?next=%2Fx"))

    def test_programs_are_refused_without_tls(self):
        for method, path in (("POST", "/auth/login"), ("GET", "/auth/me"), ("GET", "/health/ready")):
            reply = Client(self.redirect_port, HOST).ask(method, path)
            self.assertEqual((reply.status, reply.headers["Location"]), (403, None))

    def test_a_login_works_and_no_header_changes_the_address(self):
        client = self.client()
        token = [("Authorization", f"Bearer {log_in(client, EDITOR).json()['token']}")]
        reply = client.ask("GET", "/auth/me", headers=[*token, ("X-Forwarded-For", "10.1.2.3")])
        self.assertEqual((reply.json()["email"], self.service.address_of(reply)), (EDITOR, STRANGER))
