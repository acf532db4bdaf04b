"""Divergence: how far two distributions lie apart, and how far chance alone would put them."""

from multisite.stats.divergence.chi_square import ChiSquare, chi_square
from multisite.stats.divergence.divergence import Divergence, NoDifference
from multisite.stats.divergence.jensen_shannon import JensenShannonKind, jensen_shannon
from multisite.stats.divergence.kolmogorov_smirnov import (
    KolmogorovSmirnovTest,
    kolmogorov_smirnov,
    kolmogorov_smirnov_of_counts,
)
from multisite.stats.divergence.population_stability_index import EmptyBins, population_stability_index
from multisite.stats.divergence.standardised_difference import (
    StandardisedDifference,
    standardised_difference,
    standardised_difference_to,
)
from multisite.stats.divergence.standardised_mean_difference import (
    StandardisedMeanDifference,
    standardised_mean_difference,
    standardised_mean_difference_of_moments,
)
from multisite.stats.divergence.wasserstein import wasserstein, wasserstein_of_counts

__all__ = [
    "ChiSquare",
    "Divergence",
    "EmptyBins",
    "JensenShannonKind",
    "KolmogorovSmirnovTest",
    "NoDifference",
    "StandardisedDifference",
    "StandardisedMeanDifference",
    "chi_square",
    "jensen_shannon",
    "kolmogorov_smirnov",
    "kolmogorov_smirnov_of_counts",
    "population_stability_index",
    "standardised_difference",
    "standardised_difference_to",
    "standardised_mean_difference",
    "standardised_mean_difference_of_moments",
    "wasserstein",
    "wasserstein_of_counts",
]
