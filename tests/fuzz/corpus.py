"""What headers are spoilt from: pydicom's own files, and made ones that have what those lack."""

from functools import cache
from pathlib import Path

import pydicom

from multisite.dicom import RawHeader, read_header
from tests.lib.dicom_making import SYNTAX_UIDS, UNDEFINED, Element, Item, dicom_file

__all__ = ["SHIPPED_FILES", "corpus", "made_files"]

_DATA = Path(pydicom.__file__).parent / "data"
SHIPPED_FILES = sorted(path for path in _DATA.rglob("*") if path.is_file() and path.suffix not in (".py", ".pyc"))
"""Every file of data in the installed pydicom, most of them DICOM."""

_LONGEST = 8_000
_BEHIND = 64


@cache
def corpus() -> tuple[bytes, ...]:
    """The headers to start from, each with a little of what lies behind it."""
    return (*_shipped(), *made_files())


def _shipped() -> list[bytes]:
    """One file of each length of header: most are alike but for their pixels."""
    found: dict[int, bytes] = {}
    for path in SHIPPED_FILES:
        data = path.read_bytes()
        header = read_header(data, object_size=len(data))
        if isinstance(header, RawHeader) and header.header_bytes < _LONGEST:
            # A deflated stream is worth nothing in part.
            whole = SYNTAX_UIDS["deflated"].encode() + b"\0\2" in data[:400]
            found.setdefault(header.header_bytes, data if whole else data[: header.header_bytes + _BEHIND])
    return list(found.values())


@cache
def made_files() -> tuple[bytes, ...]:
    """The same rich dataset in every encoding and in every way to begin a file."""
    files = []
    for syntax in SYNTAX_UIDS:
        files += [dicom_file((*_ELEMENTS, _pixels(syntax)), syntax), dicom_file((*_ELEMENTS, *_FRAMES), syntax)]
        files.append(dicom_file(_ELEMENTS, syntax, preamble=False))
        files.append(dicom_file(_ELEMENTS, syntax, preamble=False, meta=False) if syntax != "deflated" else b"\x08\0")
    return tuple(files)


def _pixels(syntax: str) -> Element:
    if syntax == "encapsulated":
        # Fragments look like items and are none.
        return Element(
            0x7FE00010, "OB", b"\xfe\xff\0\xe0\0\0\0\0\xfe\xff\0\xe0\2\0\0\0\1\2\xfe\xff\xdd\xe0\0\0\0\0", UNDEFINED
        )
    return Element(0x7FE00010, "OW", b"\1\2" * 8)


def _code(value: bytes, *more: Element) -> Item:
    return Item(
        (
            Element(0x00080100, "SH", value),
            Element(0x00080102, "SH", b"DCM "),
            *more,
            Element(0x00080104, "LO", b"What it is"),
        )
    )


def _open(item: Item) -> Item:
    return Item(item.elements, UNDEFINED)


_NESTED = Element(0x0040A730, "SQ", (_open(_code(b"121071")), Item((Element(0x0040A730, "SQ", (Item(),), UNDEFINED),))))
_ELEMENTS = (
    Element(0x00080000, "UL", b"\x10\1\0\0"),
    Element(0x00080005, "CS", b"\\ISO 2022 IR 87"),
    Element(0x00080008, "CS", b"ORIGINAL\\PRIMARY\\AXIAL"),
    Element(0x00080016, "UI", b"1.2.840.10008.5.1.4.1.1.2\0"),
    Element(0x00080018, "UI", b"1.2.3.4\0"),
    Element(0x00080020, "DA", b"20240229"),
    Element(0x00080030, "TM", b"235959.5"),
    Element(0x00080060, "CS", b"CT"),
    Element(0x00080070, "LO", b"Vendor \x1b$B;3ED\x1b(B"),
    Element(0x00080090, "PN", b"Doe^Jane"),
    Element(0x0008002A, "DT", b"20240229235959.5+0100 "),
    Element(0x00081032, "SQ", (_open(_code(b"RPID1 ", _NESTED)), _code(b"RPID2 ")), UNDEFINED),
    Element(0x00081140, "SQ", (Item((Element(0x00081155, "UI", b"1.2.5\0"),)),)),
    Element(0x00090010, "LO", b"ACME"),
    Element(0x00091001, "UN", b"abcd"),
    Element(0x00091002, "SQ", (Item((Element(0x00091003, "LO", b"hidden"),), UNDEFINED),), UNDEFINED),
    Element(0x00091004, "UN", (Item(),), UNDEFINED),
    Element(0x00100020, "LO", b"P1"),
    Element(0x00101010, "AS", b"064Y"),
    Element(0x00120062, "CS", b"YES "),
    Element(0x00120064, "SQ", (_code(b"113100"), _code(b"113107"))),
    Element(
        0x0018A001, "SQ", (Item((Element(0x00080070, "LO", b"Other "), Element(0x0040A170, "SQ", (_code(b"1 "),)))),)
    ),
    Element(0x00180060, "DS", b"120 "),
    Element(0x00181310, "US", b"\0\0\0\1\0\1\0\0"),
    Element(0x00189087, "FD", b"\0\0\0\0\0\0\xf0?"),
    Element(0x0020000D, "UI", b"1.2.3\0"),
    Element(0x0020000E, "UI", b"1.2.3.1\0"),
    Element(0x00200013, "IS", b"7 "),
    Element(0x00280010, "US", b"\4\0"),
    Element(0x00280103, "US", b"\1\0"),
    Element(0x00280106, "SS", b"\xfb\xff"),
    Element(0x00281050, "DS", b"40\\50 "),
    Element(
        0x00400275, "SQ", (Item((Element(0x00400009, "SH", b"step"), Element(0x00400008, "SQ", (_code(b"P "),)))),)
    ),
)
_MEASURES = Element(
    0x00289110, "SQ", (Item((Element(0x00180050, "DS", b"2.5 "), Element(0x00280030, "DS", b".5\\.25"))),)
)
_FRAME = Element(0x00209113, "SQ", (Item((Element(0x00200032, "DS", b"1\\2\\3 "),), UNDEFINED),), UNDEFINED)
_FRAMES = (
    Element(0x52009229, "SQ", (Item((_MEASURES,), UNDEFINED),), UNDEFINED),
    Element(0x52009230, "SQ", tuple(Item((_FRAME, _MEASURES)) for _ in range(3))),
)
