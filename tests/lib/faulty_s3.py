"""An S3 server with the faults that real ones have, on loopback, in a thread."""

import contextlib
import re
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

__all__ = ["Faults", "faulty_s3"]

_LISTING = b"""<?xml version="1.0"?><ListBucketResult><Name>bucket</Name><KeyCount>0</KeyCount>
<IsTruncated>false</IsTruncated></ListBucketResult>"""
_SLOW_DOWN = b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"


@dataclass(slots=True)
class Faults:
    """What goes wrong, and the number of requests seen per path (shared with the server's threads)."""

    ignores_ranges: bool = False
    slow_downs_per_object: int = 0
    cut_bodies_per_object: int = 0
    requests: Counter[str] = field(default_factory=Counter)


@contextlib.contextmanager
def faulty_s3(objects: Mapping[str, bytes], faults: Faults) -> Iterator[str]:
    """Serve ``objects`` (by path, ``bucket/key``) with ``faults``; gives the endpoint."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path, _, query = self.path.lstrip("/").partition("?")
            if "list-type" in query:
                self._send(200, _LISTING)
                return
            faults.requests[path] += 1
            seen = faults.requests[path]
            if path not in objects:
                self._send(404, b"<Error><Code>NoSuchKey</Code></Error>")
            elif seen <= faults.slow_downs_per_object:
                self._send(503, _SLOW_DOWN)
            else:
                self._send_object(objects[path], cut=seen <= faults.cut_bodies_per_object)

        def _send_object(self, body: bytes, *, cut: bool) -> None:
            wanted = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
            if wanted is None or faults.ignores_ranges:
                self._send(200, body, cut=cut)
                return
            first, last = int(wanted[1]), min(int(wanted[2]), len(body) - 1)
            self._send(206, body[first : last + 1], content_range=f"bytes {first}-{last}/{len(body)}", cut=cut)

        def _send(self, status: int, body: bytes, *, content_range: str = "", cut: bool = False) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Last-Modified", "Mon, 02 Mar 2026 10:00:00 GMT")
            self.send_header("ETag", '"0"')
            if content_range:
                self.send_header("Content-Range", content_range)
            self.end_headers()
            with contextlib.suppress(ConnectionError):
                self.wfile.write(body[: len(body) // 2] if cut else body)
            self.close_connection = cut

        def log_message(self, format: str, *args: object) -> None:
            """Tests read the counts, not a log."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
