"""Little endian bytes of a header → numbers."""

import re
from math import isfinite
from struct import Struct
from typing import Final

import polars as pl

from multisite.dicom.attributes import Attribute, Form
from multisite.dicom.batch import Batch
from multisite.dicom.slots import SLOTS_OF

__all__ = ["binary_column"]

_WIRE: Final[dict[str, pl.DataType]] = {
    "US": pl.UInt16(),
    "SS": pl.Int16(),
    "UL": pl.UInt32(),
    "FD": pl.Float64(),
}
_STRUCTS: Final = {"US": Struct("<H"), "SS": Struct("<h"), "UL": Struct("<L"), "FD": Struct("<d")}
_NUMBER: Final = re.compile(r"[+-]?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]+)?")
_REPRESENTATION: Final = SLOTS_OF["PixelRepresentation"][0]


def binary_column(batch: Batch, attribute: Attribute, raw: pl.Series) -> pl.Series:
    """The numbers of an attribute from its bytes: null where there are too many, too few, or none that is
    finite."""
    if attribute.many:
        column = _lists(attribute, raw)
    elif attribute.vr == ("US", "SS"):
        signed = raw.bin.reinterpret(dtype=pl.Int16, endianness="little").cast(pl.Int64)
        unsigned = raw.bin.reinterpret(dtype=pl.UInt16, endianness="little").cast(pl.Int64)
        column = signed.zip_with(_signed(batch, attribute), unsigned)
    else:
        column = raw.bin.reinterpret(dtype=_WIRE[attribute.vr[0]], endianness="little").cast(attribute.dtype)
        if attribute.form is Form.FLOAT:
            column = column.set(~column.is_finite(), None)
    overrides = batch.overrides(attribute)
    if not overrides:
        return column
    numbers = column.to_list()
    for row, text in overrides.items():
        numbers[row] = _from_text(text, attribute)
    return pl.Series(numbers, dtype=attribute.dtype)


def _signed(batch: Batch, attribute: Attribute) -> pl.Series:
    """Where the value is signed: said by the VR, else by PixelRepresentation as pydicom reads it."""
    _, unsigned, signed = SLOTS_OF[attribute.keyword]
    rows = zip(batch.slot(signed), batch.slot(unsigned), batch.slot(_REPRESENTATION), strict=True)
    return pl.Series(
        [yes is not None or (no is None and told not in (None, b"\0\0")) for yes, no, told in rows], dtype=pl.Boolean
    )


def _lists(attribute: Attribute, raw: pl.Series) -> pl.Series:
    one = _STRUCTS[attribute.vr[0]]
    wanted = int(attribute.vm) if attribute.vm.isdigit() else None
    return pl.Series([_numbers(value, one, wanted) for value in raw.to_list()], dtype=attribute.dtype)


def _numbers(value: bytes | None, one: Struct, wanted: int | None) -> list[int | float] | None:
    if not value or len(value) % one.size or wanted not in (None, len(value) // one.size):
        return None
    numbers = [number for (number,) in one.iter_unpack(value)]
    return numbers if all(map(isfinite, numbers)) else None


def _from_text(text: str, attribute: Attribute) -> list[int | float] | int | float | None:
    """The numbers of a value whose VR in the file was not the dictionary's."""
    numbers = [_number(part.strip(" \0"), attribute.form) for part in text.split("\\")]
    fixed = int(attribute.vm) if attribute.vm.isdigit() else len(numbers)
    known = [number for number in numbers if number is not None]
    if len(known) < len(numbers) or len(numbers) != fixed:
        return None
    return known if attribute.many else known[0]


def _number(text: str, form: Form) -> int | float | None:
    if not _NUMBER.fullmatch(text) or not isfinite(float(text)):
        return None
    if form is Form.FLOAT:
        return float(text)
    return int(float(text)) if float(text).is_integer() else None
