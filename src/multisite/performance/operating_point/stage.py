"""The stages of the operating point: the rule on a site's tuning cases, and over the sites what thresholds do."""

import polars as pl

from multisite.performance.operating_point.declared import DeclaredPoint, OperatingPointParameters
from multisite.performance.operating_point.outcomes import decision_curves, outcomes_per_1000
from multisite.performance.operating_point.threshold_choice import at_site, over_sites
from multisite.performance.operating_point.threshold_transfer import threshold_transfer
from multisite.schemas import Scope, Stage, StageInputs, StageOutputs
from multisite.schemas.cohort import COHORT, PREDICTIONS
from multisite.schemas.operating_points import (
    DECISION_CURVES,
    OPERATING_POINTS,
    OUTCOMES_PER_1000,
    SITE_OPERATING_POINTS,
    THRESHOLD_TRANSFER,
)
from multisite.schemas.performance import PROPORTION_MOMENTS, SCORE_TALLY_GRID
from multisite.stats import ChoiceRule
from multisite.study import Site, Study, ThresholdRule, operating_point_of
from multisite.tallies import ProportionMoments, ScoreTally, scored_cases

__all__ = ["OPERATING_POINTS_STAGE", "THRESHOLD_CHOICE_STAGE"]

_EQUIPMENT = ("vendor", "software_versions")
"""Columns of the case that say by whom and with which software an image was made; their strata are looked at."""


def _choose(inputs: StageInputs, parameters: OperatingPointParameters) -> StageOutputs:
    cases = scored_cases(inputs.frame(COHORT.name), inputs.frame(PREDICTIONS.name))
    rows = at_site(cases, parameters, site=inputs.site)
    return StageOutputs(frames={SITE_OPERATING_POINTS.name: rows})


def _judge(inputs: StageInputs, parameters: OperatingPointParameters) -> StageOutputs:
    tally = ScoreTally.from_frame(inputs.frame(SCORE_TALLY_GRID.name))
    moments = ProportionMoments.from_frame(inputs.frame(PROPORTION_MOMENTS.name))
    together = over_sites(tally, moments, parameters)
    of_sites = inputs.frames.get(SITE_OPERATING_POINTS.name, SITE_OPERATING_POINTS.empty())
    return StageOutputs(
        frames={
            OPERATING_POINTS.name: pl.concat([of_sites, together]).sort("finding", "model", "site"),
            THRESHOLD_TRANSFER.name: threshold_transfer(tally, moments, together, parameters),
            OUTCOMES_PER_1000.name: outcomes_per_1000(moments, parameters),
            DECISION_CURVES.name: decision_curves(tally, moments, parameters),
        }
    )


def _parameters(study: Study, site: Site | None) -> OperatingPointParameters:
    performance = study.performance
    return OperatingPointParameters(
        points=tuple(_declared(study, f.id, m.id) for f in study.findings for m in study.models),
        strata=tuple(stratum.id for stratum in study.cohort.strata if stratum.column in _EQUIPMENT),
        curve=(performance.decision_curve.act_from_low, performance.decision_curve.act_from_high),
        ci_level=performance.ci_level,
        minimum_denominator=performance.minimum_denominator,
        score_grid_steps=performance.score_grid_steps,
        n_replicates=performance.threshold_replicates,
        seed=performance.seed,
    )


def _declared(study: Study, finding: str, model: str) -> DeclaredPoint:
    performance = study.performance
    point = operating_point_of(performance.operating_points, finding, model)
    threshold, probabilities = study.threshold_of(finding, model), model not in study.not_probabilities
    if point is None:
        return DeclaredPoint(finding, model, threshold, probabilities=probabilities)
    rule = None if point.rule is None else _rule(point.rule, performance.ci_level, point.prevalence)
    return DeclaredPoint(
        finding, model, threshold, rule, point.prevalence, point.prevalence_source, probabilities=probabilities
    )


def _rule(rule: ThresholdRule, level: float, prevalence: float | None) -> ChoiceRule:
    if rule.by == "youden":
        return ChoiceRule(by=rule.by, level=level)
    if rule.by == "net_benefit":
        return ChoiceRule(by=rule.by, act_from=rule.act_from, prevalence=prevalence, level=level)
    return ChoiceRule(by=rule.by, at_least=rule.at_least, judged_by=rule.judged_by, level=level)


def _has_a_rule(parameters: OperatingPointParameters) -> bool:
    return any(point.rule is not None for point in parameters.points)


THRESHOLD_CHOICE_STAGE = Stage(
    name="threshold_choice",
    title="Choose the threshold on tuning cases",
    verb="evaluate",
    scope=Scope.SITE,
    version=2,
    reads=(COHORT, PREDICTIONS),
    writes=(SITE_OPERATING_POINTS,),
    reads_tuning_labels=True,
    run=_choose,
    parameters=_parameters,
    is_asked_for=_has_a_rule,
)

OPERATING_POINTS_STAGE = Stage(
    name="operating_points",
    title="Judge the operating points",
    verb="evaluate",
    scope=Scope.STUDY,
    version=2,
    reads=(SCORE_TALLY_GRID, PROPORTION_MOMENTS),
    optional_reads=(SITE_OPERATING_POINTS,),
    writes=(OPERATING_POINTS, THRESHOLD_TRANSFER, OUTCOMES_PER_1000, DECISION_CURVES),
    run=_judge,
    parameters=_parameters,
)
