"""Many endpoints at a glance: a row per finding and model."""

import polars as pl

from multisite.pack.evidence import Evidence
from multisite.pack.metrics import FOREST, METRICS
from multisite.pack.numbers import per_cent
from multisite.pack.tables.performance import estimate_cell
from multisite.pack.tables.table import Cell, Column, Group, Row, Table, counted, csv_text, missing
from multisite.schemas.performance import ESTIMATES
from multisite.vocabulary import ALL_SITES, OVERALL, Split

__all__ = ["MOST_WITHOUT_OVERVIEW", "overview_table"]

MOST_WITHOUT_OVERVIEW = 3
"""Endpoints up to which the chapter needs no table of all of them."""


def overview_table(evidence: Evidence) -> Table | None:
    """AUC, sensitivity and specificity over all sites, models under their finding; ``None`` for few endpoints."""
    if len(evidence.endpoints) <= MOST_WITHOUT_OVERVIEW:
        return None
    groups = []
    for finding in evidence.parameters.findings:
        rows = []
        for endpoint in evidence.endpoints:
            if endpoint.finding == finding:
                found = [evidence.estimate(endpoint, name) for name in FOREST]
                sizes = next((row for row in found if row is not None), None)
                sized = (
                    (missing("not computed"), missing("not computed"))
                    if sizes is None
                    else (counted(sizes.n_cases), counted(sizes.n_positive))
                )
                label = Cell(endpoint.model.with_version)
                rows.append(Row((label, *sized, *(estimate_cell(row, counts=False) for row in found))))
        if rows:
            groups.append(Group(finding.title, tuple(rows)))
    return Table(
        "overview",
        "Every finding and model, cases of all sites pooled",
        (
            Column("Model"),
            Column("Cases", kind="number"),
            Column("Positive", kind="number"),
            *(Column(METRICS[name].title, kind="number") for name in FOREST),
        ),
        tuple(groups),
        f"Test split, intervals of {per_cent(100 * evidence.parameters.ci_level)}; sensitivity and specificity at "
        f"threshold {evidence.parameters.threshold:g}. How the sites differ is told below, finding by finding.",
        csv_text(
            evidence.frame(ESTIMATES).filter(
                pl.col("metric").is_in(list(FOREST)), site=ALL_SITES, stratum=OVERALL, split=Split.TEST.value
            )
        ),
    )
