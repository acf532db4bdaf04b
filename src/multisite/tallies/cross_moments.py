"""Moments of a level against all cases: what is needed to compare the level with the rest, patient by patient.

With y₁, n₁ a patient's numerator and denominator at the level and y, n those over all of the patient's cases, the sums
of y₁y, y₁n, n₁y and n₁n, beside the moments of the level and of all cases, give the moments of the rest and the
covariance of level and rest.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from multisite.stats import ClusterMoments, SharedMoments
from multisite.tallies.proportion_moments import PROPORTION_METRICS, cell_counts
from multisite.tallies.segments import CASE_KEYS, KEYS, check_cases, stratum_name
from multisite.vocabulary import UNKNOWN

__all__ = ["CROSS_SUMS", "LevelAndRest", "level_and_rest", "tally_cross_moments"]

CROSS_SUMS = ("n_patients_only", "sum_yy", "sum_yn", "sum_ny", "sum_nn")
"""Patients whose denominator lies wholly in the level; sums of y₁y, y₁n, n₁y and n₁n."""

_METRICS = tuple(metric for metric in PROPORTION_METRICS if metric != "prevalence")
_CELLS = ("tp", "fp", "fn", "tn")
_NAMES = (*KEYS, "metric", "threshold", *CROSS_SUMS)
CROSS_SCHEMA = pl.Schema(
    {name: pl.Int64() if name in CROSS_SUMS else pl.String() for name in _NAMES} | {"threshold": pl.Float64()}
)
"""Of the rows of cross moments."""


@dataclass(frozen=True, slots=True)
class LevelAndRest:
    """Moments of a level, of all other cases, and of the patients who have cases in both."""

    level: ClusterMoments
    rest: ClusterMoments
    shared: SharedMoments


def tally_cross_moments(cases: pl.DataFrame, *, strata: Sequence[str], threshold: float) -> pl.DataFrame:
    """One row per segment of a stratum and proportion at ``threshold``; sums of disjoint patients add.

    Parameters
    ----------
    cases
        As for :func:`multisite.tallies.tally_proportions`.
    strata
        Columns of levels; a ``stratum_`` prefix is not part of the stratum's name. A null is the level ``unknown``.
    threshold
        A score at or above it is positive.

    Returns
    -------
    pl.DataFrame
        ``site``, ``finding``, ``model``, ``split``, ``stratum``, ``level``, ``metric``, ``threshold`` and
        :data:`CROSS_SUMS`, sorted.

    Raises
    ------
    ValueError
        See :func:`multisite.tallies.segments.check_cases`.
    """
    check_cases(cases, strata=strata, needed=("reference", "score", "patient_id"))
    patient = [*CASE_KEYS, "patient_id"]
    crossed = cases.with_columns(cell_counts(threshold))
    whole = crossed.group_by(patient).agg(pl.col(name).sum().alias(f"all_{name}") for name in _CELLS)
    parts = [
        crossed.with_columns(pl.col(column).cast(pl.String).fill_null(UNKNOWN).alias("level"))
        .group_by(*patient, "level")
        .agg(pl.col(name).sum() for name in _CELLS)
        .join(whole, on=patient)
        .group_by(*CASE_KEYS, "level")
        .agg(expression for metric in _METRICS for expression in _sums(metric))
        .with_columns(pl.lit(stratum_name(column)).alias("stratum"), pl.lit(threshold).alias("threshold"))
        for column in strata
    ]
    rows = [
        part.with_columns(
            pl.lit(metric).alias("metric"),
            *(pl.col(f"{metric}:{name}").cast(pl.Int64).alias(name) for name in CROSS_SUMS),
        ).select(_NAMES)
        for part in parts
        for metric in _METRICS
    ]
    return pl.concat([CROSS_SCHEMA.to_frame(), *rows]).sort(*KEYS, "metric")


def level_and_rest(level: ClusterMoments, everyone: ClusterMoments, cross: Mapping[str, Any]) -> LevelAndRest:
    """Take the level from all cases, with the row of cross moments that belongs to both."""
    only, yy, yn, ny, nn = (int(cross[name]) for name in CROSS_SUMS)
    rest = ClusterMoments(
        n_patients=everyone.n_patients - only,
        sum_y=everyone.sum_y - level.sum_y,
        sum_n=everyone.sum_n - level.sum_n,
        sum_yy=everyone.sum_yy - 2 * yy + level.sum_yy,
        sum_yn=everyone.sum_yn - yn - ny + level.sum_yn,
        sum_nn=everyone.sum_nn - 2 * nn + level.sum_nn,
    )
    shared = SharedMoments(
        n_patients=level.n_patients - only,
        sum_yy=yy - level.sum_yy,
        sum_yn=yn - level.sum_yn,
        sum_ny=ny - level.sum_yn,
        sum_nn=nn - level.sum_nn,
    )
    return LevelAndRest(level, rest, shared)


def _sums(metric: str) -> list[pl.Expr]:
    numerator, denominator = PROPORTION_METRICS[metric]
    y, n = pl.sum_horizontal(numerator), pl.sum_horizontal(denominator)
    all_y, all_n = (pl.sum_horizontal(f"all_{name}" for name in cells) for cells in (numerator, denominator))
    terms = dict(zip(CROSS_SUMS, ((n > 0) & (n == all_n), y * all_y, y * all_n, n * all_y, n * all_n), strict=True))
    return [term.sum().alias(f"{metric}:{name}") for name, term in terms.items()]
