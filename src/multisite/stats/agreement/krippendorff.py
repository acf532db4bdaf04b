"""Krippendorff's alpha: any number of raters, any scale, any pattern of missing ratings."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from multisite.stats.agreement.disagreement import AlphaMetric, disagreements, largest_difference
from multisite.stats.agreement.ratings import CodedRatings, coded_ratings, numeric_ratings
from multisite.stats.agreement.resampled import jackknife_error
from multisite.stats.agreement.result import ALIKE, AgreementEstimate, perfect_agreement_interval, student_quantile
from multisite.stats.estimate import CountArray, FloatArray, normal_quantile
from multisite.vocabulary import EstimateStatus

__all__ = ["AlphaInterval", "KrippendorffAlpha", "krippendorff_alpha"]

AlphaInterval: TypeAlias = Literal["bootstrap", "jackknife"]

_NAMES = {
    "bootstrap": "percentile bootstrap over units (not Krippendorff's own)",
    "jackknife": "jackknife over units, student",
}
_CHUNK = 2_000_000
"""Numbers in one block of weightings of units, so that memory does not grow with their product."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KrippendorffAlpha(AgreementEstimate):
    """Alpha of the pairable units (``n_cases``): those with two ratings or more.

    ``standard_error`` is the jackknife's, whatever the interval. ``observed_disagreement`` and
    ``expected_disagreement`` are D_o and D_e on the metric's scale. Of ``n_resamples`` bootstrap samples,
    ``n_undefined`` had one value only; they stand outside the interval.
    """

    metric: AlphaMetric
    observed_disagreement: float | None = None
    expected_disagreement: float | None = None
    n_resamples: int = 0
    n_undefined: int = 0


def krippendorff_alpha(
    ratings: npt.ArrayLike,
    *,
    metric: AlphaMetric,
    categories: Sequence[Any] | None = None,
    method: AlphaInterval | None = None,
    rng: np.random.Generator | None = None,
    n_resamples: int = 2_000,
    level: float = 0.95,
) -> KrippendorffAlpha:
    """Krippendorff's alpha 1 − D_o/D_e.

    Over the units u with m_u ≥ 2 ratings, n ratings in all, n_c of value c: D_o = Σ_u Σ of δ² over ordered pairs of
    ratings of u / (m_u − 1) / n, and D_e = Σ_ck n_c n_k δ²_ck / (n (n − 1)). δ² is [c ≠ k] (``nominal``);
    (Σ_{g=c..k} n_g − (n_c + n_k)/2)² (``ordinal``, Krippendorff's own, from the ratings' counts and not from the
    ranks 1, 2, 3); (c − k)² (``interval``); ((c − k)/(c + k))² (``ratio``).

    Parameters
    ----------
    ratings
        A rating per unit and rater, shape ``(n_units, n_raters)`` (Krippendorff prints them the other way round).
        NaN, None or a masked entry is missing. ``interval`` needs numbers, ``ratio`` numbers from 0 up.
    metric
        Scale of the ratings.
    categories
        Order of the categories for ``ordinal``, if it is not that of the ratings themselves; unused ones do not
        change alpha. Not for ``interval`` and ``ratio``.
    method
        ``bootstrap``: percentiles of alpha over units drawn with replacement, D_e of each sample its own. (Hayes and
        Krippendorff draw pairs of ratings instead and hold D_e, which is narrower.) ``jackknife``: leaves out one
        unit at a time; alpha ± t·SE on (units − 1) degrees of freedom, cut to [−1, 1]. Unless named, the bootstrap if
        there is an ``rng``, else the jackknife.
    rng
        Source of the bootstrap's draws; needed for it.
    n_resamples
        Bootstrap samples, 1 or more.
    level
        Confidence level in (0, 1).

    Returns
    -------
    KrippendorffAlpha
        Estimate up to 1; below 0, raters agree less than by chance. Units are taken as independent.

    Raises
    ------
    ValueError
        If the ratings are not two-dimensional, infinite, no category, or no number where the metric needs one; if a
        ratio is negative; if the bootstrap has no ``rng`` or ``n_resamples`` is below 1.

    Undefined cases
    ---------------
    No unit with two ratings: undefined. All pairable ratings alike: 0/0, undefined. Perfect agreement: Wilson's
    interval of the agreement at D_e held, and ``ci_method`` says so. One pairable unit, or no variance between units:
    ``insufficient``, without an interval.

    The bootstrap comes to 92 % with 10 units, 93 % with 20 and 94 % with 60; the jackknife to 94 and 95 %.

    References
    ----------
    Krippendorff K. Educ Psychol Meas 1970;30:61-70. doi:10.1177/001316447003000105
    Hayes AF, Krippendorff K. Commun Methods Meas 2007;1:77-89. doi:10.1080/19312450709336664

    Examples
    --------
    >>> ratings = [[1, 1], [2, 2], [3, 3], [3, 3], [2, 2], [1, 2], [4, 4], [1, 1], [2, 2]]
    >>> round(krippendorff_alpha(ratings, metric="nominal", method="jackknife").estimate, 3)
    0.852
    """
    normal_quantile(level)
    if method is None:
        method = "jackknife" if rng is None else "bootstrap"
    if method not in _NAMES:
        raise ValueError(f"`method` must be one of: {', '.join(_NAMES)}.")
    if n_resamples < 1:
        raise ValueError("`n_resamples` must be 1 or more.")
    if method == "bootstrap" and rng is None:
        raise ValueError("`rng` must be given for the bootstrap.")
    coded, values = _coded(ratings, metric, categories)
    total = coded.counts.sum(axis=1)
    counts = coded.counts[total >= 2]
    n_units = counts.shape[0]
    known: dict[str, Any] = {
        "ci_level": level,
        "n_cases": n_units,
        "n_raters": coded.n_raters,
        "n_ratings": int(counts.sum()),
        "n_left_out": total.size - n_units,
        "metric": metric,
    }
    lack: dict[str, Any] = {"ci_low": None, "ci_high": None, "ci_method": _NAMES[method]}
    if n_units == 0:
        reason = "no unit has two ratings"
        return KrippendorffAlpha(**known, **lack, estimate=None, status=EstimateStatus.UNDEFINED, reason=reason)
    everything = np.ones((1, n_units), dtype=np.int64)
    observed, expected = (float(d[0]) for d in disagreements(counts, values, metric, everything))
    known |= {"observed_disagreement": observed / counts.sum(), "expected_disagreement": expected / counts.sum()}
    if expected == 0.0:
        reason = "all ratings are alike: alpha is 0/0"
        return KrippendorffAlpha(**known, **lack, estimate=None, status=EstimateStatus.UNDEFINED, reason=reason)
    known |= {"estimate": 1.0 - observed / expected}
    if observed == 0.0:
        share = known["expected_disagreement"] / largest_difference(counts, values, metric)
        low, high = perfect_agreement_interval(share, n_units, level)
        return KrippendorffAlpha(**known, ci_low=low, ci_high=high, ci_method=ALIKE)
    if n_units == 1:
        return KrippendorffAlpha(
            **known, **lack, status=EstimateStatus.INSUFFICIENT, reason="one unit with two ratings or more"
        )
    return _with_interval(known, lack, counts, values, metric, rng if method == "bootstrap" else None, n_resamples)


def _with_interval(
    known: dict[str, Any],
    lack: dict[str, Any],
    counts: CountArray,
    values: FloatArray,
    metric: AlphaMetric,
    rng: np.random.Generator | None,
    n_resamples: int,
) -> KrippendorffAlpha:
    n, level, alpha = counts.shape[0], known["ci_level"], known["estimate"]
    # Units with the same ratings are one pattern: few, where there are few categories, however many units.
    patterns, times = np.unique(counts, axis=0, return_counts=True)
    rows = max(1, _CHUNK // max(patterns.shape))
    left_out = np.repeat(_alphas(patterns, values, metric, _without_one(times, rows)), times)
    error = jackknife_error(left_out) if np.isfinite(left_out).all() else None
    known |= {"standard_error": error}
    if rng is None:
        if not error:
            reason = "without one of the units alpha is 0/0" if error is None else "the units show no variance"
            return KrippendorffAlpha(**known, **lack, status=EstimateStatus.INSUFFICIENT, reason=reason)
        half = student_quantile(n - 1, level) * error
        return KrippendorffAlpha(
            **known, **(lack | {"ci_low": max(min(-1.0, alpha), alpha - half), "ci_high": min(1.0, alpha + half)})
        )
    drawn = _alphas(patterns, values, metric, _drawn(rng, times, n_resamples, rows))
    defined = drawn[np.isfinite(drawn)]
    known |= {"n_resamples": n_resamples, "n_undefined": int(n_resamples - defined.size)}
    if not defined.size or np.ptp(defined) == 0.0:
        reason = "the bootstrap samples show no variance"
        return KrippendorffAlpha(**known, **lack, status=EstimateStatus.INSUFFICIENT, reason=reason)
    low, high = np.quantile(defined, [(1.0 - level) / 2.0, (1.0 + level) / 2.0])
    return KrippendorffAlpha(**known, **(lack | {"ci_low": min(float(low), alpha), "ci_high": max(float(high), alpha)}))


def _without_one(times: CountArray, rows: int) -> Iterator[CountArray]:
    for start in range(0, times.size, rows):
        yield times - np.eye(min(rows, times.size - start), times.size, k=start, dtype=np.int64)


def _drawn(rng: np.random.Generator, times: CountArray, n_resamples: int, rows: int) -> Iterator[CountArray]:
    n = int(times.sum())
    for start in range(0, n_resamples, rows):
        yield rng.multinomial(n, times / n, size=min(rows, n_resamples - start))


def _alphas(
    counts: CountArray, values: FloatArray, metric: AlphaMetric, weightings: Iterator[CountArray]
) -> FloatArray:
    found = []
    for multiplicity in weightings:
        observed, expected = disagreements(counts, values, metric, multiplicity)
        with np.errstate(divide="ignore", invalid="ignore"):
            found.append(np.where(expected > 0.0, 1.0 - observed / expected, np.nan))
    return np.concatenate(found)


def _coded(
    ratings: npt.ArrayLike, metric: AlphaMetric, categories: Sequence[Any] | None
) -> tuple[CodedRatings, FloatArray]:
    if metric in ("nominal", "ordinal"):
        coded = coded_ratings(ratings, categories, argument="ratings", n_dimensions=2)
        return coded, np.arange(len(coded.categories), dtype=np.float64)
    if metric not in ("interval", "ratio"):
        raise ValueError("`metric` must be one of: nominal, ordinal, interval, ratio.")
    if categories is not None:
        raise ValueError("`categories` must not be given for an interval or ratio scale.")
    numbers = numeric_ratings(ratings, argument="ratings", n_dimensions=2)
    if metric == "ratio" and (numbers < 0.0).any():
        raise ValueError("`ratings` on a ratio scale must not be negative.")
    coded = coded_ratings(numbers, None, argument="ratings", n_dimensions=2)
    return coded, np.array(coded.categories, dtype=np.float64)
