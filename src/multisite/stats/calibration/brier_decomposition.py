"""The parts of the Brier score: reliability, resolution and uncertainty, and what bins add to these."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from multisite.stats.calibration.binning import Binning, ClosedSide, bin_scores
from multisite.stats.dot import dot
from multisite.stats.score_counts import ScoreCounts, require_probabilities
from multisite.vocabulary import EstimateStatus

__all__ = ["BrierDecomposition", "Debiasing", "brier_decomposition"]

Debiasing: TypeAlias = Literal["full", "bounded"]

_DEBIASING: dict[Debiasing, str] = {
    "full": "ferro and fricker",
    "bounded": "ferro and fricker, no further than every term keeps its range",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class BrierDecomposition:
    """Five terms of the Brier score: reliability − resolution + uncertainty + within variance − within covariance.

    All are ``None`` where there is no case. Over distinct scores the last two are zero by definition.
    ``debiased_reliability`` and its fellows are the same terms less their bias, as ``debiasing`` says; they add up
    likewise, and are ``None`` where a bin holds one case alone.
    """

    brier: float | None
    reliability: float | None
    resolution: float | None
    uncertainty: float | None
    within_bin_variance: float | None
    within_bin_covariance: float | None
    debiased_reliability: float | None
    debiased_resolution: float | None
    debiased_uncertainty: float | None
    debiasing: str
    method: str
    n_bins: int
    n_cases: int
    n_positive: int
    n_negative: int
    status: EstimateStatus = EstimateStatus.OK
    reason: str | None = None

    @property
    def generalised_resolution(self) -> float | None:
        """Resolution − within-bin variance + within-bin covariance, with which three terms suffice again."""
        if self.resolution is None or self.within_bin_variance is None or self.within_bin_covariance is None:
            return None
        return self.resolution - self.within_bin_variance + self.within_bin_covariance


def brier_decomposition(
    counts: ScoreCounts,
    *,
    binning: Literal["distinct scores"] | Binning = "distinct scores",
    n_bins: int = 10,
    closed: ClosedSide = "left",
    debiasing: Debiasing = "full",
) -> BrierDecomposition:
    """Murphy's decomposition of the Brier score, exact over distinct scores and, with two more terms, over bins.

    With the share of positives ȳ_b and the mean score s̄_b of the n_b cases of bin b, and ȳ of all n:

    - reliability Σ n_b/n (s̄_b − ȳ_b)², smaller is better;
    - resolution Σ n_b/n (ȳ_b − ȳ)², larger is better;
    - uncertainty ȳ(1 − ȳ), a matter of the cases alone;
    - within-bin variance Σ_b Σ_i (s_i − s̄_b)²/n;
    - within-bin covariance 2 Σ_b Σ_i (y_i − ȳ_b)(s_i − s̄_b)/n.

    B = reliability − resolution + uncertainty + within-bin variance − within-bin covariance, always. Where every bin
    is one distinct score, the last two vanish and Murphy's three terms are exact. **Over wider bins the three terms do
    not add up to the Brier score**; no interval is given for any of them.

    The terms are biased in small bins: reliability and resolution both upwards. The debiased ones take
    v = Σ_b n_b/n · ȳ_b(1 − ȳ_b)/(n_b − 1) from both, and add u = ȳ(1 − ȳ)/(n − 1) to resolution and uncertainty (Ferro
    and Fricker). They may leave their ranges: reliability may be negative.

    Parameters
    ----------
    counts
        Positives and negatives per distinct score, scores in [0, 1].
    binning
        ``distinct scores``, or bins of ``equal width`` or ``equal mass``.
    n_bins, closed
        Number of bins and their closed side; without meaning for distinct scores.
    debiasing
        ``full``: v and u as they are. ``bounded``: times the largest share α of 1 or less that leaves reliability and
        resolution at 0 or above, resolution at 1 or below and uncertainty at ¼ or below, as R's SpecsVerification
        does; they still add up, and less of the bias is gone.

    Returns
    -------
    BrierDecomposition
        The terms; ``n_bins`` counts the bins that hold a case.

    Raises
    ------
    ValueError
        If a score lies outside [0, 1], there is no bin, or a name is unknown.

    Undefined cases
    ---------------
    No case: every term. A bin of one case: the debiased terms alone. One class: uncertainty and resolution are 0.

    References
    ----------
    Murphy AH. J Appl Meteorol 1973;12:595-600. doi:10.1175/1520-0450(1973)012<0595:ANVPOT>2.0.CO;2
    Stephenson DB, Coelho CAS, Jolliffe IT. Weather Forecast 2008;23:752-757. doi:10.1175/2007WAF2006116.1 (five terms)
    Ferro CAT, Fricker TE. Q J R Meteorol Soc 2012;138:1954-1960. doi:10.1002/qj.1924 (debiased)
    Siegert S. Q J R Meteorol Soc 2014;140:1771-1777. doi:10.1002/qj.2228 (SpecsVerification)

    Examples
    --------
    >>> found = brier_decomposition(ScoreCounts([0.2, 0.8], [1, 3], [4, 2]))
    >>> round(found.reliability, 3), round(found.resolution, 3), round(found.uncertainty, 3)
    (0.02, 0.04, 0.24)
    """
    require_probabilities(counts)
    if debiasing not in ("full", "bounded"):
        raise ValueError("`debiasing` must be `full` or `bounded`.")
    n = counts.positives + counts.negatives
    if binning == "distinct scores":
        method = "distinct scores, three terms"
        case_count = counts.n_positive + counts.n_negative
        held = case_count > 0
        m, positive = case_count[held].astype(float), counts.n_positive[held].astype(float)
        mean_score = counts.score[held]
    else:
        method = f"{n_bins} bins of {binning} closed on the {closed}, five terms"
        binned = bin_scores(counts, n_bins, binning=binning, closed=closed)
        held = binned.n_cases > 0
        m, positive = binned.n_cases[held].astype(float), binned.n_positive[held].astype(float)
        mean_score = binned.score_mass[held] / m
    if n == 0:
        return _without_a_case(method, _DEBIASING[debiasing])
    observed, overall = positive / m, counts.positives / n
    variance = covariance = 0.0
    if binning != "distinct scores":
        total = counts.n_positive + counts.n_negative
        own, share = binned.mean_score[binned.bin_of], binned.observed[binned.bin_of]
        gap = counts.score - own
        kept = total > 0
        variance = dot(total[kept], gap[kept] ** 2) / n
        excess = counts.n_positive - total * share
        covariance = 2.0 * dot(excess[kept], gap[kept]) / n
    reliability = dot(m, (mean_score - observed) ** 2) / n
    resolution = dot(m, (observed - overall) ** 2) / n
    uncertainty = overall * (1.0 - overall)
    debiased = None
    if m.min() > 1.0:
        within = dot(m, observed * (1.0 - observed) / (m - 1.0)) / n
        between = uncertainty / (n - 1)
        if debiasing == "bounded":
            part = _bounded(reliability, resolution, uncertainty, within, between)
            within, between = part * within, part * between
        debiased = (reliability - within, resolution - within + between, uncertainty + between)
    square = dot(counts.n_positive, (1.0 - counts.score) ** 2) + dot(counts.n_negative, counts.score**2)
    return BrierDecomposition(
        brier=square / n,
        reliability=reliability,
        resolution=resolution,
        uncertainty=uncertainty,
        within_bin_variance=variance,
        within_bin_covariance=covariance,
        debiased_reliability=debiased[0] if debiased else None,
        debiased_resolution=debiased[1] if debiased else None,
        debiased_uncertainty=debiased[2] if debiased else None,
        debiasing=_DEBIASING[debiasing],
        method=method,
        n_bins=int(m.size),
        n_cases=n,
        n_positive=counts.positives,
        n_negative=counts.negatives,
    )


def _bounded(reliability: float, resolution: float, uncertainty: float, within: float, between: float) -> float:
    """The largest share of the correction with which no term leaves its range."""
    # Within rounding a term may lie at its bound already.
    limits = [1.0]
    if within > 0.0:
        limits.append(reliability / within)
    if within > between:
        limits.append(resolution / (within - between))
    elif within < between:
        limits.append((1.0 - resolution) / (between - within))
    if between > 0.0:
        limits.append((0.25 - uncertainty) / between)
    return max(0.0, min(limits))


def _without_a_case(method: str, debiasing: str) -> BrierDecomposition:
    return BrierDecomposition(
        brier=None,
        reliability=None,
        resolution=None,
        uncertainty=None,
        within_bin_variance=None,
        within_bin_covariance=None,
        debiased_reliability=None,
        debiased_resolution=None,
        debiased_uncertainty=None,
        debiasing=debiasing,
        method=method,
        n_bins=0,
        n_cases=0,
        n_positive=0,
        n_negative=0,
        status=EstimateStatus.UNDEFINED,
        reason="no case",
    )
