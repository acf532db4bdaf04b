"""Slices that one half of the patients points to, held against the other half."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from multisite.performance.failure_modes.slice_columns import condition_words
from multisite.stats import (
    ClusterMoments,
    DifferenceEstimate,
    SharedMoments,
    SliceSums,
    holm,
    interval_p_value,
    overlapping_proportion_difference,
    partial_pooling,
)
from multisite.stats.estimate import normal_quantile
from multisite.vocabulary import SliceOutcome

__all__ = ["CandidateSlice", "ConfirmationRules", "SliceAndRest", "confirmed_rows", "slice_and_rest"]


@dataclass(frozen=True, slots=True)
class SliceAndRest:
    """Moments of the errors in a slice, outside it, and of the patients on both sides."""

    inside: ClusterMoments
    rest: ClusterMoments
    shared: SharedMoments

    def difference(self, level: float) -> DifferenceEstimate:
        """Share of errors in the slice minus that of the rest, with its interval between patients."""
        return overlapping_proportion_difference(self.inside, self.rest, self.shared, level=level)


@dataclass(frozen=True, slots=True)
class CandidateSlice:
    """A slice in words, how far it stood out where it was searched, and both halves."""

    axes: tuple[str, ...]
    levels: tuple[str, ...]
    found_by: str
    z: float
    first: SliceAndRest
    second: SliceAndRest


@dataclass(frozen=True, slots=True)
class ConfirmationRules:
    """``minimum_patients`` of the second half must be in the slice, and as many outside it."""

    ci_level: float
    minimum_patients: int


def slice_and_rest(sums: SliceSums, slice_: int, everyone: ClusterMoments) -> SliceAndRest:
    """One slice of ``sums`` against all other cases."""
    return SliceAndRest(sums.moments(slice_), sums.rest(slice_, everyone), sums.shared(slice_))


def confirmed_rows(candidates: Sequence[CandidateSlice], rules: ConfirmationRules) -> list[dict[str, Any]]:
    """One row per candidate, in its order, with the columns of SITE_FAILURE_MODES from ``rank`` on.

    Confirmed is a slice whose share of errors in the second half lies above that of the rest with a two-sided p-value,
    adjusted by Holm over ``candidates``, below 1 − ``ci_level``. Too small slices are insufficient and do not count in
    the adjustment: how many patients they have does not depend on what was called wrong.

    The shrunken gap is that of :func:`multisite.stats.partial_pooling` on the plain scale, over the gaps of all
    candidates that have one, as if they were of different patients.
    """
    found = [_difference(candidate.second, rules) for candidate in candidates]
    p_values = [
        None if gap is None else interval_p_value(candidate.second.difference, 0.0)
        for candidate, gap in zip(candidates, found, strict=True)
    ]
    adjusted = holm(np.array(p_values, dtype=np.float64))
    shrunken = _shrunken(found, rules.ci_level)
    rows = []
    for place, candidate in enumerate(candidates):
        gap, p_value = found[place], p_values[place]
        p_holm = None if p_value is None else float(adjusted[place])
        rows.append(
            {
                "rank": place + 1,
                "slice": condition_words(candidate.axes, candidate.levels),
                "axes": list(candidate.axes),
                "levels": list(candidate.levels),
                "found_by": candidate.found_by,
                **_first(candidate),
                **_second(candidate.second),
                "gap": None if gap is None else gap.estimate,
                "ci_low": None if gap is None else gap.ci_low,
                "ci_high": None if gap is None else gap.ci_high,
                "ci_level": rules.ci_level,
                "ci_method": None if gap is None else gap.ci_method,
                "p_value": p_value,
                "p_holm": p_holm,
                **shrunken[place],
                **_outcome(gap, p_holm, rules),
            }
        )
    return rows


def _difference(second: SliceAndRest, rules: ConfirmationRules) -> DifferenceEstimate | None:
    if min(second.inside.n_patients, second.rest.n_patients) < max(2, rules.minimum_patients):
        return None
    return second.difference(rules.ci_level)


def _outcome(gap: DifferenceEstimate | None, p_holm: float | None, rules: ConfirmationRules) -> dict[str, Any]:
    if gap is None or gap.estimate is None or p_holm is None:
        reason = f"fewer than {max(2, rules.minimum_patients)} patients of the second half in the slice or outside it"
        return {"outcome": SliceOutcome.INSUFFICIENT.value, "reason": reason}
    is_confirmed = gap.estimate > 0.0 and p_holm < 1.0 - rules.ci_level
    outcome = SliceOutcome.CONFIRMED if is_confirmed else SliceOutcome.NOT_CONFIRMED
    return {"outcome": outcome.value, "reason": None}


def _first(candidate: CandidateSlice) -> dict[str, Any]:
    inside, rest = candidate.first.inside, candidate.first.rest
    return {
        "first_n_patients": inside.n_patients,
        "first_n_cases": inside.sum_n,
        "first_n_errors": inside.sum_y,
        "first_rest_cases": rest.sum_n,
        "first_rest_errors": rest.sum_y,
        "first_gap": inside.sum_y / inside.sum_n - rest.sum_y / rest.sum_n,
        "first_z": candidate.z,
    }


def _second(second: SliceAndRest) -> dict[str, Any]:
    return {
        "n_patients": second.inside.n_patients,
        "n_cases": second.inside.sum_n,
        "n_errors": second.inside.sum_y,
        "rest_patients": second.rest.n_patients,
        "rest_cases": second.rest.sum_n,
        "rest_errors": second.rest.sum_y,
    }


def _shrunken(found: Sequence[DifferenceEstimate | None], level: float) -> list[dict[str, float | None]]:
    """Shrunken gaps with their intervals; none where a candidate has no interval, or stands alone."""
    names = ("shrunken_gap", "shrunken_low", "shrunken_high")
    z = normal_quantile(level)
    places, gaps, variances = [], [], []
    for place, gap in enumerate(found):
        if gap is None or gap.estimate is None or gap.ci_low is None or gap.ci_high is None:
            continue
        if gap.ci_low < gap.ci_high:
            places.append(place)
            gaps.append(gap.estimate)
            variances.append(((gap.ci_high - gap.ci_low) / (2.0 * z)) ** 2)
    pooled = partial_pooling(gaps, variances, scale="raw", level=level).strata
    rows: list[dict[str, float | None]] = [dict.fromkeys(names) for _ in found]
    for place, one in zip(places, pooled, strict=True):
        shrunken = one.shrunken
        rows[place] = dict(zip(names, (shrunken.estimate, shrunken.ci_low, shrunken.ci_high), strict=True))
    return rows
