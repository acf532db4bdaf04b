"""A small S3 server that answers ranges with 206: ``python -m tests.benchmarks.range_server FOLDER`` prints its port.

A process of its own, so that it takes no time of the measured one's interpreter. ``GET /_sent`` tells the bytes sent.
"""

import asyncio
import re
import sys
from pathlib import Path

_REQUEST = re.compile(rb"^(GET|HEAD) /([^ ?]*)")
_RANGE = re.compile(rb"\r\nrange: *bytes=(\d+)-(\d*)", re.IGNORECASE)
_COMMON = b'Last-Modified: Mon, 02 Mar 2026 10:00:00 GMT\r\nETag: "e"\r\nContent-Type: binary/octet-stream\r\n'


class Server(asyncio.Protocol):
    """One connection, kept alive."""

    objects: dict[bytes, bytes]
    sent = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.buffer = b""

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while b"\r\n\r\n" in self.buffer:
            head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
            self.answer(head)

    def answer(self, head: bytes) -> None:
        asked = _REQUEST.match(head)
        body = b"" if asked is None else self.objects.get(asked[2])
        if asked is not None and asked[2] == b"_sent":
            body = str(Server.sent).encode()
        if body is None:
            self.transport.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
            return
        wanted = _RANGE.search(head)
        status, extra = b"200 OK", b""
        if wanted is not None:
            first, last = int(wanted[1]), min(int(wanted[2] or len(body)), len(body) - 1)
            extra = b"Content-Range: bytes %d-%d/%d\r\n" % (first, last, len(body))
            status, body = b"206 Partial Content", body[first : last + 1]
        length = b"Content-Length: %d\r\n" % len(body)
        self.transport.write(b"HTTP/1.1 " + status + b"\r\n" + _COMMON + extra + length + b"\r\n")
        if asked is not None and asked[1] == b"GET":
            self.transport.write(body)
            Server.sent += len(body)


async def serve(folder: Path) -> None:
    """Serve every file below ``folder``, held in memory, until standard input closes."""
    Server.objects = {str(p.relative_to(folder)).encode(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Server, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
