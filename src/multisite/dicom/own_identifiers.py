"""Whether a header's own identifiers stand in the key of its object or in its texts.

Most objects have none of them anywhere, so that each is first sought as it is written, and only where it is found the
characters around it are looked at.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from multisite.dicom.decoding import Decoded
from multisite.dicom.people import plain_letters
from multisite.dicom.trace_codes import TraceOf, trace

__all__ = ["own_identifiers", "own_traces"]

_SHORTEST: Final = 5
"""Characters of an identifier or a name that chance does not put there."""

_COUNTS: Final = r"^0*[0-9]{1,5}$"
"""A number that images and folders are counted by."""

_SOUGHT: Final[dict[TraceOf, tuple[str, ...]]] = {
    TraceOf.PATIENT_ID: ("patient_id",),
    TraceOf.ACCESSION_NUMBER: ("accession_number",),
    TraceOf.BIRTH_DATE: ("birth", "birth_with_dashes"),
}
_SAME_KIND: Final = r"^(?:\p{L}{2}|\p{N}{2})$"

Mask = npt.NDArray[np.bool_]


def own_identifiers(decoded: Decoded, names: pl.DataFrame, *, unnamed: Mask) -> pl.DataFrame:
    """What is sought of each row, in small letters; null what is missing, or so short that it is found by chance.

    A birth date that is the date of the study is not sought. Nothing is in rows that are ``unnamed``.
    """
    size = len(unnamed)
    held = {
        "patient_id": _held(decoded, "PatientID", pl.String(), size),
        "accession_number": _held(decoded, "AccessionNumber", pl.String(), size),
        "birth": _held(decoded, "PatientBirthDate", pl.Date(), size),
        "study": _held(decoded, "StudyDate", pl.Date(), size),
    }
    named = ~pl.lit(pl.Series(unnamed))
    long_enough = pl.col("family").str.len_chars() + pl.col("given").str.len_chars() >= _SHORTEST
    birth = pl.when(named & pl.col("birth").ne_missing(pl.col("study"))).then("birth")
    own = pl.DataFrame(held).hstack(names)
    return own.select(
        *(_telling(name, named) for name in ("patient_id", "accession_number")),
        birth.cast(pl.String).alias("birth_with_dashes"),
        *(pl.when(named & long_enough).then(name).alias(name) for name in ("family", "given")),
    ).with_columns(pl.col("birth_with_dashes").str.replace_all("-", "", literal=True).alias("birth"))


def own_traces(own: pl.DataFrame, places: Mapping[str, pl.Series], joined: pl.Series | None = None) -> dict[str, Mask]:
    """Where each of ``own`` stands, by the code of trace and place.

    It has to stand alone: no letter beside a letter, no digit beside a digit. Of a name, family and given name have to.
    ``joined`` has the texts of all places, if there are several.
    """
    sought = [name for name in own.columns if name != "given" and own[name].null_count() < own.height]
    rows = own.with_row_index("row")
    if joined is not None and sought:
        held = pl.any_horizontal([_contains("hay", name) for name in sought])
        rows = rows.with_columns(_bare(joined).alias("hay")).filter(held)
    if rows.is_empty() or not sought:
        return {}
    found = {}
    for where, text in places.items():
        here = rows.with_columns(_bare(text if joined is None else text.gather(rows["row"])).alias("hay"))
        for of, names in _SOUGHT.items():
            alone = [_alone(here, name)["row"] for name in names if name in sought]
            found[trace(of, where)] = _mask(pl.concat([*alone, rows["row"].clear()]), own.height)
        named = _alone(_alone(here, "family"), "given")
        found[trace(TraceOf.PATIENT_NAME, where)] = _mask(named["row"], own.height)
    return found


def _held(decoded: Decoded, keyword: str, dtype: pl.DataType, size: int) -> pl.Series:
    blank = pl.Series([None], dtype=dtype).new_from_index(0, size)
    return decoded.values.get(keyword, blank)


def _telling(name: str, named: pl.Expr) -> pl.Expr:
    text = pl.col(name).str.to_lowercase()
    telling = (text.str.len_chars() >= _SHORTEST) & ~text.str.contains(_COUNTS)
    return pl.when(named & telling).then(text).alias(name)


def _bare(text: pl.Series) -> pl.Series:
    """Small letters without accents."""
    small = text.str.to_lowercase()
    if (small.str.len_bytes() == small.str.len_chars()).all():
        return small
    return text.to_frame("text").select(plain_letters(pl.col("text"))).to_series()


def _contains(hay: str, needle: str) -> pl.Expr:
    return pl.col(hay).str.contains(pl.col(needle), literal=True).fill_null(False)


def _alone(rows: pl.DataFrame, name: str) -> pl.DataFrame:
    """The rows in whose ``hay`` the text of a column first stands with nothing of its kind beside it."""
    near = rows.filter(_contains("hay", name))
    if near.is_empty():
        return near
    parts, text = pl.col("hay").str.splitn(pl.col(name), 2), pl.col(name)
    before = parts.struct.field("field_0").str.tail(1) + text.str.head(1)
    after = text.str.tail(1) + parts.struct.field("field_1").str.head(1)
    return near.filter(~before.str.contains(_SAME_KIND), ~after.str.contains(_SAME_KIND))


def _mask(rows: pl.Series, size: int) -> Mask:
    mask = np.zeros(size, dtype=bool)
    mask[rows.to_numpy()] = True
    return mask
