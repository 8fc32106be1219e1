"""The server is killed after the mail server took a mail and before that is recorded."""
import asyncio, time
from .kit.client import Connection
from .kit.mail_server import MailServer
from .kit.server import Server

TITLE, ENGINES, SHORT, WAITS = "killed between accept and mark", ("sqlite", "postgres"), False, True


async def run(lab, engine):
    mail = await MailServer().start()
    server = Server(lab, await lab.database(engine), PORTCULLIS_MAIL__URL=mail.url)
    await server.start()
    # The server is frozen before it can read that the mail was taken.
    mail.accepted = lambda _: server.process.freeze()
    body = {"email": "ann@example.com", "password": "correct horse battery zq"}
    connection = Connection(server.address, seconds=3)
    registering = asyncio.create_task(connection.request("POST", "/auth/register", body))
    end = time.monotonic() + 20
    while not mail.mails:
        assert time.monotonic() < end, "no mail"
        await asyncio.sleep(0.01)
    await asyncio.gather(registering, return_exceptions=True)
    server.kill()
    mail.accepted = lambda _: None
    killed = time.monotonic()
    await server.start()
    while len(mail.mails) < 2:
        assert time.monotonic() - killed < 200, "the mail is lost"
        await asyncio.sleep(0.1)
    again = time.monotonic() - killed
    await asyncio.sleep(5)
    await server.stop()
    mail.close()
    assert len(mail.mails) == 2 and len(set(mail.mails)) == 1, mail.mails
    return f"sent again after {again:.0f} s, with the same Message-ID, and then no more"
