"""The operating threshold of each finding and model, and the moments of proportions at it."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from multisite.tallies.proportion_moments import ProportionMoments, combine_proportion_moments, tally_proportions

__all__ = ["Thresholds", "tally_at_thresholds"]


@dataclass(frozen=True, slots=True)
class Thresholds:
    """``default``, but for what ``own`` names: finding, model and threshold."""

    default: float
    own: tuple[tuple[str, str, float], ...] = ()

    def of(self, finding: str, model: str) -> float:
        """The threshold of a finding and model."""
        return next((own for f, m, own in self.own if (f, m) == (finding, model)), self.default)


def tally_at_thresholds(cases: pl.DataFrame, *, strata: Sequence[str], thresholds: Thresholds) -> ProportionMoments:
    """:func:`tally_proportions` of every finding and model at its own threshold, and at no other."""
    by_threshold: dict[float, list[pl.DataFrame]] = {}
    for (finding, model), part in cases.group_by(["finding", "model"], maintain_order=True):
        by_threshold.setdefault(thresholds.of(str(finding), str(model)), []).append(part)
    return combine_proportion_moments(
        [
            tally_proportions(pl.concat(parts), strata=strata, thresholds=[threshold])
            for threshold, parts in by_threshold.items()
        ]
    )
