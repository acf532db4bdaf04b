"""Who read what at each site, how far readers agree, and readers beside the model."""

from typing import Any

import polars as pl

from multisite.pack.evidence import Endpoint, Evidence
from multisite.pack.numbers import count, per_cent, write
from multisite.pack.parameters import FindingText
from multisite.pack.sentences.reference import benchmark_title
from multisite.pack.tables.table import (
    Cell,
    Column,
    Group,
    Row,
    Table,
    counted,
    csv_text,
    missing,
    plain_table,
    written,
)
from multisite.schemas.agreement_by_stratum import AGREEMENT_ACROSS_SITES, AGREEMENT_STATISTICS
from multisite.schemas.reference import AGREEMENT, READING_COUNTS
from multisite.schemas.truth_sensitivity import READER_BENCHMARK
from multisite.vocabulary import OVERALL

__all__ = [
    "agreement_by_stratum_table",
    "agreement_of_readers_table",
    "benchmark_table",
    "reading_table",
    "readings_per_case_table",
]

_ALL_READERS = "all readers"
_NO_BREAK = "\N{NO-BREAK SPACE}"


def reading_table(evidence: Evidence, finding: FindingText) -> Table:
    """A row per site: readers, readings, cases, decisions, and cases without one by their state."""
    rows = evidence.frame(READING_COUNTS).filter(finding=finding.id)
    return plain_table(
        f"readings-{finding.id}",
        "Readings and decisions of each site",
        (
            Column("Site"),
            Column("Readers", kind="number"),
            Column("Readings", kind="number"),
            Column("Cases read", kind="number"),
            Column("Decided", "cases", kind="number"),
            Column("Not independent", "decided cases", kind="number"),
        ),
        [_reading_row(site, rows.filter(site=site)) for site in rows["site"].unique().sort()],
        method="Not independent: decided by a reader who had seen the model's output, or who had read the case before "
        "the disagreement that was to be settled. All splits. The CSV has what became of every row of the tables.",
        data=rows,
    )


def _reading_row(site: str, rows: pl.DataFrame) -> Row:
    n = {(topic, level): value for topic, level, value in rows.select("topic", "level", "n").iter_rows()}
    states = [
        (level, value) for (topic, level), value in n.items() if topic == "state" and level != "decided" and value
    ]
    left = ", ".join(f"{count(value)} {level.replace('_', '-')}" for level, value in states)
    of_decided = {level: value for (topic, level), value in n.items() if topic == "decided case"}
    dependent = sum(value for level, value in of_decided.items() if level.startswith("decided by"))
    unsaid = sum(value for level, value in of_decided.items() if level.startswith("not said"))
    return Row(
        (
            Cell(site),
            counted(n.get(("total", "readers"), 0), note=_qualified(n)),
            counted(n.get(("total", "readings"), 0)),
            counted(n.get(("total", "cases read"), 0)),
            counted(n.get(("state", "decided"), 0), note=left),
            counted(dependent, note=f"not said of {count(unsaid)}" if unsaid else ""),
        )
    )


def _qualified(n: dict[tuple[str, str], int]) -> str:
    """Readers by what they are qualified as; empty where no row says it."""
    found = {level: value for (topic, level), value in n.items() if topic == "qualification of the reader" and value}
    if set(found) <= {"not said"}:
        return ""
    return ", ".join(f"{count(value)} {level.replace('_', ' ')}" for level, value in found.items())


def readings_per_case_table(evidence: Evidence, finding: FindingText) -> Table:
    """A row per number of readings that the rule counts, a column per site."""
    rows = evidence.frame(READING_COUNTS).filter(finding=finding.id, topic="readings per case")
    sites = rows["site"].unique().sort().to_list()
    n = {(site, level): value for site, level, value in rows.select("site", "level", "n").iter_rows()}
    levels = sorted({level for _, level in n}, key=int)
    return plain_table(
        f"readings-per-case-{finding.id}",
        "Cases by the number of readings that the rule counts",
        (Column("Readings"), *(Column(site, "cases", kind="number") for site in sites)),
        [Row((Cell(level), *(counted(n.get((site, level), 0)) for site in sites))) for level in levels],
    )


def agreement_of_readers_table(evidence: Evidence, finding: FindingText) -> Table:
    """A row per site: agreement of all its readers before adjudication."""
    rows = evidence.frame(AGREEMENT).filter(finding=finding.id)
    of_all = rows.filter(first=_ALL_READERS)
    return plain_table(
        f"reader-agreement-{finding.id}",
        "Agreement of readers before adjudication",
        (
            Column("Site"),
            Column("Pairs that agree", "share", kind="number"),
            Column("Gwet's AC1", kind="number"),
            Column("Krippendorff's alpha", kind="number"),
            Column("Readers", kind="number"),
            Column("Cases", "read twice or more", kind="number"),
        ),
        [_agreement_row(site, of_all.filter(site=site)) for site in of_all["site"].unique().sort()],
        method=f"{_level(evidence)} intervals that count patients. Alpha falls where a finding is rare, whatever the "
        "readers do; AC1 does not. All splits. The CSV has each pair of readers, by number.",
        data=rows,
    )


def _agreement_row(site: str, rows: pl.DataFrame) -> Row:
    found = {row["statistic"]: row for row in rows.iter_rows(named=True)}
    counts = next(iter(found.values()))
    cells = (_number(found.get(name), "estimate", "ci_low", "ci_high") for name in AGREEMENT_STATISTICS)
    return Row((Cell(site), *cells, counted(counts["n_readers"]), counted(counts["n_cases"])))


def agreement_by_stratum_table(evidence: Evidence, finding: FindingText) -> Table:
    """A row per level of each stratum, over the sites: agreement of readers on the included cases."""
    rows = evidence.frame(AGREEMENT_ACROSS_SITES).filter(finding=finding.id)
    groups = [
        Group(
            stratum.title,
            tuple(_level_row(level, rows.filter(stratum=stratum.id, level=level)) for level in levels),
        )
        for stratum in evidence.parameters.strata
        for known in (set(rows.filter(stratum=stratum.id)["level"]),)
        for levels in ([level for level in evidence.levels(stratum) if level in known],)
        if levels
    ]
    overall = rows.filter(stratum=OVERALL)
    if overall.height:
        groups.insert(0, Group("", (_level_row("All included cases", overall),)))
    return Table(
        f"reader-agreement-strata-{finding.id}",
        "Agreement of readers by stratum, over the sites",
        (
            Column("Level"),
            Column("Pairs that agree", "share", kind="number"),
            Column("Gwet's AC1", kind="number"),
            Column("Krippendorff's alpha", kind="number"),
            Column("Sites", kind="number"),
            Column("Patients", kind="number"),
        ),
        tuple(groups) or (Group("", (Row((Cell("none"), *(missing("") for _ in range(5)))),)),),
        f"Included cases of all splits. Random-effects means of the sites' values, {_level(evidence)} intervals; of "
        "one site, its own. Cases differ between levels, and so does how often the finding is there.",
        csv_text(rows),
    )


def _level_row(level: str, rows: pl.DataFrame) -> Row:
    found = {row["statistic"]: row for row in rows.iter_rows(named=True)}
    counts = found[AGREEMENT_STATISTICS[0]]
    cells = (_number(found.get(name), "estimate", "ci_low", "ci_high") for name in AGREEMENT_STATISTICS)
    return Row((Cell(level), *cells, counted(counts["n_sites"]), counted(counts["n_patients"])))


def benchmark_table(evidence: Evidence, endpoint: Endpoint) -> Table:
    """A row per reader of each site: right calls of both on the same cases, and the differences."""
    rows = evidence.frame(READER_BENCHMARK).filter(finding=endpoint.finding.id, model=endpoint.model.id)
    groups = [
        Group(site, tuple(_benchmark_row(reader, of_site.filter(reader=reader)) for reader in _in_order(of_site)))
        for site in rows["site"].unique().sort()
        for of_site in (rows.filter(site=site),)
    ]
    return Table(
        f"reader-benchmark-{endpoint.slug}",
        benchmark_title(evidence, endpoint),
        (
            Column("Reader"),
            Column("Reader right", "share of cases", kind="number"),
            Column("Model right", "same cases", kind="number"),
            Column("Difference", "model minus reader", kind="number"),
            Column("In sensitivity", "model minus reader", kind="number"),
            Column("In specificity", "model minus reader", kind="number"),
        ),
        tuple(groups) or (Group("", (Row((Cell("none"), *(missing("") for _ in range(5)))),)),),
        "Test split. The truth of each row is made without that reader: a panel or an independent source, else the "
        f"majority of two others or more. {_level(evidence)} intervals, paired, of patients; pointwise. The model "
        f"calls from {evidence.parameters.threshold:g} on. Readers are numbers of their site.",
        csv_text(rows),
    )


def _benchmark_row(reader: str, rows: pl.DataFrame) -> Row:
    found = {row["metric"]: row for row in rows.iter_rows(named=True)}
    right = found["agreement"]
    return Row(
        (
            Cell(reader.replace(" ", _NO_BREAK), note=f"{count(right['n_patients'])} patients"),
            _number(right, "of_reader", "reader_low", "reader_high"),
            _number(right, "of_model", None, None),
            *(
                _number(found[metric], "difference", "ci_low", "ci_high", expected=0.0)
                for metric in ("agreement", "sensitivity", "specificity")
            ),
        )
    )


def _in_order(rows: pl.DataFrame) -> list[str]:
    return sorted(rows["reader"].unique(), key=lambda reader: int(reader.rpartition(" ")[2]))


def _number(
    row: dict[str, Any] | None, name: str, low: str | None, high: str | None, *, expected: float | None = None
) -> Cell:
    if row is None:
        return missing("")
    if row[name] is None:
        return missing(row["reason"] or row["status"])
    ends = (row[low] if low else None, row[high] if high else None)
    quiet = low is not None and None in ends
    return written(write(row[name], *ends, expected=expected), row[name], quiet=quiet)


def _level(evidence: Evidence) -> str:
    return per_cent(100 * evidence.parameters.ci_level)
