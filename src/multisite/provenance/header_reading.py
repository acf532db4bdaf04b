"""Many headers at once: windows of ranged reads over objects, or over members of an archive, until each is settled."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Final, NamedTuple, Protocol

from multisite.dicom import NeedMore, RawHeader, read_header
from multisite.provenance.first_read import HeaderLengths
from multisite.schemas import ObjectVersion, RangeRequest
from multisite.vocabulary import QuarantineReason

__all__ = [
    "HEADER_MARGIN_BYTES",
    "NOT_DICOM_NEEDS_BYTES",
    "Fetch",
    "Outcome",
    "PlainObject",
    "Reading",
    "Source",
    "read_headers",
    "read_listed",
]

HEADER_MARGIN_BYTES: Final = 16
"""Bytes behind a header that the reader wants to see, to know that it ends there."""

NOT_DICOM_NEEDS_BYTES: Final = 132
"""Bytes that show that an object is not DICOM: preamble and prefix."""

_ROUNDS: Final = 8
"""Requests per object at most; the last asks for all that may be read."""

_WINDOW: Final = 1024
_WINDOW_BYTES: Final = 1 << 26
"""Requests, and bytes asked for, that are under way together."""

_PROBES: Final = (1, 4, 16, 64, 256)
"""How many objects of a folder are read before what they showed is used for the next."""

_FOLDERS_PROBED_FIRST: Final = 16

Outcome = RawHeader | QuarantineReason
Fetch = Callable[[Sequence[RangeRequest]], list[bytes | QuarantineReason]]


class Reading(NamedTuple):
    """What reading one instance gave, and what it took."""

    outcome: Outcome
    n_requests: int
    n_bytes_read: int


class Source(Protocol):
    """Where the bytes of one instance lie in a store, and how they become a header."""

    @property
    def key(self) -> str:
        """Key of the object to ask for."""
        ...

    @property
    def start(self) -> int:
        """Offset of the instance's first byte in the object."""
        ...

    @property
    def n_bytes(self) -> int | None:
        """Bytes that the instance takes in the object at most; None where the store does not say."""
        ...

    @property
    def likely_bytes(self) -> int | None:
        """Bytes that it most likely takes: what instances of like size are told by."""
        ...

    @property
    def wrapping_bytes(self) -> int:
        """Bytes that may be read beyond the limit for a header, because they wrap it and are no part of it."""
        ...

    @property
    def version(self) -> ObjectVersion | None:
        """The state of the object that is meant."""
        ...

    @property
    def folder(self) -> str:
        """Instances of one folder are expected to have headers of like lengths."""
        ...

    def judge(self, have: bytes, *, ended: bool, longest: int) -> Outcome | NeedMore:
        """The outcome by the first bytes, or how many it needs; ``ended`` when there are no others."""
        ...

    def needed(self, have: bytes, header: RawHeader) -> int:
        """How many of the bytes at hand would have done."""
        ...


class PlainObject(NamedTuple):
    """An object that is an instance."""

    key: str
    folder: str
    n_bytes: int | None
    version: ObjectVersion
    start: int = 0
    wrapping_bytes: int = 0

    @property
    def likely_bytes(self) -> int | None:
        """The size that was listed."""
        return self.n_bytes

    def judge(self, have: bytes, *, ended: bool, longest: int) -> Outcome | NeedMore:
        """As ``read_header``; an object that ends before its listed size, and gives no header, has changed since."""
        outcome = read_listed(have, listed=self.n_bytes, ended=ended, longest=longest)
        if ended and self.n_bytes is not None and len(have) < self.n_bytes and outcome in _CUT_OFF:
            return QuarantineReason.CHANGED
        return outcome

    def needed(self, have: bytes, header: RawHeader) -> int:
        """The header and the margin behind it, or the whole object."""
        return min(header.header_bytes + HEADER_MARGIN_BYTES, len(have))


_CUT_OFF: Final = (QuarantineReason.EMPTY_OBJECT, QuarantineReason.TRUNCATED)


def read_listed(have: bytes, *, listed: int | None, ended: bool, longest: int) -> Outcome | NeedMore:
    """As ``read_header``, of an instance that is ``listed`` with a size, or without one; ``ended`` if it ends here.

    The outcome does not depend on whether the end was seen: the length of what lies behind the header follows from the
    listed size alone, and without one it counts as not known, and a header is not given up before the end, or the
    limit, is seen. (A store that tells no sizes does not hand out the object's own bytes either.)
    """
    size = len(have) if ended else listed
    outcome = read_header(have, object_size=size, max_header_bytes=longest)
    if isinstance(outcome, RawHeader) and outcome.rest_bytes is not None and size is not None and size != listed:
        return replace(outcome, rest_bytes=None if listed is None else outcome.rest_bytes + listed - size)
    return outcome


def read_headers(
    sources: Sequence[Source], fetch: Fetch, *, lengths: HeaderLengths, max_header_bytes: int
) -> list[Reading]:
    """What became of each source, in order.

    Windows grow, first over a few sources of each folder, so that most are asked for when it is known how long their
    headers are. Neither windows nor lengths bear on the outcomes. What is listed as empty takes no request.
    """
    empty = Reading(QuarantineReason.EMPTY_OBJECT, 0, 0)
    readings: list[Reading | None] = [empty if source.n_bytes == 0 else None for source in sources]
    for planned in _stages(sources, [i for i, reading in enumerate(readings) if reading is None]):
        open_ = [_Open(i, sources[i], lengths, max_header_bytes) for i in reversed(planned)]
        # What was begun is finished first, so that few unfinished headers are held.
        while open_:
            window = _take_window(open_)
            answers = fetch([one.request() for one in window])
            for one, answer in zip(window, answers, strict=True):
                outcome = one.take(answer)
                if outcome is None:
                    open_.append(one)
                else:
                    readings[one.index] = Reading(outcome, one.n_requests, one.n_bytes_read)
    return [reading for reading in readings if reading is not None]


def _stages(sources: Sequence[Source], positions: Sequence[int]) -> Iterator[list[int]]:
    """The positions of sources in the order in which they are read, cut where something is to be learned first."""
    ranks: defaultdict[str, int] = defaultdict(int)
    by_stage: list[list[int]] = [[] for _ in range(len(_PROBES) + 1)]
    for i in positions:
        folder = sources[i].folder
        rank = ranks[folder]
        ranks[folder] = rank + 1
        by_stage[bisect_right(_PROBES, rank)].append(i)
    step = max(1, len(by_stage[0]) // _FOLDERS_PROBED_FIRST)
    first = by_stage[0][::step]
    by_stage[0] = sorted(set(by_stage[0]).difference(first))
    for stage in (first, *by_stage):
        # Lengths are chosen window by window: what the last one showed counts for the next.
        for begin in range(0, len(stage), _WINDOW):
            yield stage[begin : begin + _WINDOW]


def _take_window(open_: list["_Open"]) -> list["_Open"]:
    """Take the next requests off the end of ``open_``: as many as may be under way together."""
    window: list[_Open] = []
    n_bytes = 0
    while open_ and len(window) < _WINDOW and n_bytes < _WINDOW_BYTES:
        window.append(open_.pop())
        n_bytes += window[-1].asked - len(window[-1].have)
    return window


class _Open:
    """A source whose header is not settled yet."""

    __slots__ = ("_last", "_lengths", "_longest", "asked", "have", "index", "n_bytes_read", "n_requests", "source")

    def __init__(self, index: int, source: Source, lengths: HeaderLengths, longest: int) -> None:
        self.index = index
        self.source = source
        self._lengths = lengths
        self._longest = longest
        self._last = longest + source.wrapping_bytes
        self.have = b""
        self.asked = self._at_most(lengths.first(source.folder, source.likely_bytes))
        self.n_requests = 0
        self.n_bytes_read = 0

    def request(self) -> RangeRequest:
        have = len(self.have)
        return RangeRequest(self.source.key, self.source.start + have, self.asked - have, self.source.version)

    def take(self, answer: bytes | QuarantineReason) -> Outcome | None:
        """The outcome, or None when more is to be asked for."""
        self.n_requests += 1
        if isinstance(answer, QuarantineReason):
            return answer
        self.n_bytes_read += len(answer)
        self.have = self.have + answer if self.have else answer
        source, have = self.source, self.have
        ended = len(have) < self.asked or len(have) == source.n_bytes
        outcome = source.judge(have, ended=ended, longest=self._longest)
        if isinstance(outcome, RawHeader):
            self._lengths.learn(source.folder, source.likely_bytes, source.needed(have, outcome))
        elif isinstance(outcome, NeedMore):
            return self._ask(outcome.prefix_bytes, ended)
        elif outcome is QuarantineReason.NOT_DICOM:
            self._lengths.learn(source.folder, source.likely_bytes, NOT_DICOM_NEEDS_BYTES)
        return outcome

    def _ask(self, at_least: int, ended: bool) -> Outcome | None:
        if ended:
            return QuarantineReason.TRUNCATED
        have, source = len(self.have), self.source
        wanted = self._lengths.further(source.folder, source.likely_bytes, have=have, at_least=at_least)
        self.asked = self._at_most(max(wanted, at_least) if self.n_requests < _ROUNDS - 1 else self._last)
        return QuarantineReason.HEADER_TOO_LONG if self.asked <= have else None

    def _at_most(self, wanted: int) -> int:
        n_bytes = self.source.n_bytes
        return min(wanted, self._last if n_bytes is None else min(n_bytes, self._last))
