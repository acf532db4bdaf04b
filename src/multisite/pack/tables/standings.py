"""What the ledgers say of the protocol: when it was locked at each site, where it was left, and what came after it."""

from typing import Any

from multisite.pack.evidence import Evidence
from multisite.pack.numbers import count, share
from multisite.pack.standing import standing_mark
from multisite.pack.tables.table import Cell, Column, Row, Table, counted, missing, plain_table
from multisite.schemas.standings import DEVIATIONS, STANDINGS, TIME_FORWARD

__all__ = ["deviations_table", "standings_table", "time_forward_table"]


def standings_table(evidence: Evidence) -> Table:
    """Per site: since when and by whom the protocol is locked, and what results are."""
    standings = evidence.frame(STANDINGS).sort("site")
    rows = [
        Row(
            (
                Cell(row["site"]),
                Cell(row["standing"], mark=standing_mark(row["standing"]), sort=row["standing"]),
                Cell(_time(row["locked_at"])) if row["locked_at"] else missing("not locked"),
                Cell(row["locked_by"] or ""),
                counted(row["n_looks_before"]) if row["n_looks_before"] is not None else missing("not locked"),
                Cell(row["reason"] or ""),
            )
        )
        for row in standings.iter_rows(named=True)
    ]
    columns = (
        Column("Site"),
        Column("Results are"),
        Column("Locked"),
        Column("By"),
        Column("Looks before", kind="number"),
        Column("Why"),
    )
    return plain_table(
        "standings",
        "The protocol and the test labels of each site",
        columns,
        rows,
        method="Planned: the protocol as it is now was locked in the site's ledger before any test label was read "
        "there. Everything else is exploratory. A ledger shows what was noted in this workspace, and no more.",
        data=standings,
    )


def deviations_table(evidence: Evidence) -> Table:
    """Who noted which deviation, when, and why."""
    deviations = evidence.frame(DEVIATIONS).sort("time", "site", "number")
    rows = [
        Row((Cell(_time(row["time"])), Cell(row["site"]), Cell(row["what"]), Cell(row["why"]), Cell(row["by"])))
        for row in deviations.iter_rows(named=True)
    ]
    if not rows:
        rows = [Row((missing("none was noted"), *(Cell("") for _ in range(4))))]
    columns = (Column("Noted"), Column("Site"), Column("What"), Column("Why"), Column("By"))
    return plain_table("deviations", "Deviations from the protocol", columns, rows, data=deviations)


def time_forward_table(evidence: Evidence) -> Table:
    """Per site and model: how many test cases were acquired after the model was frozen and the protocol locked."""
    frame = evidence.frame(TIME_FORWARD).sort("site", "model")
    models = {model.id: model.with_version for model in evidence.parameters.models}
    rows = [
        Row(
            (
                Cell(row["site"]),
                Cell(models.get(row["model"], row["model"])),
                Cell(f"{row['first_month']:%b %Y} to {row['last_month']:%b %Y}")
                if row["first_month"]
                else missing("no dated test case"),
                counted(row["n_cases"], note=f"{count(row['n_undated'])} without a date" if row["n_undated"] else ""),
                _after(row, "n_after_freeze", "frozen_on", "no day of a freeze is declared"),
                _after(row, "n_after_lock", "locked_on", "not locked"),
            )
        )
        for row in frame.iter_rows(named=True)
    ]
    columns = (
        Column("Site"),
        Column("Index test"),
        Column("Test cases of"),
        Column("Test cases", kind="number"),
        Column("After the freeze", "of the model", kind="number"),
        Column("After the lock", "of the protocol", kind="number"),
    )
    return plain_table(
        "time-forward",
        "What came before what",
        columns,
        rows,
        method="By the dates of the cases; one of the very day counts as before. Only cases that were acquired after "
        "both are prospective evidence.",
        data=frame,
    )


def _after(row: dict[str, Any], column: str, day: str, why: str) -> Cell:
    if row[column] is None:
        return missing(why)
    note = f"{share(row[column], row['n_cases'])}, after {row[day]}"
    return Cell(count(row[column]), note=note, sort=float(row[column]))


def _time(text: str) -> str:
    return text[:16].replace("T", " ") + " UTC"
