"""The stages of the verdicts: a site's sums of each level against all cases, and over the sites what they say."""

from dataclasses import dataclass

from multisite.performance.verdicts.contrasts import Counted
from multisite.performance.verdicts.margins import MarginParameters
from multisite.performance.verdicts.verdict_rows import VerdictParameters, verdict_rows
from multisite.schemas import Scope, Stage, StageInputs, StageOutputs
from multisite.schemas.cohort import COHORT, PREDICTIONS
from multisite.schemas.performance import DESIGN_EFFECTS, ESTIMATES, PROPORTION_MOMENTS, SCORE_TALLY_GRID
from multisite.schemas.verdicts import LEVEL_MOMENTS, VERDICTS
from multisite.study import Margin, Site, Study
from multisite.tallies import (
    ProportionMoments,
    ScoreTally,
    Thresholds,
    cross_moments_at_thresholds,
    scored_cases,
    strata_columns,
)
from multisite.vocabulary import SITE_AXIS

__all__ = ["LEVEL_MOMENTS_STAGE", "VERDICTS_STAGE", "LevelMomentsParameters", "judge_study", "tally_levels"]


@dataclass(frozen=True, slots=True)
class LevelMomentsParameters:
    """``threshold``, and ``own_thresholds`` of findings and models: a score at or above it is positive."""

    threshold: float
    own_thresholds: tuple[tuple[str, str, float], ...] = ()


def tally_levels(inputs: StageInputs, parameters: LevelMomentsParameters) -> StageOutputs:
    """Add up, over the site's patients, each level's counts times those of all of the patient's cases."""
    cohort = inputs.frame(COHORT.name)
    strata = strata_columns(cohort)
    cases = scored_cases(cohort, inputs.frame(PREDICTIONS.name), carry=strata)
    thresholds = Thresholds(parameters.threshold, parameters.own_thresholds)
    sums = cross_moments_at_thresholds(cases, strata=strata, thresholds=thresholds)
    return StageOutputs(frames={LEVEL_MOMENTS.name: sums})


def judge_study(inputs: StageInputs, parameters: VerdictParameters) -> StageOutputs:
    """Every level and site against all other cases, and against the margins."""
    counted = Counted(
        estimates=inputs.frame(ESTIMATES.name),
        moments=ProportionMoments.from_frame(inputs.frame(PROPORTION_MOMENTS.name)),
        cross=inputs.frame(LEVEL_MOMENTS.name),
        tally=ScoreTally.from_frame(inputs.frame(SCORE_TALLY_GRID.name)),
        design_effects=inputs.frame(DESIGN_EFFECTS.name),
    )
    return StageOutputs(frames={VERDICTS.name: verdict_rows(counted, parameters)})


def _level_parameters(study: Study, site: Site | None) -> LevelMomentsParameters:
    return LevelMomentsParameters(study.performance.threshold, study.own_thresholds)


def _parameters(study: Study, site: Site | None) -> VerdictParameters:
    cohort, performance = study.cohort, study.performance
    return VerdictParameters(
        roles=(
            *((stratum.id, stratum.role) for stratum in cohort.strata),
            *((crossing.id, crossing.role) for crossing in cohort.intersections),
            (SITE_AXIS, cohort.site_role),
        ),
        margins=tuple(_margin(margin) for margin in performance.margins),
        ci_level=performance.ci_level,
        minimum_denominator=performance.minimum_denominator,
    )


def _margin(margin: Margin) -> MarginParameters:
    return MarginParameters(
        metric=margin.metric,
        finding=margin.finding,
        model=margin.model,
        at_least=margin.at_least,
        at_most=margin.at_most,
        of_overall=margin.of in (None, "overall", "both"),
        of_levels=margin.of in ("levels", "both"),
        gap_at_most=margin.gap_at_most,
    )


LEVEL_MOMENTS_STAGE = Stage(
    name="level_moments",
    title="Count levels against all cases in the site",
    verb="evaluate",
    scope=Scope.SITE,
    version=1,
    reads=(COHORT, PREDICTIONS),
    writes=(LEVEL_MOMENTS,),
    reads_test_labels=True,
    run=tally_levels,
    parameters=_level_parameters,
)

VERDICTS_STAGE = Stage(
    name="verdicts",
    title="Judge the strata",
    verb="evaluate",
    scope=Scope.STUDY,
    version=1,
    reads=(ESTIMATES, PROPORTION_MOMENTS, DESIGN_EFFECTS, SCORE_TALLY_GRID, LEVEL_MOMENTS),
    writes=(VERDICTS,),
    run=judge_study,
    parameters=_parameters,
)
