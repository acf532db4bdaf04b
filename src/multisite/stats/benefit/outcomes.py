"""What a threshold does to the patients of a place where the finding is as common as stated."""

import math
from dataclasses import dataclass

from multisite.stats.estimate import Estimate
from multisite.vocabulary import EstimateStatus

__all__ = ["Outcomes", "outcomes_at_prevalence"]

_METHOD = "square-and-add"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """Shares of all cases at ``prevalence``, the cases called positive per one of them with the finding, and worth.

    ``called_positive`` is ``true_positives`` + ``false_positives``; ``false_negatives`` are the misses.
    ``net_benefit`` is in true positives per case, ``treat_all`` what calling everybody positive is worth.
    """

    true_positives: Estimate
    false_negatives: Estimate
    false_positives: Estimate
    called_positive: Estimate
    called_per_true_positive: Estimate
    net_benefit: Estimate
    treat_all: float
    prevalence: float


def outcomes_at_prevalence(
    sensitivity: Estimate, specificity: Estimate, *, prevalence: float, act_from: float
) -> Outcomes:
    """π·Se, π(1 − Se), (1 − π)(1 − Sp), their sums and ratios, and π·Se − w(1 − π)(1 − Sp), w = t/(1 − t).

    The prevalence π counts as known, and sensitivity and specificity as independent. The first three have the interval
    of sensitivity or specificity itself, moved and stretched. A sum of two terms x + y, x in [l, u] and y in [l′, u′],
    has x + y − √((x − l)² + (y − l′)²) and likewise upwards (Zou and Donner); the ratio has theirs of a ratio (Donner
    and Zou). Where the intervals handed in count patients, those handed back do.

    Parameters
    ----------
    sensitivity, specificity
        Proportions with their intervals.
    prevalence
        π, strictly between 0 and 1.
    act_from
        t in [0, 1): the probability of the finding from which on one would act.

    Returns
    -------
    Outcomes
        Per case.

    Raises
    ------
    ValueError
        If ``prevalence`` or ``act_from`` is out of its range.

    Undefined cases
    ---------------
    Whatever needs a proportion that has no number is undefined, with its reason; one without an interval gives a
    number without one, status ``insufficient``. No true positive at all: the ratio is undefined.

    References
    ----------
    Zou GY, Donner A. Stat Med 2008;27:1693-1702. doi:10.1002/sim.3095 (sums)
    Donner A, Zou GY. Stat Methods Med Res 2012;21:347-359. doi:10.1177/0962280210383082 (ratios)
    Vickers AJ, Elkin EB. Med Decis Making 2006;26:565-574. doi:10.1177/0272989X06295361
    """
    if not 0.0 < prevalence < 1.0:
        raise ValueError("`prevalence` must lie strictly between 0 and 1.")
    if not 0.0 <= act_from < 1.0:
        raise ValueError("`act_from` must lie in [0, 1).")
    weight = act_from / (1.0 - act_from)
    hits = _scaled(sensitivity, prevalence, 0.0)
    alarms = _scaled(specificity, prevalence - 1.0, 1.0 - prevalence)
    return Outcomes(
        true_positives=hits,
        false_negatives=_scaled(sensitivity, -prevalence, prevalence),
        false_positives=alarms,
        called_positive=_sum(hits, alarms),
        called_per_true_positive=_one_more(_ratio(alarms, hits)),
        net_benefit=_sum(hits, _scaled(alarms, -weight, 0.0)),
        treat_all=prevalence - weight * (1.0 - prevalence),
        prevalence=prevalence,
    )


def _scaled(share: Estimate, factor: float, constant: float) -> Estimate:
    if share.estimate is None:
        return _made(share, None, None)
    ends = None
    if share.ci_low is not None and share.ci_high is not None:
        ends = factor * share.ci_low + constant, factor * share.ci_high + constant
    return _made(share, factor * share.estimate + constant, ends)


def _made(of: Estimate, value: float | None, ends: tuple[float, float] | None, method: str = "") -> Estimate:
    return Estimate(
        estimate=value,
        ci_low=None if ends is None else min(ends),
        ci_high=None if ends is None else max(ends),
        ci_level=of.ci_level,
        ci_method=method or of.ci_method,
        n_cases=of.n_cases,
        status=of.status,
        reason=of.reason,
    )


def _joined(first: Estimate, second: Estimate) -> Estimate:
    """What a number of both has in common with them: the worse status, its reason, and all cases."""
    worst = next((e for e in (first, second) if e.estimate is None), None)
    worst = worst or next((e for e in (first, second) if e.status is not EstimateStatus.OK), first)
    methods = dict.fromkeys((first.ci_method, second.ci_method))
    return Estimate(
        estimate=None,
        ci_low=None,
        ci_high=None,
        ci_level=first.ci_level,
        ci_method=f"{_METHOD} of {' and '.join(methods)}",
        n_cases=first.n_cases + second.n_cases,
        status=worst.status,
        reason=worst.reason,
    )


def _distances(estimate: Estimate) -> tuple[float, float] | None:
    if estimate.estimate is None or estimate.ci_low is None or estimate.ci_high is None:
        return None
    return estimate.estimate - estimate.ci_low, estimate.ci_high - estimate.estimate


def _sum(first: Estimate, second: Estimate) -> Estimate:
    both = _joined(first, second)
    if first.estimate is None or second.estimate is None:
        return both
    value, far, near = first.estimate + second.estimate, _distances(first), _distances(second)
    if far is None or near is None:
        return _made(both, value, None)
    return _made(both, value, (value - math.hypot(far[0], near[0]), value + math.hypot(far[1], near[1])))


def _ratio(top: Estimate, bottom: Estimate) -> Estimate:
    both = _joined(top, bottom)
    a, b = top.estimate, bottom.estimate
    if a is None or b is None:
        return both
    if b == 0.0:
        undefined = _made(both, None, None)
        return Estimate(
            estimate=None,
            ci_low=None,
            ci_high=None,
            ci_level=undefined.ci_level,
            ci_method=undefined.ci_method,
            n_cases=undefined.n_cases,
            status=EstimateStatus.UNDEFINED,
            reason="no case with the finding is called positive",
        )
    ends = None
    if None not in (top.ci_low, top.ci_high, bottom.ci_low, bottom.ci_high):
        la, ua, lb, ub = (float(end or 0.0) for end in (top.ci_low, top.ci_high, bottom.ci_low, bottom.ci_high))
        if lb > 0.0:
            wide, narrow = ub * (2.0 * b - ub), lb * (2.0 * b - lb)
            low = (a * b - math.sqrt(max(0.0, (a * b) ** 2 - la * (2.0 * a - la) * wide))) / wide if wide else 0.0
            high = (a * b + math.sqrt(max(0.0, (a * b) ** 2 - ua * (2.0 * a - ua) * narrow))) / narrow
            ends = max(0.0, low), high
    return _made(both, a / b, ends)


def _one_more(ratio: Estimate) -> Estimate:
    return _scaled(ratio, 1.0, 1.0)
