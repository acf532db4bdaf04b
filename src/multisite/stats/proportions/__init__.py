"""Proportions: of independent cases and of cases that cluster in patients, their differences, and tests' accuracy."""

from multisite.stats.proportions.clustered import ClusterMoments, clustered_proportion
from multisite.stats.proportions.clustered_difference import (
    clustered_proportion_difference,
    paired_clustered_proportion_difference,
)
from multisite.stats.proportions.clustered_gee import clustered_proportion_gee
from multisite.stats.proportions.clustered_mcnemar import clustered_mcnemar
from multisite.stats.proportions.clustered_mcnemar_by_patient import clustered_mcnemar_by_patient
from multisite.stats.proportions.counts import PairedCounts
from multisite.stats.proportions.design_effect import design_effect_of, proportion_with_design_effect
from multisite.stats.proportions.diagnostic_accuracy import DiagnosticAccuracy, diagnostic_accuracy
from multisite.stats.proportions.difference import proportion_difference
from multisite.stats.proportions.intervals import ProportionMethod
from multisite.stats.proportions.mcnemar import mcnemar
from multisite.stats.proportions.overlapping_difference import SharedMoments, overlapping_proportion_difference
from multisite.stats.proportions.paired_clusters import PairedClusterMoments
from multisite.stats.proportions.paired_difference import paired_proportion_difference
from multisite.stats.proportions.paired_predictive_values import (
    PairedPredictiveValues,
    PredictiveValueComparison,
    paired_predictive_values,
)
from multisite.stats.proportions.predictive_values import PredictiveValues, predictive_values
from multisite.stats.proportions.proportion import proportion
from multisite.stats.proportions.result import DifferenceEstimate, PairedTest, ProportionEstimate, RatioEstimate

__all__ = [
    "ClusterMoments",
    "DiagnosticAccuracy",
    "DifferenceEstimate",
    "PairedClusterMoments",
    "PairedCounts",
    "PairedPredictiveValues",
    "PairedTest",
    "PredictiveValueComparison",
    "PredictiveValues",
    "ProportionEstimate",
    "ProportionMethod",
    "RatioEstimate",
    "SharedMoments",
    "clustered_mcnemar",
    "clustered_mcnemar_by_patient",
    "clustered_proportion",
    "clustered_proportion_difference",
    "clustered_proportion_gee",
    "design_effect_of",
    "diagnostic_accuracy",
    "mcnemar",
    "overlapping_proportion_difference",
    "paired_clustered_proportion_difference",
    "paired_predictive_values",
    "paired_proportion_difference",
    "predictive_values",
    "proportion",
    "proportion_difference",
    "proportion_with_design_effect",
]
