"""How alike splits and sites are, how far they lie from the target population, and of whom the set says too little."""

from typing import Any

import polars as pl

from multisite.pack.evidence import Evidence
from multisite.pack.numbers import count, fixed, per_cent
from multisite.pack.parameters import FindingText
from multisite.pack.tables.table import Cell, Column, Group, Row, Table, counted, csv_text, missing, plain_table
from multisite.schemas.representation import COVERAGE, REPRESENTATION
from multisite.vocabulary import ALL_SITES

__all__ = ["coverage_table", "likeness_table"]

_SMALL = 0.1
_PAIRS = (
    ("Train and test", {"comparison": "splits", "site": ALL_SITES, "first": "train", "second": "test"}),
    ("Tune and test", {"comparison": "splits", "site": ALL_SITES, "first": "tune", "second": "test"}),
    ("One site and the others", {"comparison": "sites"}),
    ("Test and target", {"comparison": "target", "site": ALL_SITES}),
)


def likeness_table(evidence: Evidence) -> Table:
    """A row per stratum: the standardised difference of each pair, its floor, and the level that differs most.

    Of the sites, the one that lies furthest from the others above its floor is shown.
    """
    rows = evidence.frame(REPRESENTATION)
    shown = []
    for stratum in evidence.parameters.strata:
        here = rows.filter(stratum=stratum.id)
        shown.append(Row((Cell(stratum.title), *(_likeness(here.filter(**wanted)) for _, wanted in _PAIRS))))
    return plain_table(
        "likeness",
        "How alike the patients are",
        (Column("Stratum"), *(Column(head, "standardised difference", kind="number") for head, _ in _PAIRS)),
        shown,
        method="Standardised difference of the shares of patients over a stratum's levels: 0 is alike, and 0.1 is "
        "conventionally called small. Chance alone stays below the value in brackets in 95 of 100 draws of these "
        f"sizes; ▲ marks what is above both. Below each number stand the level that differs most and its two shares. "
        f"{_target(evidence)} Patients are counted per site.",
        data=rows,
    )


def _target(evidence: Evidence) -> str:
    source = evidence.parameters.target_source
    if source is None:
        return "The protocol names no target population."
    return f"Target population: {source.rstrip('.')}."


def _likeness(pairs: pl.DataFrame) -> Cell:
    if pairs.is_empty():
        return missing("not compared")
    sound = pairs.filter(pl.col("difference").is_not_null())
    if sound.is_empty():
        return missing(pairs["reason"][0])
    furthest = sound.sort((pl.col("difference") - pl.col("floor")), descending=True).row(0, named=True)
    return _cell(furthest, is_of_sites=pairs.height > 1)


def _cell(pair: dict[str, Any], *, is_of_sites: bool) -> Cell:
    difference, floor = pair["difference"], pair["floor"]
    seen = difference > floor and difference >= _SMALL
    who = f"{pair['first']}: " if is_of_sites else ""
    first, second = (per_cent(100 * pair[name]) for name in ("share_first", "share_second"))
    return Cell(
        fixed(difference, 2),
        interval=f"({fixed(floor, 2)}){' ▲' if seen else ''}",
        note=f"{who}{pair['level']} {first} and {second}",
        sort=float(difference),
        quiet=not seen,
    )


def coverage_table(evidence: Evidence, finding: FindingText) -> Table:
    """Levels with fewer patients with the finding than the protocol asks for: of these nothing can be said."""
    rows = evidence.frame(COVERAGE).filter(finding=finding.id)
    lacking = rows.filter(~pl.col("enough"))
    groups = []
    for stratum in evidence.parameters.strata:
        levels = lacking.filter(stratum=stratum.id)
        shown = tuple(_lacking(row) for row in levels.iter_rows(named=True))
        if shown:
            heading = f"{stratum.title}, {stratum.unit}" if stratum.unit else stratum.title
            groups.append(Group(heading, shown))
    n, minimum = rows.height, evidence.parameters.minimum_denominator
    if not groups:
        everyone = Row((Cell("none"), missing(""), missing(""), missing("")))
        groups.append(Group("", (everyone,)))
    return Table(
        f"coverage-{finding.id}",
        f"Of whom the set says too little: {finding.title}",
        (
            Column("Level"),
            Column("Share of the target", kind="number"),
            Column("Patients tested", kind="number"),
            Column("With the finding", "patients", kind="number"),
        ),
        tuple(groups),
        f"{count(lacking.height)} of {count(n)} levels have fewer than {minimum} tested patients with the finding, "
        f"over all sites. {_target(evidence)}",
        csv_text(rows),
    )


def _lacking(row: dict[str, Any]) -> Row:
    share = row["target_share"]
    return Row(
        (
            Cell(row["level"]),
            missing("") if share is None else Cell(per_cent(100 * share), sort=float(share)),
            counted(row["n_patients"]),
            counted(row["n_positive_patients"]),
        )
    )
