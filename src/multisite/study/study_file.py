"""The study protocol: frozen models of ``study.yaml``. Shared by all sites; holds no secret and no path."""

from datetime import date
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field, model_validator

from multisite.study.calibration import Calibration
from multisite.study.intersection import Intersection, check_axes
from multisite.study.margins import Margin, check_margins
from multisite.study.model_comparison import DataByStratum, ModelComparison
from multisite.study.operating_point import DecisionCurve, OperatingPoint, operating_point_of
from multisite.study.reference import FindingReference
from multisite.study.section import Identifier, Section, Share
from multisite.study.split import PatientSplit, SplitRule, TableSplit
from multisite.vocabulary import Severity, StratumRole

__all__ = [
    "Cohort",
    "Drift",
    "EligibilityRule",
    "Extraction",
    "Finding",
    "Integrity",
    "IntendedUse",
    "Model",
    "Performance",
    "Pixels",
    "Stratum",
    "Study",
    "Target",
]

Scalar = str | float | int | bool

_ROUNDING = 0.01
"""Published shares are rounded."""


class IntendedUse(Section):
    """What the claim is about, and what it is not."""

    task: str
    population: str
    setting: str
    human_role: str
    not_validated_for: tuple[str, ...] = ()


class Finding(Section):
    """A target condition: an endpoint with a reference standard and a score."""

    id: Identifier
    title: str


class Model(Section):
    """An index test."""

    id: Identifier
    title: str
    version: str


class EligibilityRule(Section):
    """A rule that a case must satisfy, applied in the order of the file."""

    id: Identifier
    column: str
    operator: Literal["==", "!=", "<", "<=", ">", ">=", "in", "not in", "is known"]
    value: Scalar | tuple[Scalar, ...] | None = None
    when_missing: Literal["exclude", "keep", "fail"]
    reason: str

    @model_validator(mode="after")
    def _value_fits_operator(self) -> "EligibilityRule":
        if self.operator in ("in", "not in") and not isinstance(self.value, tuple):
            raise ValueError("`value` must be a list for the operators `in` and `not in`")
        if self.operator == "is known" and self.value is not None:
            raise ValueError("`is known` takes no value")
        if self.operator not in ("in", "not in", "is known") and (self.value is None or isinstance(self.value, tuple)):
            raise ValueError("`value` must be a single value for this operator")
        return self


class Stratum(Section):
    """An axis along which results are broken down. With ``bands`` a number is cut: [a, b) for each pair of edges."""

    id: Identifier
    title: str
    column: str
    when_missing: Literal["level", "exclude", "fail"]
    bands: tuple[float, ...] | None = None
    unit: str | None = None
    levels: tuple[str, ...] | None = None
    role: StratumRole = StratumRole.EXPLORATORY

    @model_validator(mode="after")
    def _bands_rise(self) -> "Stratum":
        if self.bands is not None and any(a >= b for a, b in pairwise(self.bands)):
            raise ValueError("`bands` must be rising edges")
        if self.bands is not None and self.levels is not None:
            raise ValueError("give either `bands` or `levels`, not both")
        return self


class Target(Section):
    """The patients for whom the model is meant: the share of each level of a stratum, and where that was taken from."""

    source: str
    shares: Annotated[dict[Identifier, dict[str, Annotated[float, Field(ge=0, le=1)]]], Field(min_length=1)]

    @model_validator(mode="after")
    def _shares_sum_to_one(self) -> "Target":
        wrong = [name for name, shares in self.shares.items() if abs(sum(shares.values()) - 1) > _ROUNDING]
        if wrong:
            raise ValueError(f"the shares of {', '.join(f'`{name}`' for name in wrong)} must sum to 1")
        return self


class Cohort(Section):
    """Which cases are validated, in which images, in which splits, and along which strata.

    ``site_role`` is that of the sites, which are always an axis.
    """

    modalities: Annotated[tuple[str, ...], Field(min_length=1)]
    eligibility: tuple[EligibilityRule, ...] = ()
    split: SplitRule = TableSplit()
    strata: Annotated[tuple[Stratum, ...], Field(min_length=1)]
    intersections: tuple[Intersection, ...] = ()
    site_role: StratumRole = StratumRole.EXPLORATORY
    target: Target | None = None

    @model_validator(mode="after")
    def _axes_fit(self) -> "Cohort":
        check_axes([stratum.id for stratum in self.strata], self.intersections)
        return self


class Pixels(Section):
    """That pixels are looked at inside the sites, and how much of them: instances per index series, and up to which
    size an object is read.
    """

    instances_per_series: Annotated[int, Field(ge=1)] | Literal["all"] = 3
    max_object_bytes: Annotated[int, Field(ge=4096)] = 268_435_456


class Integrity(Section):
    """What the protocol claims of the set, which failed checks stop the claim, and which packages add checks.

    ``disjoint``, ``patients_stay_within`` and ``split_follows`` are columns of the case (in the last, ``time`` is its
    date), ``plugins`` entry points of the group ``multisite.checks``. Without ``pixels`` no pixel is read.
    """

    blocking: tuple[Identifier, ...] = ()
    severity: dict[Identifier, Severity] = Field(default_factory=dict)
    train_ends_before_test: bool = True
    prospective_from: date | None = None
    disjoint: tuple[str, ...] = ()
    patients_stay_within: tuple[str, ...] = ()
    tune_may_fit: bool = True
    split_follows: tuple[str, ...] = ()
    plugins: tuple[str, ...] = ()
    pixels: Pixels | None = None
    seed: Annotated[int, Field(ge=0)] = 20

    @model_validator(mode="after")
    def _names_stand_once(self) -> "Integrity":
        for place in ("disjoint", "patients_stay_within", "split_follows", "plugins"):
            names = getattr(self, place)
            if len(set(names)) != len(names):
                raise ValueError(f"an entry of `{place}` stands twice")
        return self


class Performance(Section):
    """How the index test is judged on the test split; ``operating_points`` may give an endpoint another threshold."""

    threshold: Annotated[float, Field(ge=0, le=1)]
    operating_points: tuple[OperatingPoint, ...] = ()
    threshold_replicates: Annotated[int, Field(ge=100, le=100_000)] = 1000
    decision_curve: DecisionCurve = DecisionCurve()
    ci_level: Share = 0.95
    reliability_bins: Annotated[int, Field(ge=2, le=50)] = 10
    minimum_denominator: Annotated[int, Field(ge=1)] = 10
    score_grid_steps: Annotated[int, Field(ge=10, le=10_000)] = 1000
    null_replicates: Annotated[int, Field(ge=100, le=100_000)] = 2000
    margins: tuple[Margin, ...] = ()
    calibration: Calibration = Calibration()
    seed: int
    comparisons: tuple[ModelComparison, ...] = ()


class Drift(Section):
    """Which columns are watched after the validation."""

    numbers: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    bins: Annotated[int, Field(ge=2, le=50)] = 10

    @model_validator(mode="after")
    def _something_is_watched(self) -> "Drift":
        if not self.numbers and not self.categories:
            raise ValueError("name at least one column under `numbers` or `categories`")
        return self


class Extraction(Section):
    """How headers are read. Only ``max_header_bytes`` and ``max_archive_bytes`` bear on what is found."""

    first_read_bytes: Annotated[int, Field(ge=512)] = 8192
    max_header_bytes: Annotated[int, Field(ge=4096)] = 16_777_216
    max_archive_bytes: Annotated[int, Field(ge=4096)] = 68_719_476_736
    shard_objects: Annotated[int, Field(ge=1, le=100_000)] = 4000
    listing_tasks: Annotated[int, Field(ge=1, le=1000)] = 16


class Study(Section):
    """The whole protocol.

    ``reference`` says of findings how their reference standard is made from readings; that of the others stands in the
    sites' tables of cases.
    """

    study: Identifier
    title: str
    intended_use: IntendedUse
    findings: Annotated[tuple[Finding, ...], Field(min_length=1)]
    models: Annotated[tuple[Model, ...], Field(min_length=1)]
    reference: dict[Identifier, FindingReference] = Field(default_factory=dict)
    cohort: Cohort
    integrity: Integrity = Integrity()
    performance: Performance
    drift: Drift
    extraction: Extraction = Extraction()

    @model_validator(mode="after")
    def _identifiers_are_unique(self) -> "Study":
        groups: dict[str, list[str]] = {
            "findings": [f.id for f in self.findings],
            "models": [m.id for m in self.models],
            "cohort.strata": [s.id for s in self.cohort.strata],
            "cohort.eligibility": [r.id for r in self.cohort.eligibility],
        }
        for place, ids in groups.items():
            if len(set(ids)) != len(ids):
                raise ValueError(f"two entries of `{place}` have the same id")
        return self

    @model_validator(mode="after")
    def _reference_names_findings(self) -> "Study":
        if set(self.reference) - {finding.id for finding in self.findings}:
            raise ValueError("`reference` must name findings, each by its id under `findings`")
        return self

    @model_validator(mode="after")
    def _operating_points_name_endpoints(self) -> "Study":
        points = self.performance.operating_points
        findings, models = {finding.id for finding in self.findings}, {None, *(model.id for model in self.models)}
        if any(point.finding not in findings or point.model not in models for point in points):
            raise ValueError("`performance.operating_points` must name a finding, and a model if any, by its id")
        if len({(point.finding, point.model) for point in points}) != len(points):
            raise ValueError("`performance.operating_points` names a finding and model twice")
        return self

    @property
    def own_thresholds(self) -> tuple[tuple[str, str, float], ...]:
        """(finding, model, threshold) wherever an operating point declares another one than the default."""
        found = []
        for finding in self.findings:
            for model in self.models:
                point = operating_point_of(self.performance.operating_points, finding.id, model.id)
                if point is not None and point.threshold is not None:
                    found.append((finding.id, model.id, point.threshold))
        return tuple(found)

    @model_validator(mode="after")
    def _margins_name_what_is_declared(self) -> "Study":
        check_margins(
            self.performance.margins, findings=[f.id for f in self.findings], models=[m.id for m in self.models]
        )
        return self

    @model_validator(mode="after")
    def _stratify_names_an_axis(self) -> "Study":
        split = self.cohort.split
        if not isinstance(split, PatientSplit):
            return self
        axes = [*(s.id for s in self.cohort.strata), *(f.id for f in self.findings)]
        if any(axes.count(name) != 1 for name in split.stratify):
            raise ValueError("`cohort.split.stratify` must name strata or findings, each by an id that only one has")
        if len(set(split.stratify)) != len(split.stratify):
            raise ValueError("`cohort.split.stratify` names an axis twice")
        return self

    @model_validator(mode="after")
    def _comparisons_name_what_is_declared(self) -> "Study":
        models, findings = {m.id for m in self.models}, {f.id for f in self.findings}
        strata, compared = {s.id for s in self.cohort.strata}, self.performance.comparisons
        for comparison in compared:
            if not {comparison.new, comparison.old} <= models:
                raise ValueError("`performance.comparisons` must name models, each by its id under `models`")
            if not set(comparison.findings or ()) <= findings:
                raise ValueError("`findings` of `performance.comparisons` must name findings by their ids")
            if isinstance(comparison.data, DataByStratum) and comparison.data.stratum not in strata:
                raise ValueError("`data.stratum` of `performance.comparisons` must name a stratum by its id")
        if len({frozenset((c.new, c.old)) for c in compared}) != len(compared):
            raise ValueError("two entries of `performance.comparisons` compare the same models")
        return self
