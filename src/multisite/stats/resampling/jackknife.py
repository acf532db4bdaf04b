"""Values of a statistic without each patient in turn."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from multisite.stats.estimate import CountArray, FloatArray
from multisite.stats.resampling.case_arrays import patient_numbers
from multisite.stats.resampling.replicates import WeightedStatistic
from multisite.stats.resampling.weighted_auc import WeightedAuc

__all__ = ["jackknife", "jackknife_acceleration", "jackknife_variance"]

_NUMBERS_PER_BATCH = 1 << 16


def jackknife(statistic: WeightedStatistic, patient: npt.ArrayLike) -> FloatArray:
    """Value of ``statistic`` without all cases of each patient in turn, patients in the order of their names.

    Of :class:`WeightedAuc` in closed form, O(n log n) for all patients together; of any other statistic by K calls'
    worth of weights for K patients, O(K n).

    Parameters
    ----------
    statistic
        As for :func:`bootstrap_replicates`, one value per row.
    patient
        Name or number of the patient of each case, shape ``(n_cases,)``.

    Returns
    -------
    ndarray
        Shape ``(n_patients,)``; NaN where the statistic does not exist without that patient.
    """
    if isinstance(statistic, WeightedAuc):
        return statistic.leave_one_out(patient)
    numbers, n_patients = patient_numbers(patient)
    rows = max(1, _NUMBERS_PER_BATCH // max(1, numbers.size))
    parts = [
        statistic((numbers != np.arange(begin, min(begin + rows, n_patients))[:, None]).astype(np.int64))
        for begin in range(0, n_patients, rows)
    ]
    return np.concatenate(parts) if parts else np.empty(0)


def jackknife_variance(values: FloatArray) -> float:
    """Variance (K − 1)/K · Σ (θ₍ₖ₎ − mean)² of a statistic with these values, each without one of K patients.

    NaN where a value is NaN or infinite, or there is one patient.

    References
    ----------
    Efron B, Tibshirani RJ. An Introduction to the Bootstrap. 1993; equation 11.5. doi:10.1201/9780429246593
    """
    n = values.size
    return float((n - 1) * np.var(values)) if n > 1 and np.isfinite(values).all() else float("nan")


def jackknife_acceleration(values: FloatArray, strata: Sequence[CountArray] | None = None) -> float:
    """Efron's acceleration Σ d³ / (6 (Σ d²)^{3/2}), d being the mean of the values minus each; 0 without spread.

    With ``strata``, the places of the values of each: the mean is that of the stratum, and d is times (k − 1)/k for its
    k values (Davison and Hinkley's acceleration of several samples).

    NaN where a value is NaN or infinite.

    References
    ----------
    Efron B. J Am Stat Assoc 1987;82:171-185. doi:10.1080/01621459.1987.10478410
    Davison AC, Hinkley DV. Bootstrap Methods and their Application. Cambridge 1997, section 5.4.
    """
    if not values.size or not np.isfinite(values).all():
        return float("nan")
    distance = values.mean() - values
    for members in strata or ():
        distance[members] = (values[members].mean() - values[members]) * (members.size - 1) / members.size
    spread = float((distance**2).sum())
    # Below this the distances are the rounding of equal values.
    if spread <= values.size * (1e-14 * float(np.abs(values).max())) ** 2:
        return 0.0
    return float((distance**3).sum() / (6.0 * spread**1.5))
