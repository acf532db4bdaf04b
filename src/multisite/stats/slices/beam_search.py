"""Beam search: one condition after the other, keeping the slices that stand out most."""

import numpy as np

from multisite.stats.estimate import FloatArray, IntegerArray
from multisite.stats.proportions import ClusterMoments
from multisite.stats.slices.coded_cases import CodedCases, Condition, Slice, require_search, slice_members
from multisite.stats.slices.slice_sums import SliceSums, disjoint_sums

__all__ = ["beam_search"]

_Conditions = tuple[Condition, ...]


def beam_search(cases: CodedCases, *, max_conditions: int, beam_width: int, minimum_patients: int) -> tuple[Slice, ...]:
    """Slices of up to ``max_conditions`` columns, one level each, with more errors than the rest.

    Every single level is looked at. Of each round the ``beam_width`` slices with the largest z are taken on, and every
    level of every further column is joined to each of them. z is that of :meth:`SliceSums.z`, between patients.

    Parameters
    ----------
    cases
        Cases that could be errors: positives for misses, negatives for false alarms.
    max_conditions
        Most columns that describe a slice, 1 or more.
    beam_width
        Slices that are taken on, 1 or more.
    minimum_patients
        Patients that a slice must have, and that must be outside it; 1 or more.

    Returns
    -------
    tuple of Slice
        Those with z above 0, the largest first; of equal ones the shorter, then by columns and levels.

    Raises
    ------
    ValueError
        If a bound is no whole number of 1 or more.

    Undefined cases
    ---------------
    No case, no error, or nothing but errors: no slice.

    References
    ----------
    Klösgen W. Explora: a multipattern and multistrategy discovery assistant. In: Advances in Knowledge Discovery and
    Data Mining. AAAI Press 1996, 249-271.
    """
    require_search(max_conditions=max_conditions, minimum_patients=minimum_patients, beam_width=beam_width)
    counted = np.bincount(cases.patient), np.bincount(cases.patient, weights=cases.error).astype(np.int64)
    everyone = ClusterMoments.from_clusters(counted[1], counted[0])
    beam: list[_Conditions] = [()]
    found: dict[_Conditions, float] = {}
    for _ in range(max_conditions):
        joined: dict[_Conditions, float] = {}
        for held in beam:
            joined |= _refined(cases, held, everyone, counted, minimum_patients)
        ranked = sorted(joined, key=lambda conditions: (-round(joined[conditions], 9), conditions))
        beam = ranked[:beam_width]
        found |= joined
    slices = [Slice(conditions, z, "beam") for conditions, z in found.items() if z > 0.0]
    return tuple(sorted(slices, key=lambda one: (-round(one.z, 9), len(one.conditions), one.conditions)))


def _refined(
    cases: CodedCases,
    held: _Conditions,
    everyone: ClusterMoments,
    counted: tuple[IntegerArray, IntegerArray],
    minimum: int,
) -> dict[_Conditions, float]:
    """Each further level joined to ``held``, with its z."""
    # Conditions in the order of their columns are reached from any of their parts: each is looked at once per part.
    used = {column for column, _ in held}
    rows = np.flatnonzero(slice_members(cases.levels, held)) if held else np.arange(cases.error.size)
    error, patient = cases.error[rows], cases.patient[rows]
    found: dict[_Conditions, float] = {}
    for column, n_levels in enumerate(cases.n_levels):
        if column in used:
            continue
        sums = disjoint_sums(
            cases.levels[rows, column],
            error,
            patient,
            n_cells=n_levels,
            patient_errors=counted[1],
            patient_cases=counted[0],
        )
        z = _large_enough(sums, everyone, minimum)
        for level in np.flatnonzero(np.isfinite(z)):
            found[tuple(sorted((*held, (column, (int(level),)))))] = float(z[level])
    return found


def _large_enough(sums: SliceSums, everyone: ClusterMoments, minimum: int) -> FloatArray:
    outside = everyone.n_patients - sums.n_patients_only
    enough = (sums.n_patients >= minimum) & (outside >= minimum)
    return np.where(enough, sums.z(everyone), -np.inf)
