"""Pooling: what sites, or strata, show together, and how much they differ."""

from multisite.stats.pooling.between_sites import BetweenSitesMethod
from multisite.stats.pooling.binomial_normal import BinomialNormal, binomial_normal
from multisite.stats.pooling.bivariate import Bivariate, BivariateInterval, bivariate
from multisite.stats.pooling.common_effect import common_effect
from multisite.stats.pooling.fixed_weights import fixed_weights_mean
from multisite.stats.pooling.heterogeneity import HeterogeneityInterval, HeterogeneityMethod
from multisite.stats.pooling.leave_one_out import LeftOut, leave_one_out
from multisite.stats.pooling.logit_of_counts import Correction, LogitCounts, logit_of_counts
from multisite.stats.pooling.paired_difference import PairedSums, PooledPairedDifference, pooled_paired_difference
from multisite.stats.pooling.partial_pooling import PartialPooling, ShrunkenStratum, partial_pooling
from multisite.stats.pooling.pooled_estimate import PooledEstimate
from multisite.stats.pooling.proportions import PooledProportion, random_effects_proportions
from multisite.stats.pooling.random_effects import (
    IntervalMethod,
    PredictionMethod,
    random_effects,
)
from multisite.stats.pooling.scales import Scale

__all__ = [
    "BetweenSitesMethod",
    "BinomialNormal",
    "Bivariate",
    "BivariateInterval",
    "Correction",
    "HeterogeneityInterval",
    "HeterogeneityMethod",
    "IntervalMethod",
    "LeftOut",
    "LogitCounts",
    "PairedSums",
    "PartialPooling",
    "PooledEstimate",
    "PooledPairedDifference",
    "PooledProportion",
    "PredictionMethod",
    "Scale",
    "ShrunkenStratum",
    "binomial_normal",
    "bivariate",
    "common_effect",
    "fixed_weights_mean",
    "leave_one_out",
    "logit_of_counts",
    "partial_pooling",
    "pooled_paired_difference",
    "random_effects",
    "random_effects_proportions",
]
