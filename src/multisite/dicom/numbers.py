"""Little endian bytes of a header → numbers."""

import re
from collections.abc import Sequence
from math import isfinite
from struct import Struct
from typing import Final

import polars as pl

from multisite.dicom.attributes import Attribute, Form
from multisite.dicom.batch import Batch
from multisite.dicom.slots import SLOTS_OF

__all__ = ["numbers"]

_WIRE: Final[dict[str, pl.DataType]] = {
    "US": pl.UInt16(),
    "SS": pl.Int16(),
    "UL": pl.UInt32(),
    "FD": pl.Float64(),
}
_STRUCTS: Final = {"US": Struct("<H"), "SS": Struct("<h"), "UL": Struct("<L"), "FD": Struct("<d")}
_NUMBER: Final = re.compile(r"[+-]?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]+)?")
_REPRESENTATION: Final = SLOTS_OF["PixelRepresentation"][0]


def numbers(batch: Batch, attributes: Sequence[Attribute], raw: pl.DataFrame) -> dict[str, pl.Series]:
    """The numbers of each attribute from its bytes, by keyword.

    Null where there are too many, too few, or none that is finite.
    """
    single = [attribute for attribute in attributes if not attribute.many]
    columns = raw.select(_single(batch, attribute).alias(attribute.keyword) for attribute in single).to_dict()
    for attribute in attributes:
        if attribute.many:
            columns[attribute.keyword] = _lists(attribute, raw[attribute.keyword])
        overrides = batch.overrides(attribute)
        if overrides:
            rows = columns[attribute.keyword].to_list()
            for row, text in overrides.items():
                rows[row] = _from_text(text, attribute)
            columns[attribute.keyword] = pl.Series(rows, dtype=attribute.dtype)
    return columns


def _single(batch: Batch, attribute: Attribute) -> pl.Expr:
    raw = pl.col(attribute.keyword).bin
    wire = [raw.reinterpret(dtype=_WIRE[vr], endianness="little").cast(attribute.dtype) for vr in attribute.vr]
    if len(wire) == 2:
        return pl.when(pl.lit(_signed(batch, attribute))).then(wire[1]).otherwise(wire[0])
    return pl.when(wire[0].is_finite()).then(wire[0]) if attribute.form is Form.FLOAT else wire[0]


def _signed(batch: Batch, attribute: Attribute) -> pl.Series:
    """Where the value is signed: said by the VR, else by PixelRepresentation as pydicom reads it."""
    _, unsigned, signed = SLOTS_OF[attribute.keyword]
    rows = zip(batch.slot(signed), batch.slot(unsigned), batch.slot(_REPRESENTATION), strict=True)
    flags = [yes is not None or (no is None and told not in (None, b"\0\0")) for yes, no, told in rows]
    return pl.Series(flags, dtype=pl.Boolean)


def _lists(attribute: Attribute, raw: pl.Series) -> pl.Series:
    one = _STRUCTS[attribute.vr[0]]
    wanted = int(attribute.vm) if attribute.vm.isdigit() else None
    return pl.Series([_numbers(value, one, wanted) for value in raw.to_list()], dtype=attribute.dtype)


def _numbers(value: bytes | None, one: Struct, wanted: int | None) -> list[int | float] | None:
    if not value or len(value) % one.size or wanted not in (None, len(value) // one.size):
        return None
    found = [number for (number,) in one.iter_unpack(value)]
    return found if all(map(isfinite, found)) else None


def _from_text(text: str, attribute: Attribute) -> list[int | float] | int | float | None:
    """The numbers of a value whose VR in the file was not the dictionary's."""
    parts = [_number(part.strip(" \0"), attribute.form) for part in text.split("\\")]
    fixed = int(attribute.vm) if attribute.vm.isdigit() else len(parts)
    known = [number for number in parts if number is not None]
    if len(known) < len(parts) or len(parts) != fixed:
        return None
    return known if attribute.many else known[0]


def _number(text: str, form: Form) -> int | float | None:
    if not _NUMBER.fullmatch(text) or not isfinite(float(text)):
        return None
    if form is Form.FLOAT:
        return float(text)
    return int(float(text)) if float(text).is_integer() else None
