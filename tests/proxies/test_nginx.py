"""nginx, as docs/proxies.md has it."""
import os, unittest
from faults.kit import debian
from faults.kit.processes import free_port
from .before_application import BeforeApplication
from .client import OFFICE_NETWORK, trusting
from .documentation import adapted, block
from .in_front import PROXY_KEEPS, InFront
from .portcullis import certificate, ended, folder, started, write

PROGRAM = debian.find("nginx")
# What surrounds a server in the configuration of Debian.
SURROUNDINGS = """
daemon off;
{user}
worker_processes 1;
pid {folder}/pid;
error_log {folder}/log;
events {{ }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
{servers}
}}
"""


def run_nginx(test, servers):
    """Runs nginx with these servers until the end of the test."""
    path = folder("nginx")
    user = "user root;" if os.getuid() == 0 else ""
    file = write(f"{path}/nginx.conf", SURROUNDINGS.format(folder=path, user=user, servers=servers))
    # The master process listens before it writes its id.
    is_ready = lambda: os.path.exists(f"{path}/pid")  # noqa: E731
    process = started([PROGRAM, "-p", path, "-c", file, "-e", f"{path}/log"], path, is_ready=is_ready)
    test.addClassCleanup(ended, process)


@unittest.skipUnless(PROGRAM, "nginx is missing")
class InFrontOfPortcullis(InFront, unittest.TestCase):
    @classmethod
    def start(cls):
        port = free_port()
        run_nginx(cls, adapted(block("proxies.md", "nginx", "listen 443 ssl"), {
            "listen 443": f"listen 127.0.0.1:{port}", "127.0.0.1:8000": f"127.0.0.1:{cls.service.port}",
            "/etc/nginx/auth.example.com.pem": certificate()[0], "/etc/nginx/auth.example.com.key": certificate()[1],
            "10.0.0.0/8": OFFICE_NETWORK, "keepalive_timeout 50s": f"keepalive_timeout {PROXY_KEEPS}",
        }))
        return port, trusting(certificate()[0])


@unittest.skipUnless(PROGRAM, "nginx is missing")
class InFrontOfAnApplication(BeforeApplication, unittest.TestCase):
    USER, ROLES = "X-User", "X-Roles"

    @classmethod
    def start(cls):
        port = free_port()
        locations = adapted(block("proxies.md", "nginx", "auth_request /verify"), {
            "127.0.0.1:8000": f"127.0.0.1:{cls.service.port}", "127.0.0.1:3000": f"127.0.0.1:{cls.application.port}",
        })
        run_nginx(cls, f"server {{ listen 127.0.0.1:{port};\n{locations}}}")
        return port, None

    def test_the_location_that_asks_is_not_reachable(self):
        self.assertEqual(self.ask("GET", "/verify", headers=self.token_of_editor()).status, 404)
