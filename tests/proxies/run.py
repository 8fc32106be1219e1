#!/usr/bin/env python3
"""Runs the configurations in docs/proxies.md and docs/operations.md: real proxies in front of the program.
`scripts/test` runs it: run.py PROGRAM [NAME...]

Needs PyYAML; nginx, HAProxy and Caddy for their tests. Installs what is missing (Debian, as root or with sudo)."""
import os, signal, sys, unittest

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
sys.path.insert(0, TESTS)
from faults.kit import debian  # noqa: E402
from proxies import portcullis  # noqa: E402


def main(program, *names):
    debian.install(["nginx", "haproxy", "caddy", "openssl"])
    portcullis.PROGRAM = os.path.abspath(program)
    loader = unittest.TestLoader()
    loader.testNamePatterns = [f"*{name}*" for name in names] or None
    suite = loader.discover(f"{TESTS}/proxies", top_level_dir=TESTS)
    result = unittest.TextTestRunner(verbosity=2, descriptions=False).run(suite)
    sys.exit(not result.wasSuccessful())


if __name__ == "__main__":
    # So that what was started is ended, and what was changed is put back.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    main(*sys.argv[1:])
