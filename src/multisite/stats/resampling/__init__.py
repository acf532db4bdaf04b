"""Resampling: patients drawn with replacement, or left out one by one, as weights on cases that stay where they are."""

from multisite.stats.resampling.bootstrap import (
    BootstrapEstimate,
    BootstrapMethod,
    bca_interval,
    bootstrap,
    percentile_interval,
)
from multisite.stats.resampling.jackknife import jackknife, jackknife_acceleration, jackknife_variance
from multisite.stats.resampling.replicates import WeightedStatistic, bootstrap_replicates
from multisite.stats.resampling.weighted_auc import WeightedAuc

__all__ = [
    "BootstrapEstimate",
    "BootstrapMethod",
    "WeightedAuc",
    "WeightedStatistic",
    "bca_interval",
    "bootstrap",
    "bootstrap_replicates",
    "jackknife",
    "jackknife_acceleration",
    "jackknife_variance",
    "percentile_interval",
]
