"""HAProxy, as docs/proxies.md has it."""
import unittest
from faults.kit import debian
from faults.kit.processes import free_port
from .client import OFFICE, OFFICE_NETWORK, STRANGER, Client, trusting
from .documentation import adapted, block
from .in_front import InFront
from .portcullis import EDITOR, HOST, Portcullis, answers, certificate, ended, folder, log_in, started, write

PROGRAM = debian.find("haproxy")


def run_haproxy(test, text, is_ready):
    """Runs HAProxy with this configuration until the end of the test."""
    path = folder("haproxy")
    file = write(f"{path}/haproxy.cfg", text)
    process = started([PROGRAM, "-db", "-f", file], path, is_ready=is_ready)
    test.addClassCleanup(ended, process)


@unittest.skipUnless(PROGRAM, "HAProxy is missing")
class InFrontOfPortcullis(InFront, unittest.TestCase):
    @classmethod
    def start(cls):
        port, context = free_port(), trusting(certificate()[0])
        text = adapted(block("proxies.md", "haproxy", "mode http"), {
            "bind :443": f"bind 127.0.0.1:{port}", "127.0.0.1:8000": f"127.0.0.1:{cls.service.port}",
            "/etc/haproxy/auth.example.com.pem": certificate()[2], "10.0.0.0/8": OFFICE_NETWORK,
        })
        run_haproxy(cls, text, lambda: answers(Client(port, HOST, context)))
        return port, context


@unittest.skipUnless(PROGRAM, "HAProxy is missing")
class WithTheProxyProtocol(unittest.TestCase):
    """The proxy passes TCP through; Portcullis speaks TLS."""

    @classmethod
    def setUpClass(cls):
        cls.service = Portcullis(tls=True, PORTCULLIS_SERVER__PROXY_PROTOCOL="true",
                                 PORTCULLIS_TRUSTED_PROXIES="127.0.0.1/32")
        cls.addClassCleanup(cls.service.stop)
        cls.port = free_port()
        text = adapted(block("proxies.md", "haproxy", "send-proxy-v2"), {
            "bind :443": f"bind 127.0.0.1:{cls.port}", "127.0.0.1:8443": f"127.0.0.1:{cls.service.port}",
        })
        run_haproxy(cls, text, lambda: answers(cls.client()))

    @classmethod
    def client(cls, source=STRANGER):
        return Client(cls.port, HOST, cls.service.context, source)

    def test_the_address_is_that_of_the_client(self):
        for source in (STRANGER, OFFICE):
            reply = self.client(source).ask("GET", "/login")
            self.assertEqual((reply.status, self.service.address_of(reply)), (200, source))

    def test_a_login_passes(self):
        client = self.client()
        token = [("Authorization", f"Bearer {log_in(client, EDITOR).json()['token']}")]
        sessions = client.ask("GET", "/auth/sessions", headers=token).json()
        self.assertEqual([session["ip"] for session in sessions if session["current"]], [STRANGER])

    def test_a_client_cannot_forge_its_address(self):
        reply = self.client().ask("GET", "/login", headers=[("X-Forwarded-For", "10.1.2.3")])
        self.assertEqual(self.service.address_of(reply), STRANGER)

    def test_a_proxy_header_of_a_client_ends_its_connection(self):
        client = self.client()
        client.context = None
        client.connect()
        # To port 443 from 10.1.2.3, and the beginning of TLS.
        client.sock.sendall(b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\x0a\x01\x02\x03\x7f\0\0\x01\x12\x34\x01\xbb\x16\x03\x01")
        client.sock.settimeout(20)
        received = b""
        while part := client.sock.recv(1024):
            received += part
        # An alert of TLS at most.
        self.assertLess(len(received), 20, received)

    def test_a_connection_without_a_header_is_closed(self):
        # Not from a trusted proxy, which needs none.
        self.assertEqual(self.service.client(source=STRANGER).ask("GET", "/health/live").status, 200)
        with self.assertRaises(OSError):
            self.service.client(source="127.0.0.1").ask("GET", "/health/live")
