"""A DICOMweb server with the habits and faults that real ones have, on loopback, in a thread."""

import contextlib
import gzip
import json
import ssl
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

__all__ = ["Answer", "FaultyDicomweb", "faulty_dicomweb", "instance"]

Instances = Mapping[tuple[str, str, str], dict[str, Any]]
"""Instances by the UIDs of study, series and instance, in the JSON model."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered instead of the truth."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    delay_s: float = 0.0
    is_cut: bool = False


@dataclass(slots=True)
class FaultyDicomweb:
    """What the server has, how it answers, and what it was asked (shared with its threads).

    ``faults`` holds answers by path, used up one after the other; ``always`` those that never change.
    """

    instances: Instances
    cap: int | None = None
    tells_cap: bool = False
    tells_counts: bool = True
    knows_offset: bool = True
    knows_limit: bool = True
    refuses_limit_above: int | None = None
    none_is_204: bool = False
    compresses: bool = False
    latency_s: float = 0.0
    faults: dict[str, list[Answer]] = field(default_factory=dict)
    always: dict[str, Answer] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    queries: list[dict[str, list[str]]] = field(default_factory=list)
    authorizations: set[str | None] = field(default_factory=set)
    most_at_a_time: int = 0
    url: str = ""
    _at_a_time: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, path: str, query: dict[str, list[str]], authorization: str | None) -> Answer:
        """The next answer to a request."""
        with self._lock:
            self.asked[path] += 1
            self.queries.append(query)
            self.authorizations.add(authorization)
            if self.faults.get(path):
                return self.faults[path].pop(0)
        return self.always.get(path) or self._truth(path.split("/"), query)

    @contextlib.contextmanager
    def counted(self) -> Iterator[None]:
        """Count a request as being in flight."""
        with self._lock:
            self._at_a_time += 1
            self.most_at_a_time = max(self.most_at_a_time, self._at_a_time)
        try:
            yield
        finally:
            with self._lock:
                self._at_a_time -= 1

    def _truth(self, parts: list[str], query: dict[str, list[str]]) -> Answer:
        uids = [unquote(part) for part in parts[1::2]]
        if parts == ["studies"]:
            studies = Counter(study for study, _, _ in self.instances)
            return self._page([self._study(uid, count) for uid, count in studies.items()], query)
        if parts[-1] == "instances" and len(parts) == 3:
            found = [key for key in self.instances if key[0] == uids[0]]
            return self._page([_record(*key) for key in found], query)
        if parts[-1] == "metadata" and len(parts) in (5, 7):
            held = [value for key, value in self.instances.items() if list(key[: len(uids)]) == uids]
            return _json(held) if held else Answer(404)
        return Answer(404)

    def _study(self, uid: str, count: int) -> dict[str, Any]:
        record = {"0020000D": {"vr": "UI", "Value": [uid]}}
        return record | ({"00201208": {"vr": "IS", "Value": [count]}} if self.tells_counts else {})

    def _page(self, records: list[dict[str, Any]], query: dict[str, list[str]]) -> Answer:
        limit = int(query["limit"][0]) if "limit" in query else None
        if limit is not None and self.refuses_limit_above is not None and limit > self.refuses_limit_above:
            return Answer(400)
        records = records[int(query.get("offset", ["0"])[0]) if self.knows_offset else 0 :]
        sizes = [size for size in (limit if self.knows_limit else None, self.cap) if size is not None]
        page = records[: min(sizes, default=len(records))]
        headers = {"Warning": "299 server: more"} if self.tells_cap and len(page) < len(records) else {}
        return Answer(204) if not page and self.none_is_204 else _json(page, headers)


def instance(study: str, series: str, uid: str, **elements: Any) -> dict[str, Any]:
    """An instance of the JSON model; further elements by tag, with a leading ``x``, as VR and values."""
    made = _record(study, series, uid) | {"00080016": {"vr": "UI", "Value": ["1.2.840.10008.5.1.4.1.1.2"]}}
    return made | {tag[1:]: {"vr": vr, "Value": list(values)} for tag, (vr, *values) in elements.items()}


def _record(study: str, series: str, uid: str) -> dict[str, Any]:
    uids = {"00080018": uid, "0020000D": study, "0020000E": series}
    return {tag: {"vr": "UI", "Value": [value]} for tag, value in uids.items()}


def _json(found: list[dict[str, Any]], headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(200, json.dumps(found).encode(), {"Content-Type": "application/dicom+json", **(headers or {})})


@contextlib.contextmanager
def faulty_dicomweb(
    server: FaultyDicomweb, *, certificate: Path | None = None, private_key: Path | None = None
) -> Iterator[FaultyDicomweb]:
    """Run the server, over TLS when it has a certificate; its ``url`` is what a site file would say."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Head and body in one piece: in two, the second waits for the client's word about the first.
        wbufsize = -1

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            with server.counted():
                time.sleep(server.latency_s)
                path = parts.path.removeprefix("/web/")
                answer = server.answer(path, parse_qs(parts.query), self.headers.get("Authorization"))
                time.sleep(answer.delay_s)
            # The client asks again as soon as it has the last byte: counted until after it, two would overlap.
            self._send(answer)

        def _send(self, answer: Answer) -> None:
            body = answer.body
            with contextlib.suppress(OSError):
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                if server.compresses:
                    body = gzip.compress(body)
                    self.send_header("Content-Encoding", "gzip")
                if answer.status != 204:
                    self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body[: len(body) // 2] if answer.is_cut else body)
                self.wfile.flush()
            self.close_connection = self.close_connection or answer.is_cut

        def log_message(self, format: str, *args: object) -> None:
            """Tests read the counts, not a log."""

    listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listener.daemon_threads = True
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, private_key)
        listener.socket = context.wrap_socket(listener.socket, server_side=True)
    server.url = f"dicomweb+http{'s' if certificate else ''}://127.0.0.1:{listener.server_address[1]}/web"
    thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        listener.shutdown()
        listener.server_close()
        thread.join(5)
