"""How often each site's test labels were read before this page was made."""

from typing import Any

from multisite.pack.evidence import Evidence
from multisite.pack.numbers import count
from multisite.pack.tables.table import Cell, Column, Row, Table, counted, plain_table
from multisite.schemas.looks import LOOKS

__all__ = ["looks_table"]


def looks_table(evidence: Evidence) -> Table:
    """Runs that read them, and how many different things these evaluated."""
    looks = evidence.frame(LOOKS).sort("site")
    rows = [
        Row((Cell(row["site"]), counted(row["n_runs"]), counted(row["n_evaluations"]), _ledger(row)))
        for row in looks.iter_rows(named=True)
    ]
    columns = (
        Column("Site"),
        Column("Runs that read them", kind="number"),
        Column("Different evaluations", kind="number"),
        Column("Ledger"),
    )
    return plain_table(
        "looks",
        "Looks at the test labels of each site",
        columns,
        rows,
        method="Different means: another study file, cohort or scores, by their digests. A run that was stopped "
        "half-way counts. Runs in another workspace do not, and neither do people who opened the site's tables.",
        data=looks,
    )


def _ledger(row: dict[str, Any]) -> Cell:
    if row["broken_at"] is not None:
        return Cell(f"broken at entry {count(row['broken_at'])}", note="the numbers may be too low", quiet=True)
    return Cell("whole") if row["n_runs"] else Cell("empty", note="earlier looks are not known", quiet=True)
