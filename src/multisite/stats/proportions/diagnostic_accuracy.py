"""All that a two-by-two table of results and findings says about a test."""

from dataclasses import dataclass

from multisite.stats.proportions.counts import whole_count
from multisite.stats.proportions.intervals import ProportionMethod
from multisite.stats.proportions.joining import limits, square_and_add
from multisite.stats.proportions.likelihood_ratio import ZeroCells, diagnostic_odds_ratio, likelihood_ratio
from multisite.stats.proportions.predictive_values import PredictiveValues, PredictiveValuesMethod, predictive_values
from multisite.stats.proportions.proportion import proportion
from multisite.stats.proportions.result import DifferenceEstimate, ProportionEstimate, RatioEstimate
from multisite.vocabulary import EstimateStatus

__all__ = ["DiagnosticAccuracy", "diagnostic_accuracy"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagnosticAccuracy:
    """Accuracy of a binary test, each number with its own interval and its own status.

    ``ppv``, ``npv`` and ``accuracy`` are at the prevalence of this set, which the choice of cases may have made;
    ``at_prevalence`` holds the predictive values at a stated one, if one was stated. ``youden_index`` is sensitivity
    minus the false-positive rate.
    """

    sensitivity: ProportionEstimate
    specificity: ProportionEstimate
    ppv: ProportionEstimate
    npv: ProportionEstimate
    accuracy: ProportionEstimate
    prevalence: ProportionEstimate
    youden_index: DifferenceEstimate
    positive_likelihood_ratio: RatioEstimate
    negative_likelihood_ratio: RatioEstimate
    diagnostic_odds_ratio: RatioEstimate
    at_prevalence: PredictiveValues | None


def diagnostic_accuracy(
    tp: int,
    fp: int,
    fn: int,
    tn: int,
    *,
    prevalence: float | None = None,
    method: ProportionMethod = "wilson",
    predictive_method: PredictiveValuesMethod = "logit",
    zero_cells: ZeroCells = "keep",
    level: float = 0.95,
) -> DiagnosticAccuracy:
    """Sensitivity tp/(tp + fn), specificity tn/(tn + fp), PPV tp/(tp + fp), NPV tn/(tn + fn), accuracy, prevalence,
    Youden's index, likelihood ratios and diagnostic odds ratio of independent cases.

    LR+ = se/(1 − sp) and LR− = (1 − se)/sp have Simel's logarithmic interval, DOR = tp·tn/(fp·fn) Woolf's; Youden's
    J = se + sp − 1 joins the intervals of se and sp by square-and-add (for ``wilson`` that is Newcombe's method 10 for
    se − (1 − sp)). The rest are proportions.

    Parameters
    ----------
    tp, fp, fn, tn
        Whole numbers of true positives, false positives, false negatives and true negatives.
    prevalence
        Prevalence in (0, 1) at which the predictive values are wanted besides.
    method
        Interval of the proportions, as in :func:`proportion`.
    predictive_method
        Interval at the stated prevalence, as in :func:`predictive_values`.
    zero_cells
        ``keep``: LR and DOR are what the counts say. ``add-half``: if any of the four counts is zero, 0.5 is added to
        all four for all three ratios (Haldane and Anscombe), estimate and interval, and ``ci_method`` says so.
    level
        Confidence level in (0, 1).

    Returns
    -------
    DiagnosticAccuracy
        All of them.

    Raises
    ------
    ValueError
        If a count is not whole, the prevalence not in (0, 1), or a method unknown.

    Undefined cases
    ---------------
    A denominator of zero: that proportion. No case with, or none without, the finding: J and the ratios, even with
    ``add-half``. With ``keep``: a ratio over zero (no false positive for LR+, no true negative for LR−, either wrong
    cell for DOR) is infinite or 0/0 and undefined; a ratio of zero stands without an interval, status
    ``insufficient``, and so does one whose counts show no variance (every result positive, or every one negative).

    References
    ----------
    Simel DL, Samsa GP, Matchar DB. J Clin Epidemiol 1991;44:763-770. doi:10.1016/0895-4356(91)90128-V
    Glas AS et al. J Clin Epidemiol 2003;56:1129-1135. doi:10.1016/S0895-4356(03)00177-X
    Youden WJ. Cancer 1950;3:32-35. doi:10.1002/1097-0142(1950)3:1<32::AID-CNCR2820030106>3.0.CO;2-3
    """
    tp, fp, fn, tn = (whole_count(name, n) for name, n in zip(("tp", "fp", "fn", "tn"), (tp, fp, fn, tn), strict=True))
    if zero_cells not in ("keep", "add-half"):
        raise ValueError("`zero_cells` must be `keep` or `add-half`.")
    half_added = zero_cells == "add-half" and min(tp, fp, fn, tn) == 0

    def share(numerator: int, denominator: int) -> ProportionEstimate:
        return proportion(numerator, denominator, method=method, level=level)

    sensitivity, specificity = share(tp, tp + fn), share(tn, tn + fp)
    return DiagnosticAccuracy(
        sensitivity=sensitivity,
        specificity=specificity,
        ppv=share(tp, tp + fp),
        npv=share(tn, tn + fn),
        accuracy=share(tp + tn, tp + fp + fn + tn),
        prevalence=share(tp + fn, tp + fp + fn + tn),
        youden_index=_youden_index(sensitivity, share(fp, tn + fp), method=method, level=level),
        positive_likelihood_ratio=likelihood_ratio(tp + fn, fp + tn, tp, fp, half_added=half_added, level=level),
        negative_likelihood_ratio=likelihood_ratio(tp + fn, fp + tn, fn, tn, half_added=half_added, level=level),
        diagnostic_odds_ratio=diagnostic_odds_ratio(tp, fp, fn, tn, half_added=half_added, level=level),
        at_prevalence=None
        if prevalence is None
        else predictive_values(tp, fp, fn, tn, prevalence=prevalence, method=predictive_method, level=level),
    )


def _youden_index(
    sensitivity: ProportionEstimate, false_positive_rate: ProportionEstimate, *, method: ProportionMethod, level: float
) -> DifferenceEstimate:
    one, other = sensitivity, false_positive_rate
    index = low = high = reason = None
    if one.estimate is not None and other.estimate is not None:
        index = (one.numerator * other.denominator - other.numerator * one.denominator) / (
            one.denominator * other.denominator
        )
        if one.ci_low is None or other.ci_low is None:
            reason = "one of the two has no interval"
        else:
            low, high = square_and_add(one.estimate, limits(one), other.estimate, limits(other))
    else:
        reason = "no case with the finding, or none without it"
    thin = EstimateStatus.UNDEFINED if index is None else EstimateStatus.INSUFFICIENT
    return DifferenceEstimate(
        estimate=index,
        ci_low=low,
        ci_high=high,
        ci_level=level,
        ci_method=f"square-and-add of {method}",
        n_cases=one.denominator + other.denominator,
        status=thin if reason else EstimateStatus.OK,
        reason=reason,
        first=one.estimate,
        second=other.estimate,
        n_first=one.denominator,
        n_second=other.denominator,
    )
