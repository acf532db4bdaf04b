"""Scores for cases from a model that never saw their patients."""

import numpy as np
import numpy.typing as npt

from multisite.stats.estimate import FloatArray, IntegerArray
from multisite.stats.proportions.counts import binary_results

__all__ = ["cross_fitted_encoding", "cross_fitted_scores", "patient_folds"]

_PRIOR_CASES = 5.0
"""Weight of the overall share against a level's own, in cases."""

Booleans = npt.NDArray[np.bool_]


def patient_folds(positive: Booleans, patient: IntegerArray, *, n_folds: int, seed: int) -> IntegerArray:
    """The fold of each case, shape (n_cases,), from 0: all cases of a patient in one, positives spread evenly.

    Parameters
    ----------
    positive, patient
        Truth, and number of the patient, of each case; shape (n_cases,).

    Raises
    ------
    ValueError
        If a truth is not binary, or there are fewer patients with, or without, a positive case than folds.
    """
    from sklearn.model_selection import StratifiedGroupKFold

    positive = binary_results("positive", positive)
    n_with = np.unique(patient[positive]).size
    n_without = np.unique(patient[~positive]).size
    if min(n_with, n_without) < n_folds:
        raise ValueError(f"{n_folds} folds need as many patients with a positive case, and with a negative one.")
    folds = np.empty(positive.size, dtype=np.int64)
    division = StratifiedGroupKFold(n_splits=n_folds, shuffle=True, random_state=seed)
    for number, (_, held_out) in enumerate(division.split(positive[:, np.newaxis], positive, patient)):
        folds[held_out] = number
    return folds


def cross_fitted_scores(
    features: FloatArray, positive: Booleans, folds: IntegerArray, *, is_category: Booleans, seed: int
) -> FloatArray:
    """P(positive) of each case by gradient-boosted trees that were fitted on the other folds; shape (n_cases,).

    Parameters
    ----------
    features
        Shape (n_cases, n_features); NaN is a missing value, and a category is a whole number from 0 to 254.
    folds
        As from :func:`patient_folds`.
    is_category
        Which features are categories; shape (n_features,).

    Notes
    -----
    Small trees, few rounds and a penalty, because the question is whether there is a signal and not how large one could
    be made. Without a signal the area under the curve of cross-fitted scores lies a little below one half: a fold with
    many positives is scored by models that saw few.

    References
    ----------
    Friedman JH. Ann Stat 2001;29:1189-1232. doi:10.1214/aos/1013203451
    """
    from sklearn.ensemble import HistGradientBoostingClassifier
    from threadpoolctl import threadpool_limits

    scores = np.empty(positive.size)
    for fold in np.unique(folds):
        held_out = folds == fold
        model = HistGradientBoostingClassifier(
            max_iter=60,
            max_leaf_nodes=6,
            l2_regularization=1.0,
            early_stopping=False,
            categorical_features=is_category,
            random_state=seed,
        )
        # Beside other work, threads that wait for each other make these small fits twenty times as slow.
        with threadpool_limits(1, user_api="openmp"):
            model.fit(features[~held_out], positive[~held_out])
            scores[held_out] = model.predict_proba(features[held_out])[:, 1]
    return scores


def cross_fitted_encoding(level: IntegerArray, positive: Booleans, folds: IntegerArray) -> FloatArray:
    """The share of positives among the cases of the same level in the other folds, shape (n_cases,), in [0, 1].

    share = (positives of the level + 5 π) / (cases of the level + 5), with π the share over all cases of the other
    folds; a level that is in no other fold gets π.

    Parameters
    ----------
    level
        Number of each case's level, from 0; shape (n_cases,).

    Raises
    ------
    ValueError
        If a truth is not binary.
    """
    positive = binary_results("positive", positive)
    n_levels = int(level.max(initial=-1)) + 1
    scores = np.empty(positive.size)
    for fold in np.unique(folds):
        seen, held_out = folds != fold, folds == fold
        share = float(positive[seen].mean()) if seen.any() else 0.5
        cases = np.bincount(level[seen], minlength=n_levels)
        found = np.bincount(level[seen], weights=positive[seen], minlength=n_levels)
        encoded = (found + _PRIOR_CASES * share) / (cases + _PRIOR_CASES)
        scores[held_out] = encoded[level[held_out]]
    return scores
