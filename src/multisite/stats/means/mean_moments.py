"""Sums over patients from which a mean, its clustered variance and the components of a variance follow."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from multisite.stats.estimate import FloatArray
from multisite.stats.resampling.case_arrays import patient_numbers

__all__ = ["MeanMoments"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MeanMoments:
    """Sums over patients with n cases each, X being the sum of a patient's values x; those of disjoint patients add.

    ``sum_n``, ``sum_nn``, ``sum_x``, ``sum_xn`` and ``sum_xx`` are the sums of n, n², X, Xn and X²; ``sum_squares`` is
    that of x² over cases, and ``sum_xx_over_n`` that of X²/n, from which the variance inside patients follows.

    Raises
    ------
    ValueError
        If there are fewer cases than patients, or a sum is not finite.
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
        if not 0 <= self.n_patients <= self.sum_n <= self.sum_nn or not np.isfinite(sums).all():
            raise ValueError("The moments contradict each other, or are not finite: every patient has a case or more.")

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
            float((x * x).sum()),
        )

    @classmethod
    def from_patients(cls, sums: FloatArray, sizes: FloatArray, sum_squares: float) -> "MeanMoments":
        """Moments from each patient's sum and number of cases, and the sum of squares over all cases."""
        return cls(
            n_patients=int(sums.size),
            sum_n=int(sizes.sum()),
            sum_nn=int((sizes * sizes).sum()),
            sum_x=float(sums.sum()),
            sum_xn=float((sums * sizes).sum()),
            sum_xx=float((sums * sums).sum()),
            sum_squares=sum_squares,
            sum_xx_over_n=float((sums * sums / sizes).sum()),
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
