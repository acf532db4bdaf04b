"""Scores for the finding that were made from acquisition attributes alone, inside a site."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from multisite.schemas.series import ACQUISITION
from multisite.stats import cross_fitted_encoding, cross_fitted_scores, patient_folds, quantile_levels
from multisite.tallies import numbered_patients

__all__ = ["ATTRIBUTES", "HEADERS_ALONE", "attribute_source", "header_scores", "number_levels"]

HEADERS_ALONE: Final = "(headers)"
"""Names, in the place of a model, a score from all attributes together. A model's id has no brackets."""

_WHOSE: Final = frozenset({"study_date", "age_years", "patient_sex"})
_AS_WRITTEN: Final = frozenset({"manufacturer", "manufacturer_model_name", "body_part_examined", "invalid_attributes"})
ATTRIBUTES: Final = tuple(column.name for column in ACQUISITION if column.name not in _WHOSE | _AS_WRITTEN)
"""How an image was acquired: neither whose it is nor when, which may rightly bear on the finding; and not the raw
spelling of what is normalised besides, nor what could not be read."""

_FOLDS: Final = 5
_LEAST_PATIENTS: Final = 25
_MOST_LEVELS: Final = 200
_BANDS: Final = 10

Booleans = npt.NDArray[np.bool_]


def attribute_source(attribute: str) -> str:
    """Names, in the place of a model, a score from one attribute."""
    return f"({attribute})"


@dataclass(frozen=True, slots=True)
class _Labelled:
    """Cases of known truth, with their patients numbered."""

    cases: pl.DataFrame
    positive: Booleans
    patient: npt.NDArray[np.int64]

    @property
    def n_fewest(self) -> int:
        """The patients with a positive case, or those with a negative one, whichever are fewer."""
        return min(np.unique(self.patient[self.positive]).size, np.unique(self.patient[~self.positive]).size)


def header_scores(tested: pl.DataFrame, *, finding: str, seed: int) -> pl.DataFrame | None:
    """Per case and source a score in [0, 1] for the finding; None with fewer than 25 patients of either class.

    Five folds of whole patients; each case is scored by what was fitted on the other four. ``tested`` holds included
    cases of the test split, rows of COHORT. The result has ``site``, ``case_id``, ``finding``, ``model`` (the
    source, in brackets), ``split``, ``reference`` and ``score``, as tallies are made of. An attribute that is the same
    everywhere has no row.
    """
    known = tested.filter(pl.col(f"reference_{finding}").is_not_null()).sort("case_id")
    labelled = _Labelled(
        known,
        known[f"reference_{finding}"].to_numpy().astype(bool),
        numbered_patients(known),
    )
    if labelled.n_fewest < _LEAST_PATIENTS:
        return None
    folds = patient_folds(labelled.positive, labelled.patient, n_folds=_FOLDS, seed=seed)
    varied = [name for name in ATTRIBUTES if known[name].n_unique() > 1]
    scores = {
        attribute_source(name): cross_fitted_encoding(_levels(known[name]), labelled.positive, folds) for name in varied
    }
    if varied:
        features = np.column_stack([_feature(known[name]) for name in varied])
        is_category = np.array([not known.schema[name].is_numeric() for name in varied])
        scores[HEADERS_ALONE] = cross_fitted_scores(
            features, labelled.positive, folds, is_category=is_category, seed=seed
        )
    return pl.concat([_rows(known, finding, source, score) for source, score in scores.items()]) if scores else None


def _rows(known: pl.DataFrame, finding: str, source: str, score: Any) -> pl.DataFrame:
    return known.select(
        "site",
        "case_id",
        pl.lit(finding).alias("finding"),
        pl.lit(source).alias("model"),
        "split",
        pl.col(f"reference_{finding}").alias("reference"),
        pl.Series("score", score, dtype=pl.Float64).clip(0, 1),
    )


def _levels(column: pl.Series) -> npt.NDArray[np.int64]:
    """The number of each value's level: a text's own, of a number see ``number_levels``; missing is a level."""
    if column.dtype.is_numeric():
        return number_levels(column)
    return _common(column).rank("dense").fill_null(0).cast(pl.Int64).to_numpy()


def number_levels(column: pl.Series) -> npt.NDArray[np.int64]:
    """The level of each number, from 1: its value where they are few, else its tenth; what is missing has 0."""
    value = column.cast(pl.Float64).fill_null(float("nan")).to_numpy()
    is_known = np.isfinite(value)
    levels = np.zeros(value.size, dtype=np.int64)
    levels[is_known] = quantile_levels(value[is_known], _BANDS) + 1
    return levels


def _feature(column: pl.Series) -> npt.NDArray[np.float64]:
    """A number as it is, a text as the number of its level; missing is NaN."""
    if column.dtype.is_numeric():
        return column.cast(pl.Float64).fill_null(float("nan")).to_numpy()
    return (_common(column).rank("dense").cast(pl.Float64) - 1).fill_null(float("nan")).to_numpy()


def _common(column: pl.Series) -> pl.Series:
    """The values less the rare ones beyond what a tree can tell apart, which become one."""
    frequent = column.drop_nulls().value_counts().sort("count", column.name, descending=[True, False])
    kept = frequent[column.name].head(_MOST_LEVELS)
    return column if frequent.height <= _MOST_LEVELS else column.replace_strict(kept, kept, default="\x00others")
