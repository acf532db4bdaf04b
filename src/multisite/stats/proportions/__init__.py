"""Proportions: of independent cases and of cases that cluster in patients."""

from multisite.stats.proportions.clustered import ClusterMoments, clustered_proportion
from multisite.stats.proportions.proportion import proportion
from multisite.stats.proportions.result import ProportionEstimate

__all__ = ["ClusterMoments", "ProportionEstimate", "clustered_proportion", "proportion"]
