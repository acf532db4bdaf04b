"""Text as pydicom decodes it when it is strict: it raises where it would otherwise guess."""

from collections.abc import Iterator
from contextlib import contextmanager

from pydicom import config
from pydicom.charset import convert_encodings, decode_bytes
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.tag import BaseTag
from pydicom.valuerep import TEXT_VR_DELIMS

TEXT_VRS = ("SH", "LO", "ST", "LT", "UC", "UT")
_GB_2312 = "\x1b$)A"
_CHARSET = 0x00080005
_PRINTABLE = bytes(range(0x20, 0x7F))


def strict_text(raw: bytes, source: Dataset) -> str | None:
    """The text of a value under the character set of its dataset, or ``None`` if the bytes cannot mean any."""
    with _strict():
        try:
            text = decode_bytes(raw, encodings_of(source), TEXT_VR_DELIMS)
        except (LookupError, ValueError):
            return None
    # Python's codec for GB 2312 takes the escape sequence for text, and pydicom does not take it away.
    text = text.replace(_GB_2312, "")
    return None if "\x1b" in text or "\ufffd" in text else text


def encodings_of(source: Dataset) -> list[str]:
    """Python's names for the character set of a dataset or item; ASCII for one that nobody knows."""
    value = element_of(source, _CHARSET).value if _CHARSET in source._dict else None
    if not value:
        inherited = source._parent_encoding
        return [inherited] if isinstance(inherited, str) else list(inherited)
    terms = "\\".join([value] if isinstance(value, str) else map(str, value)).split("\\")
    with _strict():
        try:
            encodings = convert_encodings(terms if len(terms) > 1 else terms[0])
            keeps = all(_PRINTABLE.decode(encoding) == _PRINTABLE.decode("ascii") for encoding in encodings)
        except (LookupError, ValueError):
            return ["ascii"]
    return encodings if keeps else ["ascii"]


def element_of(source: Dataset, tag: int) -> DataElement:
    """An element as pydicom converts it; the dataset keeps its bytes. Raises as pydicom does."""
    held = source._dict[BaseTag(tag)]
    try:
        return source[tag]
    finally:
        source._dict[BaseTag(tag)] = held


def hand_down(dataset: Dataset) -> None:
    """Give the items that pydicom has already read the character set of the dataset around them."""
    for element in dataset._dict.values():
        if isinstance(element, DataElement) and isinstance(element.value, Sequence):
            for item in element.value:
                item._parent_encoding = encodings_of(dataset)
                hand_down(item)


@contextmanager
def _strict() -> Iterator[None]:
    before = config.settings.reading_validation_mode
    config.settings.reading_validation_mode = config.RAISE
    try:
        yield
    finally:
        config.settings.reading_validation_mode = before
