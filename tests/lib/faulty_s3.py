"""An S3 server with the faults that real ones have, on loopback, in threads."""

import contextlib
import hashlib
import re
import threading
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, MutableMapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

__all__ = ["Faults", "faulty_s3"]

_SLOW_DOWN = b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
_BROKEN = b"<Error><Code>InternalError</Code><Message>We encountered an internal error.</Message></Error>"
_MODIFIED = "Mon, 02 Mar 2026 10:00:00 GMT"
_EVERY = 1 << 30


@dataclass(slots=True)
class Faults:
    """What goes wrong, and what was seen (shared with the server's threads).

    Numbers ``per_object`` are of the first requests for each object, after which all is well. ``broken``,
    ``throttled``, ``silent`` and ``trickling`` name paths (``bucket/key``) that fail for ever: with 500, with 503, with
    no answer at all, with a byte now and then until the server ends. ``is_dead`` answers no request at all.
    ``throttled_above`` throttles whatever comes while so many objects are being asked for. ``extra_length`` is added
    to each Content-Length, and the connection kept open.
    """

    ignores_ranges: bool = False
    hides_etags: bool = False
    lists_backwards: bool = False
    page_keys: int = 1000
    slow_downs_per_object: int = 0
    cut_bodies_per_object: int = 0
    server_errors_per_object: int = 0
    silences_per_object: int = 0
    hang_ups_per_object: int = 0
    slow_downs: int = 0
    throttled_above: int = _EVERY
    extra_length: int = 0
    is_throttling: bool = False
    is_dead: bool = False
    broken: set[str] = field(default_factory=set)
    throttled: set[str] = field(default_factory=set)
    silent: set[str] = field(default_factory=set)
    trickling: set[str] = field(default_factory=set)
    requests: Counter[str] = field(default_factory=Counter)
    listings: int = 0
    n_throttled: int = 0
    most_at_a_time: int = 0
    at_a_time: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    ended: threading.Event = field(default_factory=threading.Event)


@contextlib.contextmanager
def faulty_s3(objects: MutableMapping[str, bytes], faults: Faults) -> Iterator[str]:
    """Serve ``objects`` (by path, ``bucket/key``; they may change meanwhile) with ``faults``; gives the endpoint."""

    class Handler(_FaultyHandler):
        pass

    Handler.objects, Handler.faults = objects, faults
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        faults.ended.set()
        server.shutdown()
        server.server_close()
        thread.join(5)


class _FaultyHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    objects: MutableMapping[str, bytes]
    faults: Faults

    def do_HEAD(self) -> None:
        path = unquote(urlsplit(self.path).path).lstrip("/")
        self._send(200 if path in self.objects else 404, b"", etag_of=self.objects.get(path))

    def do_GET(self) -> None:
        if self.faults.is_dead:
            self._say_nothing()
            return
        asked = urlsplit(self.path)
        path = unquote(asked.path).lstrip("/")
        query = {name: values[0] for name, values in parse_qs(asked.query, keep_blank_values=True).items()}
        if "list-type" in query:
            self.faults.listings += 1
            self._send(200, self._listing(path, query))
            return
        with self.faults.lock:
            self.faults.requests[path] += 1
            self.faults.at_a_time += 1
            self.faults.most_at_a_time = max(self.faults.most_at_a_time, self.faults.at_a_time)
            is_too_much = self.faults.at_a_time > self.faults.throttled_above
        try:
            self._answer(path, self.faults.requests[path], is_too_much=is_too_much)
        finally:
            with self.faults.lock:
                self.faults.at_a_time -= 1

    def _answer(self, path: str, seen: int, *, is_too_much: bool) -> None:
        faults = self.faults
        if self._is_throttled(path, seen) or is_too_much:
            faults.n_throttled += 1
            self._send(503, _SLOW_DOWN)
        elif path in faults.silent or seen <= faults.silences_per_object:
            self._say_nothing()
        elif seen <= faults.hang_ups_per_object:
            self.close_connection = True
        elif path in faults.trickling:
            self._trickle(len(self.objects[path]))
        elif path not in self.objects:
            self._send(404, b"<Error><Code>NoSuchKey</Code></Error>")
        elif path in faults.broken or seen <= faults.server_errors_per_object:
            self._send(500, _BROKEN)
        else:
            self._send_object(self.objects[path], cut=seen <= faults.cut_bodies_per_object)

    def _is_throttled(self, path: str, seen: int) -> bool:
        faults = self.faults
        with faults.lock:
            faults.slow_downs -= 1
            is_turn = faults.slow_downs >= 0
        return is_turn or faults.is_throttling or path in faults.throttled or seen <= faults.slow_downs_per_object

    def _say_nothing(self) -> None:
        self.faults.ended.wait(60)
        self.close_connection = True

    def _trickle(self, length: int) -> None:
        self.send_response(206)
        self.send_header("Content-Length", str(length))
        self.send_header("Content-Range", f"bytes 0-{length - 1}/{length}")
        self.end_headers()
        with contextlib.suppress(ConnectionError):
            while not self.faults.ended.wait(0.2):
                self.wfile.write(b"\0")
        self.close_connection = True

    def _send_object(self, body: bytes, *, cut: bool) -> None:
        wanted = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        if wanted is None or self.faults.ignores_ranges:
            self._send(200, body, cut=cut, etag_of=body)
            return
        first, last = int(wanted[1]), min(int(wanted[2]), len(body) - 1)
        if first >= len(body):
            self._send(416, b"<Error><Code>InvalidRange</Code></Error>")
            return
        content_range = f"bytes {first}-{last}/{len(body)}"
        self._send(206, body[first : last + 1], content_range=content_range, cut=cut, etag_of=body)

    def _send(
        self, status: int, body: bytes, *, content_range: str = "", cut: bool = False, etag_of: bytes | None = None
    ) -> None:
        extra = self.faults.extra_length if etag_of is not None else 0
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) + extra))
        self.send_header("Last-Modified", _MODIFIED)
        if etag_of is not None and not self.faults.hides_etags:
            self.send_header("ETag", f'"{hashlib.md5(etag_of).hexdigest()}"')
        if content_range:
            self.send_header("Content-Range", content_range)
        self.end_headers()
        with contextlib.suppress(ConnectionError):
            self.wfile.write(body[: len(body) // 2] if cut else body)
            if extra > 0:
                self.wfile.flush()
                self._say_nothing()
        # After too few announced bytes, the rest would be taken for the next answer.
        self.close_connection = self.close_connection or cut or extra < 0

    def _listing(self, bucket: str, query: dict[str, str]) -> bytes:
        prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
        begins = f"{bucket.rstrip('/')}/"
        own = {path[len(begins) :]: body for path, body in list(self.objects.items()) if path.startswith(begins)}
        keys = [key for key in sorted(own) if key.startswith(prefix)]
        inner = {key: key[len(prefix) :].partition(delimiter) for key in keys} if delimiter else {}
        folders = sorted({f"{prefix}{found[0]}/" for found in inner.values() if found[1]})
        keys = [key for key in keys if not delimiter or not inner[key][1]]
        if self.faults.lists_backwards:
            keys.reverse()
        # A server that does not list in order of keys cannot begin behind one either.
        after = 0 if self.faults.lists_backwards else bisect_right(keys, query.get("start-after", ""))
        begin = int(query.get("continuation-token", after))
        page = keys[begin : begin + min(self.faults.page_keys, int(query.get("max-keys", 1000)))]
        end = begin + len(page)
        token = f"<NextContinuationToken>{end}</NextContinuationToken>" if end < len(keys) else ""
        contents = "".join(
            f"<Contents><Key>{escape(key)}</Key><Size>{len(own[key])}</Size><LastModified>2026-03-02T10:00:00.000Z"
            f'</LastModified><ETag>"{hashlib.md5(own[key]).hexdigest()}"</ETag></Contents>'
            for key in page
        )
        common = "".join(f"<CommonPrefixes><Prefix>{escape(folder)}</Prefix></CommonPrefixes>" for folder in folders)
        common = common if begin == after else ""
        return (
            f'<?xml version="1.0"?><ListBucketResult><Name>{bucket}</Name><KeyCount>{len(page)}</KeyCount>'
            f"<IsTruncated>{str(bool(token)).lower()}</IsTruncated>{token}{contents}{common}</ListBucketResult>"
        ).encode()

    def log_message(self, format: str, *args: object) -> None:
        """Tests read the counts, not a log."""
