"""The tables that a mail is made from, those of one site and model and up to its month."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from multisite.vocabulary import OVERALL, SINCE

__all__ = ["MonthTables"]

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class MonthTables:
    """Rows of one site, model and month, each as a dictionary of its columns; what was not made is empty."""

    verdict: Row | None
    monitors: tuple[Row, ...]
    cases: tuple[Row, ...]
    events: tuple[Row, ...]
    budget: Row | None
    performance: tuple[Row, ...]
    days: tuple[Row, ...]
    cut_off: date | None

    @classmethod
    def of(cls, tables: Mapping[str, pl.DataFrame], *, model: str, month: str) -> "MonthTables":
        """From whole artefacts by name."""
        of_model = {
            name: frame.filter(pl.col("model") == model) if "model" in frame.columns else frame
            for name, frame in tables.items()
        }
        verdict = next(iter(_of_month(of_model, "drift_verdicts", month)), None)
        days = of_model.get("deployment_days", pl.DataFrame(schema={"date": pl.Date()}))
        monitors = _of_month(of_model, "drift_monitors", month)
        return cls(
            verdict=verdict,
            monitors=tuple(row for row in monitors if not row["is_overlap"]),
            cases=tuple(_rows(of_model, "drift_cases")),
            events=tuple(row for row in _rows(of_model, "drift_events") if row["month"] <= month),
            budget=_nearest(_rows(of_model, "drift_budget"), verdict),
            performance=tuple(
                row for row in _of_month(of_model, "drift_performance", month) if row["axis"] in (OVERALL, SINCE)
            ),
            days=tuple(days.filter(pl.col("date").dt.strftime("%Y-%m") == month).iter_rows(named=True)),
            cut_off=days["date"].max() if days.height else None,  # type: ignore[arg-type]  # a column of dates
        )


def _rows(tables: Mapping[str, pl.DataFrame], name: str) -> list[Row]:
    return list(tables[name].iter_rows(named=True)) if name in tables else []


def _of_month(tables: Mapping[str, pl.DataFrame], name: str, month: str) -> list[Row]:
    return [row for row in _rows(tables, name) if row["month"] == month]


def _nearest(rows: list[Row], verdict: Row | None) -> Row | None:
    """The simulated budget of the verdict's baseline, at the number of studies that is nearest to the month's."""
    n, baseline = (verdict["n_studies"], verdict["baseline"]) if verdict else (0, "")
    of_baseline = [row for row in rows if row.get("baseline", baseline) == baseline]
    return min(of_baseline, key=lambda row: abs(row["n_studies"] - n), default=None)
