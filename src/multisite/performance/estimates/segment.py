"""What is known of one group of cases."""

from collections.abc import Mapping
from dataclasses import dataclass

from multisite.stats import ClusterMoments, ScoreCounts, ScoreEstimate

__all__ = ["Segment"]


@dataclass(frozen=True, slots=True)
class Segment:
    """All that is known of one segment: its names, exact counts, AUC, and the moments of each proportion."""

    key: tuple[str, ...]
    counts: ScoreCounts
    auc: ScoreEstimate
    moments: Mapping[str, ClusterMoments]

    @property
    def n_patients(self) -> int:
        """Patients with a case in the segment."""
        return self.moments["prevalence"].n_patients

    @property
    def n_patients_of_class(self) -> tuple[int, int]:
        """Patients with a positive, and with a negative case."""
        return self.moments["sensitivity"].n_patients, self.moments["specificity"].n_patients
