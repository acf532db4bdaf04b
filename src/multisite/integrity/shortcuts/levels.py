"""The level of every case on every acquisition attribute, coarse enough to be counted over sites."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final

import polars as pl

from multisite.integrity.shortcuts.header_scores import ATTRIBUTES
from multisite.schemas.shortcuts import ATTRIBUTE_LABEL_COUNTS
from multisite.vocabulary import UNKNOWN

__all__ = ["LEVEL_COLUMNS", "LOCAL", "OTHER", "attribute_label_counts", "attribute_levels"]

OTHER: Final = "other"
"""Level of the values that too few patients have."""

LOCAL: Final = frozenset({"device"})
"""Attributes whose levels mean something at one site only: numbers in the place of pseudonyms."""

LEVEL_COLUMNS: Final = tuple(f"stratum_{name}" for name in ATTRIBUTES)
"""Columns of the levels, named so that a tally counts them under the attribute's name; ``model`` alone would be the
index test."""

_RARE = 5
"""Patients below whom a value does not leave the site."""

_NO_TERM: Final = r"\d{6}|.{33}"
"""What no term of a scanner has: a number of six digits or more, which may be a serial number, or many letters."""

_EDGES: Final[Mapping[str, tuple[float, ...]]] = {
    "slice_thickness_mm": (1, 2, 3, 5),
    "pixel_spacing_mm": (0.1, 0.2, 0.5, 0.7, 0.9),
    "tube_voltage_kv": (40, 75, 95, 115, 135),
}
"""Bands of numbers, the same at every site: [a, b) for each pair of edges."""


def attribute_levels(tested: pl.DataFrame) -> pl.DataFrame:
    """The cases and their truth, with the level of every acquisition attribute, a text, in ``LEVEL_COLUMNS``.

    A number is banded, a missing value is ``unknown``, and a device is its rank by patients (device 1 has most). What
    fewer than 5 patients of the frame have is ``other``, and so is a text that is long or holds a long number.
    ``tested`` holds cases of one site, rows of COHORT.
    """
    ranks = _device_ranks(tested)
    truth = [name for name in tested.columns if name.startswith("reference_")]
    coarse = {name: _plain(name) for name in ATTRIBUTES}
    coarse |= {name: _band(name, edges) for name, edges in _EDGES.items()}
    coarse["device"] = pl.col("device").replace_strict(ranks, default=None, return_dtype=pl.String)
    levelled = tested.select(
        "site",
        "case_id",
        "patient_id",
        "split",
        "included",
        *truth,
        *(level.fill_null(UNKNOWN).alias(f"stratum_{name}") for name, level in coarse.items()),
    )
    return levelled.with_columns(_without_rare(column) for column in LEVEL_COLUMNS)


def _plain(column: str) -> pl.Expr:
    text = pl.col(column)
    return pl.when(text.str.contains(_NO_TERM)).then(pl.lit(OTHER)).otherwise(text)


def _without_rare(column: str) -> pl.Expr:
    rare = pl.col("patient_id").n_unique().over(column) < _RARE
    # An unknown value stands for itself: that it is missing tells nobody's value.
    return pl.when(rare & (pl.col(column) != UNKNOWN)).then(pl.lit(OTHER)).otherwise(pl.col(column)).alias(column)


def _device_ranks(tested: pl.DataFrame) -> dict[str, str]:
    counted = tested.drop_nulls("device").group_by("device").agg(pl.col("patient_id").n_unique().alias("n"))
    ordered = counted.sort("n", "device", descending=[True, False])["device"]
    return {device: f"device {rank}" for rank, device in enumerate(ordered.to_list(), start=1)}


def _band(column: str, edges: tuple[float, ...]) -> pl.Expr:
    known = pl.col(column).fill_nan(None)
    level = pl.lit(None, pl.String)
    outer = [(known < edges[0], f"<{edges[0]:g}"), (known >= edges[-1], f"≥{edges[-1]:g}")]
    inner = [((known >= low) & (known < high), f"{low:g}–<{high:g}") for low, high in pairwise(edges)]
    for holds, label in (*outer, *inner):
        level = pl.when(holds).then(pl.lit(label)).otherwise(level)
    return level.alias(column)


def attribute_label_counts(levelled: pl.DataFrame, *, findings: Sequence[str]) -> pl.DataFrame:
    """Rows of ATTRIBUTE_LABEL_COUNTS: cases and patients with and without each finding in every level.

    ``levelled`` comes from :func:`attribute_levels`; a case without a reference standard of a finding does not count
    for it.
    """
    parts = [_count(levelled, finding, attribute) for finding in findings for attribute in ATTRIBUTES]
    return pl.concat(parts).sort("site", "finding", "attribute", "level")


def _count(levelled: pl.DataFrame, finding: str, attribute: str) -> pl.DataFrame:
    truth, patient = pl.col(f"reference_{finding}"), pl.col("patient_id")
    counted = (
        levelled.drop_nulls(f"reference_{finding}")
        .with_columns(_without_rare(f"stratum_{attribute}"))
        .group_by("site", pl.col(f"stratum_{attribute}").alias("level"))
        .agg(
            patient.n_unique().cast(pl.Int64).alias("n_patients"),
            patient.filter(truth).n_unique().cast(pl.Int64).alias("n_positive_patients"),
            patient.filter(~truth).n_unique().cast(pl.Int64).alias("n_negative_patients"),
            truth.sum().cast(pl.Int64).alias("n_positive"),
            (~truth).sum().cast(pl.Int64).alias("n_negative"),
        )
    )
    names = (pl.lit(finding).alias("finding"), pl.lit(attribute).alias("attribute"))
    return counted.with_columns(names).select(ATTRIBUTE_LABEL_COUNTS.schema.names())
