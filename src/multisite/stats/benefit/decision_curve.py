"""Net benefit: what acting on a score is worth, against acting on everybody and on nobody."""

import math
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from multisite.stats.benefit.benefit_intervals import BenefitIntervals, NetBenefit, benefit_estimates
from multisite.stats.estimate import CountArray, normal_quantile
from multisite.stats.score_counts import ScoreCounts

__all__ = ["decision_curve", "net_benefit", "net_benefit_by_patient"]


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
    Simulated, prevalence 0.15, threshold 0.1: 93 to 95 % with 400 cases; 91 % with 60, where seven true positives are
    expected. Where the cases called positive are all of one class the interval is shorter than it should be.

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
    seen = table[(table[:, 2] + table[:, 3]) > 0].astype(np.int64)
    ones = np.ones(seen.shape[0], dtype=np.int64)
    return _net_benefit(seen, ones, threshold, None, level, n_patients=int(seen.shape[0]))


def _net_benefit(
    table: CountArray,
    frequency: CountArray,
    threshold: float,
    prevalence: float | None,
    level: float,
    *,
    n_patients: int | None,
) -> NetBenefit:
    normal_quantile(level)
    if not 0.0 <= threshold < 1.0:
        raise ValueError("`threshold` must lie in [0, 1).")
    weight = threshold / (1.0 - threshold)
    tp, fp, positives, negatives = (int(total) for total in frequency @ table)
    n = positives + negatives
    wald = BenefitIntervals(level, n, n_patients, prevalence)
    share = prevalence if prevalence is not None else positives / n if n else None
    if n == 0 or (prevalence is not None and 0 in (positives, negatives)):
        missing = "no case" if n == 0 else "no positive case" if positives == 0 else "no negative case"
        share = prevalence
        parts = [wald.undefined(missing)] * 3
    else:
        assert share is not None
        parts = benefit_estimates(table, frequency, weight, share, wald)
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


def _whole(count: int) -> int:
    if not math.isfinite(count) or int(count) != count:
        raise ValueError("`true_positive` and the other counts must be whole numbers.")
    return int(count)
