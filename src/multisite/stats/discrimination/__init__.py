"""Discrimination: how well a score ranks positives above negatives."""

from multisite.stats.discrimination.auc import AucMethod, auc, auc_by_segment
from multisite.stats.discrimination.auc_difference import AucDifference, auc_difference, auc_difference_unpaired
from multisite.stats.discrimination.choice_rule import ChoiceRule
from multisite.stats.discrimination.clustered_auc import (
    AreaSums,
    ClusteredAuc,
    ClusteredAucMethod,
    clustered_auc,
    clustered_auc_of_sums,
)
from multisite.stats.discrimination.partial_auc import PartialAuc, PartialAucScale, partial_auc
from multisite.stats.discrimination.point_counts import RocPointKind, RocPointMethod
from multisite.stats.discrimination.roc_point import RocPoint, sensitivity_at_specificity, specificity_at_sensitivity
from multisite.stats.discrimination.threshold_choice import ChosenThreshold, chosen_threshold
from multisite.stats.discrimination.threshold_of_counts import GridCounts, chosen_threshold_of_counts
from multisite.stats.discrimination.within_groups import auc_within_groups
from multisite.stats.discrimination.youden import YoudenIndex, YoudenMethod, youden

__all__ = [
    "AreaSums",
    "AucDifference",
    "AucMethod",
    "ChoiceRule",
    "ChosenThreshold",
    "ClusteredAuc",
    "ClusteredAucMethod",
    "GridCounts",
    "PartialAuc",
    "PartialAucScale",
    "RocPoint",
    "RocPointKind",
    "RocPointMethod",
    "YoudenIndex",
    "YoudenMethod",
    "auc",
    "auc_by_segment",
    "auc_difference",
    "auc_difference_unpaired",
    "auc_within_groups",
    "chosen_threshold",
    "chosen_threshold_of_counts",
    "clustered_auc",
    "clustered_auc_of_sums",
    "partial_auc",
    "sensitivity_at_specificity",
    "specificity_at_sensitivity",
    "youden",
]
