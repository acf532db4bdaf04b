"""Sensitivity and specificity in use from labels that have arrived, as they could be told at the end of a month."""

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, TypeAlias

import polars as pl

from multisite.drift.labels.maturing import Arrived, LabelCounts
from multisite.drift.labels.performance_row import MEASURES, Endpoint, blank_row, rounded
from multisite.drift.labels.validated import Validated, ValidatedRate
from multisite.stats import anytime_difference, anytime_interval
from multisite.vocabulary import FALLS, OVERALL, SINCE

__all__ = ["BY_MONTH", "LabelsOfPair", "label_rows", "labels_of_pair"]

MINIMUM_LABELLED = 10
BY_MONTH = "month"
"""The axis whose levels are the months of the studies, each alone."""

LabelsOfPair: TypeAlias = Mapping[tuple[str, str], LabelCounts]
"""The labels of one finding and model by axis and level."""

_MOST_UNEVEN = 1.25
"""A sensitivity of 0.90 then reads 0.92 at most, or 0.88."""

_LATEST = 20
"""Labelled studies of the latest months that must bear a fall out."""

_ALPHA = 0.05
_POWER_Z = 0.841621
_MOST_NEEDED = 1_000_000


def labels_of_pair(labels: pl.DataFrame) -> LabelsOfPair:
    """DRIFT_LABEL_COUNTS of one finding and model; there is always an entry over all studies."""
    overall = labels.filter(axis=OVERALL)
    held = {(str(axis), str(level)): LabelCounts(own) for (axis, level), own in labels.group_by("axis", "level")}
    return {(OVERALL, OVERALL): LabelCounts(overall), **held}


def label_rows(
    labels: LabelsOfPair, base: dict[str, Any], endpoint: Endpoint, known: Validated | None
) -> list[dict[str, Any]]:
    """All mature months together, by software version and month by month, and since the month from which on it fell.

    Intervals hold however often one looks. A fall is looked for in all mature months together and in those since each
    later month, too, so that a good year does not hide a bad quarter: the months since the k-th are held to
    alpha / (k (k + 1)), which over all k beyond the first sums to alpha / 2. A row ``since`` is there only where such
    a stretch has fallen, and says from which month on.
    """
    age = labels[OVERALL, OVERALL].mature_age(base["month"])
    by_month = labels[OVERALL, OVERALL].arrived(base["month"], age=age)
    groups = {(BY_MONTH, month): arrived for month, arrived in by_month.items()}
    for (axis, level), counts in labels.items():
        groups[(axis, level)] = Arrived.over(counts.arrived(base["month"], age=age).values())
    rows = []
    for (axis, level), arrived in sorted(groups.items()):
        if axis == OVERALL or arrived.n_labelled > 0:
            at = {**base, "axis": axis, "level": level}
            rows += [_label_row(arrived, at, measure, endpoint, known) for measure in MEASURES]
    for measure in MEASURES:
        over = _over(by_month, measure, endpoint, known)
        if not over:
            rows += _fallen_since(by_month, base, measure, endpoint, known)
        for row in rows if over else ():
            if (row["axis"], row["measure"]) == (OVERALL, measure) and row["verdict"] in FALLS:
                row |= {"verdict": "insufficient evidence", "reason": over}
    return rows


def _fallen_since(
    by_month: Mapping[str, Arrived], base: dict[str, Any], measure: str, endpoint: Endpoint, known: Validated | None
) -> list[dict[str, Any]]:
    """The stretch of months to the last mature one that has fallen: a breach first, and of several the deepest."""
    fallen = []
    months = sorted(by_month)
    for place, start in enumerate(months[1:], start=2):
        arrived = Arrived.over(by_month[month] for month in months[place - 1 :])
        if arrived.counts(measure)[1] >= MINIMUM_LABELLED:
            at = {**base, "axis": SINCE, "level": start}
            row = _label_row(arrived, at, measure, endpoint, known, alpha=_ALPHA / (place * (place + 1)))
            fallen += [row] if row["verdict"] in FALLS else []
    return sorted(fallen, key=lambda row: (row["verdict"] != "breached", row["upper"]))[:1]


def _over(by_month: Mapping[str, Arrived], measure: str, endpoint: Endpoint, known: Validated | None) -> str:
    """Why a fall that all months remember is over: the latest labels contradict it; empty where they do not."""
    rate = None if known is None else known.of(measure)
    latest = Arrived()
    for month in sorted(by_month, reverse=True):
        latest += by_month[month]
        if latest.counts(measure)[1] >= _LATEST:
            break
    right, total = latest.counts(measure)
    if rate is None or total == 0 or right / total <= rate.estimate - endpoint.largest_fall / 2:
        return ""
    return f"it had fallen before; the latest {total} labelled studies do not bear it out"


def _label_row(
    arrived: Arrived, base: dict[str, Any], measure: str, endpoint: Endpoint, known: Validated | None,
    *, alpha: float = _ALPHA,
) -> dict[str, Any]:  # fmt: skip
    right, total = arrived.counts(measure)
    rate = None if known is None else known.of(measure)
    needed = _needed(rate, endpoint.largest_fall)
    row = blank_row(base, measure, "labels", endpoint, rate.estimate if rate else None)
    row |= {"n_studies": arrived.n_studies, "n_labelled": total, "maturity": arrived.maturity, "n_needed": needed}
    row |= {"next_month": _next_month(base["month"], total, needed, arrived.n_months)}
    if arrived.n_known == 0:
        return {**row, "reason": "no label has arrived yet"}
    if total < MINIMUM_LABELLED:
        which = "with" if measure == "sensitivity" else "without"
        return {
            **row,
            "reason": f"{total} studies {which} the finding have mature labels; {MINIMUM_LABELLED} are needed",
        }
    effect = rate.design_effect if rate else 1.0
    low, high = anytime_interval(right, total, alpha=alpha, design_effect=effect)
    row |= {"estimate": rounded(right / total), "lower": rounded(low), "upper": rounded(high)}
    row |= {"ci_method": f"anytime-valid (Robbins), {100 * (1 - alpha):.3g} %"}
    if arrived.unevenness > _MOST_UNEVEN:
        # Labels that come mostly to alerts make sensitivity look better than it is, and specificity worse.
        share = "labels arrived for {:.0f} % of alerts and {:.0f} % of others: what is labelled is no random part"
        reason = share.format(100 * arrived.share_of_alerts, 100 * arrived.share_of_others)
        return {**row, "reason": reason}
    if rate is None:
        return {**row, "reason": "the validated set has no value to hold it against"}
    least, most = anytime_difference(
        right, total, reference=rate.estimate, reference_limits=(rate.low, rate.high), alpha=alpha, design_effect=effect
    )
    return {**row, "verdict": _verdict(right / total - rate.estimate, least, most, -endpoint.largest_fall)}


def _verdict(change: float, least: float, most: float, allowed: float) -> str:
    """In words; limits that reach neither side of what is allowed are evidence of neither."""
    if most < allowed:
        return "breached"
    if least >= allowed:
        return "holds"
    return "fallen" if most < 0 and change <= allowed / 2 else "insufficient evidence"


@lru_cache(maxsize=1024)
def _needed(rate: ValidatedRate | None, fall: float) -> int | None:
    """Labelled studies at which a fall by the margin is told as fallen in about 80 of 100 cases; None where the
    validated value is too uncertain for any number, or no such fall is possible.

    The least number at which the rule calls a share fallen that lies 0.84 of its standard errors above the one fallen
    to: fewer than 20 of 100 samples lie higher.
    """
    if rate is None or rate.estimate - fall <= 0:
        return None
    low = rate.estimate - fall

    def is_told(n: int) -> bool:
        unlucky = low + _POWER_Z * math.sqrt(rate.design_effect * low * (1 - low) / n)
        right = math.floor(n * min(1.0, unlucky))
        limits = anytime_difference(
            right, n, reference=rate.estimate, reference_limits=(rate.low, rate.high), alpha=_ALPHA,
            design_effect=rate.design_effect,
        )  # fmt: skip
        return limits[1] < 0 and right / n - rate.estimate <= -fall / 2

    fewest, most = MINIMUM_LABELLED - 1, MINIMUM_LABELLED
    while not is_told(most):
        if most >= _MOST_NEEDED:
            return None
        fewest, most = most, 2 * most
    while most - fewest > max(1, most // 50):
        middle = (fewest + most) // 2
        fewest, most = (fewest, middle) if is_told(middle) else (middle, most)
    return most


def _next_month(month: str, total: int, needed: int | None, n_months: int) -> str | None:
    """The month by which so many labels are to be expected at the rate so far; None without a rate, or when past."""
    if needed is None or total == 0 or n_months == 0 or total >= needed:
        return None
    ahead = math.ceil((needed - total) / (total / n_months))
    year, number = map(int, month.split("-"))
    years, rest = divmod(number - 1 + ahead, 12)
    return f"{year + years:04d}-{rest + 1:02d}"
