"""Tables of who was tested: the parts of the cohort, and the strata of the test split."""

import polars as pl

from multisite.pack.evidence import Evidence
from multisite.pack.numbers import count, share
from multisite.pack.parameters import FindingText
from multisite.pack.tables.flow import site_chunks
from multisite.pack.tables.table import Cell, Column, Group, Row, Table, counted, csv_text, missing, plain_table
from multisite.schemas.cohort import COHORT_IDENTITY, COMPOSITION
from multisite.vocabulary import OVERALL, Split

__all__ = ["splits_table", "strata_tables"]


def splits_table(evidence: Evidence) -> Table:
    """Cases and patients of each split, per site, with the months they come from."""
    finding = evidence.parameters.findings[0].id
    overall = evidence.frame(COMPOSITION).filter(finding=finding, stratum=OVERALL)
    sizes = {
        (site, split): (c, p) for site, split, c, p in overall.select("site", "split", "n_cases", "n_patients").rows()
    }
    identities = {row["site"]: row for row in evidence.frame(COHORT_IDENTITY).iter_rows(named=True)}
    rows = [
        Row(
            (
                Cell(site),
                *(_cases_and_patients(sizes.get((site, split.value))) for split in Split),
                Cell(_months(identities[site])),
                counted(identities[site]["n_studies_without_case"]),
            )
        )
        for site in evidence.sites
    ]
    columns = (
        Column("Site"),
        *(Column(split.value.capitalize(), "cases", kind="number") for split in Split),
        Column("Months of the cases"),
        Column("Studies without a case", kind="number"),
    )
    return plain_table(
        "splits",
        "The included cases, by part of the cohort",
        columns,
        rows,
        method="Train and tune cases are listed because the integrity checks compare them with the test cases; "
        "every estimate "
        "in this report is of the test split alone.",
        data=overall,
    )


def _cases_and_patients(sizes: tuple[int, int] | None) -> Cell:
    return counted(0) if sizes is None else counted(sizes[0], f"{count(sizes[1])} patients")


def _months(identity: dict[str, object]) -> str:
    first, last = identity["first_case_date"], identity["last_case_date"]
    if first is None or last is None:
        return "no date"
    return f"{str(first)[:7]} to {str(last)[:7]}"


def strata_tables(evidence: Evidence, finding: FindingText) -> tuple[Table, ...]:
    """Test cases by stratum and level at each site and over all of them, with the positives."""
    tested = evidence.frame(COMPOSITION).filter(split=Split.TEST.value, finding=finding.id)
    chunks = site_chunks(evidence.sites)
    tables = []
    for number, sites in enumerate(chunks):
        title = f"Test cases by stratum: {finding.title}"
        if len(chunks) > 1:
            title += f", part {number + 1}"
        tables.append(
            Table(
                f"who-{finding.id}-{number + 1}",
                title,
                (
                    Column("Level"),
                    *(Column(site, "cases", kind="number") for site in sites),
                    Column("All sites", "cases", kind="number"),
                ),
                tuple(_groups(evidence, tested, sites)),
                "Cases, their share of the site's test cases, and how many have the finding by the reference "
                "standard. "
                "A zero is a level without a test case at that site. Patients are counted per site; a patient "
                "seen at two sites "
                "would count twice.",
                csv_text(tested) if number == 0 else "",
            )
        )
    return tuple(tables)


def _groups(evidence: Evidence, tested: pl.DataFrame, sites: tuple[str, ...]) -> list[Group]:
    columns = ("stratum", "level", "site", "n_cases", "n_positive")
    sizes = {(s, lv, site): (c, p) for s, lv, site, c, p in tested.select(columns).rows()}
    pooled = tested.group_by("stratum", "level").agg(pl.col("n_cases", "n_positive").sum())
    over_all = {(s, lv): (c, p) for s, lv, c, p in pooled.rows()}
    everyone = over_all.get((OVERALL, OVERALL), (0, 0))
    wholes = [sizes.get((OVERALL, OVERALL, site), (0, 0)) for site in sites]
    total = Row((Cell("All test cases"), *(_of(whole, whole[0]) for whole in [*wholes, everyone])), total=True)
    groups = [Group("", (total,))]
    for stratum in evidence.parameters.strata:
        rows = []
        for level in evidence.levels(stratum):
            if (stratum.id, level) not in over_all:
                continue
            parts = [_of(sizes.get((stratum.id, level, s), (0, 0)), w[0]) for s, w in zip(sites, wholes, strict=True)]
            rows.append(Row((Cell(level), *parts, _of(over_all[stratum.id, level], everyone[0]))))
        heading = f"{stratum.title}, {stratum.unit}" if stratum.unit else stratum.title
        empty = Row((Cell("no test case"), *(missing("") for _ in range(len(sites) + 1))))
        groups.append(Group(heading, tuple(rows) or (empty,)))
    return groups


def _of(part: tuple[int, int], whole: int) -> Cell:
    cases, positive = part
    if not cases:
        return Cell("0", sort=0.0, quiet=True)
    of_whole = "" if cases == whole else f"{share(cases, whole)} · "
    return Cell(count(cases), note=f"{of_whole}{count(positive)} positive", sort=float(cases))
