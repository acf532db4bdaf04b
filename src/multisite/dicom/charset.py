"""Text by Specific Character Set: as pydicom decodes it, without asking pydicom where ASCII settles it."""

from collections.abc import Callable
from functools import lru_cache
from typing import Final

from pydicom import config
from pydicom.charset import convert_encodings, decode_bytes, default_encoding
from pydicom.valuerep import TEXT_VR_DELIMS

from multisite.dicom.quiet import quiet

__all__ = ["CHARSET_VR", "Decoder", "decoder", "is_plain", "is_registered", "latin"]

CHARSET_VR: Final = frozenset({"SH", "LO", "ST", "LT", "UC", "UT"})
"""Value representations whose text depends on the Specific Character Set; person names are never decoded."""

_ESCAPE: Final = b"\x1b"
_ESCAPED: Final = "\x1b"
_GB_2312: Final = "\x1b$)A"
_PRINTABLE: Final = bytes(range(0x20, 0x7F))
_REPLACED: Final = "\ufffd"

Decoder = Callable[[bytes], str | None]


def is_plain(value: bytes) -> bool:
    """Whether a value reads the same in every registered character set."""
    return value.isascii() and _ESCAPE not in value


def latin(value: bytes) -> str:
    """A value outside the reach of the Specific Character Set; pydicom reads the upper half as Latin-1."""
    return value.decode(default_encoding)


@lru_cache(maxsize=256)
def is_registered(charset: bytes) -> bool:
    """Whether pydicom takes a Specific Character Set for one; on some terms it fails, and then has no header at all."""
    return _encodings(charset) is not None


@lru_cache(maxsize=256)
def decoder(charset: bytes) -> Decoder:
    """The function that turns values into text under a Specific Character Set as it stands in the header.

    It gives ``None`` for bytes that the character set cannot mean: those outside its code table, and an escape
    sequence that it does not announce. Under a character set that nobody knows only ASCII is text. pydicom would guess,
    and letters would come out that nobody wrote.
    """
    encodings = _encodings(charset)
    registered = is_registered(charset)

    def decode(value: bytes) -> str | None:
        if registered and is_plain(value):
            return value.decode("ascii")
        if not encodings:
            return None
        with quiet():
            config.settings.reading_validation_mode = config.RAISE  # until the end of the block
            try:
                text = decode_bytes(value, encodings, TEXT_VR_DELIMS)
            except (LookupError, ValueError):
                return None
        if _GB_2312 in text:
            # Python's codec has no such escape sequence and takes it for text; what follows it is read rightly.
            text = text.replace(_GB_2312, "")
        return None if _REPLACED in text or _ESCAPED in text else text

    return decode


def _encodings(charset: bytes) -> list[str] | None:
    """Python's names for the terms of a character set; none if one is unknown, ``None`` if pydicom fails on them.

    pydicom takes any codec of Python's for a term, as some writers do; one that changes ASCII does not count.
    """
    terms = charset.decode(default_encoding).rstrip(" \0").split("\\")
    value = terms if len(terms) > 1 else terms[0]
    with quiet():
        try:
            encodings = convert_encodings(value)
        except Exception:  # pydicom fails in several ways on terms that are no character set
            return None
        config.settings.reading_validation_mode = config.RAISE  # until the end of the block
        try:
            convert_encodings(value)
            return encodings if all(map(_keeps_ascii, encodings)) else []
        except LookupError:
            return []


def _keeps_ascii(encoding: str) -> bool:
    try:
        return _PRINTABLE.decode(encoding) == _PRINTABLE.decode("ascii")
    except ValueError:
        return False
