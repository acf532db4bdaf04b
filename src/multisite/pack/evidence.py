"""The report's inputs as lookups: which sites, endpoints, strata and levels there are, and each estimate by name."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import polars as pl

from multisite.pack.parameters import FindingText, ModelText, ReportParameters, StratumText
from multisite.schemas import Artefact, StageInputs
from multisite.schemas.across_sites import ACROSS_SITES, POOLED_SITES
from multisite.schemas.agreement_by_stratum import AGREEMENT_ACROSS_SITES
from multisite.schemas.calibration_strata import CALIBRATION_BY_LEVEL, CALIBRATION_CAUSES, RECALIBRATION
from multisite.schemas.cohort import COHORT_IDENTITY, COMPOSITION, FLOW
from multisite.schemas.consequences import CONSEQUENCES
from multisite.schemas.drift import DEPLOYMENT_COUNTS, DRIFT_COMPARISON, DRIFT_COUNTS, DRIFT_COUNTS_BASELINE
from multisite.schemas.drift_baseline import DRIFT_BUDGET
from multisite.schemas.drift_verdicts import DRIFT_CASES, DRIFT_VERDICTS
from multisite.schemas.failure_modes import FAILURE_MODES, SLICE_COUNTS
from multisite.schemas.integrity import CHECK_RESULTS
from multisite.schemas.label_errors import CORRECTED_ESTIMATES
from multisite.schemas.looks import LOOKS
from multisite.schemas.measures import MEASURE_COUNTS, MEASURES, MEASURES_ACROSS_SITES
from multisite.schemas.model_comparison import MODEL_BY_DATA, MODEL_DIFFERENCES, MODEL_PAIR_COUNTS, MODEL_PAIRS
from multisite.schemas.operating_points import (
    DECISION_CURVES,
    OPERATING_POINTS,
    OUTCOMES_PER_1000,
    THRESHOLD_TRANSFER,
)
from multisite.schemas.performance import ESTIMATES, RELIABILITY
from multisite.schemas.provenance import HEADER_COUNTS
from multisite.schemas.reader_bias import READER_BIAS
from multisite.schemas.reference import AGREEMENT, READING_COUNTS
from multisite.schemas.representation import COVERAGE, REPRESENTATION
from multisite.schemas.shortcut_use import HEADER_AGREEMENT, SCORE_SHIFT, SITE_TOLD
from multisite.schemas.shortcuts import SHORTCUT_LADDER
from multisite.schemas.standings import DEVIATIONS, STANDINGS, TIME_FORWARD
from multisite.schemas.truth_sensitivity import READER_BENCHMARK, TRUTH_TORNADO
from multisite.schemas.verdicts import VERDICTS
from multisite.vocabulary import ALL_SITES, OVERALL, UNKNOWN, EstimateStatus, Split

__all__ = ["EVIDENCE", "OPTIONAL_EVIDENCE", "Endpoint", "EstimateRow", "Evidence"]

EVIDENCE: tuple[Artefact, ...] = (
    HEADER_COUNTS,
    FLOW,
    COHORT_IDENTITY,
    COMPOSITION,
    REPRESENTATION,
    COVERAGE,
    CHECK_RESULTS,
    CONSEQUENCES,
    SHORTCUT_LADDER,
    SITE_TOLD,
    SCORE_SHIFT,
    HEADER_AGREEMENT,
    ESTIMATES,
    RELIABILITY,
    ACROSS_SITES,
    POOLED_SITES,
    OPERATING_POINTS,
    THRESHOLD_TRANSFER,
    OUTCOMES_PER_1000,
    DECISION_CURVES,
    VERDICTS,
    TRUTH_TORNADO,
    AGREEMENT_ACROSS_SITES,
    CALIBRATION_BY_LEVEL,
    CALIBRATION_CAUSES,
    RECALIBRATION,
    LOOKS,
    STANDINGS,
    DEVIATIONS,
    TIME_FORWARD,
)
"""Aggregates without which there is no report."""

OPTIONAL_EVIDENCE: tuple[Artefact, ...] = (
    # Only where a site has a deployment table; their absence is shown.
    DRIFT_COMPARISON,
    DRIFT_COUNTS,
    DRIFT_COUNTS_BASELINE,
    DEPLOYMENT_COUNTS,
    DRIFT_VERDICTS,
    DRIFT_CASES,
    DRIFT_BUDGET,
    # Only where labels are made from readings.
    READING_COUNTS,
    AGREEMENT,
    READER_BIAS,
    READER_BENCHMARK,
    # Only where the study file says how often labels err, declares comparisons of models, or measures.
    CORRECTED_ESTIMATES,
    MODEL_DIFFERENCES,
    MODEL_PAIRS,
    MODEL_PAIR_COUNTS,
    MODEL_BY_DATA,
    MEASURES,
    MEASURES_ACROSS_SITES,
    MEASURE_COUNTS,
    # Unless the study file does without the search.
    FAILURE_MODES,
    SLICE_COUNTS,
)
"""Aggregates that a study may lack; what is missing is an empty frame."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One finding judged by one model."""

    finding: FindingText
    model: ModelText

    @property
    def slug(self) -> str:
        """Unique in the page, and fit for an id."""
        return f"{self.finding.id}-{self.model.id}"

    @property
    def title(self) -> str:
        """Finding, model and its version."""
        return f"{self.finding.title} by {self.model.with_version}"

    def rows(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The rows of ``frame`` that are of this finding and model."""
        return frame.filter(finding=self.finding.id, model=self.model.id)


@dataclass(frozen=True, slots=True)
class EstimateRow:
    """One row of the estimates."""

    site: str
    finding: str
    model: str
    stratum: str
    level: str
    metric: str
    threshold: float | None
    estimate: float | None
    ci_low: float | None
    ci_high: float | None
    ci_level: float | None
    ci_method: str | None
    n_patients: int
    n_cases: int
    n_positive: int
    n_negative: int
    numerator: int | None
    denominator: int | None
    status: str
    reason: str | None

    @classmethod
    def without_counts(cls, row: Mapping[str, Any], *, finding: str, model: str) -> "EstimateRow":
        """A row that is no proportion and has no classes, for what draws and writes estimates."""
        same = ("estimate", "ci_low", "ci_high", "ci_level", "ci_method", "n_patients", "n_cases", "status", "reason")
        return cls(
            site=row.get("site", ALL_SITES),
            finding=finding,
            model=model,
            stratum=row.get("stratum", OVERALL),
            level=row.get("level", OVERALL),
            metric=row["metric"],
            threshold=None,
            n_positive=0,
            n_negative=0,
            numerator=None,
            denominator=None,
            **{name: row[name] for name in same},
        )

    @property
    def sound(self) -> bool:
        """Whether there is a number, with an interval, on enough cases."""
        return self.status == EstimateStatus.OK and None not in (self.estimate, self.ci_low, self.ci_high)

    @property
    def why(self) -> str:
        """The reason in words; the status where none is given."""
        return self.reason or self.status

    def excludes(self, expected: float) -> bool:
        """Whether the interval lies wholly on one side of ``expected``; never, where the number is not sound."""
        return self.sound and not (self.low <= expected <= self.high)

    @property
    def value(self) -> float:
        """The estimate of a sound row."""
        return _number(self.estimate)

    @property
    def low(self) -> float:
        """Lower end of a sound row."""
        return _number(self.ci_low)

    @property
    def high(self) -> float:
        """Upper end of a sound row."""
        return _number(self.ci_high)


_ROW_FIELDS = [field.name for field in fields(EstimateRow)]
EstimateKey = tuple[str, str, str, str, str, str]
PoolKey = tuple[str, str, str, str, str | None]


@dataclass(frozen=True)
class Evidence:
    """All frames by artefact name, and the questions the report asks of them."""

    parameters: ReportParameters
    frames: Mapping[str, pl.DataFrame]
    lineage: Mapping[str, str]

    @classmethod
    def from_inputs(cls, inputs: StageInputs, parameters: ReportParameters) -> "Evidence":
        """Required frames must be there; a missing frame of what need not be there is an empty one."""
        frames = {artefact.name: inputs.frame(artefact.name) for artefact in EVIDENCE}
        frames |= {a.name: inputs.frames[a.name] if a.name in inputs.frames else a.empty() for a in OPTIONAL_EVIDENCE}
        return cls(parameters, frames, dict(inputs.lineage))

    def frame(self, artefact: Artefact) -> pl.DataFrame:
        """The rows of an artefact."""
        return self.frames[artefact.name]

    @cached_property
    def sites(self) -> tuple[str, ...]:
        """Sites with a cohort, by identifier: no order of merit."""
        return tuple(sorted(self.frame(COHORT_IDENTITY)["site"].to_list()))

    @cached_property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """Every declared finding and model that has an estimate; all declared ones where none has."""
        declared = [Endpoint(f, m) for f in self.parameters.findings for m in self.parameters.models]
        found = set(self.frame(ESTIMATES).select("finding", "model").unique().rows())
        return tuple(e for e in declared if (e.finding.id, e.model.id) in found) or tuple(declared)

    @cached_property
    def _estimates(self) -> dict[EstimateKey, EstimateRow]:
        tested = self.frame(ESTIMATES).filter(pl.col("split") == Split.TEST.value).select(_ROW_FIELDS)
        rows = (EstimateRow(**row) for row in tested.iter_rows(named=True))
        return {(r.finding, r.model, r.site, r.stratum, r.level, r.metric): r for r in rows}

    def estimate(
        self, endpoint: Endpoint, metric: str, *, site: str = ALL_SITES, stratum: str = OVERALL, level: str = OVERALL
    ) -> EstimateRow | None:
        """The estimate on the test split; ``None`` where the stage wrote no row."""
        return self._estimates.get((endpoint.finding.id, endpoint.model.id, site, stratum, level, metric))

    def threshold(self, endpoint: Endpoint) -> float:
        """The operating threshold of an endpoint."""
        return self.parameters.threshold_of(endpoint.finding, endpoint.model)

    def threshold_words(self, endpoint: Endpoint) -> str:
        """The operating threshold in words: a score, or a category."""
        return self.parameters.threshold_words(endpoint.finding, endpoint.model)

    def tested_estimates(self) -> Iterable[EstimateRow]:
        """Every estimate on the test split."""
        return self._estimates.values()

    @cached_property
    def pools(self) -> dict[PoolKey, dict[str, Any]]:
        """Rows of the means over sites by finding, model, metric, pool and the site that is left out."""
        rows = self.frame(ACROSS_SITES).iter_rows(named=True)
        return {(r["finding"], r["model"], r["metric"], r["pool"], r["left_out"]): r for r in rows}

    def levels(self, stratum: StratumText) -> tuple[str, ...]:
        """The stratum's levels over all sites and splits: by meaning where it has an order, else by test cases.

        ``unknown`` is last.
        """
        return self._levels.get(stratum.id, ())

    @cached_property
    def _levels(self) -> dict[str, tuple[str, ...]]:
        counted = (
            self.frame(COMPOSITION)
            .group_by("stratum", "level")
            .agg(pl.col("level_order").min(), pl.col("n_cases").filter(pl.col("split") == Split.TEST.value).sum())
        )
        ordered = {stratum.id for stratum in self.parameters.strata if stratum.ordered}
        found: dict[str, list[tuple[bool, int, str]]] = {}
        for stratum, level, order, n_cases in counted.rows():
            rank = order if stratum in ordered else -n_cases
            found.setdefault(stratum, []).append((level == UNKNOWN, rank, level))
        return {stratum: tuple(level for _, _, level in sorted(levels)) for stratum, levels in found.items()}


def _number(value: float | None) -> float:
    if value is None:
        raise ValueError("An estimate without a number was asked for its value.")
    return value
