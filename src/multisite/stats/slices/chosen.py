"""Of many slices that overlap, the few that are worth confirming."""

import math
from collections.abc import Iterable

import numpy as np

from multisite.stats.estimate import BooleanArray
from multisite.stats.proportions.counts import whole_count
from multisite.stats.slices.coded_cases import CodedCases, Condition, Slice, slice_members

__all__ = ["LEAST_Z", "chosen_slices", "is_within"]

LEAST_Z = 1.645
"""Of slices without an excess of errors, one in twenty stands out more by chance."""

_LOOKED_AT = 500
"""Slices, the most striking first, that are looked at for one that may be chosen."""


def chosen_slices(
    cases: CodedCases, slices: Iterable[Slice], *, most: int, least_z: float = LEAST_Z, same_from: float = 0.9
) -> tuple[Slice, ...]:
    """Up to ``most`` slices, the largest z first, without repetitions.

    Left out is a slice that shares more than ``same_from`` of its members with one that was chosen before (Jaccard:
    cases in both over cases in either), and one whose conditions only narrow those of one chosen before: it stands out
    less than the wider one and adds nothing. Slices below ``least_z`` are left out, for every one that is kept makes
    the confirmation of the others harder. Only the 500 slices with the largest z are looked at, so that fewer than
    ``most`` may be chosen where many repeat each other. Of equal z the slice with fewer columns comes first, then by
    columns and levels; a slice that several searches found names them all.

    Parameters
    ----------
    cases
        Where the slices were searched.
    slices
        Of :func:`~multisite.stats.beam_search` and :func:`~multisite.stats.tree_search`.
    most
        How many at most.
    least_z
        Smallest z.
    same_from
        Jaccard index above which two slices are one.

    Returns
    -------
    tuple of Slice
        By falling z; of the 500 with the largest z.

    Raises
    ------
    ValueError
        If a z or ``least_z`` is not finite, ``most`` is no whole number of 0 or more, ``same_from`` lies outside
        [0, 1], or a slice names a column that the cases do not have.
    """
    whole_count("most", most)
    if not math.isfinite(least_z) or not 0.0 <= same_from <= 1.0:
        raise ValueError("`least_z` must be finite, and `same_from` must lie between 0 and 1.")
    slices = tuple(slices)
    if not all(math.isfinite(one.z) for one in slices):
        raise ValueError("Every slice must have a finite z.")
    by_conditions: dict[tuple[Condition, ...], Slice] = {}
    for one in slices:
        known = by_conditions.get(one.conditions)
        found_by = one.found_by if known is None else " and ".join(sorted({known.found_by, one.found_by}))
        by_conditions[one.conditions] = Slice(one.conditions, one.z, found_by)
    ranked = sorted(by_conditions.values(), key=lambda one: (-round(one.z, 9), len(one.conditions), one.conditions))
    kept: list[tuple[Slice, BooleanArray]] = []
    for one in ranked[:_LOOKED_AT]:
        if len(kept) >= most or one.z < least_z:
            break
        if any(is_within(one.conditions, other.conditions) for other, _ in kept):
            continue
        members = slice_members(cases.levels, one.conditions)
        if all(_jaccard(members, others) <= same_from for _, others in kept):
            kept.append((one, members))
    return tuple(one for one, _ in kept)


def is_within(inner: tuple[Condition, ...], outer: tuple[Condition, ...]) -> bool:
    """Whether the conditions of ``inner`` imply those of ``outer``; no condition is implied by any.

    Raises
    ------
    ValueError
        If a column stands twice in ``inner``.
    """
    allowed = dict(inner)
    if len(allowed) != len(inner):
        raise ValueError("The conditions of a slice must name each column once.")
    return all(column in allowed and set(allowed[column]) <= set(levels) for column, levels in outer)


def _jaccard(first: BooleanArray, second: BooleanArray) -> float:
    either = int(np.count_nonzero(first | second))
    return int(np.count_nonzero(first & second)) / either if either else 1.0
