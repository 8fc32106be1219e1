"""The mail server is gone, refuses, is slow or hangs, while people register. Then it works again."""
import asyncio, time
from .kit.client import Connection
from .kit.mail_server import MailServer
from .kit.server import Server

TITLE, ENGINES, SHORT, WAITS = "mail server gone, refusing, slow, hanging", ("sqlite", "postgres"), False, True
PEOPLE = 12


async def run(lab, engine):
    kinds = ("gone", "refuse", "slow", "hang")
    outcomes = await asyncio.gather(*(one(lab, engine, kind) for kind in kinds))
    return "; ".join(outcomes) + "; every mail arrived, once"


async def one(lab, engine, behaviour):
    mail = await MailServer(behaviour).start()
    if behaviour == "gone":
        mail.close()
    server = Server(lab, await lab.database(engine), PORTCULLIS_MAIL__URL=mail.url)
    await server.start()
    connection, slowest = Connection(server.address), 0.0
    for n in range(PEOPLE):
        since = time.monotonic()
        body = {"email": f"{behaviour}{n}@example.com", "password": "correct horse battery zq"}
        reply = await connection.request("POST", "/auth/register", body)
        assert reply.status == 201, (reply.status, reply.body)
        slowest = max(slowest, time.monotonic() - since)
    assert slowest < 3, f"{behaviour}: a registration took {slowest:.1f} s"
    # Long enough for the first attempts to fail.
    await asyncio.sleep(6)
    assert await server.status("/health/ready") == 200
    if behaviour != "slow":
        assert not mail.mails, f"{behaviour}: {mail.mails}"
    mail.behaviour = "accept"
    if behaviour == "gone":
        await mail.start()
    since = time.monotonic()
    while len(set(mail.mails)) < PEOPLE:
        assert time.monotonic() - since < 200, f"{behaviour}: {len(set(mail.mails))} of {PEOPLE} mails"
        await asyncio.sleep(0.1)
    seconds = time.monotonic() - since
    await server.stop()
    mail.close()
    assert len(mail.mails) == PEOPLE, f"{behaviour}: sent twice: {mail.mails}"
    return f"{behaviour}: {PEOPLE} registrations, {slowest:.1f} s at most, all mails {seconds:.0f} s after it worked again"
