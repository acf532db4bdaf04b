"""An estimate whose interval comes from draws, some of which may have no value."""

import numpy as np

from multisite.stats.estimate import Estimate, FloatArray, normal_quantile
from multisite.vocabulary import EstimateStatus

__all__ = ["CORRECTED_METHOD", "N_DRAWS", "beta_draws", "drawn_estimate"]

CORRECTED_METHOD = "simulation of the labels' check and of the table (Jeffreys), percentiles, not cut to 0 and 1"
N_DRAWS = 10_000

_FEWEST = 100


def beta_draws(rng: np.random.Generator, hits: int, others: int, design_effect: float, n_draws: int) -> FloatArray:
    """Shares that the counts leave possible, by Jeffreys, shape ``(n_draws,)``.

    Raises
    ------
    ValueError
        If there are fewer than 100 draws.
    """
    if n_draws < _FEWEST:
        raise ValueError(f"`n_draws` must be at least {_FEWEST}.")
    return rng.beta(hits / design_effect + 0.5, others / design_effect + 0.5, n_draws)


def drawn_estimate(
    estimate: float | None,
    drawn: FloatArray,
    undefined: str,
    *,
    level: float,
    n: int,
    without_interval: str | None = None,
) -> Estimate:
    """``estimate`` with percentiles of ``drawn``; a draw without a value (NaN) counts beyond both ends.

    ``undefined`` says why there is no number (``None`` or NaN), ``without_interval`` why there can be no interval.
    """
    normal_quantile(level)  # refuses a level that is none
    low = high = reason = None
    status = EstimateStatus.OK
    if estimate is None or not np.isfinite(estimate):
        estimate, status, reason = None, EstimateStatus.UNDEFINED, undefined
    else:
        tail = (1.0 - level) / 2.0
        missing = np.isnan(drawn)
        low = float(np.quantile(np.where(missing, -np.inf, drawn), tail, method="lower"))
        high = float(np.quantile(np.where(missing, np.inf, drawn), 1.0 - tail, method="higher"))
        if without_interval is not None or not np.isfinite([low, high]).all():
            low = high = None
            status = EstimateStatus.INSUFFICIENT
            reason = without_interval or "too close to what cannot be corrected: no interval can be given"
        else:
            low, high = min(low, estimate), max(high, estimate)
            reason = _beyond(estimate)
    return Estimate(
        estimate=estimate,
        ci_low=low,
        ci_high=high,
        ci_level=level,
        ci_method=CORRECTED_METHOD,
        n_cases=n,
        status=status,
        reason=reason,
    )


def _beyond(estimate: float) -> str | None:
    """Rounding apart, whether the number is none that a share can be."""
    if -1e-9 <= estimate <= 1.0 + 1e-9:
        return None
    side = "above 1" if estimate > 1.0 else "below 0"
    return f"{side}: by chance, or because the labels do not err independently of what they are compared with"
