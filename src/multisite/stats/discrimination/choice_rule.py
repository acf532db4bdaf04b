"""The rules by which a threshold is chosen, for many sets of counts at once."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from multisite.stats.estimate import CountArray, FloatArray, normal_quantile

__all__ = ["ChoiceRule", "ChosenBy", "JudgedBy"]

ChosenBy: TypeAlias = Literal["sensitivity", "specificity", "youden", "net_benefit"]
JudgedBy: TypeAlias = Literal["lower_bound", "estimate"]

_ROUNDING = 1e-9
"""Two values of a criterion that differ by less are one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceRule:
    """What a threshold must have, or have most of.

    ``sensitivity``: the **highest** threshold whose sensitivity is ``at_least`` so much, which among those that have it
    has the best specificity; ``specificity``: the lowest one whose specificity is. ``judged_by`` the estimate, or the
    lower end of its Wilson interval of confidence ``level``. ``youden``: the lowest threshold of greatest sensitivity +
    specificity − 1. ``net_benefit``: the lowest one of greatest net benefit, acting from a probability of ``act_from``
    on, at ``prevalence`` (``None``: that of the cases).

    Raises
    ------
    ValueError
        If a number that the rule needs is missing or does not lie strictly between 0 and 1.
    """

    by: ChosenBy
    at_least: float | None = None
    judged_by: JudgedBy = "estimate"
    act_from: float | None = None
    prevalence: float | None = None
    level: float = 0.95

    def __post_init__(self) -> None:
        if self.by not in ("sensitivity", "specificity", "youden", "net_benefit"):
            raise ValueError("`by` must be `sensitivity`, `specificity`, `youden` or `net_benefit`.")
        if self.judged_by not in ("lower_bound", "estimate"):
            raise ValueError("`judged_by` must be `lower_bound` or `estimate`.")
        needed = {"sensitivity": self.at_least, "specificity": self.at_least, "net_benefit": self.act_from}
        numbers = [needed[self.by]] if self.by in needed else []
        if self.prevalence is not None:
            numbers.append(self.prevalence)
        if any(number is None or not 0.0 < number < 1.0 for number in numbers):
            raise ValueError("`at_least`, `act_from` and `prevalence` must lie strictly between 0 and 1 where needed.")
        normal_quantile(self.level)

    @property
    def takes_highest(self) -> bool:
        """Whether the highest of the thresholds that serve is taken, rather than the lowest."""
        return self.by == "sensitivity"

    def places(
        self, called_positive: FloatArray, called_negative: FloatArray, *, design_effects: tuple[float, float]
    ) -> CountArray:
        """Column of the threshold that the rule takes in each row; −1 where none has what it asks for.

        Parameters
        ----------
        called_positive, called_negative
            Cases with and without the finding at or above each threshold, shape ``(n, n_thresholds)``; thresholds rise,
            and the first column has all cases. Need not be whole.
        design_effects
            Of sensitivity and of specificity: their numbers of cases are divided by it for the lower bound.
        """
        positives, negatives = called_positive[:, :1], called_negative[:, :1]
        both = (positives[:, 0] > 0.0) & (negatives[:, 0] > 0.0)
        if self.by == "sensitivity":
            # What has enough comes first: sensitivity falls as the threshold rises.
            return np.asarray(self._enough(called_positive, positives, design_effects[0]).sum(axis=1) - 1)
        if self.by == "specificity":
            enough = self._enough(negatives - called_negative, negatives, design_effects[1])
            return np.where(enough.any(axis=1), enough.argmax(axis=1), -1)
        with np.errstate(invalid="ignore", divide="ignore"):
            sensitivity, alarms = called_positive / positives, called_negative / negatives
        value = sensitivity - alarms
        if self.by == "net_benefit" and self.act_from is not None:
            share = positives / np.maximum(positives + negatives, 1.0) if self.prevalence is None else self.prevalence
            value = share * sensitivity - self.act_from / (1.0 - self.act_from) * (1.0 - share) * alarms
        greatest = np.nan_to_num(value, nan=-np.inf)
        first = (greatest >= greatest.max(axis=1, keepdims=True) - _ROUNDING).argmax(axis=1)
        return np.where(both, first, -1)

    def _enough(self, hits: FloatArray, cases: FloatArray, design_effect: float) -> npt.NDArray[np.bool_]:
        with np.errstate(invalid="ignore", divide="ignore"):
            share = hits / cases
            if self.judged_by == "lower_bound":
                n, z = cases / design_effect, normal_quantile(self.level)
                spread = z * np.sqrt(share * (1.0 - share) / n + z * z / (4.0 * n * n))
                share = (share + z * z / (2.0 * n) - spread) / (1.0 + z * z / n)
        return np.asarray(share >= (self.at_least or 0.0) - _ROUNDING)
