"""Two models on two sets of data: what the model changed, what the data changed, and whether the two depend."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import special

from multisite.stats.comparison.crossed_parts import CrossedPart, crossed_parts
from multisite.stats.discrimination.placements import patient_sums, shows_no_variance
from multisite.stats.dot import dot
from multisite.stats.estimate import Estimate, normal_quantile
from multisite.stats.proportions.joining import limits, square_and_add
from multisite.stats.resampling.case_arrays import case_arrays
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


_JOINED = "square-and-add of the intervals of both sets of data, patients as clusters"


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossedContrast(Estimate):
    """A sum and difference of the four values. ``p_value`` is two-sided, of 0, and agrees with the interval.

    Of an interval by square-and-add the p-value is that of the distance to the end towards 0. Where a set shows no
    variance, ``standard_error`` is half the width over the normal quantile, and ``degrees_of_freedom`` is ``None``.
    """

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
    variances add. The effects of the model on a set of data, and the interaction, have Student's t on Welch's degrees
    of freedom of V₁ and V₂. The effects of the data, and ``both``, join the interval of each set
    (:func:`clustered_auc`) by square-and-add, with the correlation that patients in both sets make: a set is not known
    exactly because its AUC is 1, nor nearly so because it is almost 1.

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
    two patients with a positive case or with a negative one in a set, no variance of the effect of the model on a set
    (nor then of the interaction), or a set without an interval of its own: the effect stands without interval and
    p-value, status ``insufficient``.

    References
    ----------
    Obuchowski NA. Biometrics 1997;53:567-578. doi:10.2307/2533958
    Zou GY, Donner A. Stat Med 2008;27:1693-1702. doi:10.1002/sim.3095
    Welch BL. Biometrika 1947;34:28-35. doi:10.1093/biomet/34.1-2.28
    """
    method = "obuchowski, old and new data, patients as clusters, t"
    cases, (one, other) = case_arrays(positive, patient, old=old, new=new)
    return _crossed(crossed_parts(cases, one, other, new_data, is_area=True), cases.n_patients, method, level)


def crossed_means(
    old: npt.ArrayLike,
    new: npt.ArrayLike,
    new_data: npt.ArrayLike,
    *,
    patient: npt.ArrayLike | None = None,
    level: float = 0.95,
) -> CrossedDifferences:
    """As :func:`crossed_auc` for the mean of a value per case; of right calls of positive cases, the sensitivity.

    The variance within a set of data is that of :func:`paired_mean_difference`, K/(K − 1)·Σsₖ². The interval of a set
    is that of :func:`clustered_proportion`, where every value is 0 or 1; other values leave Student's t to all effects.

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
    No case in a set of data: undefined. One patient in a set, or no variance, as for :func:`crossed_auc`: without
    interval and p-value, status ``insufficient``.
    """
    truth = np.zeros(np.asarray(old).shape, dtype=np.bool_)
    method = "means, old and new data, patients as clusters, t"
    cases, (one, other) = case_arrays(truth, patient, old=old, new=new)
    return _crossed(crossed_parts(cases, one, other, new_data, is_area=False), cases.n_patients, method, level)


def _crossed(parts: tuple[CrossedPart, CrossedPart], n_patients: int, method: str, level: float) -> CrossedDifferences:
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
    asked: Sequence[tuple[CrossedPart, tuple[int, int]]], n_patients: int, method: str, level: float
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
    shared = 0.0
    if len(parts) > 1:
        sums = [patient_sums(term.influence, part.numbers, n_patients) for part, term in zip(parts, known, strict=True)]
        shared = n_patients / (n_patients - 1) * dot(*sums)
    variance = sum(enough) + 2.0 * shared
    varied = not any(shows_no_variance(v) for v in (*enough, variance))
    if varied:
        spread = sum(v * v / part.degrees(term) for part, term, v in zip(parts, known, enough, strict=True))
        about |= {"standard_error": math.sqrt(variance), "degrees_of_freedom": sum(enough) ** 2 / spread}
    joined = _joined(asked, -shared / math.sqrt(math.prod(enough)) if varied else 0.0, level)
    if joined is not None:
        low, high = joined
        about |= {"ci_low": low, "ci_high": high, "p_value": _p_value(about["estimate"], low, high, level)}
        error = about.pop("standard_error", (high - low) / (2.0 * normal_quantile(level)))
        return CrossedContrast(**about | {"ci_method": _JOINED}, standard_error=error)
    if not varied:
        # A set of data that shows no variance is not known exactly: n right calls of n say little where n is small.
        zero = 0.0 if all(shows_no_variance(v) for v in enough) else None
        place = "a set of data" if len(parts) > 1 else "the difference"
        reason = f"{place} shows no variance, and there is no interval"
        return CrossedContrast(**about, **nothing, standard_error=zero, status=thin, reason=reason)
    half = float(special.stdtrit(about["degrees_of_freedom"], 0.5 + level / 2.0)) * about["standard_error"]
    return CrossedContrast(
        **about,
        ci_low=about["estimate"] - half,
        ci_high=about["estimate"] + half,
        p_value=2.0
        * float(special.stdtr(about["degrees_of_freedom"], -abs(about["estimate"]) / about["standard_error"])),
    )


def _joined(
    asked: Sequence[tuple[CrossedPart, tuple[int, int]]], correlation: float, level: float
) -> tuple[float, float] | None:
    """Limits of new data minus old of one model on each, from the sets' own intervals; ``None`` for what has none."""
    if len(asked) != 2 or any(factors.count(0) != 1 for _, factors in asked):
        return None
    before, after = (part.own_interval(factors.index(0) ^ 1, level) for part, factors in asked)
    if before is None or after is None or before.estimate is None or after.estimate is None:
        return None
    if before.ci_low is None or after.ci_low is None:
        return None
    held = max(-1.0, min(1.0, correlation))
    return square_and_add(after.estimate, limits(after), before.estimate, limits(before), correlation=held)


def _p_value(estimate: float, low: float, high: float, level: float) -> float:
    """Of the distance to the end towards 0: below 1 − ``level`` exactly where the interval leaves out 0."""
    reach = estimate - low if estimate > 0.0 else high - estimate
    return 2.0 * float(special.ndtr(-normal_quantile(level) * abs(estimate) / reach))
