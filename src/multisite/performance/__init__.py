"""How well the index test does: estimates per site, finding, model, stratum and level, over all sites and across them.

Belongs here: which statistics a study reports, on which counts, and when a number is withheld for want of
patients. Does not belong: the statistics themselves (``stats``), counting (``tallies``), or how a number is
shown (``pack``).
"""

from multisite.performance.across_sites import AcrossSites, AcrossSitesParameters, across_sites
from multisite.performance.evaluation import Evaluation, EvaluationParameters, evaluate
from multisite.performance.label_errors_stage import LABEL_ERRORS_STAGE
from multisite.performance.measures_stage import MEASURES_OVER_SITES_STAGE, MEASURES_STAGE
from multisite.performance.metrics import METRICS
from multisite.performance.model_comparison_stage import MODEL_DIFFERENCES_STAGE, MODEL_PAIRS_STAGE
from multisite.performance.operating_point_stage import OPERATING_POINTS_STAGE, THRESHOLD_CHOICE_STAGE
from multisite.performance.stage import ACROSS_SITES_STAGE, ESTIMATES_STAGE, PERFORMANCE_STAGE
from multisite.performance.truth_sensitivity_stage import TRUTH_SENSITIVITY_STAGE, TRUTH_TORNADO_STAGE
from multisite.performance.verdicts_stage import LEVEL_MOMENTS_STAGE, VERDICTS_STAGE

__all__ = [
    "ACROSS_SITES_STAGE",
    "ESTIMATES_STAGE",
    "LABEL_ERRORS_STAGE",
    "LEVEL_MOMENTS_STAGE",
    "MEASURES_OVER_SITES_STAGE",
    "MEASURES_STAGE",
    "METRICS",
    "MODEL_DIFFERENCES_STAGE",
    "MODEL_PAIRS_STAGE",
    "OPERATING_POINTS_STAGE",
    "PERFORMANCE_STAGE",
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
