"""Pooling proportions by their counts: a binomial law within sites, a normal one between them."""

from dataclasses import dataclass

import numpy.typing as npt
from scipy import special

from multisite.stats.estimate import CountArray, Estimate, normal_quantile
from multisite.stats.pooling.binomial_normal_likelihood import BinomialNormalLikelihood
from multisite.stats.pooling.logit_of_counts import require_counts
from multisite.vocabulary import EstimateStatus

__all__ = ["BinomialNormal", "binomial_normal"]

_METHOD = "binomial-normal by maximum likelihood"


@dataclass(frozen=True, slots=True, kw_only=True)
class BinomialNormal(Estimate):
    """Median proportion over sites; ``tau`` is the standard deviation between sites on the logit scale.

    ``logit`` is the logit of ``estimate``; ``mean_proportion`` the mean over sites, which lies nearer to ½ than the
    median.
    """

    n_sites: int
    logit: float | None = None
    tau: float | None = None
    tau_note: str | None = None
    mean_proportion: float | None = None
    log_likelihood: float | None = None


def binomial_normal(events: npt.ArrayLike, cases: npt.ArrayLike, *, level: float = 0.95) -> BinomialNormal:
    """Proportions without a correction: y ~ Binomial(n, p), logit p ~ N(μ, τ²), μ and τ by maximum likelihood.

    The likelihood of each site is an integral over its logit, by the trapezoidal rule with nodes laid about the peak of
    its integrand, as close as τ asks for; the log-likelihood is right to 10⁻⁶ up to the largest τ² that is looked at,
    400. (Gauss-Hermite quadrature, the custom, fails where τ is large.) The interval of μ is that of its profile
    likelihood, {μ: 2(ℓ̂ − max over τ of ℓ) ≤ F}, F the quantile of F on 1 and k − 1 degrees of freedom in place of
    χ²'s, so that few sites widen it.

    Parameters
    ----------
    events, cases
        Whole numbers per site, 0 ≤ events ≤ cases, shape ``(n_sites,)``.
    level
        Confidence level in (0, 1).

    Returns
    -------
    BinomialNormal
        The estimate is 1/(1 + exp(−μ̂)), the median proportion over sites.

    Raises
    ------
    ValueError
        If the counts are not whole or contradict each other.

    Undefined cases
    ---------------
    No case: undefined. One site with cases: its own proportion, status ``insufficient``, τ unknown. No event
    at any site (or nothing but events): the estimate is 0 (or 1), status ``insufficient``, for the likelihood has its
    maximum at infinity. τ̂ = 0 is a number, and ``tau_note`` says that it is at the boundary.

    Coverage
    --------
    Simulated, 5 and 10 sites, τ = 0.3: 98 to 99 %, on the safe side.

    References
    ----------
    Stijnen T, Hamza TH, Özdemir P. Stat Med 2010;29:3046-3067. doi:10.1002/sim.4040
    Liu Q, Pierce DA. Biometrika 1994;81:624-629. doi:10.1093/biomet/81.3.624 (nodes about the peak)
    Trefethen LN, Weideman JAC. SIAM Rev 2014;56:385-458. doi:10.1137/130932132 (the trapezoidal rule)

    Examples
    --------
    >>> round(binomial_normal([18, 40, 27], [20, 50, 30]).estimate, 3)
    0.85
    """
    y, n = require_counts(events, cases)
    quantile = normal_quantile(level)
    y, n = y[n > 0], n[n > 0]
    total, k = int(n.sum()), int(n.size)
    obstacle = _obstacle(y, n)
    if obstacle is not None:
        return BinomialNormal(
            estimate=int(y.sum()) / total if total else None,
            ci_low=None,
            ci_high=None,
            ci_level=level,
            ci_method=_METHOD,
            n_cases=total,
            status=EstimateStatus.INSUFFICIENT if total else EstimateStatus.UNDEFINED,
            reason=obstacle,
            n_sites=k,
        )
    likelihood = BinomialNormalLikelihood(y, n)
    mean, tau, highest = likelihood.maximum()
    # F on 1 and k − 1 degrees of freedom is the square of Student's t.
    allowed = float(special.stdtrit(k - 1, special.ndtr(quantile)))
    low = likelihood.end(mean, highest, allowed, -1.0)
    high = likelihood.end(mean, highest, allowed, 1.0)
    return BinomialNormal(
        estimate=float(special.expit(mean)),
        ci_low=0.0 if low is None else float(special.expit(low)),
        ci_high=1.0 if high is None else float(special.expit(high)),
        ci_level=level,
        ci_method=f"{_METHOD}, profile likelihood, F(1, k-1)",
        n_cases=total,
        n_sites=k,
        logit=mean,
        tau=tau,
        tau_note="the estimate is at the boundary 0" if tau == 0.0 else None,
        mean_proportion=likelihood.mean_proportion(mean, tau),
        log_likelihood=highest,
    )


def _obstacle(y: CountArray, n: CountArray) -> str | None:
    if not n.size:
        return "no case"
    if n.size == 1:
        return "one site with cases: its own proportion, and no variance between sites"
    if not y.any():
        return "no event at any site"
    return "nothing but events at every site" if (y == n).all() else None
