"""Area under the ROC curve of cases that cluster in patients."""

import math
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import special

from multisite.stats.discrimination.auc import auc
from multisite.stats.discrimination.placements import area_influence, class_sums, shows_no_variance
from multisite.stats.dot import dot
from multisite.stats.estimate import ScoreEstimate, normal_quantile
from multisite.stats.resampling.case_arrays import case_arrays
from multisite.stats.score_counts import ScoreCounts
from multisite.vocabulary import EstimateStatus

__all__ = ["AreaSums", "ClusteredAuc", "ClusteredAucMethod", "clustered_auc", "clustered_auc_of_sums"]

ClusteredAucMethod: TypeAlias = Literal["obuchowski-logit", "obuchowski"]

_NAMES: dict[ClusteredAucMethod, str] = {
    "obuchowski-logit": "obuchowski, patients as clusters, logit scale, t",
    "obuchowski": "obuchowski, patients as clusters, t",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusteredAuc(ScoreEstimate):
    """AUC of cases that cluster in patients.

    A patient with cases of both classes counts in ``n_patients_positive`` and in ``n_patients_negative``.
    ``degrees_of_freedom`` belong to Student's quantile; ``design_effect`` is the variance over DeLong's, which takes
    cases as independent.
    """

    n_patients: int
    n_patients_positive: int
    n_patients_negative: int
    degrees_of_freedom: float | None = None
    design_effect: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaSums:
    """Σa², Σb² and Σab over patients, a and b as in :func:`clustered_auc`, and how many patients there are.

    Raises
    ------
    ValueError
        If a sum is not finite, a sum of squares negative, or the numbers of patients contradict each other.
    """

    squares_positive: float
    squares_negative: float
    products: float
    n_patients: int
    n_patients_positive: int
    n_patients_negative: int

    def __post_init__(self) -> None:
        sums = (self.squares_positive, self.squares_negative, self.products)
        if not all(math.isfinite(value) for value in sums) or min(sums[:2]) < 0.0:
            raise ValueError("Sums over patients must be finite, and sums of squares not negative.")
        of_class = self.n_patients_positive, self.n_patients_negative
        if min(of_class) < 0 or not max(of_class) <= self.n_patients <= sum(of_class):
            raise ValueError("The numbers of patients contradict each other: each has a case of at least one class.")

    @property
    def parts(self) -> tuple[float, float, float]:
        """The three terms of the variance; with one patient in a sum, its term is not defined."""
        of_positive, of_negative, of_both = (
            n / (n - 1) for n in (self.n_patients_positive, self.n_patients_negative, self.n_patients)
        )
        return (
            of_positive * self.squares_positive,
            of_negative * self.squares_negative,
            of_both * 2.0 * self.products,
        )


def clustered_auc(
    positive: npt.ArrayLike,
    score: npt.ArrayLike,
    patient: npt.ArrayLike,
    *,
    method: ClusteredAucMethod = "obuchowski-logit",
    level: float = 0.95,
) -> ClusteredAuc:
    """:func:`auc` of all cases, with an interval that counts patients; a patient may have cases of both classes.

    The area is that of independent cases. With a and b the sums of a patient's (V − A)/P over its positive and of its
    (V − A)/N over its negative cases, V being placements, the variance is I₁/(I₁ − 1) Σa² + I₀/(I₀ − 1) Σb² +
    2 I/(I − 1) Σab, over I₁ patients with a positive case, I₀ with a negative one and I in all. If every patient has
    one case it is DeLong's.

    Parameters
    ----------
    positive, score, patient
        Truth, finite score and patient of each case, shape ``(n_cases,)``. A higher score speaks for the finding.
    method
        ``obuchowski-logit``: logit(A) ± t·SE/(A(1 − A)), transformed back. ``obuchowski``: A ± t·SE, cut to [0, 1].
        t is Student's quantile on Satterthwaite's degrees of freedom, (u + v)²/(u²/(I₁ − 1) + v²/(I₀ − 1)) with u and v
        the first two terms of the variance, so that few patients widen the interval (Obuchowski has the normal
        quantile, which covers 92 % with 40 patients of whom 8 have a positive case).
    level
        Confidence level in (0, 1).

    Returns
    -------
    ClusteredAuc
        Estimate in [0, 1], larger is better; ``standard_error`` is on the scale of AUC.

    Raises
    ------
    ValueError
        If the arrays differ in length, the truth is not binary, a score or patient is not finite, or the method is
        unknown.

    Undefined cases
    ---------------
    No positive or no negative case: undefined. Fewer than two patients with a positive case or with a negative one
    (a single patient with both classes among them), or no variance between patients: the estimate stands without an
    interval, status ``insufficient``. AUC of 0 or 1 shows no variance: Newcombe's method 5 is given, cases of a patient
    and class taken as one, and ``ci_method`` says so.

    References
    ----------
    Obuchowski NA. Biometrics 1997;53:567-578. doi:10.2307/2533958

    Examples
    --------
    >>> found = clustered_auc([1, 0, 1, 0, 1, 0], [0.9, 0.2, 0.4, 0.5, 0.8, 0.1], ["a", "a", "b", "b", "c", "c"])
    >>> round(found.estimate, 3), found.n_patients
    (0.889, 3)
    """
    if method not in _NAMES:
        raise ValueError(f"`method` must be one of: {', '.join(_NAMES)}.")
    normal_quantile(level)
    cases, (values,) = case_arrays(positive, patient, score=score)
    found = area_influence(cases.positive, values)
    a, b = class_sums(cases, np.zeros(cases.n_cases) if found is None else found.influence)
    sums = AreaSums(
        squares_positive=dot(a, a),
        squares_negative=dot(b, b),
        products=dot(a, b),
        n_patients=cases.n_patients,
        n_patients_positive=cases.n_patients_positive,
        n_patients_negative=cases.n_patients_negative,
    )
    plain = auc(ScoreCounts.from_cases(cases.positive, values), level=level)
    return clustered_auc_of_sums(plain, sums, method=method, level=level)


def clustered_auc_of_sums(
    plain: ScoreEstimate, sums: AreaSums, *, method: ClusteredAucMethod = "obuchowski-logit", level: float = 0.95
) -> ClusteredAuc:
    """:func:`clustered_auc` from DeLong's estimate of the same cases and the sums over their patients.

    The sums may come from a site whose rows may not leave it. Raises ValueError if the method is unknown.
    """
    if method not in _NAMES:
        raise ValueError(f"`method` must be one of: {', '.join(_NAMES)}.")
    known = _known(plain, sums, level)
    name = _NAMES[method]
    area = plain.estimate
    if area is None:
        return ClusteredAuc(**known, **_no_interval(name, plain.reason), estimate=None, status=EstimateStatus.UNDEFINED)
    if sums.n_patients_positive < 2 or sums.n_patients_negative < 2:
        reason = "an interval needs two patients with a positive case and two with a negative one"
        return ClusteredAuc(**known, **_no_interval(name, reason), estimate=area, status=EstimateStatus.INSUFFICIENT)
    u, v, mixed = sums.parts
    variance = u + v + mixed
    if shows_no_variance(variance) and 0.0 < area < 1.0:
        reason = "the patients show no variance, and there is no interval"
        return ClusteredAuc(
            **known,
            **_no_interval(name, reason),
            estimate=area,
            status=EstimateStatus.INSUFFICIENT,
            standard_error=0.0,
        )
    error = math.sqrt(max(variance, 0.0))
    degrees = None
    if shows_no_variance(variance):
        low, high, name = _of_patients(sums, area, level)
    else:
        degrees = (u + v) ** 2 / (u * u / (sums.n_patients_positive - 1) + v * v / (sums.n_patients_negative - 1))
        half = error * float(special.stdtrit(degrees, 0.5 + level / 2.0))
        low, high = _interval(area, half, logit=method == "obuchowski-logit")
    independent = plain.standard_error
    return ClusteredAuc(
        **known,
        estimate=area,
        ci_low=low,
        ci_high=high,
        ci_method=name,
        standard_error=error,
        degrees_of_freedom=degrees,
        design_effect=(error / independent) ** 2 if independent else None,
    )


def _interval(area: float, half: float, *, logit: bool) -> tuple[float, float]:
    if not logit:
        return max(0.0, area - half), min(1.0, area + half)
    middle, stretched = float(special.logit(area)), half / (area * (1.0 - area))
    low, high = special.expit(middle - stretched), special.expit(middle + stretched)
    return min(float(low), area), max(float(high), area)


def _of_patients(sums: AreaSums, area: float, level: float) -> tuple[float, float, str]:
    # Perfect separation of the patients' classes, each taken as one case: the same area, fewer cases.
    positives, negatives = sums.n_patients_positive, sums.n_patients_negative
    truth = np.repeat([True, False], [positives, negatives])
    counts = ScoreCounts.from_cases(truth, truth == bool(area))
    found = auc(counts, method="newcombe", level=level)
    name = f"newcombe score, cases of a patient and class taken as one, since AUC is {area:.0f} and shows no variance"
    return float(found.ci_low or 0.0), float(found.ci_high or 0.0), name


def _known(plain: ScoreEstimate, sums: AreaSums, level: float) -> dict[str, Any]:
    return {
        "ci_level": level,
        "n_cases": plain.n_cases,
        "n_positive": plain.n_positive,
        "n_negative": plain.n_negative,
        "n_patients": sums.n_patients,
        "n_patients_positive": sums.n_patients_positive,
        "n_patients_negative": sums.n_patients_negative,
    }


def _no_interval(method: str, reason: str | None) -> dict[str, Any]:
    return {"ci_low": None, "ci_high": None, "ci_method": method, "reason": reason}
