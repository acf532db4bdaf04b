"""What reading one object gives: a raw header, or the wish for more bytes."""

from dataclasses import dataclass, field
from typing import Final, Literal

__all__ = ["DUMMY", "MARKS", "PRESENT", "SENTINELS", "NeedMore", "RawHeader", "presence"]

PRESENT: Final = b"\x01"
"""Stands in a raw header for a value of which only the presence is recorded."""

DUMMY: Final = b"\x00"
"""Stands there for such a value that is one of the sentinels."""

SENTINELS: Final = (
    "0", "000Y", "18000101", "19000101", "99991231", "ANON", "ANONYMISED", "ANONYMIZED", "ANONYMOUS", "DEIDENTIFIED",
    "N/A", "NA", "NONE", "REMOVED", "UNKNOWN",
)  # fmt: skip
"""Values, in capitals, that stand for one that was taken out, if the header says that something was."""

MARKS: Final = {b"": b"", **{text.encode("ascii"): DUMMY for text in SENTINELS}}
"""What stands in a raw header for a text without padding, in capitals, if not ``PRESENT``."""


def presence(value: bytes, *, is_searched: bool = False) -> bytes:
    """What stands in a raw header for a text of which only the presence is recorded.

    A text that is searched stands there itself, unless there is none or a sentinel for one.
    """
    text = value.strip(b"\0 ")
    return MARKS.get(text.upper(), text if is_searched else PRESENT)


@dataclass(frozen=True, slots=True)
class NeedMore:
    """The header goes on beyond the bytes that were given.

    ``prefix_bytes`` is the length of the prefix to try next, counted from the start of the object. It is
    longer than the one that was given and never longer than the object or the limit, so a loop that obeys
    it ends after few rounds.
    """

    prefix_bytes: int


# Not frozen: one is made for every object, and to freeze it takes a microsecond more.
@dataclass(slots=True)
class RawHeader:
    """The wanted values of one header, not yet decoded.

    ``values`` maps a slot to bytes: little endian for numbers, as encoded for text, empty for an element
    without a value, and ``PRESENT`` where no more than the presence is kept (of a text that is searched for
    identifiers, the text itself where it stands at the top level). A slot that is missing was not
    in the header. ``texts`` holds values whose VR in the file is not the dictionary's, as text. ``invalid``
    names the slots whose element is there but whose value cannot be had. None of them is shown when the
    record is printed. ``header_bytes`` is the offset at which the header ends: a prefix of this length and
    16 bytes more is enough. ``ends_early`` says that more of the header lies behind.

    ``stood_in`` names the slots whose value is from another place than the attribute's own. ``unread`` are the
    tags of sequences at the top level whose items cannot be read. ``digest`` is the SHA-256 of the dataset's
    bytes in the header (of a deflated one, inflated), and empty if there are no bytes; ``rest_bytes`` the
    length of what lies behind (of a deflated one, of the whole dataset), and ``None`` if not known.
    """

    values: dict[int, bytes] = field(repr=False)
    header_bytes: int
    parsed_by: Literal["scanner", "pydicom"]
    ends_early: bool = False
    texts: dict[int, str] = field(default_factory=dict, repr=False)
    invalid: frozenset[int] = frozenset()
    stood_in: frozenset[int] = frozenset()
    unread: frozenset[int] = frozenset()
    digest: bytes = field(default=b"", repr=False)
    rest_bytes: int | None = None
