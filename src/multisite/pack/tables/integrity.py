"""The integrity scorecard: one row per check and site."""

import polars as pl

from multisite.pack.evidence import Evidence
from multisite.pack.marks import verdict_mark
from multisite.pack.numbers import count
from multisite.pack.tables.table import Cell, Column, Group, Row, Table, csv_link
from multisite.schemas.integrity import CHECK_RESULTS

__all__ = ["scorecard"]


def scorecard(evidence: Evidence) -> Table:
    """Checks in the order of the protocol, each with a row per site."""
    results = evidence.frame(CHECK_RESULTS)
    groups = []
    checks = results.group_by("check").agg(
        pl.col("order").min(), pl.col("title", "method", "severity", "unit").first(), pl.col("blocking").any()
    )
    for check, _, title, method, severity, unit, blocking in checks.sort("order", "check").rows():
        rows = [
            Row(
                (
                    Cell(row["site"]),
                    Cell(
                        row["verdict"],
                        mark=verdict_mark(row["verdict"]),
                        sort=row["verdict"],
                    ),
                    Cell(count(row["n_found"]), sort=float(row["n_found"])),
                    Cell(count(row["n_examined"]), sort=float(row["n_examined"])),
                    Cell(row["sentence"]),
                )
            )
            for row in results.filter(check=check).sort("site").iter_rows(named=True)
        ]
        stops = ", blocking" if blocking else ""
        groups.append(Group(title, tuple(rows), f"Severity: {severity}{stops}. Counted in {unit}. {method}"))
    columns = (
        Column("Site"),
        Column("Verdict"),
        Column("Found", kind="number"),
        Column("Looked at", kind="number"),
        Column("Outcome"),
    )
    return Table(
        "scorecard",
        "Scorecard of the integrity checks",
        columns,
        tuple(groups),
        "Each check was run inside each site on pseudonyms; only these counts left it. Overlap between sites "
        "has not been looked at.",
        csv_link(results),
    )
