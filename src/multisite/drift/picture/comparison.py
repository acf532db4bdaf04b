"""One month beside the reference, monitor by monitor: how many, how many without a value, how large, and a picture.

The picture is Evidently's verdict. It is not an alarm: its limits ignore the number of studies, and it drops studies
without a value before it looks. What is missing therefore stands beside it, and a monitor that cannot be compared has
a reason and no statistic.
"""

from collections.abc import Mapping

import polars as pl

from multisite.drift.baseline.bins import kind_of, monitored_columns
from multisite.drift.picture.evidently_report import EvidentlyVerdict
from multisite.schemas.drift import DRIFT_COMPARISON

__all__ = ["comparison_table", "reasons_not_to_compare"]


def reasons_not_to_compare(reference: pl.DataFrame, month: pl.DataFrame, *, minimum: int) -> dict[str, str]:
    """Monitored column → why it must not be handed to a statistic. A column that may be is not listed.

    Without values in one of the two windows, with fewer than ``minimum``, or with one and the same value throughout,
    there is nothing to compare; Evidently would stop, divide by zero, or judge a handful of rows.
    """
    reasons = {column: _reason(reference[column], month[column], minimum) for column in monitored_columns(reference)}
    return {column: reason for column, reason in reasons.items() if reason is not None}


def comparison_table(
    reference: pl.DataFrame,
    month: pl.DataFrame,
    *,
    verdicts: Mapping[str, EvidentlyVerdict],
    reasons: Mapping[str, str],
    site: str,
    window: str,
) -> pl.DataFrame:
    """One row per monitor. A share of nothing is null, and so is the mean of nothing; zero is a share like another."""
    rows = []
    for column in monitored_columns(reference):
        kind, monitor = kind_of(column)
        before, now = reference[column], month[column]
        verdict = verdicts.get(column)
        mean_reference, mean_current = _means(before, now) if kind == "number" else _shares(before, now)
        rows.append(
            {
                "site": site,
                "window": window,
                "monitor": monitor,
                "kind": kind,
                "n_reference": before.len() - before.null_count(),
                "n_current": now.len() - now.null_count(),
                "missing_reference": _missing(before),
                "missing_current": _missing(now),
                "method": verdict.method if verdict else None,
                "statistic": verdict.statistic if verdict else None,
                "threshold": verdict.threshold if verdict else None,
                "evidently_drift": verdict.drift if verdict else None,
                "mean_reference": mean_reference,
                "mean_current": mean_current,
                "reason": reasons.get(column),
            }
        )
    return pl.DataFrame(rows, schema=DRIFT_COMPARISON.schema).sort("monitor")


def _reason(reference: pl.Series, month: pl.Series, minimum: int) -> str | None:
    before, now = reference.drop_nulls(), month.drop_nulls()
    for window, whole, known in (("reference", reference, before), ("month", month, now)):
        if whole.is_empty():
            return f"the {window} has no studies"
        if known.is_empty():
            return f"no study of the {window} has a value"
        if known.len() < minimum:
            return f"fewer than {minimum} studies of the {window} have a value"
    if before.n_unique() == 1 and now.n_unique() == 1 and before[0] == now[0]:
        return "one and the same value in all studies"
    return None


def _missing(values: pl.Series) -> float | None:
    return values.null_count() / values.len() if values.len() else None


def _means(before: pl.Series, now: pl.Series) -> tuple[float | None, float | None]:
    return _mean(before), _mean(now)


def _mean(values: pl.Series) -> float | None:
    known = values.drop_nulls().to_numpy()
    # Twelve digits: the last ones depend on the order of summation, and equal inputs must give equal bytes.
    return float(f"{known.mean():.12g}") if known.size else None


def _shares(before: pl.Series, now: pl.Series) -> tuple[float | None, float | None]:
    commonest = before.drop_nulls().mode().sort()
    if commonest.is_empty():
        return None, None
    return _share(before, commonest[0]), _share(now, commonest[0])


def _share(values: pl.Series, category: str) -> float | None:
    known = values.drop_nulls()
    return float((known == category).sum()) / known.len() if known.len() else None
