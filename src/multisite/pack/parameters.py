"""The plain values that the report takes from the protocol: what was meant, and by which rules it was judged."""

from dataclasses import dataclass

from multisite import __version__
from multisite.study import (
    FindingLabelErrors,
    FindingReference,
    IndependentRule,
    Intersection,
    LatentClassRule,
    MajorityRule,
    Measure,
    PanelRule,
    Site,
    Study,
    TwoPlusOneRule,
)
from multisite.tallies import Thresholds

__all__ = [
    "FindingText",
    "LabellerText",
    "MeasureText",
    "ModelText",
    "ReferenceText",
    "ReportParameters",
    "RuleText",
    "StratumText",
    "report_parameters",
]


@dataclass(frozen=True, slots=True)
class FindingText:
    """A target condition in words."""

    id: str
    title: str


@dataclass(frozen=True, slots=True)
class ModelText:
    """An index test in words, with the scores of its categories where its scores are ordinal."""

    id: str
    title: str
    version: str
    category_scores: tuple[tuple[float, float], ...] = ()

    @property
    def with_version(self) -> str:
        """Title and version, which tell two releases apart."""
        return f"{self.title} {self.version}"


@dataclass(frozen=True, slots=True)
class MeasureText:
    """A continuous endpoint in words, with what is accepted of a case and of all."""

    id: str
    title: str
    unit: str | None
    paired: bool
    higher_is_better: bool
    top_coded: bool
    case_limit: float | None
    margin: float | None


@dataclass(frozen=True, slots=True)
class StratumText:
    """An axis in words; ``ordered`` when its levels have an order by meaning (bands, or levels as declared).

    ``column`` is that of the case which the axis breaks down.
    """

    id: str
    title: str
    unit: str | None
    ordered: bool
    column: str = ""


@dataclass(frozen=True, slots=True)
class RuleText:
    """An eligibility rule in words."""

    id: str
    reason: str


@dataclass(frozen=True, slots=True)
class ReferenceText:
    """How the labels of a finding are made from readings, in words that follow `by`."""

    finding: str
    rule: str
    version: int


@dataclass(frozen=True, slots=True)
class LabellerText:
    """Where the labels of a finding come from, by what, and of how many checked cases they were right."""

    finding: str
    source: str
    labeller: str
    positives_checked: int
    positives_found: int
    negatives_checked: int
    negatives_found: int
    checked_at: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReportParameters:
    """All that the report says beyond the numbers.

    ``protocol_sha256`` is the digest of the whole protocol, so that two reports made under different protocols differ
    even where no sentence shows it. ``slice_minimum_patients``: of a slice of errors; ``None`` where none is searched.
    """

    study: str
    title: str
    task: str
    population: str
    setting: str
    human_role: str
    not_validated_for: tuple[str, ...]
    modalities: tuple[str, ...]
    findings: tuple[FindingText, ...]
    models: tuple[ModelText, ...]
    strata: tuple[StratumText, ...]
    rules: tuple[RuleText, ...]
    references: tuple[ReferenceText, ...]
    target_source: str | None
    blocking_checks: tuple[str, ...]
    threshold: float
    ci_level: float
    minimum_denominator: int
    reliability_bins: int
    score_grid_steps: int
    null_replicates: int
    has_margins: bool
    monitored: tuple[str, ...]
    protocol_sha256: str
    code_version: str
    own_thresholds: tuple[tuple[str, str, float], ...] = ()
    labellers: tuple[LabellerText, ...] = ()
    not_probabilities: tuple[str, ...] = ()
    measures: tuple[MeasureText, ...] = ()
    slice_minimum_patients: int | None = None

    def threshold_of(self, finding: FindingText, model: ModelText) -> float:
        """The operating threshold of a finding and model."""
        return Thresholds(self.threshold, self.own_thresholds).of(finding.id, model.id)

    def threshold_words(self, finding: FindingText, model: ModelText) -> str:
        """The operating threshold as the site's tables have it: a score, or a category."""
        threshold = self.threshold_of(finding, model)
        named = [category for category, score in model.category_scores if score == threshold]
        return f"category {named[0]:g}" if named else f"{threshold:g}"


def _crossed(study: Study, crossing: Intersection) -> StratumText:
    """An axis that the study file makes of others; its levels have an order where all of theirs have."""
    crossed = [stratum for name in crossing.of for stratum in study.cohort.strata if stratum.id == name]
    return StratumText(
        crossing.id,
        " × ".join(stratum.title for stratum in crossed),
        None,
        ordered=all(stratum.bands is not None or stratum.levels is not None for stratum in crossed),
    )


def _measure(measure: Measure) -> MeasureText:
    return MeasureText(
        measure.id,
        measure.title,
        measure.unit,
        paired=measure.kind == "paired",
        higher_is_better=measure.better != "lower",
        top_coded=measure.top_coded,
        case_limit=measure.case_limit,
        margin=measure.margin,
    )


def report_parameters(study: Study, site: Site | None) -> ReportParameters:
    """The report's parameters; the report covers all sites, so ``site`` is not looked at."""
    use, performance = study.intended_use, study.performance
    categories = dict(study.category_scores)
    return ReportParameters(
        study=study.study,
        title=study.title,
        task=use.task,
        population=use.population,
        setting=use.setting,
        human_role=use.human_role,
        not_validated_for=use.not_validated_for,
        modalities=study.cohort.modalities,
        findings=tuple(FindingText(f.id, f.title) for f in study.findings),
        models=tuple(ModelText(m.id, m.title, m.version, categories.get(m.id, ())) for m in study.models),
        strata=tuple(
            StratumText(s.id, s.title, s.unit, ordered=s.bands is not None or s.levels is not None, column=s.column)
            for s in study.cohort.strata
        )
        + tuple(_crossed(study, crossing) for crossing in study.cohort.intersections),
        rules=tuple(RuleText(r.id, r.reason) for r in study.cohort.eligibility),
        references=tuple(_reference(finding, declared) for finding, declared in sorted(study.reference.items())),
        target_source=study.cohort.target.source if study.cohort.target else None,
        blocking_checks=study.integrity.blocking,
        threshold=performance.threshold,
        ci_level=performance.ci_level,
        minimum_denominator=performance.minimum_denominator,
        reliability_bins=performance.reliability_bins,
        score_grid_steps=performance.score_grid_steps,
        null_replicates=performance.null_replicates,
        has_margins=bool(performance.margins),
        monitored=(*study.drift.numbers, *study.drift.categories),
        protocol_sha256=study.protocol_sha256,
        code_version=__version__,
        own_thresholds=study.own_thresholds,
        labellers=tuple(_labeller(finding, declared) for finding, declared in sorted(study.label_errors.items())),
        not_probabilities=study.not_probabilities,
        measures=tuple(_measure(measure) for measure in study.measures),
        slice_minimum_patients=performance.failure_modes.minimum_patients if performance.failure_modes else None,
    )


def _reference(finding: str, declared: FindingReference) -> ReferenceText:
    return ReferenceText(finding, _rule_words(declared.rule), declared.version)


def _labeller(finding: str, declared: FindingLabelErrors) -> LabellerText:
    return LabellerText(
        finding,
        declared.source,
        declared.labeller,
        positives_checked=declared.sensitivity.positives_checked,
        positives_found=declared.sensitivity.found,
        negatives_checked=declared.specificity.negatives_checked,
        negatives_found=declared.specificity.found,
        checked_at=declared.checked_at,
    )


def _rule_words(rule: MajorityRule | TwoPlusOneRule | PanelRule | LatentClassRule | IndependentRule) -> str:
    match rule:
        case MajorityRule(of=of):
            return f"the majority of {of} readers or more"
        case TwoPlusOneRule():
            return "two readers, and a third where they differ"
        case PanelRule():
            return "a consensus panel"
        case LatentClassRule(of=of, at_least=at_least):
            return (
                f"a latent class model of the readings, where {of} readers or more have called the case and one truth "
                f"has a probability of {at_least:g} or more"
            )
        case IndependentRule(sources=sources, otherwise=otherwise):
            behind = f", else by {_rule_words(otherwise)}" if otherwise else ""
            return f"the first of {len(sources)} independent sources that settles it{behind}"
