"""The ordered tuple of stages: the whole program, from a site's objects to the report."""

from multisite.audit import LOOKS_STAGE, STANDINGS_STAGE
from multisite.cohort import COHORT_STAGE, REPRESENTATION_STAGE
from multisite.drift import (
    BASELINE_PICTURE_STAGE,
    DEPLOYMENT_STAGE,
    DRIFT_BASELINE_STAGE,
    DRIFT_COMPARISON_STAGE,
    DRIFT_COUNTS_STAGE,
    DRIFT_PERFORMANCE_STAGE,
    DRIFT_VERDICTS_STAGE,
)
from multisite.errors import UsageError
from multisite.integrity import (
    CONSEQUENCE_STAGE,
    INTEGRITY_STAGE,
    LADDER_STAGE,
    PIXELS_STAGE,
    SHORTCUT_STAGE,
    SHORTCUT_USE_STAGE,
)
from multisite.pack import REPORT_STAGE, TIMELINE_STAGE
from multisite.performance import (
    ACROSS_SITES_STAGE,
    CALIBRATION_STRATA_STAGE,
    ESTIMATES_STAGE,
    FAILURE_MODES_OVER_SITES_STAGE,
    FAILURE_MODES_STAGE,
    LABEL_ERRORS_STAGE,
    LEVEL_MOMENTS_STAGE,
    MEASURES_OVER_SITES_STAGE,
    MEASURES_STAGE,
    MODEL_DIFFERENCES_STAGE,
    MODEL_PAIRS_STAGE,
    OPERATING_POINTS_STAGE,
    PERFORMANCE_STAGE,
    RECALIBRATION_FIT_STAGE,
    RECALIBRATION_GAIN_STAGE,
    THRESHOLD_CHOICE_STAGE,
    TRUTH_SENSITIVITY_STAGE,
    TRUTH_TORNADO_STAGE,
    VERDICTS_STAGE,
)
from multisite.provenance import HEADERS_STAGE, LISTING_RANGES_STAGE, LISTING_STAGE, SERIES_STAGE
from multisite.reference import AGREEMENT_ACROSS_SITES_STAGE, AGREEMENT_BY_STRATUM_STAGE, REFERENCE_STAGE
from multisite.schemas import Stage

__all__ = ["STAGES", "VERBS", "stage_named", "stages_of"]

STAGES: tuple[Stage, ...] = (
    LISTING_RANGES_STAGE,
    LISTING_STAGE,
    HEADERS_STAGE,
    SERIES_STAGE,
    REFERENCE_STAGE,
    COHORT_STAGE,
    REPRESENTATION_STAGE,
    PIXELS_STAGE,
    INTEGRITY_STAGE,
    CONSEQUENCE_STAGE,
    SHORTCUT_STAGE,
    LADDER_STAGE,
    SHORTCUT_USE_STAGE,
    PERFORMANCE_STAGE,
    LEVEL_MOMENTS_STAGE,
    ESTIMATES_STAGE,
    LABEL_ERRORS_STAGE,
    ACROSS_SITES_STAGE,
    THRESHOLD_CHOICE_STAGE,
    OPERATING_POINTS_STAGE,
    VERDICTS_STAGE,
    RECALIBRATION_FIT_STAGE,
    RECALIBRATION_GAIN_STAGE,
    CALIBRATION_STRATA_STAGE,
    MODEL_PAIRS_STAGE,
    MODEL_DIFFERENCES_STAGE,
    TRUTH_SENSITIVITY_STAGE,
    TRUTH_TORNADO_STAGE,
    AGREEMENT_BY_STRATUM_STAGE,
    AGREEMENT_ACROSS_SITES_STAGE,
    MEASURES_STAGE,
    MEASURES_OVER_SITES_STAGE,
    FAILURE_MODES_STAGE,
    FAILURE_MODES_OVER_SITES_STAGE,
    DRIFT_BASELINE_STAGE,
    BASELINE_PICTURE_STAGE,
    DEPLOYMENT_STAGE,
    DRIFT_COUNTS_STAGE,
    DRIFT_COMPARISON_STAGE,
    DRIFT_PERFORMANCE_STAGE,
    DRIFT_VERDICTS_STAGE,
    TIMELINE_STAGE,
    LOOKS_STAGE,
    STANDINGS_STAGE,
    REPORT_STAGE,
)
"""Every stage; each reads only what stages before it write."""

VERBS: tuple[str, ...] = tuple(dict.fromkeys(stage.verb for stage in STAGES))
"""Command and job names, in the order of the pipeline."""


def stage_named(name: str) -> Stage:
    """The stage called ``name``; UsageError when there is none."""
    for stage in STAGES:
        if stage.name == name:
            return stage
    raise UsageError(f"there is no stage `{name}`", remedy=f"Stages: {', '.join(s.name for s in STAGES)}.")


def stages_of(verb: str | None) -> tuple[Stage, ...]:
    """The stages that a verb runs; all of them for None."""
    return tuple(stage for stage in STAGES if verb is None or stage.verb == verb)
