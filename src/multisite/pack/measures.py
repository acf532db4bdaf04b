"""The report's rows on continuous endpoints, by measure and model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from multisite.pack.evidence import EstimateRow, Evidence
from multisite.pack.numbers import decimals_for, fixed
from multisite.pack.parameters import MeasureText, ModelText
from multisite.schemas.measures import MEASURE_COUNTS, MEASURES, MEASURES_ACROSS_SITES
from multisite.vocabulary import ALL_SITES, OVERALL, Pool

__all__ = ["METRIC_TITLES", "Measured", "as_estimate", "measured"]

METRIC_TITLES = {
    "mean": "Mean",
    "standard_deviation": "Standard deviation",
    "median": "Median",
    "bias": "Bias",
    "lower_limit": "Lower limit of agreement",
    "upper_limit": "Upper limit of agreement",
    "mean_absolute_difference": "Mean absolute difference",
    "icc": "ICC",
    "share_acceptable": "Acceptable",
}
"""Metric to its head in a table; the quartiles stand beside the median."""

_Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Measured:
    """One measure of one model, and every row on it.

    ``rows`` are by site, stratum, level and metric; ``pools`` by metric and pool; ``counts`` by site and what is
    counted.
    """

    measure: MeasureText
    model: ModelText
    sites: tuple[str, ...]
    rows: Mapping[tuple[str, str, str, str], _Row]
    pools: Mapping[tuple[str, str], _Row]
    counts: Mapping[tuple[str, str], _Row]

    @property
    def slug(self) -> str:
        """Unique in the page, and fit for an id."""
        return f"{self.measure.id}-{self.model.id}"

    @property
    def title(self) -> str:
        """Measure with its unit, model and version."""
        unit = f", {self.measure.unit}" if self.measure.unit else ""
        return f"{self.measure.title}{unit}, by {self.model.title} {self.model.version}"

    @property
    def centre(self) -> str:
        """The metric that is looked at first: a mean, or the bias."""
        return "bias" if self.measure.paired else "mean"

    def row(
        self, metric: str, *, site: str = ALL_SITES, stratum: str = OVERALL, level: str = OVERALL
    ) -> EstimateRow | None:
        """A number of a site, or over all; ``None`` where no row was written."""
        found = self.rows.get((site, stratum, level, metric))
        return None if found is None else as_estimate(self, found)

    def verdict(self, metric: str, *, site: str = ALL_SITES) -> str | None:
        """The verdict on all test cases; ``None`` without a margin."""
        found = self.rows.get((site, OVERALL, OVERALL, metric))
        return None if found is None else found["verdict"]

    def mean_of_sites(self) -> EstimateRow | None:
        """The mean over sites of what is looked at first."""
        found = self.pools.get((self.centre, Pool.ALL.value))
        return None if found is None else as_estimate(self, found)

    def new_site(self) -> str | None:
        """The range in which one more such site is expected; ``None`` where there is none."""
        found = self.pools.get((self.centre, Pool.ALL.value))
        if found is None or found["prediction_low"] is None or found["prediction_high"] is None:
            return None
        ends = found["prediction_low"], found["prediction_high"]
        return " to ".join(fixed(end, decimals_for(*ends)) for end in ends)


def measured(evidence: Evidence) -> tuple[Measured, ...]:
    """Every measure and model of which there are rows, in the order of the study file."""
    frames = {a.name: evidence.frame(a) for a in (MEASURES, MEASURES_ACROSS_SITES, MEASURE_COUNTS)}
    # Each frame is cut once: a study of many measures has thousands of rows.
    cut = {name: frame.partition_by("measure", "model", as_dict=True) for name, frame in frames.items()}
    return tuple(
        _measured(measure, model, {name: parts.get((measure.id, model.id)) for name, parts in cut.items()})
        for measure in evidence.parameters.measures
        for model in evidence.parameters.models
        if (measure.id, model.id) in cut[MEASURES.name]
    )


def as_estimate(held: Measured, row: _Row) -> EstimateRow:
    """A row as an estimate, for what draws and writes estimates."""
    return EstimateRow.without_counts(row, finding=held.measure.id, model=held.model.id)


def _measured(measure: MeasureText, model: ModelText, parts: Mapping[str, pl.DataFrame | None]) -> Measured:
    def rows(artefact_name: str) -> Sequence[_Row]:
        frame = parts[artefact_name]
        return [] if frame is None else frame.to_dicts()

    own = rows(MEASURES.name)
    return Measured(
        measure=measure,
        model=model,
        sites=tuple(sorted({row["site"] for row in own} - {ALL_SITES})),
        rows={(r["site"], r["stratum"], r["level"], r["metric"]): r for r in own},
        pools={(r["metric"], r["pool"]): r for r in rows(MEASURES_ACROSS_SITES.name) if r["left_out"] is None},
        counts={(r["site"], r["counted"]): r for r in rows(MEASURE_COUNTS.name)},
    )
