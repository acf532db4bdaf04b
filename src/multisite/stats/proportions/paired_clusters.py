"""Sums over patients of what two classifiers made of the same cases."""

from dataclasses import dataclass, fields

import numpy.typing as npt

from multisite.stats.proportions.clustered import ClusterMoments
from multisite.stats.proportions.counts import whole_counts

__all__ = ["PairedClusterMoments"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedClusterMoments:
    """Sums over patients of two numerators y₁ and y₂ of one denominator n; the moments of disjoint patients add.

    Of a patient's n cases the first classifier has y₁ right (or calls so many positive), the second y₂. A patient
    with n = 0 takes no part. The others are the sums of products: ``sum_first_second`` is Σ y₁y₂, and so on.

    Raises
    ------
    ValueError
        If the sums contradict each other.
    """

    n_patients: int
    sum_first: int
    sum_second: int
    sum_n: int
    sum_first_first: int
    sum_second_second: int
    sum_first_second: int
    sum_first_n: int
    sum_second_n: int
    sum_nn: int

    def __post_init__(self) -> None:
        _ = self.first, self.second  # each refuses sums that cannot be
        if self.sum_first_second < 0 or self.sum_of_squared_differences < 0:
            raise ValueError("The paired cluster moments contradict each other: `sum_first_second` cannot be so.")

    @classmethod
    def from_clusters(
        cls, first: npt.ArrayLike, second: npt.ArrayLike, denominator: npt.ArrayLike
    ) -> "PairedClusterMoments":
        """Moments from two numerators and a denominator per patient, whole numbers, shape ``(n_patients,)``.

        Raises
        ------
        ValueError
            If the shapes differ, a number is not whole, or a numerator is larger than its denominator.
        """
        y1, y2 = whole_counts("first", first), whole_counts("second", second)
        n = whole_counts("denominator", denominator)
        if not y1.shape == y2.shape == n.shape:
            raise ValueError("`first`, `second` and `denominator` must be of the same length.")
        if ((y1 > n) | (y2 > n)).any():
            raise ValueError("Every value of `first` and `second` must lie between 0 and its `denominator`.")
        sums = (n > 0, y1, y2, n, y1 * y1, y2 * y2, y1 * y2, y1 * n, y2 * n, n * n)
        names = (field.name for field in fields(cls))
        return cls(**{name: int(values.sum()) for name, values in zip(names, sums, strict=True)})

    def __add__(self, other: "PairedClusterMoments") -> "PairedClusterMoments":
        names = (field.name for field in fields(self))
        return PairedClusterMoments(**{name: getattr(self, name) + getattr(other, name) for name in names})

    @property
    def first(self) -> ClusterMoments:
        """Those of the first classifier alone."""
        return ClusterMoments(
            self.n_patients, self.sum_first, self.sum_n, self.sum_first_first, self.sum_first_n, self.sum_nn
        )

    @property
    def second(self) -> ClusterMoments:
        """Those of the second classifier alone."""
        return ClusterMoments(
            self.n_patients, self.sum_second, self.sum_n, self.sum_second_second, self.sum_second_n, self.sum_nn
        )

    @property
    def sum_of_squared_differences(self) -> int:
        """Σ (y₁ − y₂)²."""
        return self.sum_first_first - 2 * self.sum_first_second + self.sum_second_second

    @property
    def n_if_alike(self) -> int:
        """Independent cases that tell as much where all cases of a patient are alike, (Σn)²/Σn², cut to a whole one."""
        return self.sum_n**2 // self.sum_nn if self.sum_nn else 0

    @property
    def sum_of_squared_residuals(self) -> float:
        """Σ (y₁ − y₂ − θ n)² with θ = Σ(y₁ − y₂)/Σn, from whole numbers to the last division; n must not be 0."""
        d, n = self.sum_first - self.sum_second, self.sum_n
        crossed = self.sum_first_n - self.sum_second_n
        return (self.sum_of_squared_differences * n * n - 2 * d * n * crossed + d * d * self.sum_nn) / (n * n)

    @property
    def covariance(self) -> float:
        """Covariance between patients of the two proportions, K/(K − 1) · Σ(y₁ − r₁n)(y₂ − r₂n)/(Σn)²; K > 1."""
        n, k = self.sum_n, self.n_patients
        crossed = (
            self.sum_first_second * n * n
            - self.sum_second * n * self.sum_first_n
            - self.sum_first * n * self.sum_second_n
            + self.sum_first * self.sum_second * self.sum_nn
        ) / (n * n)
        return k / (k - 1) * crossed / (n * n)
