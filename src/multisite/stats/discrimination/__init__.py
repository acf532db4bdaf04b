"""Discrimination: how well a score ranks positives above negatives."""

from multisite.stats.discrimination.auc import AucMethod, auc, auc_by_segment
from multisite.stats.discrimination.within_groups import auc_within_groups

__all__ = ["AucMethod", "auc", "auc_by_segment", "auc_within_groups"]
