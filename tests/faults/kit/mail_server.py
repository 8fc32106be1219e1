"""A mail server that behaves as it is told."""
import asyncio, re


class MailServer:
    """`behaviour` is `accept`, `refuse` (451), `slow` (a second before each reply) or `hang` (greets, and says no
    more). `accepted` gets the Message-ID of each mail before the server says that it took it."""

    def __init__(self, behaviour="accept"):
        self.behaviour, self.mails, self.sessions, self.server, self.port = behaviour, [], 0, None, 0
        self.accepted = lambda message_id: None

    async def start(self):
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    def close(self):
        self.server.close()

    @property
    def url(self):
        return f"smtp://127.0.0.1:{self.port}"

    async def _serve(self, reader, writer):
        self.sessions += 1
        try:
            await self._say(writer, "220 mail.example.com")
            while line := await reader.readline():
                if self.behaviour == "hang":
                    await asyncio.sleep(300)
                verb = line[:4].upper()
                if verb == b"DATA":
                    await self._say(writer, "354 go on")
                    text = (await reader.readuntil(b"\r\n.\r\n")).decode(errors="replace")
                    message_id = re.search(r"(?im)^message-id: *(\S+)", text).group(1)
                    self.mails.append(message_id)
                    self.accepted(message_id)
                    await self._say(writer, "250 taken")
                elif verb == b"RCPT" and self.behaviour == "refuse":
                    await self._say(writer, "451 later")
                elif verb == b"QUIT":
                    await self._say(writer, "221 bye")
                    break
                else:
                    await self._say(writer, "250 mail.example.com")
        except (OSError, EOFError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _say(self, writer, line):
        if self.behaviour == "slow":
            await asyncio.sleep(1)
        writer.write(f"{line}\r\n".encode())
        await writer.drain()
