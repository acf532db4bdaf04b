"""One margin and one level: inside, outside or undecided, with the p-value and the n that would decide."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from multisite.performance.verdicts.contrasts import Contrast
from multisite.schemas.verdicts import STRADDLES
from multisite.stats import Estimate, interval_p_value, size_to_decide
from multisite.stats.estimate import normal_quantile
from multisite.vocabulary import EstimateStatus, MarginKind, MarginVerdict

__all__ = ["Acceptance", "Judged", "MarginParameters", "judge"]


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What is accepted, from ``low`` to ``high``; a bound that is ``None`` is none."""

    kind: MarginKind
    low: float | None
    high: float | None

    def nearest(self, value: float) -> float:
        """The bound that ``value`` lies nearest to."""
        return min((bound for bound in (self.low, self.high) if bound is not None), key=lambda b: abs(b - value))

    def holds(self, value: float) -> bool:
        """Whether ``value`` is accepted."""
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)

    def excludes(self, low: float, high: float) -> bool:
        """Whether nothing from ``low`` to ``high`` is accepted."""
        return (self.low is not None and high < self.low) or (self.high is not None and low > self.high)


@dataclass(frozen=True, slots=True, kw_only=True)
class MarginParameters:
    """An entry of ``performance.margins``; ``finding`` or ``model`` of ``None`` is every one."""

    metric: str
    finding: str | None = None
    model: str | None = None
    at_least: float | None = None
    at_most: float | None = None
    of_overall: bool = False
    of_levels: bool = False
    gap_at_most: float | None = None

    def applies_to(self, finding: str, model: str) -> bool:
        """Whether the margin holds for this finding and model."""
        return self.finding in (None, finding) and self.model in (None, model)

    def value_of(self, *, overall: bool) -> Acceptance | None:
        """What is accepted of the metric itself, of all test cases or of a level; ``None`` where nothing is said."""
        if (self.at_least, self.at_most) == (None, None) or not (self.of_overall if overall else self.of_levels):
            return None
        return Acceptance(MarginKind.VALUE, self.at_least, self.at_most)

    @property
    def gap(self) -> Acceptance | None:
        """What is accepted of level minus rest."""
        return None if self.gap_at_most is None else Acceptance(MarginKind.GAP, -self.gap_at_most, None)


@dataclass(frozen=True, slots=True)
class Judged:
    """The verdict of one interval alone, before it is known how many others were judged.

    ``p_value`` is that of the truth lying on the nearest bound, from the interval: one-sided where there is one bound,
    two-sided where there are two, and 1 where the estimate itself is accepted. ``undecided`` says why the evidence is
    insufficient.
    """

    verdict: MarginVerdict
    p_value: float | None = None
    undecided: str | None = None
    n_needed: int | None = None


def judge(contrast: Contrast, margin: Acceptance, level: float) -> Judged:
    """Hold the level's difference from all other cases, or its estimate, against the margin.

    Returns
    -------
    Judged
        ``meets`` when the whole interval is accepted, ``fails`` when none of it is. Without an interval the evidence is
        insufficient, for the reason that the level or the rest gives.
    """
    interval: Callable[[float], Estimate] | None
    if margin.kind is MarginKind.GAP:
        interval, missing = contrast.difference_at, contrast.missing
        shown = interval(level) if interval else None
    else:
        interval, missing = contrast.estimate_at, contrast.row["reason"] or contrast.row["status"]
        shown = _as_estimate(contrast) if contrast.row["status"] == EstimateStatus.OK else None
    if shown is None or shown.estimate is None or shown.ci_low is None or shown.ci_high is None:
        return Judged(MarginVerdict.INSUFFICIENT, undecided=missing)
    value, low, high = shown.estimate, shown.ci_low, shown.ci_high
    bound = margin.nearest(value)
    p_value = 1.0 if margin.holds(value) else None if interval is None else interval_p_value(interval, bound)
    if p_value is not None and p_value < 1.0 and None in (margin.low, margin.high):
        p_value /= 2.0
    if margin.holds(low) and margin.holds(high):
        return Judged(MarginVerdict.MEETS, p_value)
    if margin.excludes(low, high):
        return Judged(MarginVerdict.FAILS, p_value)
    half = (value - low) if bound < value else (high - value)
    needed = None
    if contrast.row["n_patients"] > 0 and math.isfinite(half):
        needed = size_to_decide(bound - value, half / normal_quantile(level), contrast.row["n_patients"], level=level)
    return Judged(MarginVerdict.INSUFFICIENT, p_value, STRADDLES, needed)


def _as_estimate(contrast: Contrast) -> Estimate:
    row = contrast.row
    return Estimate(
        estimate=row["estimate"],
        ci_low=row["ci_low"],
        ci_high=row["ci_high"],
        ci_level=row["ci_level"],
        ci_method=row["ci_method"],
        n_cases=row["n_cases"],
    )
