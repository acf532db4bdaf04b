"""Tables of the flow: what became of the objects, and how many cases each rule excluded at each site."""

import polars as pl

from multisite.pack.evidence import Evidence
from multisite.pack.numbers import megabytes, share
from multisite.pack.tables.table import Cell, Column, Group, Row, Table, counted, csv_text, missing, plain_table
from multisite.schemas.cohort import FLOW
from multisite.schemas.provenance import HEADER_COUNTS

__all__ = ["READERS", "exclusion_tables", "objects_table", "site_chunks", "sites_table"]

READERS = ("scanner", "pydicom")
"""Outcomes of an object that gave a header row; every other outcome is a reason for quarantine."""

_SITES_PER_TABLE = 5


def site_chunks(sites: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Sites in groups that leave a table with at most seven columns."""
    return [sites[i : i + _SITES_PER_TABLE] for i in range(0, len(sites), _SITES_PER_TABLE)]


def objects_table(evidence: Evidence) -> Table:
    """Objects per site by what became of them."""
    counts = evidence.frame(HEADER_COUNTS)
    rows = []
    for site in evidence.sites:
        here = {outcome: n for outcome, n in counts.filter(site=site).select("outcome", "n_objects").rows()}
        bytes_here = counts.filter(site=site)
        reasons = {k: n for k, n in here.items() if k not in READERS and n}
        listed = sum(here.values())
        rows.append(
            Row(
                (
                    Cell(site),
                    counted(listed),
                    counted(here.get("scanner", 0)),
                    counted(here.get("pydicom", 0)),
                    counted(sum(reasons.values()), _listed_reasons(reasons)),
                    Cell(
                        megabytes(bytes_here["n_bytes_header"].to_list()),
                        note=f"of {megabytes(bytes_here['n_bytes_total'].to_list())}",
                        sort=float(bytes_here["n_bytes_header"].sum()),
                    ),
                )
            )
        )
    columns = (
        Column("Site"),
        Column("Objects listed", kind="number"),
        Column("Read by the scanner", kind="number"),
        Column("Read by pydicom", kind="number"),
        Column("Quarantined", "with the reason", kind="number"),
        Column("Header bytes", kind="number"),
    )
    return plain_table(
        "objects",
        "What became of the objects in the sites' stores",
        columns,
        rows,
        method="The scanner reads the common case; whatever it does not surely understand is read by pydicom, "
        "and both give the "
        "same row. An object that neither can read is quarantined with one reason of a closed list and takes "
        "no part in anything below.",
        data=counts,
    )


def _listed_reasons(reasons: dict[str, int]) -> str:
    ranked = sorted(reasons.items(), key=lambda pair: (-pair[1], pair[0]))
    return "; ".join(f"{n:,} {reason}" for reason, n in ranked)


def sites_table(evidence: Evidence) -> Table:
    """From the table of cases to the included ones, per site."""
    flow = evidence.frame(FLOW)
    rows = []
    for site in evidence.sites:
        steps = flow.filter(site=site).sort("order")
        if steps.is_empty():
            rows.append(Row((Cell(site), *(missing("no flow") for _ in range(5)))))
            continue
        first, last = steps.row(0, named=True), steps.row(-1, named=True)
        start, included = first["remaining_cases"] + first["excluded_cases"], last["remaining_cases"]
        rows.append(
            Row(
                (
                    Cell(site),
                    counted(start),
                    counted(start - included),
                    counted(included),
                    Cell(share(included, start), sort=included / start if start else 0.0),
                    counted(last["remaining_patients"]),
                )
            )
        )
    columns = (
        Column("Site"),
        Column("Cases supplied", kind="number"),
        Column("Excluded", kind="number"),
        Column("Included", kind="number"),
        Column("Included", "of supplied", kind="number"),
        Column("Patients included", kind="number"),
    )
    return plain_table("flow-sites", "Cases supplied and included, per site", columns, rows, data=flow)


def exclusion_tables(evidence: Evidence) -> tuple[Table, ...]:
    """Cases excluded by each rule at each site, rules that excluded nobody included."""
    flow = evidence.frame(FLOW)
    chunks = site_chunks(evidence.sites)
    rules = (
        flow.group_by("rule")
        .agg(pl.col("order").min(), pl.col("reason").first(), pl.col("excluded_cases").sum())
        .sort("order", "rule")
        .filter(pl.col("order") > 0)
    )
    cells = {(site, rule): n for site, rule, n in flow.select("site", "rule", "excluded_cases").rows()}
    tables = []
    for number, sites in enumerate(chunks):
        rows = []
        for rule, _, reason, total in rules.rows():
            per_site = [_excluded(cells.get((site, rule))) for site in sites]
            rows.append(Row((Cell(reason, note=rule), *per_site, counted(total))))
        columns = (
            Column("Rule, in the order applied"),
            *(Column(site, kind="number") for site in sites),
            Column("All sites", kind="number"),
        )
        title = "Cases excluded by each rule" if len(chunks) == 1 else f"Cases excluded by each rule, part {number + 1}"
        tables.append(
            Table(
                f"exclusions-{number + 1}",
                title,
                columns,
                (Group("", tuple(rows)),),
                "A case is counted once, at the first rule that excludes it. A zero is a rule that was applied "
                "and excluded nobody.",
                csv_text(flow) if number == 0 else "",
            )
        )
    return tuple(tables)


def _excluded(number: int | None) -> Cell:
    return missing("not applied") if number is None else counted(number)
