"""The study protocol: frozen models of ``study.yaml``. Shared by all sites; holds no secret and no path."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, model_validator

from multisite.storage.canonical import digest_of
from multisite.study.analysis_plan import AnalysisPlan, check_plan
from multisite.study.calibration import Calibration
from multisite.study.cohort import Cohort
from multisite.study.drift import Drift, check_drift
from multisite.study.failure_modes import FailureModes, check_failure_modes
from multisite.study.integrity import Integrity
from multisite.study.intended_use import IntendedUse
from multisite.study.label_errors import FindingLabelErrors
from multisite.study.margins import Margin, check_margins
from multisite.study.measures import Measure, check_measures
from multisite.study.model import Model, category_score
from multisite.study.model_comparison import ModelComparison, check_comparisons
from multisite.study.operating_point import DecisionCurve, OperatingPoint, check_operating_points, operating_point_of
from multisite.study.protocol import WRITTEN_AFTERWARDS
from multisite.study.reference import FindingReference
from multisite.study.reporting import Reporting
from multisite.study.risks import CompanionRecord, Risk, check_risks
from multisite.study.section import Identifier, Section, Share
from multisite.study.split import PatientSplit, check_stratify

__all__ = ["Extraction", "Finding", "Performance", "Study"]


class Finding(Section):
    """A target condition: an endpoint with a reference standard and a score."""

    id: Identifier
    title: str


class Performance(Section):
    """How the index test is judged on the test split; ``operating_points`` may give an endpoint another threshold.

    With ``patient_level`` it is judged on patients beside cases: positive if any case is, by their highest score.
    """

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
    patient_level: bool = False
    failure_modes: FailureModes | None = FailureModes()


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
    sites' tables of cases, and ``label_errors`` says of some how often they are wrong. ``risks`` and ``companion`` are
    the authors' part of the risk file and pointers at records beside the pack, ``reporting`` what only they can say.
    """

    study: Identifier
    title: str
    intended_use: IntendedUse
    findings: Annotated[tuple[Finding, ...], Field(min_length=1)]
    models: Annotated[tuple[Model, ...], Field(min_length=1)]
    reference: dict[Identifier, FindingReference] = Field(default_factory=dict)
    label_errors: dict[Identifier, FindingLabelErrors] = Field(default_factory=dict)
    cohort: Cohort
    integrity: Integrity = Integrity()
    performance: Performance
    measures: tuple[Measure, ...] = ()
    drift: Drift = Drift()
    analysis_plan: AnalysisPlan = AnalysisPlan()
    risks: tuple[Risk, ...] = ()
    companion: tuple[CompanionRecord, ...] = ()
    reporting: Reporting = Reporting()
    extraction: Extraction = Extraction()

    @property
    def protocol(self) -> Mapping[str, Any]:
        """What is locked: the study file as plain values, without what can only be written when there are results.

        Equal protocols give equal canonical JSON, whatever the file looked like.
        """
        # How headers are fetched bears on no result.
        excluded: Any = {"extraction": True, **WRITTEN_AFTERWARDS}
        return self.model_dump(mode="json", exclude=excluded)

    @property
    def protocol_sha256(self) -> str:
        """SHA-256 of the protocol in canonical form."""
        return digest_of(self.protocol)

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
    def _label_errors_are_those_of_tables(self) -> "Study":
        if set(self.label_errors) - {finding.id for finding in self.findings}:
            raise ValueError("`label_errors` must name findings, each by its id under `findings`")
        if set(self.label_errors) & set(self.reference):
            raise ValueError("`label_errors` is for labels of the tables of cases; `reference` makes a finding's own")
        return self

    @model_validator(mode="after")
    def _operating_points_name_endpoints(self) -> "Study":
        check_operating_points(
            self.performance.operating_points,
            findings=[finding.id for finding in self.findings],
            models=[model.id for model in self.models],
        )
        return self

    @model_validator(mode="after")
    def _scores_bear_what_is_asked(self) -> "Study":
        points = self.performance.operating_points
        if any(
            point.model == m.id and point.threshold is not None for point in points for m in self.models if m.categories
        ):
            raise ValueError(
                "an operating point of an ordinal model takes no `threshold`: the model has `positive_from`"
            )
        others = set(self.not_probabilities)
        of_benefit = [p.model for p in points if p.rule is not None and p.rule.by == "net_benefit"]
        if any(model in others or (model is None and others) for model in of_benefit):
            raise ValueError("a rule by `net_benefit` needs a model whose scores are probabilities; name it as `model`")
        compared = [c for c in self.performance.comparisons if {c.new, c.old} & others]
        if any("brier" in (*comparison.primary, *comparison.margins) for comparison in compared):
            raise ValueError("`brier` of `performance.comparisons` needs models whose scores are probabilities")
        return self

    @property
    def not_probabilities(self) -> tuple[str, ...]:
        """Models whose scores are no probabilities."""
        return tuple(model.id for model in self.models if model.scores != "probability")

    @property
    def category_scores(self) -> tuple[tuple[str, tuple[tuple[float, float], ...]], ...]:
        """Of every ordinal model, each category and the score that stands for it."""
        return tuple(
            (
                model.id,
                tuple((c, category_score(place, len(model.categories))) for place, c in enumerate(model.categories)),
            )
            for model in self.models
            if model.categories is not None
        )

    def threshold_of(self, finding: str, model: str) -> float:
        """The declared threshold of a finding and model, as a score."""
        held = next(m for m in self.models if m.id == model)
        if held.threshold is not None:
            return held.threshold
        point = operating_point_of(self.performance.operating_points, finding, model)
        return self.performance.threshold if point is None or point.threshold is None else point.threshold

    @property
    def own_thresholds(self) -> tuple[tuple[str, str, float], ...]:
        """(finding, model, threshold) wherever an operating point declares another one than the default."""
        found = []
        for finding in self.findings:
            for model in self.models:
                point = operating_point_of(self.performance.operating_points, finding.id, model.id)
                if model.threshold is not None or (point is not None and point.threshold is not None):
                    found.append((finding.id, model.id, self.threshold_of(finding.id, model.id)))
        return tuple(found)

    @model_validator(mode="after")
    def _margins_name_what_is_declared(self) -> "Study":
        check_margins(
            self.performance.margins, findings=[f.id for f in self.findings], models=[m.id for m in self.models]
        )
        return self

    @model_validator(mode="after")
    def _measures_fit(self) -> "Study":
        check_measures(self.measures, models=[m.id for m in self.models])
        return self

    @model_validator(mode="after")
    def _drift_names_what_is_declared(self) -> "Study":
        check_drift(self.drift, findings=[f.id for f in self.findings], models=[m.id for m in self.models])
        return self

    @model_validator(mode="after")
    def _failure_modes_name_columns(self) -> "Study":
        check_failure_modes(self.performance.failure_modes, strata=[s.id for s in self.cohort.strata])
        return self

    @model_validator(mode="after")
    def _stratify_names_an_axis(self) -> "Study":
        if isinstance(self.cohort.split, PatientSplit):
            check_stratify(
                self.cohort.split, axes=[*(s.id for s in self.cohort.strata), *(f.id for f in self.findings)]
            )
        return self

    @model_validator(mode="after")
    def _comparisons_name_what_is_declared(self) -> "Study":
        check_comparisons(
            self.performance.comparisons,
            findings=[f.id for f in self.findings],
            models=[m.id for m in self.models],
            strata=[stratum.id for stratum in self.cohort.strata],
        )
        return self

    @model_validator(mode="after")
    def _plan_and_risks_hold(self) -> "Study":
        check_plan(
            self.analysis_plan,
            findings=[f.id for f in self.findings],
            models=[m.id for m in self.models],
            strata=[stratum.id for stratum in self.cohort.strata],
        )
        check_risks(self.risks, self.companion)
        return self
