"""What pooling hands back."""

from dataclasses import dataclass

from multisite.stats.estimate import Estimate
from multisite.stats.pooling.scales import Scale
from multisite.vocabulary import EstimateStatus

__all__ = ["PooledEstimate"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PooledEstimate(Estimate):
    """What sites show together.

    ``estimate``, its interval and the prediction interval are on the scale of reading (after back-transformation);
    ``analysis_estimate``, ``standard_error``, ``tau2`` and its interval on the scale of analysis. ``n_cases`` is the
    number of sites where nothing but estimates was given, else that of cases. ``standard_error`` is that of the
    interval, ``wald_standard_error`` 1/√Σw. ``weights`` are shares that add up to 1, in the order of the sites.
    ``tau2_note`` says what is to be said of ``tau2``: that it is at its boundary, or why it is missing. ``p_value`` is
    two-sided, of a mean of 0 on the scale of analysis, and agrees with the interval; of ``random_effects`` only.
    """

    n_sites: int
    scale: Scale
    analysis_estimate: float | None = None
    standard_error: float | None = None
    wald_standard_error: float | None = None
    p_value: float | None = None
    weights: tuple[float, ...] = ()
    prediction_low: float | None = None
    prediction_high: float | None = None
    prediction_method: str
    prediction_note: str | None = None
    tau2: float | None = None
    tau2_low: float | None = None
    tau2_high: float | None = None
    tau2_method: str
    tau2_status: EstimateStatus = EstimateStatus.OK
    tau2_note: str | None = None
    q: float | None = None
    q_degrees_of_freedom: int | None = None
    q_p_value: float | None = None
    i2: float | None = None
    i2_low: float | None = None
    i2_high: float | None = None
    i2_method: str
    h2: float | None = None
