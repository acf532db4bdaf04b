"""Moments over patients of the counts behind sensitivity, specificity, predictive values and prevalence."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from multisite.stats import ClusterMoments
from multisite.tallies.segments import CASE_KEYS, KEYS, Axis, axes, check_cases
from multisite.vocabulary import ALL_SITES, OVERALL

__all__ = [
    "PROPORTION_METRICS",
    "ProportionMoments",
    "cell_counts",
    "combine_proportion_moments",
    "tally_proportions",
]

PROPORTION_METRICS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "sensitivity": (("tp",), ("tp", "fn")),
    "specificity": (("tn",), ("tn", "fp")),
    "ppv": (("tp",), ("tp", "fp")),
    "npv": (("tn",), ("tn", "fn")),
    "prevalence": (("tp", "fn"), ("tp", "fp", "fn", "tn")),
}
"""Metric to the cells of the two-by-two table that its numerator and its denominator add up."""

_FREE = frozenset({"prevalence"})  # of a threshold
_CELLS = ("tp", "fp", "fn", "tn")
_SUMS = ("n_patients", "sum_y", "sum_n", "sum_yy", "sum_yn", "sum_nn")
_ROW_KEYS = (*KEYS, "metric", "threshold")
_SCHEMA = pl.Schema(
    {
        **{name: pl.String() for name in (*KEYS, "metric")},
        "threshold": pl.Float64(),
        **{name: pl.Int64() for name in _SUMS},
    }
)


@dataclass(frozen=True, slots=True, eq=False)
class ProportionMoments:
    """One row per segment, metric and threshold: patients with a case in the denominator, and sums over them.

    ``frame`` has the columns ``site``, ``finding``, ``model``, ``split``, ``stratum``, ``level``,
    ``metric``, ``threshold`` (null for prevalence, which has none), ``n_patients``, ``sum_y``, ``sum_n``,
    ``sum_yy``, ``sum_yn``, ``sum_nn``, and is sorted by all but the sums.
    """

    frame: pl.DataFrame

    @classmethod
    def from_frame(cls, frame: pl.DataFrame) -> "ProportionMoments":
        """The moments in ``frame``; rows of the same key are added."""
        sums = frame.select(_SCHEMA.names()).group_by(_ROW_KEYS).agg(pl.col(name).sum() for name in _SUMS)
        return cls(sums.sort(_ROW_KEYS))

    def over_sites(self) -> "ProportionMoments":
        """The moments of all sites' patients as one set; a patient belongs to one site."""
        return self.from_frame(self.frame.with_columns(pl.lit(ALL_SITES).alias("site")))

    def rows(self) -> Iterator[tuple[Mapping[str, Any], ClusterMoments]]:
        """Each row with its moments."""
        for row in self.frame.iter_rows(named=True):
            yield row, ClusterMoments(**{name: row[name] for name in _SUMS})


def tally_proportions(cases: pl.DataFrame, *, strata: Sequence[str], thresholds: Sequence[float]) -> ProportionMoments:
    """Cross the call (``score >= threshold``) with the reference standard, add up per patient, then over patients.

    Parameters
    ----------
    cases
        As for :func:`multisite.tallies.tally_scores`, with a ``patient_id``.
    strata
        Columns of levels; a ``stratum_`` prefix is not part of the stratum's name. A null is the level
        ``unknown``.
    thresholds
        Operating thresholds in [0, 1], at least one.

    Returns
    -------
    ProportionMoments
        A row for every metric of every segment that holds a case, even where the denominator is zero. A
        patient whose cases fall into two levels counts once in each.

    Raises
    ------
    ValueError
        If there is no threshold or one lies outside [0, 1], and see :func:`multisite.tallies.segments.check_cases`.
    """
    if not thresholds or not all(0.0 <= threshold <= 1.0 for threshold in thresholds):
        raise ValueError("Name at least one threshold; every one must lie in [0, 1].")
    check_cases(cases, strata=strata, needed=("reference", "score", "patient_id"))
    encoded = _encoded(cases)
    encoded_strata = (Axis(OVERALL, (OVERALL,)), *(axes(cases, columns=strata) if cases.height else ()))
    parts: list[ProportionMoments] = []
    wanted: dict[str, float | None] = {"prevalence": None}
    for threshold in sorted(set(thresholds)):
        wanted |= dict.fromkeys((metric for metric in PROPORTION_METRICS if metric not in _FREE), threshold)
        crossed = encoded.rows.with_columns(cell_counts(threshold))
        parts += [_moments(crossed, encoded, axis, wanted) for axis in encoded_strata]
        wanted = {}
    return combine_proportion_moments(parts)


def combine_proportion_moments(moments: Sequence[ProportionMoments]) -> ProportionMoments:
    """Add the moments of disjoint patients: exact, and the same in every order and grouping."""
    frames = [_SCHEMA.to_frame(), *(part.frame for part in moments)]
    return ProportionMoments.from_frame(pl.concat(frames))


def cell_counts(threshold: float) -> list[pl.Expr]:
    """Which cell of the two-by-two table each case lies in: ``tp``, ``fp``, ``fn``, ``tn`` as 0 or 1."""
    called, truth = pl.col("score") >= threshold, pl.col("reference")
    cells = {"tp": called & truth, "fp": called & ~truth, "fn": ~called & truth, "tn": ~called & ~truth}
    return [cells[name].cast(pl.Int64).alias(name) for name in _CELLS]


@dataclass(frozen=True, slots=True, eq=False)
class _Encoded:
    """Truth, score and ``owner`` of each case: numbers of its site, finding, model and split, and of its patient.

    ``owner`` is number of the group · ``n_patients`` + number of the patient: one whole number is grouped several
    times as fast as five texts.
    """

    rows: pl.DataFrame
    groups: pl.DataFrame
    n_patients: int


def _encoded(cases: pl.DataFrame) -> _Encoded:
    groups = cases.select(CASE_KEYS).unique().sort(CASE_KEYS).with_row_index("group")
    numbered = cases.select("reference", "score", "patient_id", *CASE_KEYS).join(
        groups, on=CASE_KEYS, how="left", maintain_order="left"
    )
    patient = pl.col("patient_id").rank("dense").cast(pl.Int64) - 1
    found = numbered.select("reference", "score", pl.col("group").cast(pl.Int64), patient.alias("patient"))
    n_patients = int(found["patient"].to_numpy().max(initial=0)) + 1
    owner = pl.col("group") * n_patients + pl.col("patient")
    return _Encoded(found.select("reference", "score", owner.alias("owner")), groups, n_patients)


def _moments(
    crossed: pl.DataFrame, encoded: _Encoded, axis: Axis, wanted: Mapping[str, float | None]
) -> ProportionMoments:
    width = len(axis.levels)
    position = pl.lit(0) if axis.position is None else pl.Series(axis.position).cast(pl.Int64)
    # The segment is the number without the patient's share: group · levels + level.
    group, patient = pl.col("owner") // encoded.n_patients, pl.col("owner") % encoded.n_patients
    segment = (group * width + position) * encoded.n_patients + patient
    sums = (
        crossed.with_columns(segment.alias("owner"))
        .lazy()
        .group_by("owner")
        .agg(pl.col(name).sum() for name in _CELLS)
        .group_by((pl.col("owner") // encoded.n_patients).alias("segment"))
        .agg(expression for metric in wanted for expression in _sums(metric))
        .with_columns(
            (pl.col("segment") // width).cast(encoded.groups.schema["group"]).alias("group"),
            (pl.col("segment") % width).cast(pl.UInt32).alias("position"),
            pl.lit(axis.name).alias("stratum"),
        )
        .collect()
        .join(encoded.groups, on="group")
        .join(pl.DataFrame({"level": axis.levels}).with_row_index("position"), on="position")
    )
    return ProportionMoments(
        pl.concat(
            sums.select(
                *KEYS,
                pl.lit(metric).alias("metric"),
                pl.lit(threshold, pl.Float64).alias("threshold"),
                *(pl.col(f"{metric}:{name}").cast(pl.Int64).alias(name) for name in _SUMS),
            )
            for metric, threshold in wanted.items()
        )
    )


def _sums(metric: str) -> list[pl.Expr]:
    numerator, denominator = PROPORTION_METRICS[metric]
    y, n = pl.sum_horizontal(numerator), pl.sum_horizontal(denominator)
    terms = dict(zip(_SUMS, (n > 0, y, n, y * y, y * n, n * n), strict=True))
    return [term.sum().alias(f"{metric}:{name}") for name, term in terms.items()]
