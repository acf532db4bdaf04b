"""How well the score tells the site given the label, and how the model does where the headers point away from it."""

from typing import Any

import polars as pl

from multisite.pack.evidence import Evidence
from multisite.pack.metrics import METRICS
from multisite.pack.numbers import count, per_cent, write
from multisite.pack.parameters import FindingText
from multisite.pack.sentences.score_use import agreement_title, p_words, site_told_title
from multisite.pack.tables.table import Cell, Column, Group, Row, Table, csv_text, missing, written
from multisite.schemas.shortcut_use import HEADER_AGREEMENT, SITE_TOLD
from multisite.vocabulary import ALL_SITES

__all__ = ["agreement_table", "site_told_table"]

_LABELS = (False, True)


def site_told_table(evidence: Evidence, finding: FindingText) -> Table:
    """A row per site: AUC of its scores against those of the other sites, without the finding and with it."""
    rows = evidence.frame(SITE_TOLD).filter(finding=finding.id)
    groups = [
        Group(model.with_version, tuple(_site(of_model.filter(site=site)) for site in _sites(of_model)), _p(of_model))
        for model in evidence.parameters.models
        for of_model in (rows.filter(model=model.id),)
        if of_model.height
    ]
    return Table(
        f"site-told-{finding.id}",
        site_told_title(evidence, finding),
        (
            Column("Site"),
            Column("Without the finding", "AUC against the other sites", kind="number"),
            Column("With the finding", "AUC against the other sites", kind="number"),
        ),
        tuple(groups) or _nothing(2),
        "Above 0.5, the site's patients score higher than those of the other sites of the same label. Test split, "
        f"one case per patient; {_level(evidence)} intervals by DeLong. The p-value is that of all sites and "
        "both labels; it permutes the sites within each label. More severe disease at one site does the same as a "
        "shortcut, with the finding more than without it.",
        csv_text(rows),
    )


def agreement_table(evidence: Evidence, finding: FindingText) -> Table:
    """A row per metric over all sites: where the headers point to the label, where they point away, the difference."""
    rows = evidence.frame(HEADER_AGREEMENT).filter(finding=finding.id)
    over = rows.filter(site=ALL_SITES)
    groups = [
        Group(model.with_version, tuple(_metric(row) for row in of_model.to_dicts()))
        for model in evidence.parameters.models
        for of_model in (over.filter(model=model.id).sort("metric"),)
        if of_model.height
    ]
    return Table(
        f"header-agreement-{finding.id}",
        agreement_title(evidence, finding),
        (
            Column("Metric"),
            Column("Headers point to the label", kind="number"),
            Column("Headers point away", kind="number"),
            Column("Difference", kind="number"),
            Column("Patients", "in each part; AUC: of the rarer label"),
        ),
        tuple(groups) or _nothing(4),
        f"Test split, all sites, the AUC within sites; {_level(evidence)} intervals. The headers say that a case has "
        "the finding where its score from all headers lies above the site's share of positives. Where headers know "
        "nothing, the parts differ in acquisition by chance, and their difference says nothing. The CSV has each site.",
        csv_text(rows),
    )


def _site(rows: pl.DataFrame) -> Row:
    by_label = {row["reference"]: row for row in rows.to_dicts()}
    site = rows["site"][0]
    return Row((Cell(site), *(_area(by_label.get(label)) for label in _LABELS)))


def _area(row: dict[str, Any] | None) -> Cell:
    if row is None:
        return missing("")
    if row["estimate"] is None:
        return missing(row["reason"] or row["status"])
    number = write(row["estimate"], row["ci_low"], row["ci_high"], expected=0.5)
    return written(number, row["estimate"], note=f"{count(row['n_patients'])} patients", quiet=row["ci_low"] is None)


def _metric(row: dict[str, Any]) -> Row:
    parts = (_value(row, name, f"{name}_low", f"{name}_high") for name in ("agreeing", "disagreeing"))
    patients = f"{count(row['n_patients_agreeing'])} and {count(row['n_patients_disagreeing'])}"
    return Row(
        (
            Cell(METRICS[row["metric"]].title),
            *parts,
            _value(row, "difference", "ci_low", "ci_high", expected=0.0),
            Cell(patients),
        )
    )


def _value(row: dict[str, Any], name: str, low: str, high: str, *, expected: float | None = None) -> Cell:
    if row[name] is None:
        return missing(row["reason"] or row["status"])
    return written(write(row[name], row[low], row[high], expected=expected), row[name], quiet=row[low] is None)


def _sites(rows: pl.DataFrame) -> list[str]:
    return rows["site"].unique().sort().to_list()


def _p(rows: pl.DataFrame) -> str:
    p_value = rows["p_value"].max()
    return p_words(float(p_value)) if isinstance(p_value, float) else "no p-value"


def _level(evidence: Evidence) -> str:
    return per_cent(100 * evidence.parameters.ci_level)


def _nothing(n_columns: int) -> tuple[Group, ...]:
    return (Group("", (Row((Cell("not compared"), *(missing("") for _ in range(n_columns)))),)),)
