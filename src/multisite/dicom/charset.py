"""Text by Specific Character Set: as pydicom decodes it, without asking pydicom where ASCII settles it."""

from collections.abc import Callable
from functools import lru_cache
from typing import Final

from pydicom.charset import convert_encodings, decode_bytes, default_encoding, python_encoding
from pydicom.valuerep import TEXT_VR_DELIMS

from multisite.dicom.quiet import quiet

__all__ = ["CHARSET_VR", "Decoder", "decoder", "is_plain", "is_registered", "latin"]

CHARSET_VR: Final = frozenset({"SH", "LO", "ST", "LT", "UC", "UT"})
"""Value representations whose text depends on the Specific Character Set; person names are never decoded."""

_ESCAPE: Final = b"\x1b"
_REPLACED: Final = "\ufffd"

Decoder = Callable[[bytes], str | None]


def is_plain(value: bytes) -> bool:
    """Whether a value reads the same in every registered character set."""
    return value.isascii() and _ESCAPE not in value


def latin(value: bytes) -> str | None:
    """A value outside the reach of the Specific Character Set; pydicom reads the upper half as Latin-1."""
    return value.decode(default_encoding)


@lru_cache(maxsize=256)
def is_registered(charset: bytes) -> bool:
    """Whether a Specific Character Set names only what DICOM knows; else it may mean any codec of Python's."""
    encodings = _encodings(charset)
    return encodings is not None and set(encodings) <= set(python_encoding.values())


@lru_cache(maxsize=256)
def decoder(charset: bytes) -> Decoder:
    """The function that turns values into text under a Specific Character Set as it stands in the header.

    It gives ``None`` for bytes that the character set cannot mean.
    """
    encodings = _encodings(charset)
    registered = is_registered(charset)

    def decode(value: bytes) -> str | None:
        if registered and is_plain(value):
            return value.decode("ascii")
        if encodings is None:
            return None
        with quiet():
            try:
                text = decode_bytes(value, encodings, TEXT_VR_DELIMS)
            except (LookupError, ValueError):
                return None
        return None if _REPLACED in text else text

    return decode


def _encodings(charset: bytes) -> list[str] | None:
    terms = charset.decode(default_encoding).rstrip(" \0").split("\\")
    with quiet():
        try:
            return convert_encodings(terms if len(terms) > 1 else terms[0])
        except Exception:  # pydicom fails in several ways on terms that are no character set
            return None
