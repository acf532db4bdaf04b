"""Comparison: the difference of two estimates, of other patients or of the same, and of two models on two data sets."""

from multisite.stats.comparison.crossed import (
    CrossedContrast,
    CrossedDifferences,
    CrossedEffect,
    crossed_auc,
    crossed_means,
)
from multisite.stats.comparison.difference import independent_difference
from multisite.stats.comparison.paired_means import PairedMeanDifference, brier_difference, paired_mean_difference
from multisite.stats.comparison.removal import RemovalDifference, auc_without, proportion_without

__all__ = [
    "CrossedContrast",
    "CrossedDifferences",
    "CrossedEffect",
    "PairedMeanDifference",
    "RemovalDifference",
    "auc_without",
    "brier_difference",
    "crossed_auc",
    "crossed_means",
    "independent_difference",
    "paired_mean_difference",
    "proportion_without",
]
