"""Cases given one by one with their patients, for intervals that count patients."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from multisite.stats.estimate import CountArray, FloatArray, ScoreEstimate
from multisite.stats.resampling.case_arrays import patient_numbers
from multisite.stats.score_counts import ScoreCounts, require_probabilities

__all__ = ["ClusteredCases", "ClusteredScoreEstimate"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusteredScoreEstimate(ScoreEstimate):
    """An estimate whose interval counts ``n_patients`` patients, and not cases."""

    n_patients: int


@dataclass(frozen=True, slots=True, eq=False)
class ClusteredCases:
    """Truth (0 or 1), score and number of the patient from 0 upwards of each case; and the same cases counted."""

    truth: FloatArray
    score: FloatArray
    patient: CountArray
    n_patients: int
    counts: ScoreCounts

    @classmethod
    def of(cls, reference: npt.ArrayLike, score: npt.ArrayLike, patient: npt.ArrayLike) -> "ClusteredCases":
        """Check and number.

        Raises
        ------
        ValueError
            If the shapes differ, ``reference`` is not binary, a score is not finite or lies outside [0, 1], or a
            patient is missing.
        """
        counts = ScoreCounts.from_cases(reference, score)
        require_probabilities(counts)
        truth = np.asarray(reference, dtype=np.float64)
        number, n_patients = patient_numbers(patient, truth.size)
        return cls(truth, np.asarray(score, dtype=np.float64), number, n_patients, counts)

    def between_zero_and_one(self) -> "ClusteredCases":
        """The cases whose score is neither 0 nor 1, and their patients."""
        kept = (self.score > 0.0) & (self.score < 1.0)
        return ClusteredCases.of(self.truth[kept], self.score[kept], self.patient[kept])

    def per_patient(self, value: FloatArray) -> FloatArray:
        """Sum of ``value`` over the cases of each patient."""
        return np.bincount(self.patient, weights=value, minlength=self.n_patients).astype(np.float64)
