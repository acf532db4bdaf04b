"""Which labels had arrived by a month, and which months of studies are old enough to be estimated from."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from multisite.stats import label_maturity

__all__ = ["Arrived", "arrived_by", "mature_age"]

_MATURE = 0.9
"""Share of the labels that will ever be expected at the oldest age, from which on a month of studies is mature."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """Mature studies: true and false alerts and passes among the labelled, all studies, and labelled shares.

    ``n_known`` counts all labels that had arrived, also of studies that are not mature.
    """

    n_months: int
    n_studies: int
    true_alerts: int
    false_alerts: int
    true_passes: int
    missed: int
    share_of_alerts: float
    share_of_others: float
    n_known: int

    @property
    def n_labelled(self) -> int:
        """Studies with a label."""
        return self.true_alerts + self.false_alerts + self.true_passes + self.missed

    @property
    def maturity(self) -> float | None:
        """Share of the studies that have a label; None without a study."""
        return self.n_labelled / self.n_studies if self.n_studies else None

    @property
    def unevenness(self) -> float:
        """By how much alerts are labelled more, or less, often than others."""
        return abs(self.share_of_alerts - self.share_of_others)

    def counts(self, measure: str) -> tuple[int, int]:
        """Right calls and labelled studies of sensitivity or specificity."""
        if measure == "sensitivity":
            return self.true_alerts, self.true_alerts + self.missed
        return self.true_passes, self.true_passes + self.false_alerts


def mature_age(labels: pl.DataFrame, *, month: str) -> int:
    """The age in months at which 9 of 10 of the labels that arrive at all have arrived, as known at the end of
    ``month``; 0 where no label is known yet."""
    seen = _seen(labels, month)
    if seen.is_empty() or seen["n_known"].sum() == 0:
        return 0
    oldest = int(seen["age"].to_numpy().max())
    arrived, waiting = np.zeros(oldest + 1), np.zeros(oldest + 1)
    for age, delay, n_known, n in seen.select("age", "delay", "n_known", "n_studies").rows():
        if n_known:
            arrived[min(delay, oldest)] += n
        else:
            waiting[age] += n
    share = np.nan_to_num(label_maturity(arrived, waiting), nan=1.0)
    final = float(share.max())
    return int(np.argmax(share >= _MATURE * final)) if final > 0 else 0


def arrived_by(labels: pl.DataFrame, *, month: str, age: int) -> Arrived:
    """Labels known at the end of ``month`` of the studies that were at least ``age`` months old then."""
    seen = _seen(labels, month)
    mature = seen.filter(pl.col("age") >= age)

    def n(alert: bool, positive: bool | None) -> int:
        own = mature.filter(pl.col("is_alert") == alert)
        if positive is not None:
            own = own.filter((pl.col("n_known") > 0) & (pl.col("reference_positive") == positive))
        return int(own["n_studies"].sum())

    alerts, others = n(True, None), n(False, None)
    true_alerts, false_alerts, missed, true_passes = n(True, True), n(True, False), n(False, True), n(False, False)
    return Arrived(
        n_months=mature["month"].n_unique(),
        n_studies=alerts + others,
        true_alerts=true_alerts,
        false_alerts=false_alerts,
        true_passes=true_passes,
        missed=missed,
        share_of_alerts=(true_alerts + false_alerts) / alerts if alerts else 0.0,
        share_of_others=(missed + true_passes) / others if others else 0.0,
        n_known=int(seen.filter(pl.col("n_known") > 0)["n_studies"].sum()),
    )


def _seen(labels: pl.DataFrame, month: str) -> pl.DataFrame:
    """Counts with their age at the end of ``month``, and whether the label was known then."""
    year, number = map(int, month.split("-"))
    parts = pl.col("month").str.split("-")
    begun = parts.list.get(0).cast(pl.Int64) * 12 + parts.list.get(1).cast(pl.Int64)
    aged = labels.filter(pl.col("month") <= month).with_columns((year * 12 + number - begun).alias("age"))
    known = pl.col("delay").is_not_null() & (pl.col("delay") <= pl.col("age"))
    return aged.with_columns(known.cast(pl.Int64).alias("n_known"))
