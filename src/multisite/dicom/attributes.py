"""The DICOM attributes that are recorded, one frozen object each, read from ``attributes.csv``.

The table holds facts only: tag, VR, VM, level and action of the basic confidentiality profile as the DICOM
standard has them (PS3.6, PS3.15 table E.1-1 of January 2025), and our choice of column, unit, normaliser
and kind of pseudonym. A row with a ``path`` is of an attribute inside a sequence. Of most sequences only the
presence is recorded, of some the codes in them.
"""

import csv
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from importlib.resources import files
from typing import Final

import polars as pl
from pydicom.datadict import tag_for_keyword

from multisite.vocabulary import ColumnPrivacy

__all__ = ["ATTRIBUTES", "ITEM_MARK", "Attribute", "Form", "padding_of", "tag_path"]

ITEM_MARK: Final = "\x1e"
"""Stands in a raw header between what several items of a sequence have for one attribute."""

_PLANES: Final = tuple(range(0x00, 0x20, 2))


class Form(StrEnum):
    """How the bytes of a value become a value of a column."""

    PRESENCE = "presence"
    CODES = "codes of a sequence"
    PSEUDONYM = "pseudonym"
    TEXT = "text"
    CODE = "code"
    UID = "uid"
    SEX = "sex"
    YES_NO = "yes or no"
    LATERALITY = "laterality"
    LOSSY = "lossy flag"
    UTC_OFFSET = "offset from UTC"
    DATE = "date"
    TIME = "time"
    DATETIME = "date and time"
    AGE = "age"
    DECIMAL_TEXT = "decimal as text"
    INTEGER_TEXT = "integer as text"
    INTEGER = "binary integer"
    FLOAT = "binary float"


_FORMS: Final[dict[str, Form]] = {
    **dict.fromkeys(
        (
            "presence_only", "name_presence", "free_text_presence", "sequence_presence", "code_sequence",
            "contributing_equipment", "fg_container", "us_regions", "radiopharm", "overlay_presence", "pixel_hash",
        ),
        Form.PRESENCE,
    ),
    **dict.fromkeys(("uid_hash", "keyed_hash", "ordering_only", "ae_title"), Form.PSEUDONYM),
    **dict.fromkeys(
        (
            "text_token", "multi_text", "description_tokens", "model", "vendor", "software_version", "kernel",
            "care_setting", "site_token", "contrast",
        ),
        Form.TEXT,
    ),
    **dict.fromkeys(("cs", "cs_multi", "cs_loose", "image_type", "charset", "view", "priority"), Form.CODE),
    **dict.fromkeys(("uid", "sop_class", "transfer_syntax"), Form.UID),
    **dict.fromkeys(("date", "date_multi", "date_to_age"), Form.DATE),
    **dict.fromkeys(("ds_float", "ds_multi", "field_strength"), Form.DECIMAL_TEXT),
    **dict.fromkeys(("is_int", "is_multi"), Form.INTEGER_TEXT),
    **dict.fromkeys(("fd", "fd_multi"), Form.FLOAT),
    "code_values": Form.CODES,
    "sex": Form.SEX,
    "yes_no": Form.YES_NO,
    "laterality": Form.LATERALITY,
    "lossy_flag": Form.LOSSY,
    "tz_offset": Form.UTC_OFFSET,
    "time": Form.TIME,
    "datetime": Form.DATETIME,
    "age_string": Form.AGE,
}  # fmt: skip

_DTYPES: Final[dict[Form, pl.DataType]] = {
    Form.PRESENCE: pl.Boolean(),
    Form.DATE: pl.Date(),
    Form.TIME: pl.Time(),
    Form.DATETIME: pl.Datetime("us"),
    Form.AGE: pl.Float64(),
    Form.DECIMAL_TEXT: pl.Float64(),
    Form.FLOAT: pl.Float64(),
    Form.INTEGER_TEXT: pl.Int64(),
    Form.INTEGER: pl.Int64(),
}

_PRIVACY: Final = {
    "direct_identifier": ColumnPrivacy.DIRECT,
    "quasi_identifier": ColumnPrivacy.QUASI,
    "safe": ColumnPrivacy.SAFE,
}


_LENIENT: Final = frozenset({Form.UID, Form.PSEUDONYM, Form.DECIMAL_TEXT, Form.INTEGER_TEXT})


def padding_of(form: Form) -> str:
    """What pydicom takes off the ends of a value: of numbers and UIDs more than spaces and NULs."""
    return " \0\t\n\r\v\f\x1c\x1d\x1e\x1f\x85\xa0" if form in _LENIENT else " \0"


@dataclass(frozen=True)
class Attribute:
    """One recorded attribute.

    ``tags`` holds one tag, or the sixteen of a repeating overlay group. ``column`` is ``None`` for an
    attribute that is used and then dropped. ``privacy`` is that of the value in the header, not of the
    column made from it. ``pseudonym`` names the kind under which an identifier is hashed. ``path`` holds the
    tags of the sequences around an attribute, outermost first, and is empty at the top level: the value is
    that of the first item, or with ``each`` one text for each item of the outermost sequence.
    ``ps315_options`` are the options under which PS3.15 keeps (K) or cleans (C) the attribute.
    """

    keyword: str
    name: str
    tags: tuple[int, ...]
    vr: tuple[str, ...]
    vm: str
    level: str
    tier: str
    modalities: tuple[str, ...]
    privacy: ColumnPrivacy
    normalise: str
    ps315_basic: str
    column: str | None
    unit: str
    pseudonym: str | None
    form: Form
    path: tuple[int, ...] = ()
    each: bool = False
    ps315_options: tuple[tuple[str, str], ...] = ()

    @property
    def many(self) -> bool:
        """Whether the column is a list: the value multiplicity, or the sequence, allows more than one value."""
        return self.of_items or (self.vm != "1" and self.form is not Form.PRESENCE)

    @property
    def is_searched(self) -> bool:
        """Whether a raw header keeps the text, though a row has its presence alone.

        What is said of a person is sought in it while the header is decoded.
        """
        return self.normalise in ("name_presence", "free_text_presence") and len(self.tags) == 1

    @property
    def of_items(self) -> bool:
        """Whether the values of the list come from the items of a sequence."""
        return self.each or self.form is Form.CODES

    @property
    def outermost(self) -> int:
        """The tag at the top level of the header that holds the value."""
        return self.path[0] if self.path else self.tags[0]

    @cached_property
    def dtype(self) -> pl.DataType:
        """The Polars type of the column."""
        scalar = _DTYPES.get(self.form, pl.String())
        return pl.List(scalar) if self.many else scalar

    @property
    def column_privacy(self) -> ColumnPrivacy:
        """What the column, as opposed to the value in the header, says about a person."""
        if self.form is Form.PRESENCE:
            return ColumnPrivacy.SAFE
        return ColumnPrivacy.PSEUDONYM if self.form is Form.PSEUDONYM else self.privacy


def _tags(text: str) -> tuple[int, ...]:
    digits = text.strip("()").replace(",", "")
    if "xx" in digits:
        return tuple(int(digits.replace("xx", f"{plane:02X}"), 16) for plane in _PLANES)
    return (int(digits, 16),)


def tag_path(text: str) -> tuple[int, ...]:
    """The tags of keywords that are parted by slashes. Raises ``KeyError`` for what is no keyword."""
    tags = [(keyword, tag_for_keyword(keyword)) for keyword in text.split("/") if keyword]
    unknown = [keyword for keyword, tag in tags if tag is None]
    if unknown:
        raise KeyError(*unknown)
    return tuple(tag for _, tag in tags if tag is not None)


def _form(row: dict[str, str]) -> Form:
    if row["normalise"] in ("int", "int_multi"):
        return Form.INTEGER_TEXT if row["vr"] == "IS" else Form.INTEGER
    return _FORMS[row["normalise"]]


def _option(text: str) -> tuple[str, str]:
    name, _, action = text.partition("=")
    return name, action


def _attribute(row: dict[str, str]) -> Attribute:
    return Attribute(
        keyword=row["keyword"],
        name=row["name"],
        tags=_tags(row["tag"]),
        vr=tuple(row["vr"].split(" or ")),
        vm=row["vm"],
        level=row["level"],
        tier=row["tier"],
        modalities=tuple(row["modalities"].split()),
        privacy=_PRIVACY[row["privacy"]],
        normalise=row["normalise"],
        ps315_basic=row["ps315_basic"],
        column=row["column"] or None,
        unit=row["unit"],
        pseudonym=row["pseudonym"] or None,
        form=_form(row),
        path=tag_path(row["path"]),
        each=row["items"] == "each",
        ps315_options=tuple(_option(text) for text in row["ps315_options"].split()),
    )


def _load() -> tuple[Attribute, ...]:
    text = files(__package__).joinpath("attributes.csv").read_text(encoding="utf-8")
    return tuple(_attribute(row) for row in csv.DictReader(text.splitlines()))


ATTRIBUTES: Final[tuple[Attribute, ...]] = _load()
"""Every recorded attribute, in the order of its column."""
