"""Means of continuous measurements from sums over patients, and quantiles from counts on a grid."""

from multisite.stats.means.clustered_mean import MeanEstimate, clustered_mean, sample_deviation
from multisite.stats.means.grid_quantile import grid_quantile
from multisite.stats.means.mean_moments import MeanMoments

__all__ = ["MeanEstimate", "MeanMoments", "clustered_mean", "grid_quantile", "sample_deviation"]
