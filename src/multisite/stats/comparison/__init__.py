"""Comparison: the difference of two estimates, of other patients or of the same."""

from multisite.stats.comparison.difference import independent_difference
from multisite.stats.comparison.removal import RemovalDifference, auc_without, proportion_without

__all__ = ["RemovalDifference", "auc_without", "independent_difference", "proportion_without"]
