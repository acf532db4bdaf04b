"""The operating threshold of each finding and model, and the moments of proportions at it."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from multisite.tallies.cross_moments import CROSS_SCHEMA, tally_cross_moments
from multisite.tallies.proportion_moments import ProportionMoments, combine_proportion_moments, tally_proportions
from multisite.tallies.segments import KEYS

__all__ = ["Thresholds", "cases_by_threshold", "cross_moments_at_thresholds", "tally_at_thresholds"]


@dataclass(frozen=True, slots=True)
class Thresholds:
    """``default``, but for what ``own`` names: finding, model and threshold."""

    default: float
    own: tuple[tuple[str, str, float], ...] = ()

    def of(self, finding: str, model: str) -> float:
        """The threshold of a finding and model."""
        return next((own for f, m, own in self.own if (f, m) == (finding, model)), self.default)


def cases_by_threshold(cases: pl.DataFrame, thresholds: Thresholds) -> dict[float, pl.DataFrame]:
    """The cases, divided by the threshold of their finding and model; empty where there is no case."""
    found: dict[float, list[pl.DataFrame]] = {}
    for (finding, model), part in cases.group_by(["finding", "model"], maintain_order=True):
        found.setdefault(thresholds.of(str(finding), str(model)), []).append(part)
    return {threshold: pl.concat(parts) for threshold, parts in found.items()}


def tally_at_thresholds(cases: pl.DataFrame, *, strata: Sequence[str], thresholds: Thresholds) -> ProportionMoments:
    """:func:`tally_proportions` of every finding and model at its own threshold, and at no other."""
    return combine_proportion_moments(
        [
            tally_proportions(part, strata=strata, thresholds=[threshold])
            for threshold, part in cases_by_threshold(cases, thresholds).items()
        ]
    )


def cross_moments_at_thresholds(cases: pl.DataFrame, *, strata: Sequence[str], thresholds: Thresholds) -> pl.DataFrame:
    """:func:`tally_cross_moments` of every finding and model at its own threshold."""
    parts = [
        tally_cross_moments(part, strata=strata, threshold=threshold)
        for threshold, part in cases_by_threshold(cases, thresholds).items()
    ]
    return pl.concat([CROSS_SCHEMA.to_frame(), *parts]).sort(*KEYS, "metric")
