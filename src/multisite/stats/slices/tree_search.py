"""The leaves of a decision tree as slices."""

import numpy as np

from multisite.stats.proportions import ClusterMoments
from multisite.stats.slices.coded_cases import CodedCases, Condition, Slice, require_search, slice_members
from multisite.stats.slices.slice_sums import slice_sums

__all__ = ["tree_search"]


def tree_search(
    cases: CodedCases, *, max_conditions: int, minimum_patients: int, ordered: tuple[bool, ...] = ()
) -> tuple[Slice, ...]:
    """Leaves of a CART classification tree of error on the columns, as slices with more errors than the rest.

    A split asks whether a case has one level of a column or, where the column is ordered, that level or a higher one;
    what a leaf allows of a column is therefore a set of levels, such as all but one. The tree is ``max_conditions``
    deep, its leaves have ``minimum_patients`` cases or more, and it is scikit-learn's, with Gini's impurity.

    Parameters
    ----------
    cases, max_conditions, minimum_patients
        As for :func:`~multisite.stats.beam_search`.
    ordered
        Per column, whether its levels rise in order; none where left out.

    Returns
    -------
    tuple of Slice
        As of :func:`~multisite.stats.beam_search`; a leaf with too few patients on either side is left out.

    Raises
    ------
    ValueError
        If a bound is no whole number of 1 or more, or ``ordered`` is not of as many columns.

    Undefined cases
    ---------------
    No case, no error, or nothing but errors: no slice.

    References
    ----------
    Breiman L, Friedman JH, Olshen RA, Stone CJ. Classification and Regression Trees. Wadsworth 1984.
    doi:10.1201/9781315139470
    """
    require_search(max_conditions=max_conditions, minimum_patients=minimum_patients)
    if ordered and len(ordered) != len(cases.n_levels):
        raise ValueError("`ordered` must have one value for each column, or none at all.")
    if cases.error.size == 0 or cases.error.all() or not cases.error.any():
        return ()
    questions = _questions(cases, ordered or (False,) * len(cases.n_levels), minimum_patients)
    if not questions:
        return ()
    # Imported here, because scikit-learn takes half a second that nobody else should pay.
    from sklearn.tree import DecisionTreeClassifier

    features = np.empty((cases.error.size, len(questions)), dtype=np.float32)
    for place, (column, levels) in enumerate(questions):
        features[:, place] = slice_members(cases.levels, ((column, levels),))
    tree = DecisionTreeClassifier(max_depth=max_conditions, min_samples_leaf=minimum_patients, random_state=0)
    grown = tree.fit(features, cases.error).tree_
    leaves = _leaves(grown.children_left, grown.children_right, grown.feature, questions, cases.n_levels)
    n, y = np.bincount(cases.patient), np.bincount(cases.patient, weights=cases.error).astype(np.int64)
    everyone = ClusterMoments.from_clusters(y, n)
    found = []
    for conditions in leaves:
        inside = slice_members(cases.levels, conditions).astype(np.int64)
        sums = slice_sums(inside, cases.error, cases.patient, n_cells=2, patient_errors=y, patient_cases=n)
        z = float(sums.z(everyone)[1])
        outside = everyone.n_patients - int(sums.n_patients_only[1])
        if z > 0.0 and min(int(sums.n_patients[1]), outside) >= minimum_patients:
            found.append(Slice(conditions, z, "tree"))
    return tuple(sorted(found, key=lambda one: (-round(one.z, 9), len(one.conditions), one.conditions)))


def _questions(cases: CodedCases, ordered: tuple[bool, ...], minimum: int) -> list[Condition]:
    """Sets of levels that a split may ask for: large enough on both sides to become leaves."""
    asked: list[Condition] = []
    for column, n_levels in enumerate(cases.n_levels):
        counts = np.bincount(cases.levels[:, column], minlength=n_levels)
        sets: list[tuple[int, ...]] = [(level,) for level in range(n_levels)]
        if ordered[column]:
            sets += [tuple(range(level, n_levels)) for level in range(1, n_levels - 1)]
        for levels in sets:
            n = int(counts[list(levels)].sum())
            if min(n, cases.error.size - n) >= minimum:
                asked.append((column, levels))
    return asked


def _leaves(
    left: np.ndarray, right: np.ndarray, feature: np.ndarray, questions: list[Condition], n_levels: tuple[int, ...]
) -> list[tuple[Condition, ...]]:
    """What each leaf allows of the columns that the way to it asked for; the root alone is no slice."""
    waiting: list[tuple[int, dict[int, frozenset[int]]]] = [(0, {})]
    found = []
    while waiting:
        node, allowed = waiting.pop()
        if left[node] == -1:
            if allowed:
                found.append(tuple((column, tuple(sorted(levels))) for column, levels in sorted(allowed.items())))
            continue
        column, levels = questions[int(feature[node])]
        before = allowed.get(column, frozenset(range(n_levels[column])))
        waiting.append((int(left[node]), allowed | {column: before - set(levels)}))
        waiting.append((int(right[node]), allowed | {column: before & set(levels)}))
    return found
