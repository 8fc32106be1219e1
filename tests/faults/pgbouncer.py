"""PostgreSQL behind Debian's pgbouncer in transaction mode. Without `database.pooler` the start says what to set;
with it, two servers work while connections and a server are killed."""
import asyncio, os, subprocess
from .kit.load import COOKIE, Load, Person, Session
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

# What operators and users read, each in a transaction of its own kind.
READS = """/auth/me /auth/sessions /auth/admin/users /auth/admin/users?search=person&state=active&role=ADMIN
/auth/admin/users?search=person /auth/admin/users/1 /auth/admin/users/1/sessions /auth/admin/users/1/mails
/auth/admin/users/1/history /auth/admin/roles /auth/admin/overview /auth/admin/audit /auth/admin/audit?format=csv
/auth/admin/audit/kinds /auth/admin/mail /auth/admin/keys /auth/admin/settings /auth/admin/invitations /metrics
/account /account/sessions /admin/ /admin/users /admin/users/1 /admin/audit /admin/mail /admin/settings
/admin/keys /admin/invitations""".split()


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
    await operate(servers[0], load.journal)
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


async def operate(server, journal):
    """A superuser reads and changes what operators can."""
    password = "correct horse battery zq"
    add = [server.lab.program, "user", "add", "root@example.com", "--superuser", "--confirmed", "--password-stdin"]
    done = subprocess.run(add, cwd=server.folder, env=server.environment, input=f"{password}\n", text=True,
                          capture_output=True, timeout=30)
    assert done.returncode == 0, done
    root = Person("root", server.address, journal)
    login = await root.send("POST", "/auth/login", {"email": "root@example.com", "password": password})
    root.session = Session(login.cookie(COOKIE), login.json()["token"])
    for path in READS:
        reply = await root.send("GET", path, session=root.session)
        assert reply and reply.status in (200, 303), (path, reply and (reply.status, reply.body[:200]))
    for method, path, body, status in (
        ("POST", "/auth/admin/prove", {"password": password}, 204),
        ("PATCH", "/auth/admin/settings", {"access_token_lifetime": "6m"}, 200),
        ("PATCH", "/auth/admin/users/1", {"roles": ["EDITOR"]}, 200),
        ("POST", "/auth/admin/keys/rotate", {"force": True}, 200),
        ("POST", "/auth/admin/invitations", {"email": "new@example.com"}, 201),
        ("POST", "/auth/password/forgot", {"email": "root@example.com"}, 202),
    ):
        reply = await root.send(method, path, body, root.session)
        assert reply and reply.status == status, (path, reply and (reply.status, reply.body[:300]))
    exported = subprocess.run([server.lab.program, "user", "export"], cwd=server.folder, env=server.environment,
                              capture_output=True, text=True, timeout=30)
    assert exported.returncode == 0 and "root@example.com" in exported.stdout, exported.stderr
    root.connection.close()
