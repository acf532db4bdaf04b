"""The stages of calibration by level: recalibrations of a site on tuning cases, held against test cases, and levels."""

from dataclasses import dataclass

from multisite.performance.calibration.causes import calibration_causes
from multisite.performance.calibration.levels import CalibrationParameters, Tested, calibration_levels
from multisite.performance.calibration.recalibration_fit import RecalibrationParameters, fits_at_site, fits_of_rows
from multisite.performance.calibration.recalibration_gain import gains_at_site, gains_over_sites
from multisite.schemas import Scope, Stage, StageInputs, StageOutputs
from multisite.schemas.calibration_strata import (
    CALIBRATION_BY_LEVEL,
    CALIBRATION_CAUSES,
    RECALIBRATION,
    RECALIBRATION_FITS,
    SITE_RECALIBRATION,
)
from multisite.schemas.cohort import COHORT, PREDICTIONS
from multisite.schemas.performance import DESIGN_EFFECTS, ESTIMATES, PROPORTION_MOMENTS, SCORE_TALLY_GRID
from multisite.study import Site, Study
from multisite.tallies import ProportionMoments, ScoreTally, scored_cases

__all__ = [
    "CALIBRATION_STRATA_STAGE",
    "RECALIBRATION_FIT_STAGE",
    "RECALIBRATION_GAIN_STAGE",
    "CalibrationStrataParameters",
]


@dataclass(frozen=True, slots=True)
class CalibrationStrataParameters:
    """What the protocol says of levels, and of recalibrations."""

    levels: CalibrationParameters
    recalibration: RecalibrationParameters


def _fit(inputs: StageInputs, parameters: RecalibrationParameters) -> StageOutputs:
    cases = scored_cases(inputs.frame(COHORT.name), inputs.frame(PREDICTIONS.name))
    # Outside the split `tune` the reference standard is hidden, but a model without a tuning case still has its row.
    found = inputs.frame(PREDICTIONS.name).select("finding", "model").unique()
    rows = fits_at_site(cases, parameters, site=inputs.site, endpoints=found.sort("finding", "model").rows())
    return StageOutputs(frames={RECALIBRATION_FITS.name: rows})


def _gain(inputs: StageInputs, parameters: RecalibrationParameters) -> StageOutputs:
    cases = scored_cases(inputs.frame(COHORT.name), inputs.frame(PREDICTIONS.name))
    fits = fits_of_rows(inputs.frame(RECALIBRATION_FITS.name))
    return StageOutputs(frames={SITE_RECALIBRATION.name: gains_at_site(cases, fits, parameters, site=inputs.site)})


def _judge(inputs: StageInputs, parameters: CalibrationStrataParameters) -> StageOutputs:
    of_levels, of_recalibration = parameters.levels, parameters.recalibration
    tested = Tested(
        estimates=inputs.frame(ESTIMATES.name),
        tally=ScoreTally.from_frame(inputs.frame(SCORE_TALLY_GRID.name)),
        moments=ProportionMoments.from_frame(inputs.frame(PROPORTION_MOMENTS.name)),
        design_effects=inputs.frame(DESIGN_EFFECTS.name),
    )
    levels = calibration_levels(tested, of_levels)
    own = inputs.frame(SITE_RECALIBRATION.name)
    together = own.vstack(gains_over_sites(tested, of_recalibration))
    return StageOutputs(
        frames={
            CALIBRATION_BY_LEVEL.name: levels,
            CALIBRATION_CAUSES.name: calibration_causes(tested, levels, of_levels),
            RECALIBRATION.name: together.sort("finding", "model", "site", "fitted_on", maintain_order=True),
        }
    )


def _site_parameters(study: Study, site: Site | None) -> RecalibrationParameters:
    performance = study.performance
    return RecalibrationParameters(
        ci_level=performance.ci_level,
        minimum_denominator=performance.minimum_denominator,
        score_grid_steps=performance.score_grid_steps,
        not_probabilities=study.not_probabilities,
    )


def _study_parameters(study: Study, site: Site | None) -> CalibrationStrataParameters:
    cohort, performance = study.cohort, study.performance
    return CalibrationStrataParameters(
        levels=CalibrationParameters(
            strata=(*(s.id for s in cohort.strata), *(crossing.id for crossing in cohort.intersections)),
            ci_level=performance.ci_level,
            minimum_denominator=performance.minimum_denominator,
            reliability_bins=performance.reliability_bins,
            slope_tolerance=performance.calibration.slope_tolerance,
            in_the_large_tolerance=performance.calibration.in_the_large_tolerance,
        ),
        recalibration=_site_parameters(study, site),
    )


RECALIBRATION_FIT_STAGE = Stage(
    name="recalibration_fit",
    title="Fit recalibrations on tuning cases",
    verb="evaluate",
    scope=Scope.SITE,
    version=2,
    reads=(COHORT, PREDICTIONS),
    writes=(RECALIBRATION_FITS,),
    reads_tuning_labels=True,
    run=_fit,
    parameters=_site_parameters,
)

RECALIBRATION_GAIN_STAGE = Stage(
    name="recalibration_gain",
    title="Hold recalibrations against test cases",
    verb="evaluate",
    scope=Scope.SITE,
    version=2,
    reads=(COHORT, PREDICTIONS, RECALIBRATION_FITS),
    writes=(SITE_RECALIBRATION,),
    reads_test_labels=True,
    run=_gain,
    parameters=_site_parameters,
)

CALIBRATION_STRATA_STAGE = Stage(
    name="calibration_strata",
    title="Judge calibration by level",
    verb="evaluate",
    scope=Scope.STUDY,
    version=2,
    reads=(ESTIMATES, SCORE_TALLY_GRID, PROPORTION_MOMENTS, DESIGN_EFFECTS, SITE_RECALIBRATION),
    writes=(CALIBRATION_BY_LEVEL, CALIBRATION_CAUSES, RECALIBRATION),
    run=_judge,
    parameters=_study_parameters,
)
