"""The PostgreSQL server crashes, and a standby takes over its address. The standby is synchronous: otherwise
PostgreSQL itself loses commits that it acknowledged."""
import asyncio, time
from .kit.load import Load
from .kit.postgres import Cluster
from .kit.server import Server
from .kit.switch import Switch

TITLE, ENGINES, SHORT = "failover to a standby", ("postgres",), False


async def run(lab, engine):
    primary = await Cluster(lab, options=["wal_level=replica"]).create().start()
    standby = await Cluster(lab, options=["hot_standby=on"]).copy_of(primary).start()
    primary.sql("ALTER SYSTEM SET synchronous_standby_names = '*'")
    primary.sql("SELECT pg_reload_conf()")
    end = time.monotonic() + 10
    while primary.sql("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'") != "1":
        assert time.monotonic() < end, "the standby does not follow"
        await asyncio.sleep(0.1)
    address = await Switch(primary.port).start()
    primary.database("auth")
    url = f"postgres://portcullis@127.0.0.1:{address.port}/auth"
    servers = [Server(lab, url), Server(lab, url)]
    for server in servers:
        await server.start()
    load = Load([server.address for server in servers])
    await load.run(3)
    load.start()
    await asyncio.sleep(1)
    await primary.crash()
    gone = time.monotonic()
    # Before it is promoted, the standby takes no writes.
    address.move(standby.port)
    await asyncio.sleep(2)
    standby.sql("SELECT pg_promote()")
    promoted = time.monotonic()
    for server in servers:
        await server.until_ready()
    ready = time.monotonic() - promoted
    away = time.monotonic() - gone
    await asyncio.sleep(2)
    await load.finish(*servers)
    address.close()
    await standby.stop()
    return f"{load.journal.figures()}; ready {ready:.1f} s after the promotion, {away:.1f} s after the crash; 0 lost"
