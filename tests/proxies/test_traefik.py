"""Traefik is not in Debian. So its configurations are read, but not run."""
import re, unittest
import yaml
from .documentation import block, blocks
from .in_front import INTERNAL


def read(part):
    """The routers, middlewares, services and transports of a configuration."""
    return yaml.safe_load(block("proxies.md", "yaml", part))["http"]


class AsDocumented(unittest.TestCase):
    def test_every_name_is_defined(self):
        configuration = read("PathRegexp")
        for router in configuration["routers"].values():
            self.assertIn(router["service"], configuration["services"])
            for name in router.get("middlewares", []):
                self.assertIn(name, configuration["middlewares"])
        for service in configuration["services"].values():
            self.assertIn(service["loadBalancer"]["serversTransport"], configuration["serversTransports"])
            self.assertEqual(service["loadBalancer"]["healthCheck"]["path"], "/health/ready")

    def test_the_rule_for_internal_paths_comes_first_and_contains_them(self):
        routers = read("PathRegexp")["routers"]
        rule = routers["internal"]["rule"]
        # Traefik tries the longer rule first.
        self.assertGreater(len(rule), len(routers["portcullis"]["rule"]))
        pattern = re.search(r"PathRegexp\(`(.*)`\)", rule)[1]
        for path in INTERNAL:
            for form in (path, path.rstrip("/"), path.rstrip("/") + "/"):
                self.assertTrue(re.search(pattern, form), form)
        for path in ("/login", "/auth/me", "/administration", "/x/metrics"):
            self.assertFalse(re.search(pattern, path), path)

    def test_portcullis_is_asked_about_requests_to_other_applications(self):
        middleware = read("forwardAuth")["middlewares"]["user"]["forwardAuth"]
        self.assertTrue(middleware["address"].endswith("/auth/verify"))
        self.assertEqual(middleware["authResponseHeaders"], ["X-Auth-User-Id", "X-Auth-Roles"])


class EveryConfiguration(unittest.TestCase):
    def test_is_run_or_read_here(self):
        found = {language: len(blocks("proxies.md", language)) for language in ("nginx", "haproxy", "caddyfile", "yaml")}
        self.assertEqual(found, {"nginx": 2, "haproxy": 2, "caddyfile": 2, "yaml": 2})
