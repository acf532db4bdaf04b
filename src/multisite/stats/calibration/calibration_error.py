"""Calibration error by bin: expected (absolute) and squared, beside what a perfect model would show."""

import math
from dataclasses import dataclass

import numpy as np

from multisite.stats.calibration.binning import Binning, ClosedSide, Quantiles, bin_scores, cuts_named
from multisite.stats.calibration.perfect_calibration import PerfectCalibration, require_same_bins
from multisite.stats.calibration.top_label import CalibrationTarget, counts_for
from multisite.stats.dot import dot
from multisite.stats.estimate import ScoreEstimate
from multisite.stats.score_counts import ScoreCounts
from multisite.vocabulary import EstimateStatus

__all__ = ["CalibrationError", "SquaredCalibrationError", "expected_calibration_error", "squared_calibration_error"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationError(ScoreEstimate):
    """Expected calibration error beside what a perfectly calibrated model would show on as many cases."""

    n_bins: int
    null_mean: float | None = None
    null_95: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SquaredCalibrationError(ScoreEstimate):
    """Squared calibration error. ``n_left_out`` cases stood alone in their bins and could not be debiased."""

    n_bins: int
    n_left_out: int

    @property
    def root(self) -> float | None:
        """√max(0, estimate), on the scale of the scores; the root of a debiased square is itself not unbiased."""
        return None if self.estimate is None else math.sqrt(max(0.0, self.estimate))


def expected_calibration_error(
    counts: ScoreCounts,
    *,
    n_bins: int = 10,
    null: PerfectCalibration | None = None,
    binning: Binning = "equal width",
    closed: ClosedSide = "left",
    target: CalibrationTarget = "positive class",
    quantiles: Quantiles = "inverse",
) -> CalibrationError:
    """ECE = Σ_b n_b/n · |share of positives in bin b − mean score in bin b|.

    ECE is above zero for every finite sample, so it says little without the mean and the 95th percentile that perfect
    calibration would give (``null_mean``, ``null_95``). It grows with the number of bins: two values compare only with
    the same bins. No interval is given: the sampling distribution is not centred on the truth.

    Parameters
    ----------
    counts
        Positives and negatives per distinct score, scores in [0, 1].
    n_bins
        Number of bins over [0, 1] (for the top label, too, where the lower half of the equal-width bins stays empty).
    null
        Draws of :func:`perfect_calibration` from the same counts, with the same bins and for the same target.
    binning
        ``equal width``: cut at k/n_bins. ``equal mass``: cut at quantiles of the scores, equal scores together.
    closed
        The side of a bin that belongs to it. ``left`` is how a threshold cuts (a score at or above it is positive);
        Guo et al. and scikit-learn's ``calibration_curve`` close on the right.
    target
        ``positive class``: the score of the finding. ``top label``: max(s, 1 − s), and whether the likelier answer is
        right; at s = ½ the answer is "with the finding".
    quantiles
        Edges of bins of equal mass, as for :func:`equal_mass_cell`; ``linear``, closed on the right, cuts as
        scikit-learn's ``strategy="quantile"``.

    Returns
    -------
    CalibrationError
        Estimate in [0, 1], smaller is better; ``ci_low``, ``ci_high`` and ``ci_level`` are always ``None``.

    Raises
    ------
    ValueError
        If a score lies outside [0, 1], ``null`` has other bins, or a name is unknown.

    Undefined cases
    ---------------
    No case. Bins without cases add nothing.

    References
    ----------
    Naeini MP, Cooper GF, Hauskrecht M. AAAI 2015;29:2901-2907. doi:10.1609/aaai.v29i1.9602 (positive class)
    Guo C et al. Proc Mach Learn Res 2017;70:1321-1330. arXiv:1706.04599 (top label)
    """
    binned = bin_scores(counts_for(counts, target), n_bins, binning=binning, closed=closed, quantiles=quantiles)
    require_same_bins(null, n_bins, binning, closed, target, quantiles)
    n = int(binned.n_cases.sum())
    estimate = float(np.abs(binned.n_positive - binned.score_mass).sum()) / n if n else None
    null_mean = null_95 = None
    if null is not None and n:
        drawn = np.abs(null.n_positive - binned.score_mass).sum(axis=1) / n
        null_mean, null_95 = float(drawn.mean()), float(np.quantile(drawn, 0.95))
    return CalibrationError(
        estimate=estimate,
        ci_low=None,
        ci_high=None,
        ci_level=None,
        ci_method=f"none; {_bins_named(n_bins, binning, closed, target, quantiles)}",
        n_cases=n,
        status=EstimateStatus.OK if n else EstimateStatus.UNDEFINED,
        reason=None if n else "no case",
        n_positive=counts.positives,
        n_negative=counts.negatives,
        n_bins=n_bins,
        null_mean=null_mean,
        null_95=null_95,
    )


def squared_calibration_error(
    counts: ScoreCounts,
    *,
    n_bins: int = 10,
    debiased: bool = True,
    binning: Binning = "equal mass",
    closed: ClosedSide = "left",
    target: CalibrationTarget = "positive class",
    quantiles: Quantiles = "inverse",
) -> SquaredCalibrationError:
    """Squared calibration error Σ_b n_b/n · (ȳ_b − s̄_b)², or its debiased form.

    With the share of positives ȳ_b and the mean score s̄_b of bin b, ``debiased`` takes from each square the variance
    of the share, ȳ_b(1 − ȳ_b)/(n_b − 1). This is the debiased plug-in of Kumar, Liang and Ma and equals the
    bias-corrected reliability of Bröcker and of Ferro and Fricker. It debiases the **square** alone: there is no such
    correction of the absolute error of :func:`expected_calibration_error`. It is unbiased for the binned error where
    the scores of a bin are equal, and may be below zero. No interval is given.

    Parameters
    ----------
    counts
        Positives and negatives per distinct score, scores in [0, 1].
    debiased
        Whether to take away the variance of the shares; without it the estimate is the plug-in, biased upwards.
    n_bins, binning, closed, target, quantiles
        As for :func:`expected_calibration_error`; Kumar, Liang and Ma cut bins of equal mass.

    Returns
    -------
    SquaredCalibrationError
        Estimate of at most 1, smaller is better; ``root`` is on the scale of the scores.

    Raises
    ------
    ValueError
        If a score lies outside [0, 1] or a name is unknown.

    Undefined cases
    ---------------
    No case. Debiased: a case that is alone in its bin shows no variance; it is left out of the sum and of n, and
    counted in ``n_left_out``. (The authors' code leaves its square out, but not its weight.) Undefined where no bin
    has two cases.

    References
    ----------
    Kumar A, Liang P, Ma T. NeurIPS 2019. arXiv:1909.10155
    Bröcker J. Clim Dyn 2012;39:655-667. doi:10.1007/s00382-011-1191-1
    Ferro CAT, Fricker TE. Q J R Meteorol Soc 2012;138:1954-1960. doi:10.1002/qj.1924
    """
    binned = bin_scores(counts_for(counts, target), n_bins, binning=binning, closed=closed, quantiles=quantiles)
    used = binned.n_cases >= (2 if debiased else 1)
    n_cases = int(binned.n_cases.sum())
    m = binned.n_cases[used].astype(np.float64)
    n_used = int(m.sum())
    estimate = None
    if n_used:
        observed = binned.n_positive[used] / m
        square = (observed - binned.score_mass[used] / m) ** 2
        if debiased:
            square -= observed * (1.0 - observed) / (m - 1.0)
        estimate = dot(m, square) / n_used
    reason = None
    if estimate is None:
        reason = "no case" if n_cases == 0 else "no bin has two cases, and no variance is seen"
    form = "debiased plug-in" if debiased else "plug-in"
    return SquaredCalibrationError(
        estimate=estimate,
        ci_low=None,
        ci_high=None,
        ci_level=None,
        ci_method=f"none; {form}, {_bins_named(n_bins, binning, closed, target, quantiles)}",
        n_cases=n_cases,
        status=EstimateStatus.OK if estimate is not None else EstimateStatus.UNDEFINED,
        reason=reason,
        n_positive=counts.positives,
        n_negative=counts.negatives,
        n_bins=n_bins,
        n_left_out=n_cases - n_used,
    )


def _bins_named(
    n_bins: int, binning: Binning, closed: ClosedSide, target: CalibrationTarget, quantiles: Quantiles
) -> str:
    return f"{n_bins} bins of {cuts_named(binning, closed, quantiles)}, {target}"
