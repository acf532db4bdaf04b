"""The paired difference of two proportions over sites, from the counts of all sites added up."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields

from scipy import special

from multisite.stats.estimate import Estimate, normal_quantile
from multisite.stats.pooling.pooled_estimate import PooledEstimate
from multisite.stats.pooling.random_effects import random_effects
from multisite.stats.proportions.counts import whole_count
from multisite.stats.proportions.paired_difference import tango_limits
from multisite.vocabulary import EstimateStatus

__all__ = ["PairedSums", "PooledPairedDifference", "pooled_paired_difference"]

_METHOD = "tango score, counts of the sites added"


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedSums:
    """What a site counts of two classifiers of the same cases; the sums of disjoint patients add.

    With y₁ and y₂ of a patient's n cases right, d = y₁ − y₂: ``sum_dd``, ``sum_dn`` and ``sum_nn`` are Σd², Σdn, Σn².

    Raises
    ------
    ValueError
        If a number is not whole, or the sums contradict each other.
    """

    n_patients: int
    n_cases: int
    first_only: int
    second_only: int
    sum_dd: int
    sum_dn: int
    sum_nn: int

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            whole_count(field.name, abs(value) if field.name == "sum_dn" else value)
            object.__setattr__(self, field.name, int(value))
        possible = self.first_only + self.second_only <= self.n_cases <= self.sum_nn
        ordered = self.sum_dd <= self.sum_nn and abs(self.sum_dn) <= self.sum_nn and self.n_patients <= self.n_cases
        if not (possible and ordered and self.sum_dn**2 <= self.sum_dd * self.sum_nn):
            raise ValueError("The sums over patients contradict each other.")

    def __add__(self, other: "PairedSums") -> "PairedSums":
        return PairedSums(**{f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(self)})

    @property
    def difference(self) -> float:
        """(f − g)/n; n must not be 0."""
        return (self.first_only - self.second_only) / self.n_cases

    @property
    def is_clustered(self) -> bool:
        """Whether a patient has several cases."""
        return self.sum_nn > self.n_cases

    @property
    def design_effect(self) -> float:
        """Variance between patients over that of independent cases, not below 1; K must be above 1 if clustered.

        One discordant case more, of a patient whose cases are alike (Σn²/Σn), stands in both, so that there is always
        a variance.
        """
        if not self.is_clustered:
            return 1.0
        n, k, theta = self.n_cases, self.n_patients, self.difference
        independent = self.first_only + self.second_only - theta * theta * n
        between = k / (k - 1) * (self.sum_dd - 2.0 * theta * self.sum_dn + theta * theta * self.sum_nn)
        return max(1.0, (between + self.sum_nn / n) / (independent + 1.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class PooledPairedDifference(Estimate):
    """First minus second over the sites. ``p_value`` is two-sided, of 0, and agrees with the interval.

    ``standard_error`` has half a case more that only the first, and half a case more that only the second has right,
    so that it is never 0; ``degrees_of_freedom`` are ``None`` for the normal quantile. ``between`` tells how the sites
    differ; its mean is not the estimate.
    """

    n_sites: int
    n_patients: int
    standard_error: float | None = None
    p_value: float | None = None
    degrees_of_freedom: float | None = None
    design_effect: float | None = None
    between: PooledEstimate


def pooled_paired_difference(sites: Sequence[PairedSums], *, level: float = 0.95) -> PooledPairedDifference:
    """θ = Σ(f − g)/Σn over sites, by Tango's score interval of the added counts.

    Every site weighs as many cases as it has: Mantel and Haenszel's weights where both classifiers have the same cases.
    The interval is of the mean over the patients **of these sites**; a site without a discordant case counts as any
    other. It holds no weight that depends on what a site found, nor a variance of nothing. Cases are counted as
    n/D · (z/t)², D being the design effect of the added sums over patients (not below 1) and t on K − 1 degrees of
    freedom, if any patient has several; else as they are. The p-value is that of (f − g)/√(D(f + g)), McNemar's, and 1
    without a discordant case.

    How the sites differ (``between``) is :func:`random_effects` of the sites' differences, the variance within each
    being D(q − θ²)/nₛ at the discordance q of all sites, half a case more on either side, so that it does not depend on
    the site's own difference.

    Parameters
    ----------
    sites
        Sums of each site; no patient may be in two. Sites without a case take no part.
    level
        Confidence level in (0, 1).

    Returns
    -------
    PooledPairedDifference
        Estimate in [−1, 1], above 0 where the first is larger.

    Raises
    ------
    ValueError
        If ``level`` is out of range.

    Undefined cases
    ---------------
    No case: undefined. One site: its own estimate without an interval, status ``insufficient``.

    Coverage
    --------
    Simulated, 2 to 20 sites of 20 to 300 cases, only the second right in 2 to 5 %, only the first in 0 to 2 %: the
    interval holds the truth in 94.4-95.5 %, its lower end lies above it in 1.3-2.5 % (8 sites of 100 cases, 3 % and 0:
    2.0 %; the random-effects mean of Wald differences: 16.5 %). 4 or 8 sites of 30 or 40 patients of 1 to 4 cases,
    independent to alike: 94.9-95.5 %, and 2.0-2.7 %.

    References
    ----------
    Tango T. Stat Med 1998;17:891-908. doi:10.1002/(SICI)1097-0258(19980430)17:8<891::AID-SIM780>3.0.CO;2-B
    Mantel N, Haenszel W. J Natl Cancer Inst 1959;22:719-748. doi:10.1093/jnci/22.4.719

    Examples
    --------
    >>> one = PairedSums(n_patients=21, n_cases=21, first_only=1, second_only=7, sum_dd=8, sum_dn=-6, sum_nn=21)
    >>> found = pooled_paired_difference([one, one])
    >>> round(found.estimate, 3), found.n_sites
    (-0.286, 2)
    """
    z = normal_quantile(level)
    held = [site for site in sites if site.n_cases]
    if not held:
        return PooledPairedDifference(
            estimate=None,
            ci_low=None,
            ci_high=None,
            ci_level=level,
            ci_method=_METHOD,
            n_cases=0,
            status=EstimateStatus.UNDEFINED,
            reason="no site",
            n_sites=0,
            n_patients=0,
            between=random_effects([], [], level=level),
        )
    total = sum(held[1:], start=held[0])
    clustered, effect = total.is_clustered, 1.0 if total.n_patients < 2 else total.design_effect
    f, g, n = total.first_only, total.second_only, total.n_cases
    smoothed = (f + g + 1.0) / (n + 1.0) - ((f - g) / (n + 1.0)) ** 2
    between = random_effects(
        [site.difference for site in held], [effect * smoothed / site.n_cases for site in held], level=level
    )
    low = high = p_value = None
    if len(held) > 1:
        freedom = total.n_patients - 1
        student = float(special.stdtrit(freedom, 0.5 + level / 2.0)) if clustered else z
        share = (z / student) ** 2 / effect
        low, high = tango_limits(share * f, share * g, share * n, z)
        score = -abs(f - g) / math.sqrt(effect * (f + g)) if f + g else 0.0
        p_value = 2.0 * float(special.stdtr(freedom, score) if clustered else special.ndtr(score))
    return PooledPairedDifference(
        estimate=total.difference,
        ci_low=low,
        ci_high=high,
        ci_level=level,
        ci_method=f"{_METHOD}, patients as clusters, t" if clustered else _METHOD,
        n_cases=n,
        status=EstimateStatus.INSUFFICIENT if low is None else EstimateStatus.OK,
        reason="one site: its own estimate, and no interval over sites" if low is None else None,
        n_sites=len(held),
        n_patients=total.n_patients,
        standard_error=None if low is None else math.sqrt(effect * smoothed / n),
        p_value=p_value,
        degrees_of_freedom=float(total.n_patients - 1) if clustered and low is not None else None,
        design_effect=effect,
        between=between,
    )
