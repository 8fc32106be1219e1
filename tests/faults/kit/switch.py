"""An address that moves: forwards connections to a port that can change."""
import asyncio


class Switch:
    def __init__(self, port):
        self.target, self.open, self.server = port, set(), None

    async def start(self):
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def _serve(self, reader, writer):
        self.open.add(writer)
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target)
            self.open.add(far_writer)
            await asyncio.gather(self._copy(reader, far_writer), self._copy(far_reader, writer))
        except OSError:
            pass
        finally:
            writer.close()

    async def _copy(self, reader, writer):
        try:
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()
            self.open.discard(writer)

    def move(self, port):
        """Cuts all connections. New ones go to `port`."""
        self.target = port
        for writer in list(self.open):
            writer.close()

    def close(self):
        self.move(self.target)
        self.server.close()
