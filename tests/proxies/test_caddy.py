"""Caddy, as docs/proxies.md has it. Instead of a public authority, its own one makes the certificates."""
import os, unittest
from faults.kit import debian
from faults.kit.processes import free_port
from .before_application import BeforeApplication, Request
from .client import OFFICE_NETWORK, Client, trusting
from .documentation import adapted, block
from .in_front import PROXY_KEEPS, InFront
from .portcullis import APP_HOST, HOST, ended, folder, started, write

PROGRAM = debian.find("caddy")
OPTIONS = """{{
    admin off
    http_port {http}
    https_port {https}
    default_bind 127.0.0.1
    local_certs
    skip_install_trust
}}
"""


def run_caddy(test, sites, host):
    """Runs Caddy with these sites until the end of the test. Returns its port for https and the trust in it."""
    path, http, https = folder("caddy"), free_port(), free_port()
    file = write(f"{path}/Caddyfile", OPTIONS.format(http=http, https=https) + sites)
    environment = {"PATH": os.environ["PATH"], "HOME": path, "XDG_DATA_HOME": path, "XDG_CONFIG_HOME": path}
    root = f"{path}/caddy/pki/authorities/local/root.crt"

    def is_ready():
        try:
            Client(https, host, trusting(root)).connect()
            return True
        except OSError:
            return False

    process = started([PROGRAM, "run", "--config", file, "--adapter", "caddyfile"], path, environment, is_ready)
    test.addClassCleanup(ended, process)
    test.http_port = http
    return https, trusting(root)


@unittest.skipUnless(PROGRAM, "Caddy is missing")
class InFrontOfPortcullis(InFront, unittest.TestCase):
    @classmethod
    def start(cls):
        return run_caddy(cls, adapted(block("proxies.md", "caddyfile", "@internal"), {
            "127.0.0.1:8000": f"127.0.0.1:{cls.service.port}", "10.0.0.0/8": OFFICE_NETWORK,
            "keepalive 50s": f"keepalive {PROXY_KEEPS}",
        }), HOST)

    def test_http_is_redirected(self):
        reply = Client(self.http_port, HOST).ask("GET", "/login")
        self.assertEqual(reply.status, 308)
        self.assertTrue(reply.headers["Location"].startswith(f"https://{HOST}"), reply.headers["Location"])


@unittest.skipUnless(PROGRAM, "Caddy is missing")
class InFrontOfAnApplication(BeforeApplication, unittest.TestCase):
    HOST = APP_HOST
    USER, ROLES = "X-Auth-User-Id", "X-Auth-Roles"

    @classmethod
    def start(cls):
        return run_caddy(cls, adapted(block("proxies.md", "caddyfile", "forward_auth"), {
            "127.0.0.1:8000": f"127.0.0.1:{cls.service.port}", "127.0.0.1:3000": f"127.0.0.1:{cls.application.port}",
        }), APP_HOST)

    def test_no_header_of_this_family_comes_from_the_client(self):
        forged = [("X-Auth-Email", "root@example.com"), ("X_Auth_Email", "root@example.com"), ("x-auth-x", "y")]
        request = Request(self.ask("GET", "/", headers=[*forged, *self.token_of_editor()]))
        names = {name.lower().replace("_", "-") for name, _ in request.headers}
        self.assertEqual({name for name in names if name.startswith("x-auth")}, {"x-auth-user-id", "x-auth-roles"})
