"""Attacks with connections and heads."""
import asyncio
from . import attack


async def many(count, work, at_once=64):
    """Runs `work(n)` for each n below `count`, some at once."""
    gate = asyncio.Semaphore(at_once)

    async def one(n):
        async with gate:
            return await work(n)

    return await asyncio.gather(*(one(n) for n in range(count)))


async def hold(target, count, data, seconds, addresses=250):
    """Opens connections, sends `data` on each, and holds them. Returns how many are open at the end."""
    held = []

    async def open_one(n):
        try:
            reader, writer = await asyncio.wait_for(target.open(n % addresses), 10)
            writer.write(data)
            held.append((reader, writer))
        except (OSError, asyncio.TimeoutError):
            target.replies[None] += 1

    await many(count, open_one)
    await asyncio.sleep(seconds)

    async def is_open(reader, writer):
        try:
            return bool(await asyncio.wait_for(reader.read(1 << 16), 0.3))
        except asyncio.TimeoutError:
            return True
        except OSError:
            return False
        finally:
            writer.close()

    return sum(await asyncio.gather(*(is_open(*connection) for connection in held)))


@attack("2,000 connections from one address", memory=24)
async def connections_of_one_address(target):
    still = await hold(target, 2000, b"", 3, addresses=1)
    return f"{still:,} stay open"


@attack("1,000 heads that stall, from 250 addresses", memory=64)
async def slow_heads(target):
    still = await hold(target, 1000, b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ", 12)
    return f"{still:,} open after 12 s"


@attack("100 heads of 4 MiB", memory=40)
async def long_heads(target):
    head = b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"".join(b"X-%d: %s\r\n" % (n, b"x" * 4000) for n in range(1000))
    await many(100, lambda n: target.raw(head + b"\r\n", n))


@attack("20 `Accept` headers of 100 KB", memory=24)
async def long_accept(target):
    head = b"GET /nothing HTTP/1.1\r\nHost: localhost\r\nAccept: %s\r\n\r\n" % (b"a/b;q=0.1," * 10_000)
    await many(20, lambda n: target.raw(head, n, seconds=20), at_once=2)


@attack("500 heads with 1,000 cookies", memory=24)
async def many_cookies(target):
    cookies = b"; ".join(b"c%d=%d" % (n, n) for n in range(1000))
    head = b"GET /login HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nCookie: %s\r\n\r\n" % cookies
    await many(500, lambda n: target.raw(head, n))


@attack("90 clients that do not read a reply of 1.4 MB", memory=48)
async def slow_readers(target):
    head = b"GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: localhost\r\n\r\n"
    # All of a pipeline at once, so that the buffers of the system are full soon.
    await hold(target, 90, head * 8, 6)


@attack("20,000 requests for made-up paths and methods, without a scrape of the metrics", memory=24, log=6144)
async def made_up_paths(target):
    async def client(n):
        client = target.client(n)
        for request in range(500):
            await target.ask(client, "GET", f"/auth/made-up-{n}-{request}")
        client.close()

    await many(40, client, at_once=16)
    client = target.client(200)
    size = len((await client.request("GET", "/metrics")).body)
    client.close()
    return f"{size / 1024:.0f} KiB of metrics"
