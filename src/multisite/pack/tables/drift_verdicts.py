"""Tables of the verdicts on later months: sites by months, and every case with what was found."""

from typing import Any

import polars as pl

from multisite.pack.evidence import Evidence
from multisite.pack.marks import state_mark
from multisite.pack.tables.table import Cell, Column, Row, Table, missing, plain_table
from multisite.pack.words import month_words
from multisite.schemas.drift_verdicts import DRIFT_CASES, DRIFT_VERDICTS
from multisite.vocabulary import DriftState

__all__ = ["drift_cases_table", "model_words", "verdict_grids"]

_MONTHS_ABREAST = 6
"""Months of one table: with the site seven columns, which a page bears."""


def model_words(evidence: Evidence, model: str) -> str:
    """Title and version of a model; its id where the study file no longer has it."""
    return next((m.with_version for m in evidence.parameters.models if m.id == model), model)


def verdict_grids(evidence: Evidence) -> tuple[Table, ...]:
    """States of sites and models by month, six months to a table, the latest months in the first one."""
    verdicts = evidence.frame(DRIFT_VERDICTS)
    months = verdicts["month"].unique().sort().to_list()
    chunks = [months[max(0, end - _MONTHS_ABREAST) : end] for end in range(len(months), 0, -_MONTHS_ABREAST)]
    states = {(row["site"], row["model"], row["month"]): row for row in verdicts.iter_rows(named=True)}
    keys = sorted({(site, model) for site, model, _ in states})
    # The worst come first, by the state of their last month.
    keys.sort(key=lambda key: -DriftState(states[(*key, max(m for s, o, m in states if (s, o) == key))]["state"]).rank)
    tables = []
    for number, chunk in enumerate(chunks):
        rows = [
            Row(
                (
                    Cell(site, note=model_words(evidence, model)),
                    *(_state(states.get((site, model, month))) for month in chunk),
                )
            )
            for site, model in keys
        ]
        span = f"{month_words(chunk[0])} to {month_words(chunk[-1])}" if len(chunk) > 1 else month_words(chunk[0])
        tables.append(
            plain_table(
                f"drift-verdicts-{number + 1}",
                f"Verdicts, {span}",
                (Column("Site"), *(Column(month) for month in chunk)),
                rows,
                data=verdicts.filter(pl.col("month").is_in(chunk)).sort("site", "model", "month"),
            )
        )
    return tuple(tables)


def drift_cases_table(evidence: Evidence) -> Table | None:
    """Every case, the open ones first, with the sentence of its worst month; None where none was opened."""
    cases = evidence.frame(DRIFT_CASES)
    said = _sentences(evidence)
    ordered = sorted(
        cases.iter_rows(named=True),
        key=lambda c: (c["closed"] is not None, -DriftState(c["worst"]).rank, c["site"], c["model"], c["case_number"]),
    )
    rows = [
        Row(
            (
                Cell(f"{case['site']}, case {case['case_number']}", note=model_words(evidence, case["model"])),
                Cell(case["worst"], mark=state_mark(case["worst"])),
                _found(said.get((case["site"], case["model"], case["case_number"])), case),
                Cell(month_words(case["opened"]), sort=case["opened"]),
                Cell(month_words(case["last"]), sort=case["last"]),
                Cell(case["acknowledged"][:10]) if case["acknowledged"] else Cell("no", quiet=True),
                Cell(month_words(case["closed"]), sort=case["closed"]) if case["closed"] else Cell("open"),
            )
        )
        for case in ordered
    ]
    columns = (
        Column("Case"),
        Column("Worst state"),
        Column("What was found"),
        Column("Opened"),
        Column("Last signal"),
        Column("Acknowledged"),
        Column("Closed"),
    )
    # Who acknowledged it is told at the site, and does not belong in a page that leaves it.
    data = cases.drop("acknowledged_by").sort("site", "model", "case_number")
    return plain_table("drift-cases", "One case per cause", columns, rows, data=data) if rows else None


def _state(row: dict[str, Any] | None) -> Cell:
    if row is None:
        return missing("no month")
    return Cell(row["state"], mark=state_mark(row["state"]), note="shadow" if row["is_shadow"] else "")


def _sentences(evidence: Evidence) -> dict[tuple[str, str, int], str]:
    """The sentence of the worst month of each case, the earliest of equals."""
    found: dict[tuple[str, str, int], tuple[int, str]] = {}
    rows = evidence.frame(DRIFT_VERDICTS).drop_nulls("case_number").filter(pl.col("n_signals") > 0).sort("month")
    for row in rows.iter_rows(named=True):
        key, rank = (row["site"], row["model"], row["case_number"]), DriftState(row["state"]).rank
        if key not in found or rank > found[key][0]:
            found[key] = (rank, row["sentence"])
    return {key: sentence for key, (_, sentence) in found.items()}


def _found(sentence: str | None, case: dict[str, Any]) -> Cell:
    return Cell(sentence or case["cause"] or "no event known", note=case["families"])
