"""How well the index test does: estimates per site, finding, model, stratum and level, and over all sites.

Belongs here: which statistics a study reports, on which counts, and when a number is withheld for want of
patients. Does not belong: the statistics themselves (``stats``), counting (``tallies``), or how a number is
shown (``pack``).
"""

from multisite.performance.evaluation import Evaluation, EvaluationParameters, evaluate
from multisite.performance.metrics import METRICS
from multisite.performance.stage import ESTIMATES_STAGE, PERFORMANCE_STAGE

__all__ = [
    "ESTIMATES_STAGE",
    "METRICS",
    "PERFORMANCE_STAGE",
    "Evaluation",
    "EvaluationParameters",
    "evaluate",
]
