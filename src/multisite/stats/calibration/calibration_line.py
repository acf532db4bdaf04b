"""Logistic recalibration: how far the scores must be shifted and stretched to fit the truth."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from scipy import special

from multisite.stats.calibration.logistic_fit import Coefficient, GroupedBinary, fit_line, fit_shift
from multisite.stats.estimate import ScoreEstimate, normal_quantile
from multisite.stats.score_counts import ScoreCounts, require_probabilities
from multisite.vocabulary import EstimateStatus

__all__ = ["CalibrationLine", "ExtremeScores", "calibration_line", "fit_named"]

ExtremeScores: TypeAlias = Literal["clip", "drop"]

_JOINT = "wald, intercept and slope fitted together"
_FIXED = "wald, slope fixed at 1"


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationLine:
    """Three coefficients of logistic recalibration. Two of them are called "calibration intercept" elsewhere.

    ``intercept`` and ``slope`` come from one fit, and the intercept means little without its slope: it is where the
    fitted line stands at a score of ½. ``in_the_large`` is the intercept with the slope fixed at 1: by how much all
    scores are too low on the logit. ``covariance`` is that of the first two. ``n_clipped`` cases had a score closer to
    0 or 1 than ``epsilon`` and were moved; ``n_left_out`` had a score of exactly 0 or 1 and were dropped. At most one
    of the two is above zero. The counts of the three estimates are those of the cases that were fitted.
    """

    intercept: ScoreEstimate
    slope: ScoreEstimate
    in_the_large: ScoreEstimate
    covariance: float | None
    epsilon: float
    n_clipped: int
    n_left_out: int = 0


def calibration_line(
    counts: ScoreCounts, *, level: float = 0.95, epsilon: float = 1e-6, extreme: ExtremeScores = "clip"
) -> CalibrationLine:
    """Fit of logit P(y = 1) = a + b·logit(s), and of a alone with b = 1, by maximum likelihood on counts.

    Parameters
    ----------
    counts
        Positives and negatives per distinct score, scores in [0, 1].
    level
        Confidence level in (0, 1) of the Wald intervals; cases are taken as independent. For patients with several
        cases, see :func:`clustered_calibration_line`.
    epsilon
        For ``clip``, in (0, 0.5).
    extreme
        The logit of 0 and 1 is infinite. ``clip``: scores are first moved into [ε, 1 − ε]; a few that are wrong can
        then decide the fit, and how far depends on ε, so that ``reason`` says how many were moved, beside status
        ``ok``. ``drop``: cases with a score of exactly 0 or 1 are left out of all three, as ``rms::val.prob`` and
        CalibrationCurves do, and ε has no part; what they would say (certain, and perhaps wrong) is then not told.

    Returns
    -------
    CalibrationLine
        Best values: intercept 0, slope 1, in-the-large 0. A slope below 1 means scores that are too
        extreme; a negative in-the-large, scores that are too high.

    Raises
    ------
    ValueError
        If a score lies outside [0, 1] or ``epsilon`` outside (0, 0.5), or ``extreme`` is unknown.

    Undefined cases
    ---------------
    One class only: all three. One score for all, scores that separate the classes (the highest of one class
    does not exceed the lowest of the other, so the likelihood has no maximum), or no convergence: intercept
    and slope, while in-the-large still exists. With ``drop``, what counts are the cases that are left.

    References
    ----------
    Cox DR. Biometrika 1958;45:562-565. doi:10.1093/biomet/45.3-4.562
    Van Calster B et al. BMC Med 2019;17:230. doi:10.1186/s12916-019-1466-7
    """
    require_probabilities(counts)
    if not 0.0 < epsilon < 0.5:
        raise ValueError("`epsilon` must lie strictly between 0 and 0.5.")
    if extreme not in ("clip", "drop"):
        raise ValueError("`extreme` must be `clip` or `drop`.")
    z = normal_quantile(level)
    total = counts.n_positive + counts.n_negative
    certain = (counts.score <= 0.0) | (counts.score >= 1.0)
    kept = (total > 0) & ~(certain & (extreme == "drop"))
    n_left_out = int(total[~kept].sum())
    score, positive, total = counts.score[kept], counts.n_positive[kept], total[kept]
    n_positive, n_cases = int(positive.sum()), int(total.sum())
    n_clipped, clipped = 0, None
    if extreme == "clip":
        n_clipped = int(total[(score < epsilon) | (score > 1.0 - epsilon)].sum())
        score = np.clip(score, epsilon, 1.0 - epsilon)
    if n_clipped:
        clipped = (
            f"scores of 0 or 1, or nearer to them than epsilon, were moved to epsilon ({epsilon:g}) "
            f"in {n_clipped} of {n_cases} cases: the numbers depend on it"
        )
    data = GroupedBinary(special.logit(score), positive.astype(np.float64), total.astype(np.float64))

    def coefficient(fitted: Coefficient | None, method: str, reason: str | None) -> ScoreEstimate:
        return ScoreEstimate(
            estimate=fitted.value if fitted else None,
            ci_low=fitted.value - z * fitted.error if fitted else None,
            ci_high=fitted.value + z * fitted.error if fitted else None,
            ci_level=level,
            ci_method=fit_named(method, extreme),
            n_cases=n_cases,
            status=EstimateStatus.OK if fitted else EstimateStatus.UNDEFINED,
            reason=clipped if fitted else reason,
            n_positive=n_positive,
            n_negative=n_cases - n_positive,
            standard_error=fitted.error if fitted else None,
        )

    one_class = _one_class(n_positive, n_cases - n_positive, n_left_out)
    shift = None if one_class else fit_shift(data)
    obstacle = one_class or _no_maximum(data)
    fit = None if obstacle else fit_line(data)
    if fit is None and obstacle is None:
        obstacle = "the fit did not converge"
    return CalibrationLine(
        intercept=coefficient(fit.intercept if fit else None, _JOINT, obstacle),
        slope=coefficient(fit.slope if fit else None, _JOINT, obstacle),
        in_the_large=coefficient(shift, _FIXED, one_class),
        covariance=fit.covariance if fit else None,
        epsilon=epsilon,
        n_clipped=n_clipped,
        n_left_out=n_left_out,
    )


def fit_named(method: str, extreme: ExtremeScores) -> str:
    """``method`` and, where scores of 0 and 1 do not take part, that they do not."""
    return f"{method}; scores of 0 or 1 left out" if extreme == "drop" else method


def _one_class(positives: int, negatives: int, n_left_out: int) -> str | None:
    if positives and negatives:
        return None
    missing = "negative case" if positives else "positive case" if negatives else "case"
    return f"no {missing} with a score between 0 and 1" if n_left_out else f"no {missing}"


def _no_maximum(data: GroupedBinary) -> str | None:
    if data.x[0] == data.x[-1]:
        return "every case has the same score"
    with_positive, with_negative = data.x[data.positive > 0], data.x[data.positive < data.total]
    overlap = with_positive[0] < with_negative[-1] and with_negative[0] < with_positive[-1]
    return None if overlap else "the scores separate the classes, and the likelihood has no maximum"
