"""What reading one object gives: a raw header, or the wish for more bytes."""

from dataclasses import dataclass, field
from typing import Literal

__all__ = ["PRESENT", "NeedMore", "RawHeader"]

PRESENT = b"\x01"
"""Stands in a raw header for a value of which only the presence is recorded."""


@dataclass(frozen=True, slots=True)
class NeedMore:
    """The header goes on beyond the bytes that were given.

    ``prefix_bytes`` is the length of the prefix to try next, counted from the start of the object. It is
    longer than the one that was given and never longer than the object or the limit, so a loop that obeys
    it ends after few rounds.
    """

    prefix_bytes: int


@dataclass(frozen=True, slots=True)
class RawHeader:
    """The wanted values of one header, not yet decoded.

    ``values`` maps a slot to bytes: little endian for numbers, as encoded for text, empty for an element
    without a value, and ``PRESENT`` where no more than the presence is kept. A slot that is missing was not
    in the header. ``texts`` holds values whose VR in the file is not the dictionary's, as text. ``invalid``
    names the slots whose element is there but whose value cannot be had. None of them is shown when the
    record is printed. ``header_bytes`` is the offset at which the header ends: a prefix of this length and
    16 bytes more is enough.
    """

    values: dict[int, bytes] = field(repr=False)
    header_bytes: int
    parsed_by: Literal["scanner", "pydicom"]
    ends_early: bool = False
    texts: dict[int, str] = field(default_factory=dict, repr=False)
    invalid: frozenset[int] = frozenset()
