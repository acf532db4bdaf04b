"""How often a labeller is right, and the counts of a validation that tell it."""

from dataclasses import dataclass

import numpy as np

from multisite.stats.estimate import FloatArray
from multisite.stats.proportions.counts import whole_count

__all__ = ["LabelErrors", "LabellerValidation"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelErrors:
    """Sensitivity and specificity of the labels against the truth, each in [0, 1].

    Raises
    ------
    ValueError
        If one lies outside.
    """

    sensitivity: float
    specificity: float

    def __post_init__(self) -> None:
        if not all(0.0 <= value <= 1.0 for value in (self.sensitivity, self.specificity)):
            raise ValueError("`sensitivity` and `specificity` of the labels must lie in [0, 1].")

    @property
    def youden(self) -> float:
        """Sensitivity + specificity − 1: how far a labelled class differs from chance, 1 without errors."""
        return self.sensitivity + self.specificity - 1.0

    def prevalence(self, labelled: float) -> float | None:
        """True prevalence behind a labelled one (Rogan and Gladen), not cut to [0, 1]; ``None`` of useless labels."""
        return (labelled + self.specificity - 1.0) / self.youden if self.youden > 0.0 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class LabellerValidation:
    """Cases of known truth that were labelled, and how many of them rightly.

    ``positives_found`` of ``positives_checked`` cases with the finding were labelled positive, ``negatives_found`` of
    ``negatives_checked`` cases without it negative.

    Raises
    ------
    ValueError
        If a count is not whole, none was checked of a class, or more were found than checked.
    """

    positives_checked: int
    positives_found: int
    negatives_checked: int
    negatives_found: int

    def __post_init__(self) -> None:
        for name in ("positives_checked", "positives_found", "negatives_checked", "negatives_found"):
            object.__setattr__(self, name, whole_count(name, getattr(self, name)))
        if not (0 < self.positives_checked >= self.positives_found):
            raise ValueError("`positives_checked` must be above 0 and not below `positives_found`.")
        if not (0 < self.negatives_checked >= self.negatives_found):
            raise ValueError("`negatives_checked` must be above 0 and not below `negatives_found`.")

    @property
    def errors(self) -> LabelErrors:
        """The shares that were found."""
        return LabelErrors(
            sensitivity=self.positives_found / self.positives_checked,
            specificity=self.negatives_found / self.negatives_checked,
        )

    def drawn(self, rng: np.random.Generator, n_draws: int) -> tuple[FloatArray, FloatArray]:
        """Sensitivities and specificities that these counts leave possible, shape ``(n_draws,)`` each.

        From Jeffreys' beta distributions, so that a validation without an error does not count as certainty.
        """
        missed, wrong = self.positives_checked - self.positives_found, self.negatives_checked - self.negatives_found
        return (
            rng.beta(self.positives_found + 0.5, missed + 0.5, n_draws),
            rng.beta(self.negatives_found + 0.5, wrong + 0.5, n_draws),
        )
