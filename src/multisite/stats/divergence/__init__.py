"""Divergence: how far two distributions lie apart, and how far chance alone would put them."""

from multisite.stats.divergence.standardised_difference import (
    StandardisedDifference,
    standardised_difference,
    standardised_difference_to,
)

__all__ = ["StandardisedDifference", "standardised_difference", "standardised_difference_to"]
