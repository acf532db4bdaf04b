"""How many instances have each attribute, and which kind of nothing the others have."""

from enum import IntEnum
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from multisite.dicom import (
    ATTRIBUTES,
    MODALITIES,
    AgeSource,
    Attribute,
    NormalisationRule,
    normalise_vendor,
    vendor_rule,
)
from multisite.schemas.completeness import ATTRIBUTE_COMPLETENESS, ATTRIBUTE_COUNTS
from multisite.vocabulary import UNKNOWN

__all__ = ["OTHER", "attribute_counts", "combine_attribute_counts"]

OTHER: Final = "other"
"""Stands for a vendor or a modality that no table knows: free text does not leave the site."""


class _State(IntEnum):
    """What an instance has of an attribute."""

    ABSENT = 0
    PRESENT = 1
    EMPTY = 2
    INVALID = 3
    REMOVED = 4
    UNSEEN = 5


_RECORDED: Final = tuple(a for a in ATTRIBUTES if a.column is not None)
_KEYWORDS: Final = pl.Series([a.keyword for a in _RECORDED], dtype=pl.String)
_PLACES: Final = {a.keyword: i for i, a in enumerate(_RECORDED)}
_LISTS: Final = {
    "unseen_attributes": _State.UNSEEN,
    "invalid_attributes": _State.INVALID,
    "empty_attributes": _State.EMPTY,
    "removed_attributes": _State.REMOVED,
}
"""Lists of keywords, in rising precedence."""

_COUNTED: Final = {
    "n_present": _State.PRESENT,
    "n_empty": _State.EMPTY,
    "n_invalid": _State.INVALID,
    "n_removed": _State.REMOVED,
    "n_unseen": _State.UNSEEN,
}


def _seen(attribute: Attribute) -> pl.Expr:
    column = pl.col(str(attribute.column))
    if attribute.dtype == pl.Boolean():
        return column.cast(pl.UInt8).fill_null(_State.UNSEEN.value)
    if attribute.keyword == "PatientAge":
        stated = pl.col("age_source") == AgeSource.PATIENT_AGE.value
        return stated.fill_null(False).cast(pl.UInt8).alias(str(attribute.column))
    return column.is_not_null().cast(pl.UInt8)


_SEEN: Final = [_seen(attribute) for attribute in _RECORDED]


def attribute_counts(headers: pl.DataFrame, *, site: str) -> pl.DataFrame:
    """One row per Manufacturer and Modality of the headers (ATTRIBUTE_COUNTS); rows of all shards add up.

    An instance has exactly one state per attribute: present with a value; else removed, empty, invalid or unseen, by
    the first list of its header row that names it; absent where none does. An age that was made from dates is no
    PatientAge.
    """
    groups = headers.select("manufacturer", "modality").with_row_index("row")
    kinds = groups.group_by("manufacturer", "modality", maintain_order=True).agg(pl.len().cast(pl.Int64), pl.col("row"))
    states = _states(headers)
    attributes = [_held(states[rows.to_numpy()]) for rows in kinds["row"]]
    dtype = ATTRIBUTE_COUNTS.schema["attributes"]
    return kinds.select(
        pl.lit(site).alias("site"),
        "manufacturer",
        "modality",
        pl.col("len").alias("n_instances"),
        pl.Series("attributes", attributes, dtype=dtype),
    )


def combine_attribute_counts(parts: pl.DataFrame, *, site: str) -> pl.DataFrame:
    """ATTRIBUTE_COMPLETENESS of a site from all its ATTRIBUTE_COUNTS, in any order and cut.

    Every recorded attribute has a row for every vendor and modality; the counts after ``n_instances`` add up to it.
    """
    known = vendor_rule(pl.col("manufacturer")) != NormalisationRule.UNMAPPED.value
    vendor = pl.when(known).then(normalise_vendor(pl.col("manufacturer"))).otherwise(pl.lit(OTHER))
    modality = pl.when(pl.col("modality").is_in(list(MODALITIES))).then("modality").otherwise(pl.lit(OTHER))
    rows = parts.select(
        pl.when(pl.col("manufacturer").is_null()).then(pl.lit(UNKNOWN)).otherwise(vendor).alias("vendor"),
        pl.when(pl.col("modality").is_null()).then(pl.lit(UNKNOWN)).otherwise(modality).alias("modality"),
        "n_instances",
        "attributes",
    )
    kinds = rows.group_by("vendor", "modality").agg(pl.col("n_instances").sum())
    held = (
        rows.select("vendor", "modality", "attributes")
        .explode("attributes")
        .unnest("attributes")
        .group_by("vendor", "modality", "attribute")
        .agg(pl.col(*_COUNTED).cast(pl.Int64).sum())
    )
    every = kinds.join(pl.DataFrame({"attribute": _KEYWORDS}), how="cross")
    counted = every.join(held, on=["vendor", "modality", "attribute"], how="left").with_columns(
        pl.col(*_COUNTED).fill_null(0)
    )
    return (
        counted.with_columns(
            (pl.col("n_instances") - pl.sum_horizontal(*_COUNTED)).alias("n_absent"), pl.lit(site).alias("site")
        )
        .select(ATTRIBUTE_COMPLETENESS.schema.names())
        .sort("vendor", "modality", "attribute")
    )


def _states(headers: pl.DataFrame) -> npt.NDArray[np.uint8]:
    """The state of every attribute in every instance; shape (n_instances, n_attributes)."""
    states = headers.select(_SEEN).to_numpy(writable=True)
    for column, state in _LISTS.items():
        listed = headers.select(pl.col(column)).with_row_index("row").explode(column).drop_nulls()
        place = listed[column].replace_strict(_PLACES, default=None, return_dtype=pl.UInt32)
        named = place.is_not_null()
        cells = listed["row"].filter(named).to_numpy(), place.filter(named).to_numpy()
        states[cells] = np.where(states[cells] == _State.PRESENT, _State.PRESENT, state)
    return states


def _held(states: npt.NDArray[np.uint8]) -> list[dict[str, object]]:
    """Keyword and counts of the attributes that are not absent everywhere."""
    counts = np.stack([(states == state).sum(axis=0) for state in _COUNTED.values()], axis=1)
    held = np.nonzero(counts.any(axis=1))[0]
    return [{"attribute": _KEYWORDS[i], **dict(zip(_COUNTED, counts[i].tolist(), strict=True))} for i in held.tolist()]
