"""What a case adds to each statistic of a tally: a function of its score and its class alone."""

from dataclasses import dataclass

import numpy as np
from scipy import special

from multisite.stats.calibration.calibration_line import CalibrationLine
from multisite.stats.dot import dot
from multisite.stats.estimate import FloatArray
from multisite.stats.score_counts import ScoreCounts, require_probabilities

__all__ = ["INFLUENCES", "ScoreInfluence", "score_influence"]

INFLUENCES = (
    "auc of positives",
    "auc of negatives",
    "intercept",
    "slope",
    "in the large",
    "observed_expected",
    "brier",
)
"""The rows of an influence: the area has one per class, since Obuchowski's variance weighs them apart."""


@dataclass(frozen=True, slots=True, eq=False)
class ScoreInfluence:
    """``table`` has the shape ``(7, n_scores, 2)``: statistic, distinct score, class (0 without, 1 with the finding).

    The statistics are those of :data:`INFLUENCES`. A statistic that is undefined has zeros. ``information`` is that of
    the fit of the calibration line, shape (2, 2), and ``information_in_the_large`` that with its slope fixed at 1.
    """

    table: FloatArray
    information: FloatArray | None
    information_in_the_large: float | None


def score_influence(counts: ScoreCounts, line: CalibrationLine) -> ScoreInfluence:
    """Influence of a case on AUC, the calibration line, ln O:E and the Brier score.

    With V the placement of a case, P and N the numbers of both classes, O and E the observed and expected positives, y
    the class, s the score, x its logit and p what the fitted line makes of it: (V − A)/P with and (V − A)/N without the
    finding; (y − p) and (y − p)x of the joint fit; y − p with the slope fixed at 1; y/O − s/E; ((s − y)² − B)/n. Sums
    over all cases are zero.

    Parameters
    ----------
    counts
        Positives and negatives per distinct score, scores in [0, 1].
    line
        :func:`calibration_line` of the same counts, with ``clip``.

    Raises
    ------
    ValueError
        If a score lies outside [0, 1].
    """
    require_probabilities(counts)
    table = np.zeros((len(INFLUENCES), counts.score.size, 2))
    positives, negatives = counts.positives, counts.negatives
    if positives and negatives:
        table[0, :, 1], table[1, :, 0] = _of_area(counts, positives, negatives)
    x = special.logit(np.clip(counts.score, line.epsilon, 1.0 - line.epsilon))
    total = counts.n_positive + counts.n_negative
    information, in_the_large = None, None
    if line.intercept.estimate is not None and line.slope.estimate is not None:
        p = special.expit(line.intercept.estimate + line.slope.estimate * x)
        table[2, :, 1], table[2, :, 0] = 1.0 - p, -p
        table[3] = table[2] * x[:, np.newaxis]
        weight = total * p * (1.0 - p)
        mixed = dot(weight, x)
        information = np.array([[float(weight.sum()), mixed], [mixed, dot(weight, x, x)]])
    if line.in_the_large.estimate is not None:
        p = special.expit(line.in_the_large.estimate + x)
        table[4, :, 1], table[4, :, 0] = 1.0 - p, -p
        in_the_large = dot(total, p * (1.0 - p))
    expected = dot(total, counts.score)
    if positives and expected:
        table[5, :, 0] = -counts.score / expected
        table[5, :, 1] = 1.0 / positives + table[5, :, 0]
    if positives + negatives:
        to_one, to_zero = (1.0 - counts.score) ** 2, counts.score**2
        mean = (dot(counts.n_positive, to_one) + dot(counts.n_negative, to_zero)) / (positives + negatives)
        table[6, :, 1], table[6, :, 0] = to_one - mean, to_zero - mean
        table[6] /= positives + negatives
    return ScoreInfluence(table, information, in_the_large)


def _of_area(counts: ScoreCounts, positives: int, negatives: int) -> tuple[FloatArray, FloatArray]:
    below = np.cumsum(counts.n_negative) - counts.n_negative / 2.0
    above = positives - (np.cumsum(counts.n_positive) - counts.n_positive / 2.0)
    area = dot(counts.n_positive, below) / (positives * negatives)
    return (below / negatives - area) / positives, (above / positives - area) / negatives
