"""Tables of the later months: the comparison behind each panel, and what became of the deployment rows."""

import polars as pl

from multisite.pack.evidence import Evidence
from multisite.pack.numbers import count, decimals_for_width, fixed, per_cent
from multisite.pack.tables.flow import site_chunks
from multisite.pack.tables.table import Cell, Column, Row, Table, counted, missing, plain_table
from multisite.schemas.drift import DEPLOYMENT_COUNTS, DRIFT_COMPARISON

__all__ = ["deployment_tables", "monitor_table"]


def monitor_table(evidence: Evidence, monitor: str, title: str) -> Table:
    """Every site and month of one monitor."""
    compared = evidence.frame(DRIFT_COMPARISON).filter(monitor=monitor).sort("site", "window")
    values = [v for name in ("mean_reference", "mean_current") for v in compared[name].drop_nulls().to_list()]
    digits = decimals_for_width((max(values) - min(values)) / 4) if values else 2
    rows = [
        Row(
            (
                Cell(row["site"]),
                Cell(row["window"], sort=row["window"]),
                counted(row["n_current"], f"baseline {count(row['n_reference'])}"),
                _value(row["mean_reference"], digits, "no baseline value"),
                _value(row["mean_current"], digits, row["reason"] or "no value in the month"),
                _missing_share(row),
                _evidently(row),
            )
        )
        for row in compared.iter_rows(named=True)
    ]
    columns = (
        Column("Site"),
        Column("Month"),
        Column("Studies", "with a value", kind="number"),
        Column("Baseline", kind="number"),
        Column("Month's value", kind="number"),
        Column("Without a value", kind="number"),
        Column("Evidently's statistic", kind="number"),
    )
    return plain_table(f"drift-{monitor}", title, columns, rows, data=compared.drop("monitor"))


def _value(value: float | None, digits: int, why: str) -> Cell:
    return missing(why) if value is None else Cell(fixed(value, digits), sort=value)


def _missing_share(row: dict[str, float | None]) -> Cell:
    now, before = row["missing_current"], row["missing_reference"]
    if now is None or before is None:
        return missing("no studies")
    return Cell(per_cent(100 * now, 1), note=f"baseline {per_cent(100 * before, 1)}", sort=now)


def _evidently(row: dict[str, object]) -> Cell:
    statistic, limit, verdict = row["statistic"], row["threshold"], row["evidently_drift"]
    if not isinstance(statistic, float):
        return missing(str(row["reason"] or "no statistic"))
    said = {True: "differs", False: "does not differ"}.get(bool(verdict)) if verdict is not None else "no verdict"
    against = f", limit {limit:g}" if isinstance(limit, float) else ""
    return Cell(fixed(statistic, 3), note=f"{said}{against} ({row['method'] or 'method not named'})", sort=statistic)


def deployment_tables(evidence: Evidence) -> tuple[Table, ...]:
    """What became of the rows of the deployment tables; empty where no site has one."""
    counts = evidence.frame(DEPLOYMENT_COUNTS)
    present = tuple(site for site in evidence.sites if site in set(counts["site"]))
    outcomes = (
        counts.group_by("outcome")
        .agg(pl.col("n_rows").sum())
        .sort(pl.col("outcome") != "monitored", "n_rows", "outcome", descending=[False, True, False])
    )
    cells = {(site, outcome): n for site, outcome, n in counts.select("site", "outcome", "n_rows").rows()}
    tables = []
    for number, sites in enumerate(site_chunks(present)):
        rows = [
            Row((Cell(outcome), *(counted(cells.get((site, outcome), 0)) for site in sites), counted(total)))
            for outcome, total in outcomes.rows()
        ]
        columns = (
            Column("Outcome"),
            *(Column(site, "rows", kind="number") for site in sites),
            Column("All sites", "rows", kind="number"),
        )
        title = "What became of the rows of the deployment tables"
        tables.append(plain_table(f"deployment-{number + 1}", title, columns, rows, data=counts))
    return tuple(tables)
