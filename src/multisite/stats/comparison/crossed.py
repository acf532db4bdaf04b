"""Two models on two sets of data: what the model changed, what the data changed, and whether the two depend."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import special

from multisite.stats.discrimination.placements import (
    Linearised,
    area_influence,
    obuchowski_covariance,
    patient_degrees,
    patient_sums,
    shows_no_variance,
)
from multisite.stats.dot import dot
from multisite.stats.estimate import BooleanArray, CountArray, Estimate, FloatArray, normal_quantile
from multisite.stats.resampling.case_arrays import CaseArrays, case_arrays
from multisite.vocabulary import EstimateStatus

__all__ = ["CrossedContrast", "CrossedDifferences", "CrossedEffect", "crossed_auc", "crossed_means"]

CrossedEffect: TypeAlias = Literal[
    "model_on_old_data",
    "model_on_new_data",
    "data_under_old_model",
    "data_under_new_model",
    "both",
    "interaction",
]

_COEFFICIENTS: Mapping[CrossedEffect, tuple[tuple[int, int], tuple[int, int]]] = {
    "model_on_old_data": ((-1, 1), (0, 0)),
    "model_on_new_data": ((0, 0), (-1, 1)),
    "data_under_old_model": ((-1, 0), (1, 0)),
    "data_under_new_model": ((0, -1), (0, 1)),
    "both": ((-1, 0), (0, 1)),
    "interaction": ((1, -1), (-1, 1)),
}
"""Of each effect the factors of the old and of the new model on old data, and then on new data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossedContrast(Estimate):
    """A sum and difference of the four values. ``p_value`` is two-sided, of 0, and agrees with the interval."""

    n_patients: int
    standard_error: float | None = None
    p_value: float | None = None
    degrees_of_freedom: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossedDifferences:
    """The four values, ``None`` where undefined, and every effect by name.

    ``n_patients_shared`` have cases in both sets of data.
    """

    old_on_old: float | None
    new_on_old: float | None
    old_on_new: float | None
    new_on_new: float | None
    effects: Mapping[CrossedEffect, CrossedContrast]
    n_patients_shared: int


def crossed_auc(
    positive: npt.ArrayLike,
    old: npt.ArrayLike,
    new: npt.ArrayLike,
    new_data: npt.ArrayLike,
    *,
    patient: npt.ArrayLike | None = None,
    level: float = 0.95,
) -> CrossedDifferences:
    """AUC of an old and of a new model on old and on new data, with all that follows from the four.

    With A(model, data): the effect of the model on either data is A(new, ·) − A(old, ·), that of the data under either
    model A(·, new) − A(·, old); ``both`` is A(new, new) − A(old, old), and equals the effect of the data under the old
    model plus that of the model on new data; ``interaction`` is the effect of the model on new data minus that on old.
    On the plain scale.

    Within a set of data the variance of a combination of both models is Obuchowski's, patients as clusters
    (:func:`auc_difference`). Between the two sets it is V₁ + V₂ + 2·K/(K − 1)·Σ s₁s₂, s being the sums over a patient
    of the influences of its cases in either set, so that patients with cases in both are allowed for; without any,
    variances add. The interval takes Student's t on Welch's degrees of freedom of V₁ and V₂.

    Parameters
    ----------
    positive, old, new
        Truth and both finite scores of each case, shape ``(n_cases,)``.
    new_data
        Whether each case is of the new data, shape ``(n_cases,)``.
    patient
        Patient of each case, shape ``(n_cases,)``; ``None``: every case is a patient.
    level
        Confidence level in (0, 1).

    Returns
    -------
    CrossedDifferences
        Effects in [−1, 1], the interaction in [−2, 2]; above 0 where the new is better, or where the new model gained
        more on new data.

    Raises
    ------
    ValueError
        If the arrays differ in length, truth or ``new_data`` is not binary, or a score or patient is not finite.

    Undefined cases
    ---------------
    A class without a case in a set of data: the values there and the effects that need them are undefined. Fewer than
    two patients with a positive case or with a negative one in a set, or no variance: the effect stands without
    interval and p-value, status ``insufficient``.

    References
    ----------
    Obuchowski NA. Biometrics 1997;53:567-578. doi:10.2307/2533958
    Welch BL. Biometrika 1947;34:28-35. doi:10.1093/biomet/34.1-2.28
    """
    method = "obuchowski, old and new data, patients as clusters, t"
    cases, (one, other) = case_arrays(positive, patient, old=old, new=new)
    return _crossed(_parts(cases, one, other, new_data, is_area=True), cases.n_patients, method, level)


def crossed_means(
    old: npt.ArrayLike,
    new: npt.ArrayLike,
    new_data: npt.ArrayLike,
    *,
    patient: npt.ArrayLike | None = None,
    level: float = 0.95,
) -> CrossedDifferences:
    """As :func:`crossed_auc` for the mean of a value per case; of right calls of positive cases, the sensitivity.

    The variance within a set of data is that of :func:`paired_mean_difference`, K/(K − 1)·Σsₖ².

    Parameters
    ----------
    old, new
        Finite values of each case under either model, shape ``(n_cases,)``.
    new_data, patient, level
        As for :func:`crossed_auc`.

    Returns
    -------
    CrossedDifferences
        On the scale of the values; intervals are not cut.

    Raises
    ------
    ValueError
        As :func:`crossed_auc`.

    Undefined cases
    ---------------
    No case in a set of data: undefined. One patient in a set, or no variance: without interval and p-value, status
    ``insufficient``.
    """
    truth = np.zeros(np.asarray(old).shape, dtype=np.bool_)
    method = "means, old and new data, patients as clusters, t"
    cases, (one, other) = case_arrays(truth, patient, old=old, new=new)
    return _crossed(_parts(cases, one, other, new_data, is_area=False), cases.n_patients, method, level)


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """One set of data, its patients also by their numbers among those of both sets.

    ``old`` and ``new`` are ``None`` where ``reason`` says why. ``is_area`` tells which variance is theirs.
    """

    cases: CaseArrays
    numbers: CountArray
    old: Linearised | None
    new: Linearised | None
    reason: str | None
    is_area: bool

    def combined(self, factors: tuple[int, int]) -> Linearised | None:
        """Both statistics times their factors, added up."""
        if self.old is None or self.new is None:
            return None
        value = factors[0] * self.old.value + factors[1] * self.new.value
        return Linearised(value, factors[0] * self.old.influence + factors[1] * self.new.influence)

    def variance(self, found: Linearised) -> float | None:
        """``None`` where there are too few patients."""
        if self.is_area:
            matrix = obuchowski_covariance(self.cases, [found])
            return None if matrix is None else float(matrix[0, 0])
        k = self.cases.n_patients
        sums = patient_sums(found.influence, self.cases.patient, k)
        return k / (k - 1) * dot(sums, sums) if k > 1 else None

    def degrees(self, found: Linearised) -> float:
        """Degrees of freedom of a variance that is not zero."""
        return patient_degrees(self.cases, found.influence) if self.is_area else float(self.cases.n_patients - 1)


def _parts(
    cases: CaseArrays, old: FloatArray, new: FloatArray, new_data: npt.ArrayLike, *, is_area: bool
) -> tuple[_Part, _Part]:
    chosen = np.asarray(new_data)
    if chosen.shape != old.shape or not np.isin(chosen, (0, 1)).all():
        raise ValueError("`new_data` must hold 0 or 1 (or booleans), one for each case.")
    first, second = (
        _part(cases, old, new, rows, is_area=is_area) for rows in (~chosen.astype(bool), chosen.astype(bool))
    )
    return first, second


def _part(cases: CaseArrays, old: FloatArray, new: FloatArray, rows: BooleanArray, *, is_area: bool) -> _Part:
    numbers = cases.patient[rows]
    distinct, own = np.unique(numbers, return_inverse=True)
    held = CaseArrays(cases.positive[rows], own.astype(np.int64, copy=False), int(distinct.size))
    if is_area:
        found = [area_influence(held.positive, score[rows]) for score in (old, new)]
        return _Part(held, numbers, found[0], found[1], held.missing_class, is_area)
    if not held.n_cases:
        return _Part(held, numbers, None, None, "no case", is_area)
    means = [Linearised(float(v[rows].mean()), (v[rows] - v[rows].mean()) / held.n_cases) for v in (old, new)]
    return _Part(held, numbers, means[0], means[1], None, is_area)


def _crossed(parts: tuple[_Part, _Part], n_patients: int, method: str, level: float) -> CrossedDifferences:
    normal_quantile(level)
    on_old, on_new = parts
    return CrossedDifferences(
        old_on_old=on_old.old.value if on_old.old else None,
        new_on_old=on_old.new.value if on_old.new else None,
        old_on_new=on_new.old.value if on_new.old else None,
        new_on_new=on_new.new.value if on_new.new else None,
        effects={
            effect: _contrast(
                [(part, factors) for part, factors in zip(parts, both, strict=True) if any(factors)],
                n_patients,
                method,
                level,
            )
            for effect, both in _COEFFICIENTS.items()
        },
        n_patients_shared=int(np.intersect1d(on_old.numbers, on_new.numbers).size),
    )


def _contrast(
    asked: Sequence[tuple[_Part, tuple[int, int]]], n_patients: int, method: str, level: float
) -> CrossedContrast:
    parts = [part for part, _ in asked]
    terms = [part.combined(factors) for part, factors in asked]
    about: dict[str, Any] = {
        "ci_level": level,
        "ci_method": method,
        "n_cases": sum(part.cases.n_cases for part in parts),
        "n_patients": int(np.unique(np.concatenate([part.numbers for part in parts])).size),
    }
    nothing: dict[str, Any] = {"ci_low": None, "ci_high": None}
    known = [term for term in terms if term is not None]
    if len(known) < len(terms):
        reason = next(part.reason for part, term in zip(parts, terms, strict=True) if term is None)
        return CrossedContrast(
            **about, **nothing, estimate=None, status=EstimateStatus.UNDEFINED, reason=f"{reason} in a set of data"
        )
    about |= {"estimate": sum(term.value for term in known)}
    variances = [part.variance(term) for part, term in zip(parts, known, strict=True)]
    enough = [variance for variance in variances if variance is not None]
    thin = EstimateStatus.INSUFFICIENT
    if len(enough) < len(variances):
        return CrossedContrast(**about, **nothing, status=thin, reason="too few patients in a set of data")
    variance = sum(enough)
    if len(parts) > 1:
        sums = [patient_sums(term.influence, part.numbers, n_patients) for part, term in zip(parts, known, strict=True)]
        variance += 2.0 * n_patients / (n_patients - 1) * dot(*sums)
    if shows_no_variance(variance):
        reason = "the difference shows no variance, and there is no interval"
        return CrossedContrast(**about, **nothing, standard_error=0.0, status=thin, reason=reason)
    held = zip(parts, known, enough, strict=True)
    spread = sum(v * v / part.degrees(term) for part, term, v in held if not shows_no_variance(v))
    degrees, error = sum(enough) ** 2 / spread, math.sqrt(variance)
    half = float(special.stdtrit(degrees, 0.5 + level / 2.0)) * error
    return CrossedContrast(
        **about,
        ci_low=about["estimate"] - half,
        ci_high=about["estimate"] + half,
        standard_error=error,
        p_value=2.0 * float(special.stdtr(degrees, -abs(about["estimate"]) / error)),
        degrees_of_freedom=degrees,
    )
