"""How well the index test does: estimates per site, finding, model, stratum and level, over all sites and across them.

Belongs here: which statistics a study reports, on which counts, and when a number is withheld for want of
patients. Does not belong: the statistics themselves (``stats``), counting (``tallies``), or how a number is
shown (``pack``).
"""

from multisite.performance.calibration.stage import (
    CALIBRATION_STRATA_STAGE,
    RECALIBRATION_FIT_STAGE,
    RECALIBRATION_GAIN_STAGE,
)
from multisite.performance.estimates.evaluation import Evaluation, EvaluationParameters, evaluate
from multisite.performance.estimates.metrics import METRICS
from multisite.performance.estimates.stage import ACROSS_SITES_STAGE, ESTIMATES_STAGE, PERFORMANCE_STAGE
from multisite.performance.failure_modes.stage import FAILURE_MODES_OVER_SITES_STAGE, FAILURE_MODES_STAGE
from multisite.performance.measures.stage import MEASURES_OVER_SITES_STAGE, MEASURES_STAGE
from multisite.performance.models.stage import MODEL_DIFFERENCES_STAGE, MODEL_PAIRS_STAGE
from multisite.performance.operating_point.stage import OPERATING_POINTS_STAGE, THRESHOLD_CHOICE_STAGE
from multisite.performance.pooling.pools import AcrossSites, AcrossSitesParameters, across_sites
from multisite.performance.truths.label_errors_stage import LABEL_ERRORS_STAGE
from multisite.performance.truths.stage import TRUTH_SENSITIVITY_STAGE, TRUTH_TORNADO_STAGE
from multisite.performance.verdicts.stage import LEVEL_MOMENTS_STAGE, VERDICTS_STAGE

__all__ = [
    "ACROSS_SITES_STAGE",
    "CALIBRATION_STRATA_STAGE",
    "ESTIMATES_STAGE",
    "FAILURE_MODES_OVER_SITES_STAGE",
    "FAILURE_MODES_STAGE",
    "LABEL_ERRORS_STAGE",
    "LEVEL_MOMENTS_STAGE",
    "MEASURES_OVER_SITES_STAGE",
    "MEASURES_STAGE",
    "METRICS",
    "MODEL_DIFFERENCES_STAGE",
    "MODEL_PAIRS_STAGE",
    "OPERATING_POINTS_STAGE",
    "PERFORMANCE_STAGE",
    "RECALIBRATION_FIT_STAGE",
    "RECALIBRATION_GAIN_STAGE",
    "THRESHOLD_CHOICE_STAGE",
    "TRUTH_SENSITIVITY_STAGE",
    "TRUTH_TORNADO_STAGE",
    "VERDICTS_STAGE",
    "AcrossSites",
    "AcrossSitesParameters",
    "Evaluation",
    "EvaluationParameters",
    "across_sites",
    "evaluate",
]
