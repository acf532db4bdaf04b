"""Unique identifiers under 2.25, derived from what they name and therefore the same in every run."""

from hashlib import blake2b

__all__ = ["UID_LENGTH", "uid"]

UID_LENGTH = 44
"""Characters of every UID made here: even, so that none needs padding."""

_TOP, _VERSION, _VARIANT = 1 << 127, 0xF << 76, 0x3 << 62


def uid(name: str) -> bytes:
    """A UUID (version 8, the one for contents of one's own) of ``name``, written as an OID under 2.25.

    The highest bit is set, so that the number always has 39 digits.
    """
    number = int.from_bytes(blake2b(name.encode(), digest_size=16).digest(), "big")
    number = (number & ~_VERSION & ~_VARIANT) | _TOP | (0x8 << 76) | (0x2 << 62)
    return b"2.25.%d" % number
