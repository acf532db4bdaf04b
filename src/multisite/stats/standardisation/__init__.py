"""Standardisation: estimates of one set of cases carried over to another mix of cells, and how far that can be done.

A cell is a level of a stratum, or of a crossing. What holds inside a cell is taken to hold in the target, too; that
cannot be tested from either side alone.
"""

from multisite.stats.standardisation.area import standardised_auc
from multisite.stats.standardisation.mix import TargetMix, mix_of_classes, mix_of_counts
from multisite.stats.standardisation.predictive_values import (
    StandardisedPredictiveValues,
    standardised_predictive_values,
)
from multisite.stats.standardisation.proportion import (
    StandardisedEstimate,
    StandardisedMethod,
    standardised_proportion,
)
from multisite.stats.standardisation.raking import RakedShares, raked_shares
from multisite.stats.standardisation.shares import (
    CellShares,
    effective_sample_size,
    largest_weight_ratio,
    population_shares,
)
from multisite.stats.standardisation.support import CellSupport, FilledBounds, cell_support, filled_bounds

__all__ = [
    "CellShares",
    "CellSupport",
    "FilledBounds",
    "RakedShares",
    "StandardisedEstimate",
    "StandardisedMethod",
    "StandardisedPredictiveValues",
    "TargetMix",
    "cell_support",
    "effective_sample_size",
    "filled_bounds",
    "largest_weight_ratio",
    "mix_of_classes",
    "mix_of_counts",
    "population_shares",
    "raked_shares",
    "standardised_auc",
    "standardised_predictive_values",
    "standardised_proportion",
]
