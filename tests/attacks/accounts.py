"""Attacks on accounts: guessing, mails, registrations, junk tokens, and the work that passwords cause."""
import asyncio, json, uuid
from . import attack
from .bodies import request
from .connections import many

WRONG = "not the password"


def body(email, password=WRONG):
    return {"email": email, "password": password}


@attack("1,000 wrong passwords for one account, from 10 addresses", memory=64, rows=14, log=640)
async def wrong_passwords(target):
    async def client(n):
        client = target.client(n)
        for _ in range(100):
            await target.ask(client, "POST", "/auth/login", body("ann@example.com"))
        client.close()

    await many(10, client)


@attack("1,000 logins with unknown names, from 50 addresses", memory=64, rows=1002, log=640)
async def unknown_names(target):
    async def client(n):
        client = target.client(n)
        for k in range(20):
            await target.ask(client, "POST", "/auth/login", body(f"nobody{n}x{k}@example.com"))
        client.close()

    await many(50, client, at_once=16)


@attack("400 logins whose clients leave at once, from 40 addresses", memory=64, rows=410, log=320,
        LIMITS__STUFFING="1000000")
async def leaving_logins(target):
    async def leave(n):
        try:
            _, writer = await target.open(n % 40)
            writer.write(request(json.dumps(body(f"nobody{n}@example.com")).encode()))
            await writer.drain()
            await asyncio.sleep(0.05)
            writer.transport.abort()
        except OSError:
            target.replies[None] += 1

    await many(400, leave, at_once=100)
    status, seconds = await target.login()
    return f"another login: {status} after {seconds:.1f} s"


@attack("3,000 forgotten passwords of unknown names, from 100 addresses", memory=32, rows=2, log=1536)
async def forgotten_unknown(target):
    async def client(n):
        client = target.client(n)
        for k in range(30):
            await target.ask(client, "POST", "/auth/password/forgot", {"email": f"nobody{n}x{k}@example.com"})
        client.close()

    await many(100, client, at_once=32)


@attack("600 forgotten passwords of one account, from 20 addresses", memory=32, rows=40, log=320)
async def forgotten_known(target):
    async def client(n):
        client = target.client(n)
        for _ in range(30):
            await target.ask(client, "POST", "/auth/password/forgot", {"email": "ann@example.com"})
        client.close()

    await many(20, client)


@attack("500 registrations from 10 addresses", memory=64, rows=1800, log=640)
async def registrations(target):
    async def client(n):
        client = target.client(n)
        for k in range(50):
            await target.ask(client, "POST", "/auth/register", body(f"new{n}x{k}@example.com", "three unlikely words, comma"))
        client.close()

    await many(10, client)


@attack("7,000 refreshes with made-up tokens from one address", memory=24, rows=2, log=1024)
async def junk_refreshes(target):
    async def client(n):
        client = target.client(0)
        for _ in range(500):
            await target.ask(client, "POST", "/auth/refresh", Cookie=f"__Host-portcullis={uuid.uuid4()}")
        client.close()

    await many(14, client)


@attack("1,500 questions about the strength of a password from one address", memory=32, rows=4, log=640)
async def password_strength(target):
    async def client(n):
        client = target.client(0)
        # Without a token of a form it is 403 and nothing is rated.
        page = await client.request("GET", "/register")
        token = page.body.decode().partition('name="csrf_token" value="')[2].partition('"')[0]
        cookies = "; ".join(value.split(";")[0] for name, value in page.headers if name == "set-cookie")
        form = f"csrf_token={token}&password=" + "correct+horse+battery+staple+is+not+a+good+password+any+more+x"
        head = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookies, "Sec-Fetch-Site": "same-origin",
                "Origin": "http://localhost:8000"}
        lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
        for _ in range(75):
            data = f"POST /password-strength HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{lines}Content-Length: {len(form)}\r\n\r\n{form}"
            await target.raw(data.encode(), 0)
        client.close()

    storm = asyncio.create_task(many(20, client))
    await asyncio.sleep(0.5)
    status, seconds = await target.login()
    await storm
    return f"another login: {status} after {seconds:.1f} s"
