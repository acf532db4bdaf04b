"""The difference of two proportions of different cases, some patients of which have cases on both sides."""

import math
from dataclasses import dataclass

from multisite.stats.proportions.clustered import ClusterMoments, clustered_proportion
from multisite.stats.proportions.joining import limits, square_and_add
from multisite.stats.proportions.proportion import proportion
from multisite.stats.proportions.result import DifferenceEstimate, ProportionEstimate
from multisite.vocabulary import EstimateStatus

__all__ = ["SharedMoments", "overlapping_proportion_difference"]

_CLUSTERED = "square-and-add of patient-clustered wilson"
_PLAIN = "square-and-add of wilson"


@dataclass(frozen=True, slots=True)
class SharedMoments:
    """Sums over the patients who have cases in both of two groups, of products of one group's sums and the other's.

    ``sum_yn`` is the sum of y₁n₂ and ``sum_ny`` that of n₁y₂; y and n are as in
    :class:`~multisite.stats.ClusterMoments`. The sums of disjoint patients add.

    Raises
    ------
    ValueError
        If a sum is negative, or the sums contradict each other.
    """

    n_patients: int = 0
    sum_yy: int = 0
    sum_yn: int = 0
    sum_ny: int = 0
    sum_nn: int = 0

    def __post_init__(self) -> None:
        if not (
            0 <= self.sum_yy <= min(self.sum_yn, self.sum_ny)
            and max(self.sum_yn, self.sum_ny) <= self.sum_nn
            and 0 <= self.n_patients <= self.sum_nn
        ):
            raise ValueError("The shared moments contradict each other: 0 ≤ y ≤ n for every patient and group.")

    def __add__(self, other: "SharedMoments") -> "SharedMoments":
        return SharedMoments(
            self.n_patients + other.n_patients,
            self.sum_yy + other.sum_yy,
            self.sum_yn + other.sum_yn,
            self.sum_ny + other.sum_ny,
            self.sum_nn + other.sum_nn,
        )


def overlapping_proportion_difference(
    first: ClusterMoments, second: ClusterMoments, shared: SharedMoments, *, level: float = 0.95
) -> DifferenceEstimate:
    """θ = r₁ − r₂ of two ratios Σy/Σn of **different cases**, of which some patients have both.

    The patient-clustered Wilson limits of both are joined by the square-and-add rule with the correlation of the two
    ratios between the K patients of either group: their covariance, K/(K − 1) · Σ(y₁ − r₁n₁)(y₂ − r₂n₂)/(Σn₁ Σn₂), over
    the root of both variances between patients; 0 where one of them shows no variance. Patients whose cases are alike
    on both sides make the interval narrower than it would be of different patients. A group in which no patient has two
    cases has Wilson's plain limits; without shared patients either, the interval is Newcombe's method 10.

    Parameters
    ----------
    first, second
        Sums over the patients of each group.
    shared
        Sums over the patients with cases in both.
    level
        Confidence level in (0, 1).

    Returns
    -------
    DifferenceEstimate
        Estimate in [−1, 1]; ``n_patients`` counts each patient once.

    Raises
    ------
    ValueError
        If more patients are shared than a group has.

    Undefined cases
    ---------------
    No case in a group: undefined. One patient in a group: the estimate stands without an interval, status
    ``insufficient``.

    References
    ----------
    Newcombe RG. Stat Med 1998;17:873-890. doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I
    Zou GY, Donner A. Stat Med 2008;27:1693-1702. doi:10.1002/sim.3095
    Cochran WG. Sampling Techniques, 3rd ed. Wiley 1977, section 6.4 (the covariance of two ratios)
    """
    if shared.n_patients > min(first.n_patients, second.n_patients):
        raise ValueError("More patients are shared than a group has.")
    one, other = _side(first, level), _side(second, level)
    name = _CLUSTERED if first.clustered or second.clustered else _PLAIN
    n_patients = first.n_patients + second.n_patients - shared.n_patients
    difference = low = high = None
    status, reason = EstimateStatus.UNDEFINED, "a denominator is zero"
    if one.estimate is not None and other.estimate is not None:
        difference = one.estimate - other.estimate
        status, reason = EstimateStatus.INSUFFICIENT, "one patient: there is no variance between patients"
        if one.ci_low is not None and other.ci_low is not None:
            low, high = square_and_add(
                one.estimate,
                limits(one),
                other.estimate,
                limits(other),
                correlation=_correlation(first, second, shared, n_patients),
            )
            status, reason = EstimateStatus.OK, ""
    return DifferenceEstimate(
        estimate=difference,
        ci_low=low,
        ci_high=high,
        ci_level=level,
        ci_method=f"{name}, shared patients correlated" if shared.n_patients else name,
        n_cases=first.sum_n + second.sum_n,
        status=status,
        reason=reason or None,
        first=one.estimate,
        second=other.estimate,
        n_first=first.sum_n,
        n_second=second.sum_n,
        n_patients=n_patients,
    )


def _side(moments: ClusterMoments, level: float) -> ProportionEstimate:
    if moments.clustered:
        return clustered_proportion(moments, level=level)
    return proportion(moments.sum_y, moments.sum_n, level=level)


def _correlation(first: ClusterMoments, second: ClusterMoments, shared: SharedMoments, n_patients: int) -> float:
    spread = math.sqrt((first.variance or 0.0) * (second.variance or 0.0))
    if spread == 0.0:
        return 0.0
    r1, r2 = first.sum_y / first.sum_n, second.sum_y / second.sum_n
    products = shared.sum_yy - r2 * shared.sum_yn - r1 * shared.sum_ny + r1 * r2 * shared.sum_nn
    covariance = n_patients / (n_patients - 1) * products / (first.sum_n * second.sum_n)
    return max(-1.0, min(1.0, covariance / spread))
