"""The shift of scores with acquisition among patients without the finding, the largest first."""

from typing import Any

import polars as pl

from multisite.pack.evidence import EstimateRow, Evidence
from multisite.pack.figures.figure import Figure, MissingPanel, Panel
from multisite.pack.figures.forest import PANEL_WIDTH, ForestRow, common_start, draw_forest
from multisite.pack.metrics import AUC
from multisite.pack.numbers import count, fixed, per_cent, write
from multisite.pack.parameters import FindingText
from multisite.pack.sentences.score_use import furthest_shifts, p_words, shift_title
from multisite.pack.tables.table import Cell, Column, Row, Table, counted, missing, plain_table, written
from multisite.pack.words import attribute_words
from multisite.schemas.shortcut_use import SCORE_SHIFT
from multisite.vocabulary import ALL_SITES

__all__ = ["shift_figure"]

_MOST_ROWS = 7
_DECIMALS = 2


def shift_figure(evidence: Evidence, finding: FindingText) -> Figure:
    """The levels whose scores lie furthest from those of the other levels: over all sites, and at single sites."""
    rows = evidence.frame(SCORE_SHIFT).filter(finding=finding.id)
    over, single = (
        furthest_shifts(rows.filter(of)).head(_MOST_ROWS).to_dicts()
        for of in (pl.col("site") == ALL_SITES, pl.col("site") != ALL_SITES)
    )
    start = common_start([_estimate(row) for row in (*over, *single)])
    title = shift_title(evidence, finding)
    panels = tuple(
        _panel(evidence, chosen, slug=f"shift-{finding.id}-{number}", head=head, title=title, start=start)
        for number, (head, chosen) in enumerate((("Within sites, over all", over), ("Single sites", single)))
    )
    n_compared = max(rows["n_comparisons"].to_list(), default=0)
    return Figure(
        f"shift-{finding.id}",
        title,
        "Chance that a patient without the finding scores higher in this level than one in the other levels; 0.5 is no "
        "shift. ▲ is notable: adjusted p below 0.01, and 0.1 or more from 0.5.",
        panels,
        PANEL_WIDTH,
        _table(evidence, finding, (*over, *single), rows),
        f"Test split, one case per patient, {per_cent(100 * evidence.parameters.ci_level)} intervals by DeLong. "
        f"{count(n_compared)} comparisons, p-values by permutation, adjusted by Holm over all; the furthest are shown, "
        "the same patients once. A shift does not say that its acquisition causes it: other patients may be imaged so.",
    )


def _panel(
    evidence: Evidence, rows: list[dict[str, Any]], *, slug: str, head: str, title: str, start: float
) -> Panel | MissingPanel:
    if not rows:
        return MissingPanel(head, "No level has enough patients on both sides.")
    return draw_forest(
        [ForestRow(("▲ " if row["notable"] else "") + _name(evidence, row), _estimate(row)) for row in rows],
        slug=slug,
        metric=head,
        counted="patients",
        title=title,
        start=start,
        reference=None,
    )


def _name(evidence: Evidence, row: dict[str, Any]) -> str:
    site = "" if row["site"] == ALL_SITES else f"{row['site']}, "
    model = f" ({row['model']})" if len(evidence.parameters.models) > 1 else ""
    attribute = "" if row["attribute"] == "device" else f"{attribute_words(row['attribute'])} "
    return f"{site}{attribute}{row['level']}{model}"


def _estimate(row: dict[str, Any]) -> EstimateRow:
    return EstimateRow(
        stratum=row["attribute"],
        metric=AUC,
        threshold=None,
        n_cases=row["n_patients"],
        n_positive=row["n_patients"],
        n_negative=row["n_patients_others"],
        numerator=None,
        denominator=None,
        **{
            name: row[name]
            for name in ("site", "finding", "model", "level", "estimate", "ci_low", "ci_high", "ci_level", "ci_method")
        },
        **{name: row[name] for name in ("n_patients", "status", "reason")},
    )


def _table(evidence: Evidence, finding: FindingText, shown: tuple[dict[str, Any], ...], rows: pl.DataFrame) -> Table:
    none = Row((Cell("none"), *(missing("") for _ in range(5))))
    return plain_table(
        f"shift-data-{finding.id}",
        f"Scores of patients without the finding, by acquisition: {finding.title}",
        (
            Column("Level"),
            Column("AUC", kind="number"),
            Column("Mean difference", "of the score", kind="number"),
            Column("Patients", kind="number"),
            Column("In the other levels", "patients", kind="number"),
            Column("Adjusted p"),
        ),
        [_row(evidence, row) for row in shown] or [none],
        data=rows,
    )


def _row(evidence: Evidence, row: dict[str, Any]) -> Row:
    where = "within sites" if row["site"] == ALL_SITES else ""
    return Row(
        (
            Cell(_name(evidence, row), note=where),
            written(write(row["estimate"], row["ci_low"], row["ci_high"], expected=0.5), row["estimate"]),
            Cell(fixed(row["mean_difference"], _DECIMALS), sort=float(row["mean_difference"])),
            counted(row["n_patients"]),
            counted(row["n_patients_others"]),
            _p_value(row["p_adjusted"]),
        )
    )


def _p_value(adjusted: float | None) -> Cell:
    if adjusted is None:
        return missing("below 0.1 from 0.5")
    return Cell(p_words(adjusted).removeprefix("p ").removeprefix("= "), sort=adjusted)
