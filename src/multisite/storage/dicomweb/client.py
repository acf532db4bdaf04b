"""Asking a DICOMweb service: one host, a bounded answer, and no more requests at a time than agreed.

The client finds no way of its own: no proxy of the environment, no other host that an answer points to, no
credentials but those of the location.
"""

import logging
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import Enum
from random import Random
from typing import Final
from urllib.parse import urlencode, urljoin, urlsplit

import urllib3
from urllib3.exceptions import HTTPError, SSLError

from multisite.storage.dicomweb.access import dicomweb_access, trusted_authorities
from multisite.storage.location import StoreLocation
from multisite.storage.retrying import Fault, Patience, Retries

__all__ = ["DEFAULT_CONCURRENCY", "Answer", "Cause", "DicomwebClient", "DicomwebFailure"]

DEFAULT_CONCURRENCY: Final = 4
"""Requests in flight at a time, where the site does not say: archives serve clinics first."""

_LARGEST_ANSWER: Final = 128 * 2**20
_LONGEST_ANSWER_S: Final = 600.0
_CHUNK: Final = 1 << 20
_REDIRECTS: Final = 3
_LONGEST_WISH_S: Final = 60.0
_LOGGERS: Final = ("urllib3.connection", "urllib3.connectionpool", "urllib3.response", "urllib3.util.retry")


class Cause(Enum):
    """Why there is no usable answer."""

    NO_ANSWER = "no answer"
    UNTRUSTED = "certificate not trusted"
    REFUSED = "credentials refused"
    DENIED = "access denied"
    MISSING = "nothing there"
    ELSEWHERE = "sent to another place"
    THROTTLED = "too many requests"
    UNUSABLE = "an answer that cannot be used"

    @property
    def may_be_the_store(self) -> bool:
        """Whether the cause may lie with the service as a whole."""
        return self not in (Cause.MISSING, Cause.UNUSABLE)


_CAUSES: Final = {401: Cause.REFUSED, 403: Cause.DENIED, 404: Cause.MISSING, 410: Cause.MISSING}
_THROTTLING: Final = (429, 503)
_GATEWAY: Final = (502, 504)


class DicomwebFailure(Exception):  # noqa: N818  # what it leads to depends on who asked
    """A request without a usable answer; it quotes neither the request nor the answer."""

    def __init__(self, cause: Cause, detail: str) -> None:
        super().__init__(f"{cause.value} ({detail})")
        self.cause = cause
        self.detail = detail
        """A status, or the name of an error."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service answered: ``body`` is empty when there is nothing; ``is_cut`` says that it held results back."""

    body: bytes
    is_cut: bool


class DicomwebClient:
    """Asks the service at a location. Safe for use by several threads.

    Raises
    ------
    ConfigError
        As for :func:`dicomweb_access`.
    """

    def __init__(self, location: StoreLocation, patience: Patience) -> None:
        access = dicomweb_access(location)
        self.concurrency = location.concurrency or DEFAULT_CONCURRENCY
        self._address = access.address
        self._patience = patience
        self._rng = Random(patience.seed)  # noqa: S311  # it spreads pauses, and keeps no secret
        self._headers = {"Accept": "application/dicom+json", "Accept-Encoding": "gzip", "User-Agent": "multisite"}
        if access.authorization is not None:
            self._headers["Authorization"] = access.authorization
        self._pool = urllib3.PoolManager(
            num_pools=1,
            maxsize=self.concurrency,
            block=True,
            retries=False,
            timeout=urllib3.Timeout(connect=patience.connect_timeout_s, read=patience.read_timeout_s),
            ssl_context=trusted_authorities(location) if access.address.startswith("https:") else None,
        )

    def get(self, path: str, query: Mapping[str, str] | None = None) -> Answer:
        """The answer to a request for ``path`` under the address, after retries.

        Raises
        ------
        DicomwebFailure
            When there is none that can be used.
        """
        url = f"{self._address}/{path}" + (f"?{urlencode(query)}" if query else "")
        retries = Retries(self._patience, self._rng)
        while True:
            try:
                with _unlogged():
                    return self._ask(url)
            except _Passing as passing:
                pause = retries.pause_after(passing.fault)
                if pause is None:
                    raise passing.failure from None
                time.sleep(max(pause, passing.wish_s))

    def _ask(self, url: str) -> Answer:
        for _ in range(_REDIRECTS + 1):
            response = self._open(url)
            try:
                target = response.get_redirect_location()
                if not target:
                    return self._read(response)
            finally:
                # An answer that was read to its end has given its connection back already. Of another the
                # connection is closed before its place in the pool is given back.
                response.close()
                response.release_conn()
            url = urljoin(url, target)
            if not self._is_here(url):
                break
        raise DicomwebFailure(Cause.ELSEWHERE, str(response.status))

    def _open(self, url: str) -> urllib3.BaseHTTPResponse:
        try:
            return self._pool.request(
                "GET", url, headers=self._headers, preload_content=False, redirect=False, retries=False
            )
        except SSLError as error:
            raise _ssl_failure(error) from None
        except (HTTPError, OSError) as error:
            raise _Passing(Fault.PASSING, DicomwebFailure(Cause.NO_ANSWER, type(error).__name__)) from None

    def _is_here(self, url: str) -> bool:
        """Whether a URL is one of the service's own host, port and scheme."""
        here, there = urlsplit(self._address), urlsplit(url)
        return (here.scheme, here.netloc) == (there.scheme, there.netloc)

    def _read(self, response: urllib3.BaseHTTPResponse) -> Answer:
        status = response.status
        if status in (200, 206):
            body = self._body(response)
            kind = response.headers.get("Content-Type", "").lower()
            if body and "json" not in kind:
                raise DicomwebFailure(Cause.UNUSABLE, "no JSON")
            return Answer(body, response.headers.get("Warning", "").startswith("299"))
        if status == 204:
            return Answer(b"", False)
        failure = DicomwebFailure(_CAUSES.get(status, Cause.UNUSABLE), str(status))
        if status in _THROTTLING:
            failure = DicomwebFailure(Cause.THROTTLED, str(status))
            raise _Passing(Fault.THROTTLED, failure, _wish_s(response.headers.get("Retry-After", "")))
        if status in _GATEWAY:
            raise _Passing(Fault.PASSING, DicomwebFailure(Cause.NO_ANSWER, str(status)))
        raise failure

    def _body(self, response: urllib3.BaseHTTPResponse) -> bytes:
        """The decoded body, as far as it is bounded in bytes and in time."""
        end = time.monotonic() + _LONGEST_ANSWER_S
        body = bytearray()
        try:
            while chunk := response.read1(_CHUNK):
                body += chunk
                if len(body) > _LARGEST_ANSWER:
                    raise DicomwebFailure(Cause.UNUSABLE, "too large")
                if time.monotonic() > end:
                    raise DicomwebFailure(Cause.NO_ANSWER, "too slow")
        except (HTTPError, OSError) as error:
            raise _Passing(Fault.PASSING, DicomwebFailure(Cause.NO_ANSWER, type(error).__name__)) from None
        return bytes(body)


class _Passing(Exception):  # noqa: N818  # it never leaves this file
    """An attempt that failed in a way that may pass, and the time in seconds that the service asked for."""

    def __init__(self, fault: Fault, failure: DicomwebFailure, wish_s: float = 0.0) -> None:
        super().__init__(failure)
        self.fault = fault
        self.failure = failure
        self.wish_s = wish_s


def _ssl_failure(error: SSLError) -> Exception:
    if any(isinstance(part, ssl.SSLCertVerificationError) for part in (error, *error.args)):
        return DicomwebFailure(Cause.UNTRUSTED, "certificate")
    return _Passing(Fault.PASSING, DicomwebFailure(Cause.NO_ANSWER, type(error).__name__))


def _wish_s(retry_after: str) -> float:
    """Seconds of a Retry-After header, within reason; a date in it counts as no wish."""
    return min(float(retry_after), _LONGEST_WISH_S) if retry_after.isascii() and retry_after.isdigit() else 0.0


_IS_ASKING: ContextVar[bool] = ContextVar("_IS_ASKING", default=False)


class _Silence(logging.Filter):
    """Drops what the library would log of a request made here: its path holds identifiers."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not _IS_ASKING.get()


_SILENCE: Final = _Silence()


@contextmanager
def _unlogged() -> Iterator[None]:
    for name in _LOGGERS:
        # Nothing is added twice.
        logging.getLogger(name).addFilter(_SILENCE)
    token = _IS_ASKING.set(True)
    try:
        yield
    finally:
        _IS_ASKING.reset(token)
