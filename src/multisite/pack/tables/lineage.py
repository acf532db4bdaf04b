"""Tables of identity: which set, which protocol, which inputs, by their digests."""

from multisite.pack.evidence import Evidence
from multisite.pack.tables.table import Cell, Column, Row, Table, counted, plain_table
from multisite.schemas.cohort import COHORT_IDENTITY

__all__ = ["cohorts_table", "inputs_table"]


def cohorts_table(evidence: Evidence) -> Table:
    """The hash of each site's set."""
    identities = evidence.frame(COHORT_IDENTITY).sort("site")
    rows = [
        Row(
            (
                Cell(row["site"]),
                counted(row["n_cases"]),
                counted(row["n_patients"]),
                Cell(row["sha256"]),
            )
        )
        for row in identities.iter_rows(named=True)
    ]
    columns = (
        Column("Site"),
        Column("Cases", kind="number"),
        Column("Patients", kind="number"),
        Column("SHA-256 of the set"),
    )
    return plain_table(
        "cohorts",
        "The validated set of each site",
        columns,
        rows,
        method="Digest of the canonical bytes of all included rows, sorted and typed. Another order of the "
        "rows gives the same "
        "digest; any other case, date, split, stratum or reference standard gives another.",
        data=identities,
    )


def inputs_table(evidence: Evidence) -> Table:
    """The hash of every artefact that this page was made from."""
    rows = []
    for place, digest in sorted(evidence.lineage.items()):
        site, _, artefact = place.rpartition("/")
        rows.append(Row((Cell(artefact or place), Cell(site), Cell(digest))))
    return plain_table(
        "inputs",
        "What this page was made from",
        (Column("Artefact"), Column("Site"), Column("SHA-256")),
        sorted(rows, key=lambda row: (row.cells[0].text, row.cells[1].text)),
        method="Each digest stands in the manifest beside the artefact in the study's workspace.",
    )
