"""Three servers behind HAProxy are restarted one after the other, under load. No request may fail."""
import asyncio, time
from .kit.load import Load
from .kit.needs import tool
from .kit.processes import Process, free_port
from .kit.server import Server

TITLE, ENGINES, SHORT, NEEDS = "rolling restart of three replicas behind HAProxy", ("postgres",), False, ("haproxy",)
CONFIGURATION = """
global
    maxconn 1000
defaults
    mode http
    timeout connect 2s
    timeout client 30s
    timeout server 30s
    timeout http-keep-alive 10s
    option redispatch
    retries 3
frontend clients
    bind 127.0.0.1:{port}
    default_backend portcullis
backend portcullis
    balance roundrobin
    option httpchk GET /health/ready
    timeout check 2s
    default-server inter 500ms fall 2 rise 1
"""


async def run(lab, engine):
    url, port = await lab.database(engine), free_port()
    # More than two intervals of the health check, each with its time limit.
    servers = [Server(lab, url, PORTCULLIS_SHUTDOWN__DRAIN="5s") for _ in range(3)]
    for server in servers:
        await server.start()
    folder = lab.folder("haproxy")
    with open(f"{folder}/haproxy.cfg", "w") as file:
        file.write(CONFIGURATION.format(port=port))
        file.writelines(f"    server s{n} 127.0.0.1:{s.port} check\n" for n, s in enumerate(servers))
    proxy = Process([tool("haproxy"), "-db", "-f", f"{folder}/haproxy.cfg"], folder, f"{folder}/log")
    load = Load([lambda: ("127.0.0.1", port)])
    await asyncio.sleep(1)
    await load.run(2)
    load.start()
    rounds = 2
    since = time.monotonic()
    for _ in range(rounds):
        for server in servers:
            await server.stop()
            await server.start()
            # Until HAProxy has seen it.
            await asyncio.sleep(1.5)
    seconds = time.monotonic() - since
    await load.stop()
    journal = load.journal
    requests = sum(journal.statuses.values())
    journal.require_no_failure()
    await load.check()
    await proxy.stop(5)
    for server in servers:
        await server.stop()
    return (f"{3 * rounds} restarts in {seconds:.0f} s, {requests:,} requests, 0 failed, "
            f"slowest {journal.slowest():.1f} s; {journal.writes():,} acknowledged writes, 0 lost")
