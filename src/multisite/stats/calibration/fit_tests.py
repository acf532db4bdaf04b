"""Two tests of whether scores are true probabilities: Hosmer and Lemeshow's, and Spiegelhalter's."""

import dataclasses
import math
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from scipy import special

from multisite.stats.calibration.binning import (
    BinnedScores,
    Binning,
    ClosedSide,
    Quantiles,
    bin_scores,
    cuts_named,
)
from multisite.stats.dot import dot
from multisite.stats.estimate import CountArray, FloatArray, ScoreEstimate
from multisite.stats.score_counts import ScoreCounts, require_probabilities
from multisite.vocabulary import EstimateStatus

__all__ = ["CalibrationTest", "HosmerLemeshow", "hosmer_lemeshow", "spiegelhalter_z"]

HosmerLemeshowSetting: TypeAlias = Literal["developing", "external"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationTest(ScoreEstimate):
    """A statistic of a test, as ``estimate``, and its p-value; it has no interval."""

    p_value: float | None


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class HosmerLemeshow(CalibrationTest):
    """Hosmer and Lemeshow's statistic, with the groups that it was made of (arrays of shape ``(n_groups,)``)."""

    degrees_of_freedom: int
    setting: HosmerLemeshowSetting
    group_cases: CountArray
    group_observed: CountArray
    group_expected: FloatArray


def hosmer_lemeshow(
    counts: ScoreCounts,
    *,
    setting: HosmerLemeshowSetting,
    n_groups: int = 10,
    grouping: Binning = "equal mass",
    closed: ClosedSide = "right",
    quantiles: Quantiles = "linear",
) -> HosmerLemeshow:
    """Hosmer and Lemeshow's test, Σ_g (O_g − E_g)² / (E_g(1 − E_g/n_g)) against χ².

    O_g is the number of positives of group g and E_g the sum of its n_g scores. It depends on the arbitrary groups,
    does not say in which direction scores are wrong, misses much in small sets and flags the trivial in large ones:
    report it beside a curve, never instead. Cases are taken as independent.

    Parameters
    ----------
    counts
        Positives and negatives per distinct score, scores in [0, 1].
    setting
        ``developing``: the scores come from a model fitted to these very cases, g − 2 degrees of freedom.
        ``external``: from a model that never saw them, g degrees of freedom.
    n_groups
        Groups asked for; ties may leave fewer, and g is the number that hold cases.
    grouping
        ``equal mass``: groups of nearly equal size by rank (deciles of risk), equal scores together. ``equal width``:
        fixed cut-offs k/n_groups.
    closed
        The side of a group that belongs to it.
    quantiles
        Edges of groups of equal mass, as for :func:`equal_mass_cell`. ``linear``, closed on the right, gives the groups
        and the statistic of R's ``ResourceSelection::hoslem.test``: edges that fall together are one, and where that is
        at the end that is not closed, the cases on it join the next group. (Older releases of it keep the degrees of
        freedom of the groups asked for.) ``inverse``: every edge is a score, and groups are as equal as whole cases
        allow. The two differ unless n is a multiple of ``n_groups`` without ties, and so may the verdict.

    Returns
    -------
    HosmerLemeshow
        Statistic from 0 upwards, its degrees of freedom and its p-value.

    Raises
    ------
    ValueError
        If a score lies outside [0, 1], there is no group, or a name is unknown.

    Undefined cases
    ---------------
    No case. No degree of freedom (two groups or fewer when developing). A group of which all scores are 0, or all 1,
    shows no variance: it is left out and not counted in g where it fits, and the statistic has no bound, so is
    undefined, where it does not.

    References
    ----------
    Hosmer DW, Lemeshow S. Commun Stat Theory Methods 1980;9:1043-1069. doi:10.1080/03610928008827941
    Hosmer DW, Lemeshow S, Sturdivant RX. Applied Logistic Regression, 3rd ed. Wiley 2013. doi:10.1002/9781118548387
    """
    if setting not in ("developing", "external"):
        raise ValueError("`setting` must be `developing` or `external`.")
    binned = bin_scores(counts, n_groups, binning=grouping, closed=closed, quantiles=quantiles)
    if grouping == "equal mass" and quantiles == "linear":
        binned = _open_end_joined(binned, counts, closed)
    used = binned.n_cases > 0
    m, observed, expected = binned.n_cases[used], binned.n_positive[used], binned.score_mass[used]
    variance = expected * (1.0 - expected / np.maximum(m, 1))
    # All scores 0 or all 1 add up exactly, so there is no rounding to allow for.
    certain = (expected <= 0.0) | (expected >= m)
    contradicted = bool((certain & (observed != expected)).any())
    g = int((~certain).sum())
    degrees = max(0, g - 2 if setting == "developing" else g)
    reason = None
    if m.size == 0:
        reason = "no case"
    elif contradicted:
        reason = "scores of 0 or 1 throughout a group are contradicted, and the statistic has no bound"
    elif degrees == 0:
        reason = "too few groups: there is no degree of freedom"
    statistic = None
    if reason is None:
        statistic = float(((observed - expected)[~certain] ** 2 / variance[~certain]).sum())
    return HosmerLemeshow(
        estimate=statistic,
        ci_low=None,
        ci_high=None,
        ci_level=None,
        ci_method=f"none; {setting}, {g} groups of {cuts_named(grouping, closed, quantiles)}",
        n_cases=counts.positives + counts.negatives,
        status=EstimateStatus.OK if reason is None else EstimateStatus.UNDEFINED,
        reason=reason,
        n_positive=counts.positives,
        n_negative=counts.negatives,
        p_value=None if statistic is None else float(special.chdtrc(degrees, statistic)),
        degrees_of_freedom=degrees,
        setting=setting,
        group_cases=m,
        group_observed=observed,
        group_expected=expected,
    )


def _open_end_joined(binned: BinnedScores, counts: ScoreCounts, closed: ClosedSide) -> BinnedScores:
    """R's ``cut`` of distinct edges: a lowest (closed on the left: highest) score that is also inner edges is no group.

    ``include.lowest`` puts it into the interval that begins where those edges lie.
    """
    held = np.flatnonzero(counts.n_positive + counts.n_negative)
    if held.size == 0:
        return binned
    outermost = held[0] if closed == "right" else held[-1]
    tied = int(counts.n_positive[outermost] + counts.n_negative[outermost])
    last = binned.n_cases.size - 1
    # The edge k is that score where its rank, (n − 1)k/g from 0 upwards, is that of one of the tied cases.
    swallowed = min((tied - 1) * (last + 1) // max(int(binned.n_cases.sum()) - 1, 1), last)
    source, target = (0, swallowed) if closed == "right" else (last, last - swallowed)
    into = np.arange(last + 1)
    into[source] = target
    n_cases, n_positive, score_mass = (
        np.bincount(into, weights=part, minlength=last + 1)
        for part in (binned.n_cases, binned.n_positive, binned.score_mass)
    )
    return dataclasses.replace(
        binned,
        bin_of=into[binned.bin_of],
        n_cases=n_cases.astype(np.int64),
        n_positive=n_positive.astype(np.int64),
        score_mass=score_mass.astype(np.float64),
    )


def spiegelhalter_z(counts: ScoreCounts) -> CalibrationTest:
    """Spiegelhalter's Z = Σ (y − s)(1 − 2s) / √(Σ (1 − 2s)² s(1 − s)), standard normal under perfect calibration.

    It standardises the Brier score by what it would be under perfect calibration. Above zero, the scores are too
    extreme or on the wrong side. Errors that leave the expected Brier score alone (as many scores too high as too low
    on mirrored sides of ½) escape it. The p-value has two sides; cases are taken as independent.

    Parameters
    ----------
    counts
        Positives and negatives per distinct score, scores in [0, 1].

    Returns
    -------
    CalibrationTest
        Z and its p-value.

    Raises
    ------
    ValueError
        If a score lies outside [0, 1].

    Undefined cases
    ---------------
    No case, or every score 0, ½ or 1: there is no variance under calibration.

    References
    ----------
    Spiegelhalter DJ. Stat Med 1986;5:421-433. doi:10.1002/sim.4780050506
    """
    require_probabilities(counts)
    total, s = counts.n_positive + counts.n_negative, counts.score
    n = counts.positives + counts.negatives
    variance = dot(total, (1.0 - 2.0 * s) ** 2 * s * (1.0 - s))
    value = None
    if variance > 0.0:
        value = dot(counts.n_positive - total * s, 1.0 - 2.0 * s) / math.sqrt(variance)
    reason = None
    if value is None:
        reason = "no case" if n == 0 else "every score is 0, ½ or 1: there is no variance under calibration"
    return CalibrationTest(
        estimate=value,
        ci_low=None,
        ci_high=None,
        ci_level=None,
        ci_method="none; two-sided normal test",
        n_cases=n,
        status=EstimateStatus.OK if value is not None else EstimateStatus.UNDEFINED,
        reason=reason,
        n_positive=counts.positives,
        n_negative=counts.negatives,
        p_value=None if value is None else float(2.0 * special.ndtr(-abs(value))),
    )
