"""Whether another prevalence is enough to explain that scores are too high or too low on the whole."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special

from multisite.stats.calibration.calibration_line import calibration_line
from multisite.stats.calibration.observed_expected import observed_expected
from multisite.stats.dot import dot
from multisite.stats.estimate import ScoreEstimate, normal_quantile
from multisite.stats.score_counts import ScoreCounts, require_probabilities
from multisite.vocabulary import EstimateStatus

__all__ = ["PrevalenceShift", "prevalence_shift"]

_SHIFT = "log odds ratio of the prevalences, wald"
_REMAINING = "in the large less the log odds ratio of the prevalences, linearised"

_LARGEST_EXPONENT = 600.0
"""Beyond it an end of the interval is too large for a float, or nearly so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrevalenceShift:
    """``shift`` on the logit is what the other prevalence would do to true scores; ``remaining`` is the rest.

    ``observed_expected`` is O:E of the scores after the shift. All three have no miscalibration at 0, 0 and 1.
    """

    shift: ScoreEstimate
    remaining: ScoreEstimate
    observed_expected: ScoreEstimate


def prevalence_shift(
    counts: ScoreCounts,
    *,
    n_positive: int,
    n_negative: int,
    design_effect: float = 1.0,
    design_effect_prevalence: float = 1.0,
    design_effect_there: float = 1.0,
    level: float = 0.95,
) -> PrevalenceShift:
    """Take from the calibration in the large what follows from the prevalence alone.

    Where scores are true at a prevalence π₀ and the scores of each class are distributed alike here (label shift), then
    here, at π₁, logit P(y = 1 | s) = logit s + Δ with Δ = logit π₁ − logit π₀. So the in-the-large a of
    :func:`calibration_line` should be Δ, its slope 1, and ``remaining`` a − Δ should be 0. As a and logit π₁ are of the
    same cases, the variance of a − Δ is that of the sum of their influences, (y − p)/Σp(1 − p) less
    (y − π₁)/(nπ₁(1 − π₁)), to which that of logit π₀ is added.

    Parameters
    ----------
    counts
        Positives and negatives here per distinct score, scores in [0, 1].
    n_positive, n_negative
        Cases of both classes where the scores are taken to be true; they have no case in ``counts``.
    design_effect, design_effect_prevalence, design_effect_there
        Variance between patients over that of independent cases, above 0: of the calibration in the large here, for
        ``remaining`` and O:E; of the prevalence here, for ``shift``; and of the prevalence there. The first two differ:
        scores that are alike in a patient explain part of why its cases are alike.
    level
        Confidence level in (0, 1).

    Returns
    -------
    PrevalenceShift
        Three estimates with their intervals. That of O:E takes the shift as known.

    Raises
    ------
    ValueError
        If a score or ``level`` lies outside [0, 1], a count is no whole number of 0 or more, or a design effect is not
        finite and above 0.

    Undefined cases
    ---------------
    One class only, here or there: all three. A design effect that leaves O:E without an upper end: O:E without an
    interval, status ``insufficient``.

    References
    ----------
    Saerens M, Latinne P, Decaestecker C. Neural Comput 2002;14:21-41. doi:10.1162/089976602753284446
    Elkan C. IJCAI 2001:973-978. (the same shift of the odds)

    Examples
    --------
    >>> here = ScoreCounts(np.array([0.2, 0.5]), np.array([20, 40]), np.array([30, 10]))
    >>> round(prevalence_shift(here, n_positive=35, n_negative=65).shift.estimate, 2)
    1.02
    """
    require_probabilities(counts)
    effects = all(0.0 < effect < math.inf for effect in (design_effect, design_effect_prevalence, design_effect_there))
    counted = all(0 <= number < math.inf and number == int(number) for number in (n_positive, n_negative))
    if not counted or not effects:
        raise ValueError("Counts must be whole numbers of 0 or more, and design effects finite and above 0.")
    positives, negatives = counts.positives, counts.negatives
    z = normal_quantile(level)

    def estimate(value: float | None, error: float | None, method: str, reason: str | None) -> ScoreEstimate:
        known = value is not None and error is not None
        return ScoreEstimate(
            estimate=value,
            ci_low=value - z * error if value is not None and error is not None else None,
            ci_high=value + z * error if value is not None and error is not None else None,
            ci_level=level,
            ci_method=method,
            n_cases=positives + negatives,
            status=EstimateStatus.OK if known else EstimateStatus.UNDEFINED,
            reason=None if known else reason,
            n_positive=positives,
            n_negative=negatives,
            standard_error=error,
        )

    reason = _one_class(positives, negatives, "") or _one_class(n_positive, n_negative, " to compare with")
    line = calibration_line(counts, level=level)
    a = line.in_the_large.estimate
    if reason is not None or a is None:
        none = [estimate(None, None, method, reason) for method in (_SHIFT, _REMAINING, "log")]
        return PrevalenceShift(shift=none[0], remaining=none[1], observed_expected=none[2])
    shift = math.log(positives / negatives) - math.log(n_positive / n_negative)
    there = design_effect_there * (1.0 / n_positive + 1.0 / n_negative)
    x = special.logit(np.clip(counts.score, line.epsilon, 1.0 - line.epsilon))
    p = special.expit(x + a)
    total = counts.n_positive + counts.n_negative
    information = dot(total, p * (1.0 - p))
    with_finding = (1.0 - p) / information - 1.0 / positives
    without = 1.0 / negatives - p / information
    own = dot(counts.n_positive, with_finding**2) + dot(counts.n_negative, without**2)
    moved = special.expit(x + shift)
    error = math.sqrt(design_effect * own + there)
    here = design_effect_prevalence * (1.0 / positives + 1.0 / negatives)
    return PrevalenceShift(
        shift=estimate(shift, math.sqrt(here + there), _SHIFT, None),
        remaining=estimate(a - shift, error, _REMAINING, None),
        observed_expected=_widened(observed_expected(_at(counts, moved), level=level), design_effect, z),
    )


def _one_class(positives: int, negatives: int, where: str) -> str | None:
    if positives and negatives:
        return None
    return f"no {'negative case' if positives else 'positive case' if negatives else 'case'}{where}"


def _at(counts: ScoreCounts, score: np.ndarray[tuple[int], np.dtype[np.float64]]) -> ScoreCounts:
    """The counts at other, rising scores; equal ones are added up."""
    first = np.flatnonzero(np.append(True, score[1:] > score[:-1]))
    positive, negative = (np.add.reduceat(n, first) for n in (counts.n_positive, counts.n_negative))
    return ScoreCounts(score[first], positive, negative)


def _widened(found: ScoreEstimate, design_effect: float, z: float) -> ScoreEstimate:
    if design_effect == 1.0 or not found.estimate or found.standard_error is None:
        return found
    half = z * math.sqrt(design_effect) * found.standard_error
    if half < _LARGEST_EXPONENT:
        ends: dict[str, Any] = {"ci_low": found.estimate * math.exp(-half), "ci_high": found.estimate * math.exp(half)}
    else:
        reason = "the interval has no upper end"
        ends = {"ci_low": None, "ci_high": None, "status": EstimateStatus.INSUFFICIENT, "reason": reason}
    return ScoreEstimate(**{name: getattr(found, name) for name in ScoreEstimate.__dataclass_fields__} | ends)
