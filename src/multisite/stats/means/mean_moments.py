"""Sums over patients from which a mean, its clustered variance and the components of a variance follow."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from multisite.stats.estimate import FloatArray
from multisite.stats.resampling.case_arrays import patient_numbers

__all__ = ["MeanMoments"]

_ROUNDING = 1.0 + 1e-6
"""Sums of very many cases may pass each other by this much."""

_LARGEST = 1e280
"""What follows from larger sums may be too large for a float."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeanMoments:
    """Sums over patients with n cases each, X being the sum of a patient's values x; those of disjoint patients add.

    ``sum_n``, ``sum_nn``, ``sum_x``, ``sum_xn`` and ``sum_xx`` are the sums of n, n², X, Xn and X²; ``sum_squares`` is
    that of x² over cases, and ``sum_xx_over_n`` that of X²/n, from which the variance inside patients follows.

    Raises
    ------
    ValueError
        If there are fewer cases than patients, a sum is not finite or beyond 10²⁸⁰, or sums of squares are below what
        the sums ask for.
    """

    n_patients: int
    sum_n: int
    sum_nn: int
    sum_x: float
    sum_xn: float
    sum_xx: float
    sum_squares: float
    sum_xx_over_n: float

    def __post_init__(self) -> None:
        sums = (self.sum_x, self.sum_xn, self.sum_xx, self.sum_squares, self.sum_xx_over_n)
        whole = all(number == np.trunc(number) for number in (self.n_patients, self.sum_n, self.sum_nn))
        finite = all(abs(number) < _LARGEST for number in (*sums, self.sum_x * self.sum_x * self.sum_nn))
        if not 0 <= self.n_patients <= self.sum_n <= self.sum_nn or not whole or not finite:
            raise ValueError(
                "The moments contradict each other, or are not finite or too large: every patient has a case or more."
            )
        # Cauchy and Schwarz: (Σx)² ≤ n Σx² for the cases of each patient, and for all cases.
        inside = 0.0 <= self.sum_xx_over_n <= self.sum_squares * _ROUNDING
        if not inside or self.sum_xx < 0.0 or self.sum_x**2 > self.sum_n * self.sum_xx_over_n * _ROUNDING:
            raise ValueError("The moments contradict each other: no values have such sums and sums of squares.")

    @classmethod
    def from_cases(cls, values: npt.ArrayLike, patient: npt.ArrayLike) -> "MeanMoments":
        """Moments of finite values and their patients (numbers or texts), both of shape ``(n_cases,)``.

        Raises
        ------
        ValueError
            If the shapes differ, a value is not finite, or a patient is missing.
        """
        x = np.asarray(values, dtype=np.float64)
        if x.ndim != 1 or not np.isfinite(x).all():
            raise ValueError("`values` must be one-dimensional and finite.")
        numbers = patient_numbers(patient, x.size)[0]
        _, owner = np.unique(numbers, return_inverse=True)
        return cls.from_patients(
            np.bincount(owner, weights=x).astype(np.float64, copy=False),
            np.bincount(owner).astype(np.float64),
            _sum(x, x),
        )

    @classmethod
    def from_patients(cls, sums: FloatArray, sizes: FloatArray, sum_squares: float) -> "MeanMoments":
        """Moments from each patient's sum and number of cases, and the sum of squares over all cases.

        Raises
        ------
        ValueError
            If the shapes differ, or a patient has no case.
        """
        if sums.ndim != 1 or sums.shape != sizes.shape or not (sizes >= 1.0).all():
            raise ValueError("`sums` and `sizes` must be of the same patients, each with a case or more.")
        return cls(
            n_patients=int(sums.size),
            sum_n=int(sizes.sum()),
            sum_nn=int((sizes * sizes).sum()),
            sum_x=float(sums.sum()),
            sum_xn=_sum(sums, sizes),
            sum_xx=_sum(sums, sums),
            sum_squares=sum_squares,
            sum_xx_over_n=_sum(sums, sums, sizes),
        )

    def __add__(self, other: "MeanMoments") -> "MeanMoments":
        return MeanMoments(**{name: getattr(self, name) + getattr(other, name) for name in self.__slots__})

    @property
    def clustered(self) -> bool:
        """Whether any patient has more than one case."""
        return self.sum_nn > self.sum_n

    @property
    def nothing(self) -> float:
        """What a sum of squared deviations may come to by rounding alone."""
        return 64.0 * float(np.finfo(np.float64).eps) * self.sum_squares


def _sum(first: FloatArray, second: FloatArray, sizes: FloatArray | float = 1.0) -> float:
    """Sum of products over sizes, infinite where it is too large for a float: the moments then refuse it."""
    with np.errstate(over="ignore"):
        return float((first * second / sizes).sum())
