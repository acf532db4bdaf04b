"""Text in every character set that DICOM knows, against the byte strings that the standard prints and code tables.

Sources: DICOM PS3.5 Annexes H (Japanese), I (Korean), J (UTF-8 and GB18030) and K (GB 2312 and GBK), with the names of
people of the examples written into attributes that are read as text; PS3.3 C.12.1.1.2 for the defined terms; the code
tables of ISO 8859 and TIS 620 for the sets of one byte, as Python's codecs have them.
"""

from pathlib import Path
from typing import Any

import pydicom
import pytest

from multisite.dicom import Pseudonymiser, RawHeader, decode_headers, read_header
from tests.lib.dicom_making import Element, dicom_file

KEY = b"a key for tests, of 32 bytes....."
DESCRIPTION = 0x00081030
SOFTWARE = 0x00181020
DETECTOR = 0x00187006


def file(charset: bytes | None, *texts: Element, syntax: str = "explicit") -> bytes:
    """An instance with these elements under a Specific Character Set, as it stands in the file."""
    announced = [] if charset is None else [Element(0x00080005, "CS", _even(charset))]
    instance = [Element(0x00080016, "UI", b"1.2.840.10008.5.1.4.1.1.2\0"), Element(0x00080018, "UI", b"1.2.3.4\0")]
    return dicom_file([*announced, *instance, *texts], syntax)


def rows(files: list[bytes]) -> list[dict[str, Any]]:
    """The rows of files, all of which have one."""
    headers = [read_header(data, object_size=len(data)) for data in files]
    known = [header for header in headers if isinstance(header, RawHeader)]
    assert len(known) == len(files)
    return decode_headers(known, Pseudonymiser(KEY)).to_dicts()


def row(charset: bytes | None, *texts: Element, syntax: str = "explicit") -> dict[str, Any]:
    """The row of one such instance."""
    return rows([file(charset, *texts, syntax=syntax)])[0]


def _even(value: bytes) -> bytes:
    return value + b" " * (len(value) % 2)


def described(charset: bytes | None, value: bytes, **options: Any) -> tuple[str | None, list[str]]:
    """A Study Description and the keywords of what is invalid."""
    found = row(charset, Element(DESCRIPTION, "LO", _even(value)), **options)
    return found["study_description"], found["invalid_attributes"]


# The examples of the standard: term, bytes, text.
ANNEXES = {
    "H.3.1: Kanji and Hiragana after ASCII": (
        b"\\ISO 2022 IR 87",
        b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B",
        "Yamada^Tarou=山田^太郎=やまだ^たろう",
    ),
    "H.3.2: Katakana of one byte, then Kanji": (
        b"ISO 2022 IR 13\\ISO 2022 IR 87",
        b"\xd4\xcf\xc0\xde^\xc0\xdb\xb3=\x1b$B;3ED\x1b(J^\x1b$BB@O:\x1b(J=\x1b$B$d$^$@\x1b(J^\x1b$B$?$m$&\x1b(J",
        "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう",
    ),
    "supplementary Kanji of JIS X 0212": (
        b"\\ISO 2022 IR 87\\ISO 2022 IR 159",
        b"\x1b$(D\x30\x21\x1b(B and \x1b$B;3\x1b(B",
        "丂 and 山",
    ),
    "I.2: Hangul and Hanja after ASCII": (
        b"\\ISO 2022 IR 149",
        b"Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7=\x1b$)C\xc8\xab^\x1b$)C\xb1\xe6\xb5\xbf",
        "Hong^Gildong=洪^吉洞=홍^길동",
    ),
    "J.1: UTF-8": (
        b"ISO_IR 192",
        b"Wang^XiaoDong=\xe7\x8e\x8b^\xe5\xb0\x8f\xe6\x9d\xb1",
        "Wang^XiaoDong=王^小東",
    ),
    "J.2: GB18030": (b"GB18030", b"Wang^XiaoDong=\xcd\xf5^\xd0\xa1\xb6\xab", "Wang^XiaoDong=王^小东"),
    "K: GB 2312 by code extension": (
        b"\\ISO 2022 IR 58",
        b"Zhang^XiaoDong=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab=",
        "Zhang^XiaoDong=张^小东=",
    ),
    "K: GBK": (b"GBK", b"Wang^XiaoDong=\xcd\xf5^\xd0\xa1\xb6\xab", "Wang^XiaoDong=王^小东"),
}


@pytest.mark.slow
@pytest.mark.parametrize("syntax", ["explicit", "implicit", "big endian", "deflated"])
@pytest.mark.parametrize("example", list(ANNEXES))
def test_example_of_the_standard_is_read_as_the_standard_prints_it(example: str, syntax: str) -> None:
    charset, value, text = ANNEXES[example]
    assert described(charset, value, syntax=syntax) == (text, [])


# One word in each script of one byte; the codec stands for the code table.
SCRIPTS = [
    (b"ISO_IR 100", "iso8859-1", "Äneas Buc^Jérôme"),
    (b"ISO_IR 101", "iso8859-2", "Wałęsa łódź"),
    (b"ISO_IR 109", "iso8859-3", "Ĝis la ĥoro"),
    (b"ISO_IR 110", "iso8859-4", "Ķēniņš"),
    (b"ISO_IR 144", "iso8859-5", "Люкceмбypг"),
    (b"ISO_IR 127", "iso8859-6", "قباني لنزار"),
    (b"ISO_IR 126", "iso8859-7", "Διονυσιος"),
    (b"ISO_IR 138", "iso8859-8", "שרון דבורה"),
    (b"ISO_IR 148", "iso8859-9", "Çavuşoğlu"),
    (b"ISO_IR 166", "tis-620", "นามสกุล"),
]


@pytest.mark.parametrize(("charset", "codec", "text"), SCRIPTS)
def test_script_of_one_byte_is_read_by_its_code_table(charset: bytes, codec: str, text: str) -> None:
    encoded = text.encode(codec)
    assert not encoded.isascii()
    assert described(charset, encoded) == (text, [])


@pytest.mark.parametrize(("charset", "codec", "text"), SCRIPTS)
def test_script_of_one_byte_is_read_as_a_code_extension(charset: bytes, codec: str, text: str) -> None:
    escapes = {b"100": b"A", b"101": b"B", b"109": b"C", b"110": b"D", b"126": b"F", b"127": b"G", b"138": b"H"}
    escapes |= {b"144": b"L", b"148": b"M", b"166": b"T"}
    extension = b"\\" + charset.replace(b"ISO_IR", b"ISO 2022 IR")
    value = b"Latin " + b"\x1b-" + escapes[charset[-3:]] + text.encode(codec)
    assert described(extension, value) == (f"Latin {text}", [])


@pytest.mark.parametrize(("charset", "codec", "text"), SCRIPTS)
def test_several_values_are_parted_before_they_are_read(charset: bytes, codec: str, text: str) -> None:
    value = _even(f"v1\\{text} \\ {text}".encode(codec))
    assert row(charset, Element(SOFTWARE, "LO", value))["software_versions"] == ["v1", text, text]


def test_escape_does_not_outlive_its_value() -> None:
    # PS3.5 6.1.2.5.3: the first set is active again before each backslash and at the start of each value.
    japanese = row(b"\\ISO 2022 IR 87", Element(SOFTWARE, "LO", b"\x1b$B;3\x1b(B\\ED\\\x1b$BED\x1b(B "))
    assert japanese["software_versions"] == ["山", "ED", "田"]
    korean = row(b"\\ISO 2022 IR 149", Element(SOFTWARE, "LO", b"\x1b$)C\xc8\xab\\v2\\\x1b$)C\xb1\xe6"))
    assert korean["software_versions"] == ["홍", "v2", "길"]
    cyrillic = row(b"\\ISO 2022 IR 144", Element(SOFTWARE, "LO", b"\x1b-L\xbb\xee\\\x1b-L\xdd\xd5\\v"))
    assert cyrillic["software_versions"] == ["Лю", "не", "v"]


def test_backslash_inside_a_letter_parts_no_values() -> None:
    # The second byte of a letter of GBK may be that of a backslash; PS3.5 6.1.2.3 warns of it.
    for charset in (b"GBK ", b"GB18030 "):
        assert "乗".encode("gbk") == b"\x81\\"
        found = row(charset, Element(SOFTWARE, "LO", b"\x81\\1\\\x81\\"))
        assert found["software_versions"] == ["乗1", "乗"]
    kanji = "表".encode("iso2022_jp")
    assert row(b"\\ISO 2022 IR 87", Element(SOFTWARE, "LO", kanji + b"\\2"))["software_versions"] == ["表", "2"]


def test_escape_does_not_outlive_its_line() -> None:
    # PS3.5 I.3: in text of several lines each line has its own escape sequences.
    lines = b"The first line includes \x1b$)C\xb1\xe6\xb5\xbf.\r\nThe second includes \x1b$)C\xb1\xe6\xb5\xbf, too."
    found = row(b"\\ISO 2022 IR 149", Element(DETECTOR, "LT", _even(lines)))
    assert found["detector_description"] == "The first line includes 길동.\r\nThe second includes 길동, too."


def test_text_of_every_vr_is_read_by_the_character_set() -> None:
    word = "Люкс".encode("iso8859-5")
    texts = (Element(0x00181030, "LO", word), Element(0x00181210, "SH", word), Element(DETECTOR, "LT", word))
    found = row(b"ISO_IR 144", *texts)
    assert found["protocol_name"] == "Люкс"
    assert found["convolution_kernel"] == ["Люкс"]
    assert found["detector_description"] == "Люкс"


def test_codes_are_outside_the_reach_of_the_character_set() -> None:
    found = row(b"GB18030 ", Element(0x00185100, "CS", b"HFS "), Element(0x00180015, "CS", b"K\xf6rper"))
    assert found["patient_position"] == "HFS"
    assert found["body_part_examined"] == "KÖRPER"


@pytest.mark.parametrize(
    ("charset", "value"),
    [
        (b"ISO_IR 192", b"R\xf6ntgen"),  # Latin-1, said to be UTF-8
        (b"ISO_IR 192", b"\xe7\x8e"),  # a letter of UTF-8 cut in two
        (b"ISO_IR 192", b"\xed\xa0\x80\xc0\x80"),  # a surrogate and an overlong NUL
        (b"GB18030", b"\xcd"),  # half a letter
        (b"ISO_IR 13", b"\xa0\xfd\xfe"),  # no Katakana
        (b"ISO_IR 127", b"\xa1\xff"),  # unassigned in the Arabic table
        (b"ISO_IR 166", b"\xdb\xfc"),  # unassigned in the Thai table
        (b"\\ISO 2022 IR 87", b"\x1b$B\x7f\x7f\x1b(B"),  # outside the 94 by 94 table
        (b"\\ISO 2022 IR 149", b"\x1b$)C\xb1"),
        (b"\\ISO 2022 IR 87", b"\x1b$)C\xb1\xe6"),  # Korean is not announced
        (b"ISO_IR 100", b"\x1b$B;3ED\x1b(B"),  # no code extension is announced
        (None, b"\x1b$B;3ED\x1b(B"),
        (b"\\ISO 2022 IR 87", b"\x1b"),
        (b"\\ISO 2022 IR 87", b"\x1b%Gx"),
    ],
)
def test_bytes_that_the_character_set_cannot_mean_are_invalid(charset: bytes | None, value: bytes) -> None:
    assert described(charset, value) == (None, ["StudyDescription"])


@pytest.mark.parametrize(
    "charset", [b"ISO_IR 999", b"nonsense", b"ISO 2022 IR 1\\ISO 2022 IR 87", b"utf-16", b"hex", b"cp037"]
)
def test_unknown_character_set_leaves_ascii_and_nothing_else(charset: bytes) -> None:
    assert described(charset, b"R\xf6ntgen") == (None, ["StudyDescription"])
    assert described(charset, b"X-ray") == ("X-ray", [])


@pytest.mark.parametrize(
    ("charset", "value"),
    [
        (b"ISO-IR 100", b"R\xf6ntgen"),
        (b"ISO 2022-IR 100", b"R\xf6ntgen"),
        (b"UTF-8", b"R\xc3\xb6ntgen"),
        (b"latin-1", b"R\xf6ntgen"),
        (b"ISO_IR 192\\ISO 2022 IR 87", b"R\xc3\xb6ntgen"),  # UTF-8 has no extensions: what follows is passed over
        (b"ISO_IR 100 ", b"R\xf6ntgen"),
        (b"ISO_IR 6", b"R\xf6ntgen"),
        (None, b"R\xf6ntgen"),  # nothing announced: Latin-1, as pydicom and most writers mean it
    ],
)
def test_slips_of_writers_are_understood(charset: bytes | None, value: bytes) -> None:
    assert described(charset, value) == ("Röntgen", [])


@pytest.mark.parametrize("charset", [b"", b" ", b"\\", b"ISO_IR 100", b"GB18030", b"\\ISO 2022 IR 87", b"ISO_IR 13"])
def test_ascii_is_ascii_in_every_character_set(charset: bytes) -> None:
    printable = bytes(range(0x21, 0x5C)) + bytes(range(0x5D, 0x7F))
    assert described(charset, printable) == (printable.decode("ascii"), [])


def test_pseudonym_is_of_the_text_and_not_of_its_bytes() -> None:
    hashes = {
        row(charset, Element(0x00100020, "LO", _even("Größe1".encode(codec))))["patient_id"]
        for charset, codec in ((b"ISO_IR 100", "latin-1"), (b"ISO_IR 192", "utf-8"), (b"GB18030 ", "gb18030"))
    }
    assert len(hashes) == 1
    assert hashes != {None}


FOLDER = Path(pydicom.__file__).parent / "data" / "charset_files"


def test_announced_set_of_each_shipped_file_is_kept_as_it_stands() -> None:
    shipped = [path.read_bytes() for path in FOLDER.glob("*.dcm") if "SQ" not in path.name]
    found = rows(shipped)
    assert [one["invalid_attributes"] for one in found] == [[]] * len(shipped)
    terms = {tuple(one["specific_character_set"] or ()) for one in found}
    assert {("ISO_IR 192",), ("GB18030",), ("", "ISO 2022 IR 149"), ("ISO_IR 138",)} <= terms


@pytest.mark.parametrize(("charset", "codec", "text"), SCRIPTS)
def test_every_byte_is_the_letter_of_the_code_table_or_invalid(charset: bytes, codec: str, text: str) -> None:
    upper = [bytes([byte]) for byte in range(0xA1, 0xFF)]
    found = rows([file(charset, Element(DESCRIPTION, "LO", b"x" + byte)) for byte in upper])
    for byte, one in zip(upper, found, strict=True):
        letter = byte.decode(codec, "replace")
        assert one["study_description"] == (None if letter == "\ufffd" else f"x{letter}")
        assert one["invalid_attributes"] == (["StudyDescription"] if letter == "\ufffd" else [])
