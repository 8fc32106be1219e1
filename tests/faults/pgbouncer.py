"""PostgreSQL behind Debian's pgbouncer in transaction mode. Without `database.pooler` the start says what to set;
with it, two servers work while connections and a server are killed."""
import asyncio, os
from .kit.load import Load
from .kit.needs import tool
from .kit.processes import Process, free_port, owner_of_databases
from .kit.server import Server

TITLE, ENGINES, SHORT, NEEDS = "behind pgbouncer in transaction mode", ("postgres",), True, ("pgbouncer",)
CONFIGURATION = """
[databases]
{name} = host=127.0.0.1 port={server} dbname={name}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = trust
auth_file = {folder}/users
pool_mode = transaction
default_pool_size = 8
max_client_conn = 200
"""


async def run(lab, engine):
    name = (await lab.database(engine)).rsplit("/", 1)[1]
    cluster, port, user = await lab.cluster(), free_port(), owner_of_databases()
    folder = lab.folder("pgbouncer", user)
    with open(f"{folder}/pgbouncer.ini", "w") as file:
        file.write(CONFIGURATION.format(name=name, server=cluster.port, port=port, folder=folder))
    with open(f"{folder}/users", "w") as file:
        file.write('"portcullis" ""\n')
    for path in ("pgbouncer.ini", "users"):
        os.chmod(f"{folder}/{path}", 0o644)
    pooler = Process([tool("pgbouncer"), f"{folder}/pgbouncer.ini"], "/", f"{folder}/log", user=user)
    await asyncio.sleep(1)
    url = f"postgres://portcullis@127.0.0.1:{port}/{name}"
    for command in ([], ["migrate"], ["user", "list"]):
        said = await Server(lab, url).refusal(*command)
        assert "database.pooler = true" in said and "transaction mode" in said, said
    servers = [Server(lab, url, PORTCULLIS_DATABASE__POOLER="true") for _ in range(2)]
    # They migrate the empty database at the same time.
    for server in servers:
        server.launch()
    await asyncio.gather(*(server.until_ready() for server in servers))
    load = Load([server.address for server in servers])
    seconds = 2 if lab.short else 8
    await load.run(seconds)
    load.journal.require_no_failure()
    load.start()
    kill = f"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = '{name}'"
    for _ in range(1 if lab.short else 4):
        await asyncio.sleep(1)
        cluster.sql(kill)
        await asyncio.sleep(1)
        servers[0].kill()
        await servers[0].start()
    await asyncio.sleep(1)
    await load.stop()
    # Everybody goes to the other server: it has heard of each logout by polling.
    for n, person in enumerate(load.people):
        person.connection.close()
        person.connection.address = servers[(n + 1) % 2].address
    await load.check()
    listed = await Server(lab, url, PORTCULLIS_DATABASE__POOLER="true").launch("user", "list").ends(20)
    assert listed == 0, "user list failed"
    for server in servers:
        await server.stop()
    pooler.kill()
    return (f"without database.pooler refused with what to set; with it {load.journal.figures()}, "
            f"none without a fault; 0 lost")
