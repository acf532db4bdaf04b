"""The stage that corrects results for declared errors of the labels, over the sites."""

import polars as pl

from multisite.performance.truths.label_errors import LabelErrorParameters, corrected_estimates
from multisite.schemas import Scope, Stage, StageInputs, StageOutputs
from multisite.schemas.label_errors import CORRECTED_ESTIMATES
from multisite.schemas.performance import ESTIMATES, PROPORTION_MOMENTS, SCORE_TALLY_GRID
from multisite.stats import LabellerValidation
from multisite.study import FindingLabelErrors, Site, Study
from multisite.tallies import (
    ProportionMoments,
    ScoreTally,
    Thresholds,
    combine_proportion_moments,
    combine_score_tallies,
)

__all__ = ["LABEL_ERRORS_STAGE", "correct"]


def correct(inputs: StageInputs, parameters: LabelErrorParameters) -> StageOutputs:
    """Correct every site's results, and those over all sites; the errors are taken to be the same at each site."""
    moments = ProportionMoments.from_frame(inputs.frame(PROPORTION_MOMENTS.name).filter(_is_corrected(parameters)))
    tally = ScoreTally.from_frame(inputs.frame(SCORE_TALLY_GRID.name).filter(_is_corrected(parameters)))
    found = corrected_estimates(
        inputs.frame(ESTIMATES.name),
        combine_proportion_moments([moments, moments.over_sites()]),
        combine_score_tallies([tally, tally.over_sites()]),
        parameters,
    )
    return StageOutputs(frames={CORRECTED_ESTIMATES.name: found})


def _is_corrected(parameters: LabelErrorParameters) -> pl.Expr:
    return pl.col("finding").is_in([finding for finding, _ in parameters.labellers])


def _parameters(study: Study, site: Site | None) -> LabelErrorParameters:
    performance = study.performance
    return LabelErrorParameters(
        labellers=tuple((finding, _validation(declared)) for finding, declared in sorted(study.label_errors.items())),
        thresholds=Thresholds(performance.threshold, study.own_thresholds),
        ci_level=performance.ci_level,
        seed=performance.seed,
    )


def _validation(declared: FindingLabelErrors) -> LabellerValidation:
    return LabellerValidation(
        positives_checked=declared.sensitivity.positives_checked,
        positives_found=declared.sensitivity.found,
        negatives_checked=declared.specificity.negatives_checked,
        negatives_found=declared.specificity.found,
    )


def _is_asked_for(parameters: LabelErrorParameters) -> bool:
    return bool(parameters.labellers)


LABEL_ERRORS_STAGE = Stage(
    name="label_errors",
    title="Correct results for errors of the labels",
    verb="evaluate",
    scope=Scope.STUDY,
    version=2,
    reads=(PROPORTION_MOMENTS, SCORE_TALLY_GRID, ESTIMATES),
    writes=(CORRECTED_ESTIMATES,),
    run=correct,
    parameters=_parameters,
    is_asked_for=_is_asked_for,
)
