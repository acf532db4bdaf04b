"""A statistic with an interval from patients drawn with replacement."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import special

from multisite.stats.estimate import Estimate, FloatArray, normal_quantile
from multisite.stats.resampling.case_arrays import patient_numbers
from multisite.stats.resampling.jackknife import jackknife, jackknife_acceleration
from multisite.stats.resampling.replicates import WeightedStatistic, bootstrap_replicates, patient_strata
from multisite.vocabulary import EstimateStatus

__all__ = [
    "BootstrapEstimate",
    "BootstrapMethod",
    "bca_interval",
    "bootstrap",
    "percentile_interval",
    "too_many_undefined",
]

BootstrapMethod: TypeAlias = Literal["bca", "percentile"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BootstrapEstimate(Estimate):
    """An estimate with an interval from ``n_replicates`` draws of patients, ``n_undefined`` of them without a value.

    ``standard_error`` is the standard deviation of the defined replicates.
    """

    n_patients: int
    n_replicates: int
    n_undefined: int
    standard_error: float | None = None


def bootstrap(
    statistic: WeightedStatistic,
    patient: npt.ArrayLike,
    *,
    seed: int | np.random.SeedSequence,
    n_replicates: int = 2_000,
    method: BootstrapMethod = "bca",
    max_undefined: float = 0.05,
    stratum: npt.ArrayLike | None = None,
    level: float = 0.95,
) -> BootstrapEstimate:
    """Value of ``statistic`` with a patient-clustered bootstrap interval.

    Of an AUC of 25 positives and 80 negatives, BCa covers 93 to 95 % and the percentile interval 90 to 93 %, the lower
    of these for an AUC of 0.94 (drawn within classes: 92 to 96 %, and 88 to 94 %); an interval by placements
    (:func:`clustered_auc`) covers better, and takes no draws.

    Parameters
    ----------
    statistic, patient, n_replicates, seed, stratum
        As for :func:`bootstrap_replicates`; ``statistic`` gives one value per row of weights.
    method
        ``bca``: bias-corrected and accelerated, with the acceleration of a jackknife over patients (for a statistic
        other than :class:`WeightedAuc` as many evaluations as there are patients). ``percentile``: quantiles of
        the replicates.
    max_undefined
        Largest share of replicates without a value (a class was not drawn) with which an interval is still given. The
        interval is one of the replicates that have a value.
    level
        Confidence level in (0, 1).

    Returns
    -------
    BootstrapEstimate
        With the numbers of replicates and of those without a value; ``reason`` tells of the latter even where there
        is an interval.

    Raises
    ------
    ValueError
        If an argument is out of its range, or the method unknown.

    Undefined cases
    ---------------
    No case, or a statistic that does not exist: undefined. One patient, more than ``max_undefined`` replicates without
    a value, replicates that are all or nearly all equal, or, for ``bca``, all on one side of the estimate, or a
    statistic that does not exist without one of the patients: the estimate stands without an interval, status
    ``insufficient``.

    References
    ----------
    Efron B. J Am Stat Assoc 1987;82:171-185. doi:10.1080/01621459.1987.10478410
    Field CA, Welsh AH. J R Stat Soc B 2007;69:369-390. doi:10.1111/j.1467-9868.2007.00593.x (clusters as units)
    """
    if method not in ("bca", "percentile"):
        raise ValueError("`method` must be `bca` or `percentile`.")
    if n_replicates < 1:
        raise ValueError("`n_replicates` must be at least 1.")
    if not 0.0 <= max_undefined < 1.0:
        raise ValueError("`max_undefined` must lie in [0, 1).")
    normal_quantile(level)
    numbers, n_patients = patient_numbers(patient)
    value = float(statistic(np.ones((1, numbers.size), dtype=np.int64))[0]) if n_patients else float("nan")
    strata = None if stratum is None else patient_strata(stratum, numbers, n_patients)
    about = _About(value, level, method, int(numbers.size), n_patients, n_replicates, stratum is not None)
    if np.isnan(value):
        return about.without("the statistic does not exist for these cases" if n_patients else "no case")
    if n_patients == 1:
        return about.without("one patient: there is no variance between patients, and no interval")
    drawn = bootstrap_replicates(statistic, numbers, n_replicates=n_replicates, seed=seed, stratum=stratum)
    defined = drawn[~np.isnan(drawn)]
    undefined = int(drawn.size - defined.size)
    if reason := too_many_undefined(undefined, drawn.size, max_undefined):
        return about.without(reason, undefined)
    error = float(np.std(defined, ddof=1)) if defined.size > 1 else 0.0
    if defined.min() == defined.max():
        return about.without("every replicate has the same value, and there is no interval", undefined, error)
    if method == "percentile":
        interval: tuple[float, float] | None = percentile_interval(defined, level=level)
    else:
        acceleration = jackknife_acceleration(jackknife(statistic, numbers), strata)
        interval = _bca(defined, value, acceleration, level)
    if interval is None:
        return about.without("the bias or the acceleration of the replicates does not exist", undefined, error)
    return about.with_interval(interval, undefined, error)


def percentile_interval(replicates: FloatArray, *, level: float = 0.95) -> tuple[float, float]:
    """Quantiles (1 − level)/2 and (1 + level)/2 of the replicates, linear between order statistics.

    Raises
    ------
    ValueError
        If there is no replicate, or one is NaN or infinite.
    """
    if not replicates.size or not np.isfinite(replicates).all():
        raise ValueError("`replicates` must hold finite values, one or more.")
    low, high = np.quantile(replicates, [(1.0 - level) / 2.0, (1.0 + level) / 2.0])
    return float(low), float(high)


def bca_interval(
    replicates: FloatArray, estimate: float, jackknifed: FloatArray, *, level: float = 0.95
) -> tuple[float, float] | None:
    """Bias-corrected and accelerated interval of defined replicates.

    The quantiles are those at Φ(z₀ + (z₀ ± z)/(1 − a(z₀ ± z))), z₀ the normal quantile of the share of replicates below
    the estimate (equal ones count half), a the acceleration of the jackknifed values. ``None`` where z₀ is infinite
    (all replicates lie on one side), a does not exist, a(z₀ ± z) reaches 1, or there is no replicate.

    SciPy has the same interval, but only of statistics that it resamples itself, without clusters.
    """
    return _bca(replicates, estimate, jackknife_acceleration(jackknifed), level)


def _bca(replicates: FloatArray, estimate: float, acceleration: float, level: float) -> tuple[float, float] | None:
    if not replicates.size:
        return None
    below = (np.count_nonzero(replicates < estimate) + np.count_nonzero(replicates <= estimate)) / (2 * replicates.size)
    bias = float(special.ndtri(below))
    if not np.isfinite(bias) or np.isnan(acceleration):
        return None
    z = normal_quantile(level)
    moved = np.array([bias - z, bias + z])
    shrunk = 1.0 - acceleration * moved
    if (shrunk <= 0.0).any():
        return None
    low, high = np.quantile(replicates, special.ndtr(bias + moved / shrunk))
    return float(low), float(high)


def too_many_undefined(n_undefined: int, n_replicates: int, max_undefined: float) -> str | None:
    """Why no interval is given, if more than the share ``max_undefined`` of the replicates has no value."""
    if n_undefined < n_replicates and n_undefined <= max_undefined * n_replicates:
        return None
    return f"undefined in {n_undefined} of {n_replicates} replicates, and no interval"


@dataclass(frozen=True, slots=True)
class _About:
    """What every result of a call has in common."""

    value: float
    level: float
    method: BootstrapMethod
    n_cases: int
    n_patients: int
    n_replicates: int
    stratified: bool

    def without(self, reason: str, n_undefined: int = 0, error: float | None = None) -> BootstrapEstimate:
        """A result without an interval."""
        return self._made(None, n_undefined, error, reason)

    def with_interval(self, interval: tuple[float, float], n_undefined: int, error: float) -> BootstrapEstimate:
        """A result with an interval, which holds the estimate; without one, if it would have no width."""
        if interval[0] == interval[1] == self.value:
            return self.without(
                "nearly every replicate has the same value, and there is no interval", n_undefined, error
            )
        reason = f"undefined in {n_undefined} of {self.n_replicates} replicates" if n_undefined else None
        return self._made(interval, n_undefined, error, reason)

    def _made(
        self, interval: tuple[float, float] | None, n_undefined: int, error: float | None, reason: str | None
    ) -> BootstrapEstimate:
        undefined = bool(np.isnan(self.value))
        thin = EstimateStatus.UNDEFINED if undefined else EstimateStatus.INSUFFICIENT
        return BootstrapEstimate(
            estimate=None if undefined else self.value,
            ci_low=None if interval is None else min(interval[0], self.value),
            ci_high=None if interval is None else max(interval[1], self.value),
            ci_level=self.level,
            ci_method=f"bootstrap of patients{' within strata' if self.stratified else ''}, "
            f"{'BCa' if self.method == 'bca' else self.method}",
            n_cases=self.n_cases,
            status=thin if interval is None else EstimateStatus.OK,
            reason=reason,
            n_patients=self.n_patients,
            n_replicates=self.n_replicates,
            n_undefined=n_undefined,
            standard_error=error,
        )
