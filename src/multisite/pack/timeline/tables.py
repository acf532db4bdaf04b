"""Tables of the timeline: verdicts, the last month monitor by monitor, and what could not be judged."""

from collections.abc import Sequence
from typing import Any

import polars as pl

from multisite.pack.marks import state_mark
from multisite.pack.numbers import count, decimals_for_width, evidence_words, fixed, per_cent
from multisite.pack.tables.table import Cell, Column, Row, Table, counted, missing, plain_table
from multisite.pack.timeline.record import SiteRecord, Watched
from multisite.pack.words import month_words
from multisite.schemas.drift import EVIDENTLY_MONTH_PAGE
from multisite.schemas.drift_verdicts import DRIFT_MONITORS, DRIFT_VERDICTS
from multisite.storage.artefacts import part_name
from multisite.vocabulary import MonitorFamily, MonitorKind, MonitorStatus

__all__ = ["evidence_table", "family_table", "not_judged_table", "verdict_table"]

_KEPT = (
    *("month", "model", "monitor", "axis", "level", "status", "n_studies", "n_reference", "cell"),
    *("value", "usual", "usual_low", "usual_high", "unit", "change", "smallest_change", "change_unit"),
    *("p_value", "adjusted_p_value", "evidence", "since", "detectable_change", "event", "reason"),
)
"""Columns of DRIFT_MONITORS in the data of a family; the others are the same in every row or stand elsewhere."""

_MOST_NAMED = 6
_SHOWN_OF_PSEUDONYM = 12


def verdict_table(record: SiteRecord, model: str) -> Table:
    """Every month of a model, the latest first, with a link to Evidently's page of the month."""
    rows = [
        Row(
            (
                Cell(row["month"], sort=row["month"]),
                Cell(row["state"], mark=state_mark(row["state"]), note=_beside(row)),
                Cell(row["sentence"], note=_cause(row)),
                counted(row["n_studies"]),
                counted(
                    row["n_signals"], f"of {count(row['n_monitors'])}; {count(row['n_not_assessable'])} not judged"
                ),
                _evidence(row),
                _picture(record, row["month"]),
            )
        )
        for row in reversed(record.verdicts[model])
    ]
    columns = (
        Column("Month"),
        Column("State"),
        Column("What was found"),
        Column("Studies", kind="number"),
        Column("Signals", "monitors", kind="number"),
        Column("Evidence", kind="number"),
        Column("Picture"),
    )
    return plain_table(
        f"verdicts-{model}",
        f"{record.model_title(model)}: every month",
        columns,
        rows,
        method="Pictures are Evidently's pages of the month, in the folder beside this page's. They decide nothing.",
        data=record.frame(DRIFT_VERDICTS).filter(model=model).sort("month"),
    )


def evidence_table(record: SiteRecord) -> Table:
    """What the figure of the evidence is drawn from; the page shows its rows in the tables of the models."""
    columns = "month", "model", "evidence", "amber_line", "red_evidence", "red_line"
    data = record.frame(DRIFT_VERDICTS).select(columns).sort("model", "month")
    return plain_table("evidence-data", "Evidence of every month and model", (), (), data=data)


def family_table(record: SiteRecord, family: MonitorFamily, watched: Sequence[Watched], which: str) -> Table:
    """The last month of each monitor; the data are of every month."""
    rows = [
        Row(
            (
                Cell(one.title, note=row["cell"]),
                _value(row),
                _usual(row),
                counted(row["n_studies"], f"reference {count(row['n_reference'])}"),
                _change(row),
                missing("not judged")
                if row["evidence"] is None
                else Cell(evidence_words(row["evidence"]), sort=row["evidence"]),
                Cell(row["status"], note=row["reason"] or row["event"] or "", quiet=_is_quiet(row)),
            )
        )
        for one in watched
        for row in (one.rows[max(one.rows)],)
    ]
    columns = (
        Column("Monitor"),
        Column("Value", kind="number"),
        Column("Usual range", kind="number"),
        Column("Studies", "with a value", kind="number"),
        Column("Change", kind="number"),
        Column("Evidence", kind="number"),
        Column("Status"),
    )
    keys = pl.DataFrame([one.key[1:] for one in watched], schema=["monitor", "axis", "level"], orient="row")
    data = record.frame(DRIFT_MONITORS).filter(family=family.value).join(keys, on=keys.columns, how="semi")
    return plain_table(
        f"{family.value}-{which}-last",
        "The last month, monitor by monitor",
        columns,
        rows,
        data=data.select(_KEPT).sort("monitor", "axis", "level", "model", "month"),
    )


def not_judged_table(record: SiteRecord) -> Table | None:
    """Monitors that the last month could not judge, by reason; None where it judged all."""
    last = record.months[-1]
    by_reason: dict[str, list[str]] = {}
    for one in record.watched:
        row = one.rows.get(last)
        if row is not None and row["status"] == MonitorStatus.NOT_ASSESSABLE:
            by_reason.setdefault(row["reason"] or "no reason given", []).append(one.title)
    rows = [
        Row((Cell(reason), counted(len(titles)), Cell(_named(sorted(titles)))))
        for reason, titles in sorted(by_reason.items(), key=lambda item: (-len(item[1]), item[0]))
    ]
    columns = (Column("Why"), Column("Monitors", kind="number"), Column("Which"))
    title = f"Not judged in {month_words(last)}"
    return plain_table("not-judged", title, columns, rows) if rows else None


def _beside(row: dict[str, Any]) -> str:
    notes = []
    if row["overlap_state"]:
        notes.append(f"by the baseline before: {row['overlap_state']}")
    if row["is_shadow"]:
        notes.append("shadow month: nobody is alarmed")
    return "; ".join(notes)


def _cause(row: dict[str, Any]) -> str:
    notes = [f"case {row['case_number']}"] if row["case_number"] is not None else []
    notes += [row["cause"]] if row["cause"] and row["cause"] not in row["sentence"] else []
    notes += [row["reason"]] if row["reason"] and row["reason"] not in row["sentence"] else []
    return "; ".join(notes)


def _evidence(row: dict[str, Any]) -> Cell:
    if row["evidence"] is None:
        return missing("nothing judged")
    return Cell(evidence_words(row["evidence"]), note=f"amber from {row['amber_line']:g}", sort=row["evidence"])


def _picture(record: SiteRecord, month: str) -> Cell:
    if month not in record.pictured:
        return Cell("none", quiet=True)
    return Cell(f"Evidently, {month}", link=f"../{part_name(EVIDENTLY_MONTH_PAGE, month)}")


def _is_share(row: dict[str, Any]) -> bool:
    return row["kind"] in (MonitorKind.SHARE, MonitorKind.CATEGORY)


def _written(row: dict[str, Any], value: float) -> str:
    scale = 100.0 if _is_share(row) else 1.0
    low, high = row["usual_low"], row["usual_high"]
    decimals = decimals_for_width(scale * (high - low) / 2) if low is not None and high is not None else 1
    return per_cent(scale * value, decimals) if _is_share(row) else fixed(value, decimals)


def _value(row: dict[str, Any]) -> Cell:
    if row["value"] is None:
        return missing("no value")
    unit = "" if _is_share(row) else row["unit"]
    return Cell(f"{_written(row, row['value'])} {unit}".rstrip(), sort=float(row["value"]))


def _usual(row: dict[str, Any]) -> Cell:
    if row["usual_low"] is None or row["usual_high"] is None:
        return missing("not known")
    return Cell(f"{_written(row, row['usual_low'])} to {_written(row, row['usual_high'])}", sort=str(row["usual_low"]))


def _change(row: dict[str, Any]) -> Cell:
    if row["change"] is None:
        return missing("not computed")
    is_share = row["change_unit"] == "share"
    scale, unit = (100.0, "points") if is_share else (1.0, _CHANGE_UNITS.get(row["change_unit"], row["change_unit"]))
    text = f"{fixed(scale * row['change'], 1 if is_share else 2)} {unit}".rstrip()
    return Cell(text, note=f"told from {scale * row['smallest_change']:g}", sort=float(row["change"]))


_CHANGE_UNITS = {"standard deviations": "SD", "volume": "of the volume"}


def _is_quiet(row: dict[str, Any]) -> bool:
    return row["status"] in (MonitorStatus.NOT_ASSESSABLE, MonitorStatus.MUTED)


def _named(titles: Sequence[str]) -> str:
    more = len(titles) - _MOST_NAMED
    return "; ".join(titles[:_MOST_NAMED]) + (f"; and {more} more" if more > 0 else "")
