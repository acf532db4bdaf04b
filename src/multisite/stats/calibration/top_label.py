"""Which event a score speaks of: the finding, or that the likelier of both answers is right."""

from typing import Literal, TypeAlias

import numpy as np

from multisite.stats.score_counts import ScoreCounts, require_probabilities

__all__ = ["CalibrationTarget", "counts_for"]

CalibrationTarget: TypeAlias = Literal["positive class", "top label"]


def counts_for(counts: ScoreCounts, target: CalibrationTarget) -> ScoreCounts:
    """The counts themselves, or those of the top label.

    For the top label each case has the score max(s, 1 − s), from ½ to 1, and is positive where the likelier answer is
    right; at s = ½ the answer is "with the finding", as at a threshold of ½.

    Raises
    ------
    ValueError
        If a score lies outside [0, 1] or ``target`` is unknown.

    References
    ----------
    Guo C et al. Proc Mach Learn Res 2017;70:1321-1330. arXiv:1706.04599 (top label)
    """
    require_probabilities(counts)
    if target == "positive class":
        return counts
    if target != "top label":
        raise ValueError("`target` must be `positive class` or `top label`.")
    says_yes = counts.score >= 0.5
    confidence, position = np.unique(np.where(says_yes, counts.score, 1.0 - counts.score), return_inverse=True)
    right = np.where(says_yes, counts.n_positive, counts.n_negative)
    wrong = np.where(says_yes, counts.n_negative, counts.n_positive)
    n_right = np.bincount(position, weights=right, minlength=confidence.size)
    n_wrong = np.bincount(position, weights=wrong, minlength=confidence.size)
    return ScoreCounts(confidence, n_right.astype(np.int64), n_wrong.astype(np.int64))
