"""How well the index test does: estimates per site, finding, model, stratum and level, over all sites and across them.

Belongs here: which statistics a study reports, on which counts, and when a number is withheld for want of
patients. Does not belong: the statistics themselves (``stats``), counting (``tallies``), or how a number is
shown (``pack``).
"""

from multisite.performance.across_sites import AcrossSites, AcrossSitesParameters, across_sites
from multisite.performance.evaluation import Evaluation, EvaluationParameters, evaluate
from multisite.performance.metrics import METRICS
from multisite.performance.model_comparison_stage import MODEL_DIFFERENCES_STAGE, MODEL_PAIRS_STAGE
from multisite.performance.stage import ACROSS_SITES_STAGE, ESTIMATES_STAGE, PERFORMANCE_STAGE

__all__ = [
    "ACROSS_SITES_STAGE",
    "ESTIMATES_STAGE",
    "METRICS",
    "MODEL_DIFFERENCES_STAGE",
    "MODEL_PAIRS_STAGE",
    "PERFORMANCE_STAGE",
    "AcrossSites",
    "AcrossSitesParameters",
    "Evaluation",
    "EvaluationParameters",
    "across_sites",
    "evaluate",
]
