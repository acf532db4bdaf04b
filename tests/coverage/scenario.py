"""One statistic, one interval, one truth: what is drawn, and what it should come to."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from multisite.stats import Estimate

__all__ = ["Coverage", "Scenario", "tried"]

NOMINAL = (0.93, 0.97)
"""Between these an interval of level 0.95 keeps its word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """``draw`` simulates one data set and estimates from it; its interval should hold ``truth``.

    ``expected`` is the range of coverage that is promised: the nominal one, or what the estimator's docstring states
    of its shortfall, or of its excess, in such a setting.
    """

    statistic: str
    method: str
    setting: str
    truth: float
    draw: Callable[[np.random.Generator], Estimate]
    expected: tuple[float, float] = NOMINAL

    @property
    def name(self) -> str:
        """What tells it from others."""
        return f"{self.statistic} · {self.method} · {self.setting}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """Of ``n_replicates`` data sets: how many gave an interval, and on which side of the truth the others lay."""

    n_replicates: int
    n_with_interval: int
    n_covered: int
    n_too_low: int
    n_too_high: int
    mean_width: float

    @property
    def covered(self) -> float:
        """Share of the intervals that hold the truth; NaN where there was none."""
        return self.n_covered / self.n_with_interval if self.n_with_interval else float("nan")

    def keeps(self, expected: tuple[float, float]) -> bool:
        """Whether the share lies in ``expected``, or within two standard errors of its simulation outside."""
        if not self.n_with_interval:
            return False
        low, high = expected
        return bool(low - 2 * self._error(low) <= self.covered <= high + 2 * self._error(high))

    def _error(self, share: float) -> float:
        return float(np.sqrt(share * (1 - share) / self.n_with_interval))


def tried(scenario: Scenario, *, n_replicates: int, seed: int) -> Coverage:
    """``scenario`` drawn again and again; its draws depend on its name and ``seed``, and on no other scenario."""
    digest = hashlib.sha256(scenario.name.encode()).digest()
    rng = np.random.default_rng([seed, int.from_bytes(digest[:8], "big")])
    found = [scenario.draw(rng) for _ in range(n_replicates)]
    ends = [(e.ci_low, e.ci_high) for e in found if e.ci_low is not None and e.ci_high is not None]
    too_low = sum(high < scenario.truth for _, high in ends)
    too_high = sum(low > scenario.truth for low, _ in ends)
    return Coverage(
        n_replicates=n_replicates,
        n_with_interval=len(ends),
        n_covered=len(ends) - too_low - too_high,
        n_too_low=too_low,
        n_too_high=too_high,
        mean_width=float(np.mean([high - low for low, high in ends])) if ends else float("nan"),
    )
