"""Many statistics of one tally at once, each with an interval that counts patients.

Belongs here: the influence of a case on each statistic as a function of its score and class, sums of it over the
cases of each patient, and the intervals that follow. The statistics themselves live in ``discrimination`` and
``calibration``.
"""

from multisite.stats.clusters.clustered_scores import ClusteredScores, clustered_scores
from multisite.stats.clusters.patient_products import PatientProducts, patient_products
from multisite.stats.clusters.score_influence import INFLUENCES, ScoreInfluence, score_influence

__all__ = [
    "INFLUENCES",
    "ClusteredScores",
    "PatientProducts",
    "ScoreInfluence",
    "clustered_scores",
    "patient_products",
    "score_influence",
]
