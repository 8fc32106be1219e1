"""A small HTTP/1.1 client that keeps its connection."""
import asyncio, json


class Lost(Exception):
    """No reply: the request may have been executed or not."""


class Reply:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(self.body)

    def cookie(self, name):
        """The value that a cookie is set to; None if it is not set."""
        for key, value in self.headers:
            if key == "set-cookie" and value.startswith(name + "="):
                return value[len(name) + 1:].split(";")[0]
        return None


class Connection:
    """A connection to `address()`, which is asked again for each new connection."""

    def __init__(self, address, source=None, seconds=15):
        self.address, self.source, self.seconds = address, source, seconds
        self.streams = None

    async def request(self, method, path, body=None, **headers):
        try:
            return await asyncio.wait_for(self._request(method, path, body, headers), self.seconds)
        except (OSError, EOFError, asyncio.TimeoutError, asyncio.IncompleteReadError, ValueError) as e:
            self.close()
            raise Lost(f"{method} {path}: {type(e).__name__} {e}") from None

    async def open(self):
        source = (self.source, 0) if self.source else None
        self.streams = await asyncio.open_connection(*self.address(), local_addr=source)

    async def _request(self, method, path, body, headers):
        if self.streams is None or self.streams[0].at_eof() or self.streams[1].is_closing():
            self.close()
            await self.open()
        reader, writer = self.streams
        data = b"" if body is None else json.dumps(body).encode()
        lines = [f"{method} {path} HTTP/1.1", "Host: localhost", f"Content-Length: {len(data)}"]
        if body is not None:
            lines.append("Content-Type: application/json")
        lines += [f"{name}: {value}" for name, value in headers.items()]
        writer.write("\r\n".join([*lines, "", ""]).encode() + data)
        await writer.drain()
        return await self._reply(reader)

    async def _reply(self, reader):
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        status = int(head[0].split()[1])
        headers = []
        for line in head[1:]:
            name, _, value = line.partition(":")
            headers.append((name.lower(), value.strip()))
        named = dict(headers)
        if named.get("transfer-encoding") == "chunked":
            body = b""
            while size := int(await reader.readline(), 16):
                body += await reader.readexactly(size)
                await reader.readline()
            await reader.readline()
        else:
            body = await reader.readexactly(int(named.get("content-length", 0)))
        if named.get("connection") == "close":
            self.close()
        return Reply(status, headers, body)

    def close(self):
        if self.streams:
            self.streams[1].close()
        self.streams = None
