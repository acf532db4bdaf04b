"""Between which bounds the AUC lies, however scores and errors of the labels hang together."""

import numpy as np

from multisite.stats.estimate import CountArray, FloatArray
from multisite.stats.imperfect_reference.bounds import Bounds, labelled_shares
from multisite.stats.imperfect_reference.labeller import LabelErrors
from multisite.stats.score_counts import ScoreCounts

__all__ = ["auc_bounds"]

_ROUNDING = 1e-12


def auc_bounds(counts: ScoreCounts, errors: LabelErrors) -> Bounds:
    """Sharp bounds of the AUC against the truth, from scores against labels with known errors.

    With F the mid-distribution function of all scores (share below, ties half) and π the true prevalence, the mean of
    F over cases with the finding is π/2 + (1 − π)·AUC. It is a sum over cases, so that it is largest where the true
    positives are the highest-scoring share a of the cases labelled positive and share b of those labelled negative,
    and smallest where they are the lowest. Scores are taken as the distribution itself: nothing is said of sampling
    error.

    Parameters
    ----------
    counts
        Labelled positives and negatives at each score.
    errors
        Of the labels against the truth.

    Returns
    -------
    Bounds
        In [0, 1]; both ends the AUC itself where labels have no errors.

    Undefined cases
    ---------------
    No case; labels that tell no more than chance; a share of labelled positives that these errors cannot give; a true
    prevalence of 0 or 1.
    """
    n_cases = counts.positives + counts.negatives
    if n_cases == 0:
        return Bounds(low=None, high=None, reason="no case")
    labelled = counts.positives / n_cases
    shares = labelled_shares(labelled, errors)
    if isinstance(shares, str):
        return Bounds(low=None, high=None, reason=shares)
    truth = shares.prevalence
    if not _ROUNDING < truth < 1.0 - _ROUNDING:
        every = "no case" if truth < 0.5 else "every case"
        return Bounds(low=None, high=None, reason=f"by its labels corrected, {every} has the finding")
    at_score = (counts.n_positive + counts.n_negative) / n_cases
    middle = np.cumsum(at_score) - at_score / 2.0

    def area(sign: int) -> float:
        of_positive = _share_from_the_end(counts.n_positive[::sign], middle[::sign], shares.of_positive)
        of_negative = _share_from_the_end(counts.n_negative[::sign], middle[::sign], shares.of_negative)
        mean = (labelled * of_positive + (1.0 - labelled) * of_negative) / truth
        return float(min(1.0, max(0.0, (mean - truth / 2.0) / (1.0 - truth))))

    return Bounds(low=area(1), high=area(-1))


def _share_from_the_end(cases: CountArray, value: FloatArray, share: float) -> float:
    """Sum of ``value`` over the first ``share`` of the cases, per case of all."""
    whole = cases.sum()
    if not whole:
        return 0.0
    mass = cases / whole
    return float(np.interp(share, np.append(0.0, np.cumsum(mass)), np.append(0.0, np.cumsum(mass * value))))
