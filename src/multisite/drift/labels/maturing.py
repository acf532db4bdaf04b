"""Which labels had arrived by a month, and which months of studies are old enough to be estimated from."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt
import polars as pl

from multisite.stats import label_maturity

__all__ = ["Arrived", "LabelCounts"]

_MATURE = 0.9
"""Share of the labels that will ever be expected at the oldest age, from which on a month of studies is mature."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """Mature studies: alerts and others, and of those with a label true and false alerts and passes; they add.

    ``n_months`` counts mature months; ``n_known`` all labels that had arrived, also of studies that are not mature.
    """

    n_months: int = 0
    n_alerts: int = 0
    n_others: int = 0
    true_alerts: int = 0
    false_alerts: int = 0
    true_passes: int = 0
    missed: int = 0
    n_known: int = 0

    def __add__(self, other: "Arrived") -> "Arrived":
        return Arrived(*(getattr(self, field.name) + getattr(other, field.name) for field in fields(Arrived)))

    @classmethod
    def over(cls, parts: Iterable["Arrived"]) -> "Arrived":
        """All together; nothing of none."""
        return sum(parts, cls())

    @property
    def n_studies(self) -> int:
        """Studies with a label or without."""
        return self.n_alerts + self.n_others

    @property
    def n_labelled(self) -> int:
        """Studies with a label."""
        return self.true_alerts + self.false_alerts + self.true_passes + self.missed

    @property
    def maturity(self) -> float | None:
        """Share of the studies that have a label; None without a study."""
        return self.n_labelled / self.n_studies if self.n_studies else None

    @property
    def share_of_alerts(self) -> float:
        """Share of the alerts that have a label; 0 without an alert."""
        return (self.true_alerts + self.false_alerts) / self.n_alerts if self.n_alerts else 0.0

    @property
    def share_of_others(self) -> float:
        """Share of the others that have a label; 0 without one."""
        return (self.missed + self.true_passes) / self.n_others if self.n_others else 0.0

    @property
    def unevenness(self) -> float:
        """How many times as often the one of alerts and others is labelled as the other, 1 or more; 1 where there is
        but one of them, infinite where the other has no label at all."""
        less, more = sorted((self.share_of_alerts, self.share_of_others))
        if not (self.n_alerts and self.n_others) or more == 0:
            return 1.0
        return more / less if less else math.inf

    def counts(self, measure: str) -> tuple[int, int]:
        """Right calls and labelled studies of sensitivity or specificity."""
        if measure == "sensitivity":
            return self.true_alerts, self.true_alerts + self.missed
        return self.true_passes, self.true_passes + self.false_alerts


class LabelCounts:
    """Rows of DRIFT_LABEL_COUNTS of one axis and level, as arrays: every month of a site asks them again."""

    def __init__(self, labels: pl.DataFrame) -> None:
        self._names = labels["month"].to_numpy()
        self._month = np.array([_number(month) for month in self._names], dtype=np.int64)
        self._delay = labels["delay"].fill_null(np.iinfo(np.int64).max).to_numpy()
        self._alert = labels["is_alert"].to_numpy()
        self._positive = labels["reference_positive"].fill_null(False).to_numpy()
        self._n = labels["n_studies"].to_numpy()

    def mature_age(self, month: str) -> int:
        """The age in months at which 9 of 10 of the labels that arrive at all have arrived, as known at the end of
        ``month`` (YYYY-MM); 0 where no label is known yet."""
        age = _number(month) - self._month
        seen, known = age >= 0, (self._delay <= age) & (age >= 0)
        if not self._n[known].sum():
            return 0
        oldest = int(age.max())
        arrived = np.bincount(self._delay[known], weights=self._n[known], minlength=oldest + 1)
        waiting = np.bincount(age[seen & ~known], weights=self._n[seen & ~known], minlength=oldest + 1)
        share = np.nan_to_num(label_maturity(arrived, waiting), nan=1.0)
        final = float(share.max())
        return int(np.argmax(share >= _MATURE * final)) if final > 0 else 0

    def arrived(self, month: str, *, age: int) -> dict[str, Arrived]:
        """By month of the studies what was known at the end of ``month``: mature are those ``age`` months old then."""
        ages = _number(month) - self._month
        known = self._delay <= ages
        found = {}
        for number, name in sorted(
            {*zip(self._month[ages >= 0].tolist(), self._names[ages >= 0].tolist(), strict=True)}
        ):
            own = self._month == number
            n_known = self._sum(own & known)
            if _number(month) - number < age:
                found[name] = Arrived(n_known=n_known)
                continue
            told, positive, alert = own & known, self._positive, self._alert
            found[name] = Arrived(
                n_months=1,
                n_alerts=self._sum(own & alert),
                n_others=self._sum(own & ~alert),
                true_alerts=self._sum(told & alert & positive),
                false_alerts=self._sum(told & alert & ~positive),
                true_passes=self._sum(told & ~alert & ~positive),
                missed=self._sum(told & ~alert & positive),
                n_known=n_known,
            )
        return found

    def _sum(self, those: npt.NDArray[np.bool_]) -> int:
        return int(self._n[those].sum())


def _number(month: str) -> int:
    year, number = month.split("-")
    return int(year) * 12 + int(number)
