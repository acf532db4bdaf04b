"""Bootstrap replicates of a weighted statistic over drawn patients, the same however they are shared out."""

from collections.abc import Callable, Iterator
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from multisite.stats.estimate import CountArray, FloatArray
from multisite.stats.resampling.case_arrays import patient_numbers

__all__ = ["REPLICATES_PER_SEED", "WeightedStatistic", "bootstrap_replicates", "patient_strata"]

WeightedStatistic: TypeAlias = Callable[[CountArray], FloatArray]
"""Weights of shape ``(n, n_cases)`` to values of shape ``(n,)`` or ``(n, n_values)``, each row on its own."""

REPLICATES_PER_SEED = 64
"""Replicates that come from one child of the seed; changing it changes every bootstrap."""

# A batch of weights stays in the cache of a core; it changes nothing but the time.
_NUMBERS_PER_BATCH = 1 << 16


def bootstrap_replicates(
    statistic: WeightedStatistic,
    patient: npt.ArrayLike,
    *,
    n_replicates: int,
    seed: int | np.random.SeedSequence,
    first: int = 0,
    last: int | None = None,
    stratum: npt.ArrayLike | None = None,
) -> FloatArray:
    """Values of ``statistic`` over data sets of as many patients, drawn with replacement with all their cases.

    A replicate draws the K patients K times and gives each case the number of times that its patient was drawn as a
    weight; no case is copied and nothing is sorted. Replicates 64c to 64c + 63 come from child c of ``seed``
    (``SeedSequence.spawn``), so that workers who compute parts get the values that one would.

    Parameters
    ----------
    statistic
        Function of weights, such as :class:`WeightedAuc`: whole numbers of shape ``(n, n_cases)`` to values of shape
        ``(n,)`` or ``(n, n_values)``; NaN where it does not exist. It must treat each row alone: it is called with
        as many rows as suit the memory.
    patient
        Name or number of the patient of each case, shape ``(n_cases,)``.
    n_replicates
        Length of the whole, at least 1.
    seed
        Non-negative whole number, or a seed sequence, whose own count of children is neither used nor changed.
    stratum
        Stratum of each case, alike for all cases of a patient: patients are then drawn within their stratum, as many as
        it has. With the truth of patients who have cases of one class only, every replicate has both classes.
    first, last
        The part to compute, 0 ≤ first ≤ last ≤ n_replicates; ``last`` is not included, and ``None`` is the end.

    Returns
    -------
    ndarray
        Values of replicates ``first`` to ``last`` − 1: the same as that slice of the whole, to the bit.

    Raises
    ------
    ValueError
        If there is no case, the part does not lie in the whole, the seed is negative, or ``statistic`` does not return
        one row per row; or if ``stratum`` is missing for a case or differs within a patient.
    """
    numbers, n_patients = patient_numbers(patient)
    strata = None if stratum is None else patient_strata(stratum, numbers, n_patients)
    if not n_patients:
        raise ValueError("`patient` must name at least one patient.")
    if n_replicates < 1:
        raise ValueError("`n_replicates` must be at least 1.")
    if not isinstance(seed, np.random.SeedSequence) and seed < 0:
        raise ValueError("`seed` must be a whole number, not negative, or a seed sequence.")
    end = n_replicates if last is None else last
    if not 0 <= first <= end <= n_replicates:
        raise ValueError("`first` and `last` must lie in order between 0 and `n_replicates`.")
    sequence = seed if isinstance(seed, np.random.SeedSequence) else np.random.SeedSequence(seed)
    rows = max(1, _NUMBERS_PER_BATCH // numbers.size)
    values = [
        _applied(statistic, counts[begin : begin + rows, numbers])
        for counts in _patient_counts(n_patients, sequence, first, end, strata)
        for begin in range(0, len(counts), rows)
    ]
    return np.concatenate(values) if values else np.empty(0)


def patient_strata(stratum: npt.ArrayLike, numbers: CountArray, n_patients: int) -> list[CountArray]:
    """The numbers of the patients of each stratum.

    Raises
    ------
    ValueError
        If a case has no stratum, or a patient two.
    """
    try:
        codes, n_strata = patient_numbers(stratum, numbers.size)
    except ValueError:
        raise ValueError("`stratum` must be given for every case, numbers only or texts only.") from None
    of_patient = np.zeros(n_patients, dtype=np.int64)
    of_patient[numbers] = codes
    if (of_patient[numbers] != codes).any():
        raise ValueError("`stratum` must be the same for all cases of a patient.")
    return [np.flatnonzero(of_patient == code) for code in range(n_strata)]


def _patient_counts(
    n_patients: int, sequence: np.random.SeedSequence, first: int, last: int, strata: list[CountArray] | None
) -> Iterator[CountArray]:
    rows = max(1, min(REPLICATES_PER_SEED, _NUMBERS_PER_BATCH // n_patients))
    for child in range(first // REPLICATES_PER_SEED, -(-last // REPLICATES_PER_SEED)):
        key = (*sequence.spawn_key, child)
        spawned = np.random.SeedSequence(sequence.entropy, spawn_key=key, pool_size=sequence.pool_size)
        rng = np.random.Generator(np.random.PCG64(spawned))
        for begin in range(0, REPLICATES_PER_SEED, rows):
            start = child * REPLICATES_PER_SEED + begin
            if start >= last:
                break
            # Whole batches are drawn, even where a part begins or ends inside one.
            n = min(rows, REPLICATES_PER_SEED - begin)
            if strata is None:
                drawn = rng.integers(0, n_patients, size=(n, n_patients))
            else:
                drawn = np.concatenate(
                    [members[rng.integers(0, members.size, size=(n, members.size))] for members in strata], axis=1
                )
            if start + n <= first:
                continue
            drawn += n_patients * np.arange(n)[:, None]
            counts = np.bincount(drawn.ravel(), minlength=n * n_patients).reshape(n, n_patients)
            yield counts[max(first - start, 0) : last - start]


def _applied(statistic: WeightedStatistic, weights: CountArray) -> FloatArray:
    values = np.asarray(statistic(weights), dtype=np.float64)
    if values.ndim not in (1, 2) or values.shape[0] != weights.shape[0]:
        raise ValueError("`statistic` must return one value, or one row of values, for each row of weights.")
    return values
