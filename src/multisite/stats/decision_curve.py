"""Net benefit: what acting on a score is worth, against acting on everybody and on nobody."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from multisite.stats.estimate import CountArray, Estimate, FloatArray, normal_quantile
from multisite.stats.score_counts import ScoreCounts
from multisite.vocabulary import EstimateStatus

__all__ = ["NetBenefit", "decision_curve", "net_benefit", "net_benefit_by_patient"]


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


def decision_curve(
    counts: ScoreCounts, thresholds: Iterable[float], *, prevalence: float | None = None, level: float = 0.95
) -> tuple[NetBenefit, ...]:
    """:func:`net_benefit` at each threshold, a score **at or above** it counting as positive.

    Parameters
    ----------
    counts
        Positives and negatives per distinct score. The scores must be probabilities, in [0, 1]: a threshold is a
        probability of the finding at which harm and good are in balance, and a score on another scale has none.
    thresholds
        In [0, 1).
    prevalence, level
        As for :func:`net_benefit`.

    Returns
    -------
    tuple of NetBenefit
        In the order of ``thresholds``. Intervals are pointwise.

    Raises
    ------
    ValueError
        If a score lies outside [0, 1], or as :func:`net_benefit`.

    Undefined cases
    ---------------
    As for :func:`net_benefit`.

    References
    ----------
    Vickers AJ, Elkin EB. Med Decis Making 2006;26:565-574. doi:10.1177/0272989X06295361
    """
    if counts.score.size and (counts.score[0] < 0.0 or counts.score[-1] > 1.0):
        raise ValueError("`counts` must have scores from 0 to 1: net benefit needs probabilities.")
    curve = []
    for threshold in thresholds:
        first = int(np.searchsorted(counts.score, threshold, side="left"))
        called = int(counts.n_positive[first:].sum()), int(counts.n_negative[first:].sum())
        total = counts.positives, counts.negatives
        curve.append(net_benefit(*called, *total, threshold=threshold, prevalence=prevalence, level=level))
    return tuple(curve)


def net_benefit(
    true_positive: int,
    false_positive: int,
    n_positive: int,
    n_negative: int,
    *,
    threshold: float,
    prevalence: float | None = None,
    level: float = 0.95,
) -> NetBenefit:
    """TP/n − w·FP/n with w = t/(1 − t); in a case-control set, π·Se − w(1 − π)·(1 − Sp) at a stated prevalence π.

    Intervals are Wald's. In a cohort the variance of the net benefit is ((TP + w²FP)/n − NB²)/n, that of the
    difference from acting on everybody ((FN + w²TN)/n − d²)/n with d = (w·TN − FN)/n, that of the standardised one
    (TP(1 − s)² + FN·s² + w²FP)/P², in which the prevalence is estimated too. With a stated prevalence, which
    counts as known, they are π²Se(1 − Se)/P + w²(1 − π)²Sp(1 − Sp)/N, and that over π².

    Parameters
    ----------
    true_positive, false_positive
        Cases called positive, with and without the finding.
    n_positive, n_negative
        All cases with and without the finding.
    threshold
        t in [0, 1): the probability above which one would act.
    prevalence
        π in (0, 1), where the share of cases with the finding was made by the choice of cases; ``None``: a cohort.
    level
        Confidence level in (0, 1).

    Returns
    -------
    NetBenefit
        In true positives per case.

    Raises
    ------
    ValueError
        If counts are not whole or contradict each other, or ``threshold`` or ``prevalence`` is out of range.

    Undefined cases
    ---------------
    No case: all undefined. With a stated prevalence, no case with or none without the finding: all undefined. No case
    with the finding in a cohort: standardised is undefined. Threshold 0: no interventions can be avoided for free,
    undefined. All cases alike (nobody called positive, for one): the number stands without an interval, status
    ``insufficient``.

    Coverage
    --------
    Wald's interval needs both true and false positives in number: where fewer than ten are expected of either, it may
    hold the truth in 90 % only.

    References
    ----------
    Vickers AJ, Elkin EB. Med Decis Making 2006;26:565-574. doi:10.1177/0272989X06295361
    Vickers AJ, Cronin AM, Elkin EB, Gonen M. BMC Med Inform Decis Mak 2008;8:53. doi:10.1186/1472-6947-8-53
    Kerr KF, Brown MD, Zhu K, Janes H. J Clin Oncol 2016;34:2534-2540. doi:10.1200/JCO.2015.65.5654 (standardised)

    Examples
    --------
    >>> round(net_benefit(80, 100, 100, 900, threshold=0.2).estimate, 3)
    0.055
    """
    tp, fp, positives, negatives = (_whole(count) for count in (true_positive, false_positive, n_positive, n_negative))
    if not (0 <= tp <= positives and 0 <= fp <= negatives):
        raise ValueError("`true_positive` and `false_positive` must lie between 0 and the cases of their class.")
    if prevalence is not None and not 0.0 < prevalence < 1.0:
        raise ValueError("`prevalence` must lie strictly between 0 and 1.")
    # Cases of a cohort come in four kinds, which stand here for clusters of one case.
    kinds = np.array([[1, 0, 1, 0], [0, 0, 1, 0], [0, 1, 0, 1], [0, 0, 0, 1]])
    frequency = np.array([tp, positives - tp, fp, negatives - fp])
    return _net_benefit(kinds, frequency, threshold, prevalence, level, n_patients=None)


def net_benefit_by_patient(
    true_positive: npt.ArrayLike,
    false_positive: npt.ArrayLike,
    n_positive: npt.ArrayLike,
    n_negative: npt.ArrayLike,
    *,
    threshold: float,
    level: float = 0.95,
) -> NetBenefit:
    """:func:`net_benefit` of a cohort whose cases cluster in K patients: the variance is taken between patients.

    Each of the three is a ratio of sums; with r its residual summed over a patient's cases, its variance is
    K/(K − 1) · Σr² over the squared denominator, and the interval ± t(K−1)·SE.

    Parameters
    ----------
    true_positive, false_positive, n_positive, n_negative
        Whole numbers per patient, shape ``(n_patients,)``. A patient without a case takes no part.
    threshold, level
        As for :func:`net_benefit`.

    Returns
    -------
    NetBenefit
        In true positives per case.

    Raises
    ------
    ValueError
        If the lengths differ, counts are not whole or contradict each other, or ``threshold`` is out of range.

    Undefined cases
    ---------------
    As for :func:`net_benefit`; one patient: estimates without intervals.

    References
    ----------
    Cochran WG. Sampling Techniques, 3rd ed. Wiley 1977, section 6.3 (variance of a ratio)
    """
    rows = [np.asarray(count, dtype=np.float64) for count in (true_positive, false_positive, n_positive, n_negative)]
    if any(row.ndim != 1 or row.shape != rows[0].shape for row in rows):
        raise ValueError("`true_positive` and the other counts must be one-dimensional and of the same length.")
    table = np.column_stack(rows)
    if not (np.isfinite(table).all() and (table == np.trunc(table)).all()):
        raise ValueError("`true_positive` and the other counts must be whole numbers.")
    if (table < 0).any() or (table[:, :2] > table[:, 2:]).any():
        raise ValueError("`true_positive` and `false_positive` must lie between 0 and the cases of their class.")
    table = table[(table[:, 2] + table[:, 3]) > 0].astype(np.int64)
    ones = np.ones(table.shape[0], dtype=np.int64)
    return _net_benefit(table, ones, threshold, None, level, n_patients=int(table.shape[0]))


def _net_benefit(
    table: CountArray,
    frequency: CountArray,
    threshold: float,
    prevalence: float | None,
    level: float,
    *,
    n_patients: int | None,
) -> NetBenefit:
    if not 0.0 <= threshold < 1.0:
        raise ValueError("`threshold` must lie in [0, 1).")
    weight = threshold / (1.0 - threshold)
    tp, fp, positives, negatives = (int(total) for total in frequency @ table)
    n = positives + negatives
    wald = _Wald(level, n, n_patients, prevalence)
    share = prevalence if prevalence is not None else positives / n if n else None
    if n == 0 or (prevalence is not None and 0 in (positives, negatives)):
        missing = "no case" if n == 0 else "no positive case" if positives == 0 else "no negative case"
        share = prevalence
        parts = [wald.undefined(missing)] * 3
    else:
        assert share is not None
        parts = _parts(table, frequency, weight, share, wald)
    value, standardised, avoided = parts
    return NetBenefit(
        estimate=value.estimate,
        ci_low=value.ci_low,
        ci_high=value.ci_high,
        ci_level=level,
        ci_method=value.ci_method,
        n_cases=n,
        status=value.status,
        reason=value.reason,
        threshold=float(threshold),
        true_positive=tp,
        false_positive=fp,
        n_positive=positives,
        n_negative=negatives,
        n_patients=n_patients,
        prevalence=share,
        prevalence_given=prevalence is not None,
        treat_all=None if share is None else share - weight * (1.0 - share),
        standardised=standardised,
        interventions_avoided=avoided,
    )


def _parts(table: CountArray, frequency: CountArray, weight: float, share: float, wald: "_Wald") -> list[Estimate]:
    """Net benefit, standardised net benefit, interventions avoided."""
    true_positive, false_positive, positive, negative = table.T.astype(np.float64)
    gain = true_positive - weight * false_positive
    saved = weight * (negative - false_positive) - (positive - true_positive)
    per_hundred = 100.0 / weight if weight > 0.0 else math.nan
    impossible = wald.undefined("at threshold 0 an intervention costs nothing")
    if wald.prevalence is not None:
        tp, fp, positives, negatives = (float(total) for total in frequency @ table)
        se, fpr = tp / positives, fp / negatives
        value = share * se - weight * (1.0 - share) * fpr
        variance = share**2 * se * (1 - se) / positives + (weight * (1 - share)) ** 2 * fpr * (1 - fpr) / negatives
        over_all = weight * (1.0 - share) * (1.0 - fpr) - share * (1.0 - se)
        avoided = wald.of(over_all, variance, per_hundred) if weight > 0.0 else impossible
        return [wald.of(value, variance), wald.of(value, variance, 1.0 / share), avoided]
    cases = positive + negative
    value = wald.ratio(gain, cases, frequency)
    standardised = wald.ratio(gain, positive, frequency) if share > 0.0 else wald.undefined("no positive case")
    return [value, standardised, wald.ratio(saved, cases, frequency, per_hundred) if weight > 0.0 else impossible]


@dataclass(frozen=True, slots=True)
class _Wald:
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


def _whole(count: int) -> int:
    if not math.isfinite(count) or int(count) != count:
        raise ValueError("`true_positive` and the other counts must be whole numbers.")
    return int(count)
