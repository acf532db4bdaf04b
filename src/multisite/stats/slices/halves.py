"""Patients dealt into two halves by a digest, so that neither order nor number of patients matters."""

import hashlib
from collections.abc import Sequence

import numpy as np

from multisite.stats.estimate import BooleanArray

__all__ = ["patient_halves"]


def patient_halves(patients: Sequence[str], *, seed: int) -> BooleanArray:
    """Whether each patient belongs to the second half: the lowest bit of SHA-256 of seed and name.

    Parameters
    ----------
    patients
        Names, repeated as often as a patient has cases.
    seed
        Another seed deals anew.

    Returns
    -------
    BooleanArray
        One for each name, shape ``(n_cases,)``. The halves are of equal size on the average only.

    Raises
    ------
    ValueError
        If a name is missing or no text, or the seed is no whole number.

    Examples
    --------
    >>> patient_halves(["a", "b", "a"], seed=1).tolist()
    [False, True, False]
    """
    if isinstance(patients, str) or not all(isinstance(name, str) for name in patients):
        raise ValueError("`patients` must hold a text for each case.")
    if not isinstance(seed, int | np.integer):
        raise ValueError("`seed` must be a whole number.")
    second = {name: bool(hashlib.sha256(f"{seed}:{name}".encode()).digest()[-1] & 1) for name in set(patients)}
    return np.array([second[name] for name in patients], dtype=np.bool_)
