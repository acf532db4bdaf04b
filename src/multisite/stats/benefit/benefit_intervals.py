"""What net benefit comes to at one threshold, with its intervals."""

import math
from dataclasses import dataclass

import numpy as np
from scipy import special

from multisite.stats.estimate import CountArray, Estimate, FloatArray, normal_quantile
from multisite.vocabulary import EstimateStatus

__all__ = ["BenefitIntervals", "NetBenefit", "benefit_estimates"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NetBenefit(Estimate):
    """Net benefit at one threshold: true positives per case, less false positives at the threshold's exchange rate.

    ``estimate`` is at most ``prevalence`` and has no lower end. ``treat_all`` is what acting on everybody is worth,
    ``treat_none`` is 0. ``standardised`` is the net benefit over the prevalence (at most 1); ``interventions_avoided``
    is per 100 cases, against acting on everybody, at equal true positives. ``prevalence`` is that of the cases, or the
    one that was given (``prevalence_given``).
    """

    threshold: float
    true_positive: int
    false_positive: int
    n_positive: int
    n_negative: int
    n_patients: int | None = None
    prevalence: float | None
    prevalence_given: bool
    treat_all: float | None
    treat_none: float = 0.0
    standardised: Estimate
    interventions_avoided: Estimate


@dataclass(frozen=True, slots=True)
class BenefitIntervals:
    """Intervals of ratios Σa/Σb, by the residuals a − (ratio)·b of cases or of patients."""

    level: float
    n_cases: int
    n_patients: int | None
    prevalence: float | None

    @property
    def method(self) -> str:
        if self.prevalence is not None:
            return "wald, at a stated prevalence"
        return "wald" if self.n_patients is None else "between patients, t(k-1)"

    def ratio(self, top: FloatArray, bottom: FloatArray, frequency: CountArray, factor: float = 1.0) -> Estimate:
        total = float(frequency @ bottom)
        value = float(frequency @ top) / total
        residual = top - value * bottom
        spread = float(frequency @ (residual * residual)) / (total * total)
        # What is left where all are alike is rounding, and no variance.
        if spread * total * total <= 1e-24 * float(frequency @ (top * top)):
            spread = 0.0
        if self.n_patients is not None:
            spread = spread * self.n_patients / (self.n_patients - 1) if self.n_patients > 1 else 0.0
        return self.of(value, spread, factor)

    def of(self, value: float, variance: float, factor: float = 1.0) -> Estimate:
        if self.n_patients == 1:
            return self._estimate(value * factor, None, "one patient: there is no variance between patients")
        if variance == 0.0:
            return self._estimate(value * factor, None, "all cases are alike: no variance is seen")
        quantile = normal_quantile(self.level)
        if self.n_patients is not None:
            quantile = float(special.stdtrit(self.n_patients - 1, 0.5 + self.level / 2.0))
        return self._estimate(value * factor, quantile * math.sqrt(variance) * factor, None)

    def undefined(self, reason: str) -> Estimate:
        return self._estimate(None, None, reason)

    def _estimate(self, value: float | None, half: float | None, reason: str | None) -> Estimate:
        thin = EstimateStatus.UNDEFINED if value is None else EstimateStatus.INSUFFICIENT
        return Estimate(
            estimate=value,
            ci_low=None if value is None or half is None else value - half,
            ci_high=None if value is None or half is None else value + half,
            ci_level=self.level,
            ci_method=self.method,
            n_cases=self.n_cases,
            status=EstimateStatus.OK if half is not None else thin,
            reason=reason,
        )


def benefit_estimates(
    table: CountArray, frequency: CountArray, weight: float, share: float, wald: BenefitIntervals
) -> list[Estimate]:
    """Net benefit, standardised net benefit, interventions avoided."""
    true_positive, false_positive, positive, negative = table.T.astype(np.float64)
    gain = true_positive - weight * false_positive
    saved = weight * (negative - false_positive) - (positive - true_positive)
    per_hundred = 100.0 / weight if weight > 0.0 else math.nan
    impossible = wald.undefined("at threshold 0 an intervention costs nothing")
    if wald.prevalence is not None:
        tp, fp, positives, negatives = (float(total) for total in frequency @ table)
        se, fpr = tp / positives, fp / negatives
        benefit = share * se - weight * (1.0 - share) * fpr
        variance = share**2 * se * (1 - se) / positives + (weight * (1 - share)) ** 2 * fpr * (1 - fpr) / negatives
        over_all = weight * (1.0 - share) * (1.0 - fpr) - share * (1.0 - se)
        avoided = wald.of(over_all, variance, per_hundred) if weight > 0.0 else impossible
        return [wald.of(benefit, variance), wald.of(benefit, variance, 1.0 / share), avoided]
    cases = positive + negative
    value = wald.ratio(gain, cases, frequency)
    standardised = wald.ratio(gain, positive, frequency) if share > 0.0 else wald.undefined("no positive case")
    return [value, standardised, wald.ratio(saved, cases, frequency, per_hundred) if weight > 0.0 else impossible]
