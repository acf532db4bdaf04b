"""The ladder of shortcuts: how well site and headers tell the finding beside the model, on one axis."""

from typing import Any

import polars as pl

from multisite.pack.evidence import EstimateRow, Evidence
from multisite.pack.figures.figure import Figure
from multisite.pack.figures.forest import PANEL_WIDTH, ForestRow, common_start, draw_forest
from multisite.pack.metrics import AUC, METRICS
from multisite.pack.numbers import per_cent, write
from multisite.pack.parameters import FindingText
from multisite.pack.sentences.shortcuts import ladder_title
from multisite.pack.tables.table import Cell, Column, Group, Row, Table, counted, csv_link, missing, written
from multisite.schemas.shortcuts import SHORTCUT_LADDER
from multisite.vocabulary import ALL_SITES, OVERALL

__all__ = ["ladder_figure"]

_MOST_ATTRIBUTES = 4
_SCOPES = ("pooled", "within sites")


def ladder_figure(evidence: Evidence, finding: FindingText) -> Figure:
    """A row per source over all sites: the site, single attributes, all headers together, and each model."""
    ladder = evidence.frame(SHORTCUT_LADDER).filter(finding=finding.id)
    rungs = ladder.filter(pl.col("scope") != "site").sort("kind", "source", "scope")
    shown = {scope: _panel_rows(evidence, rungs, scope) for scope in _SCOPES}
    start = common_start([row.estimate for rows in shown.values() for row in rows])
    panels = tuple(
        draw_forest(
            rows,
            slug=f"ladder-{finding.id}-{number}",
            metric=f"{METRICS[AUC].title}, {scope}",
            counted="cases",
            title=ladder_title(evidence, finding),
            start=start,
            reference=None,
        )
        for number, (scope, rows) in enumerate(shown.items())
    )
    return Figure(
        f"ladder-{finding.id}",
        ladder_title(evidence, finding),
        "Each bar is the interval of one source of scores, its notch the estimate; 0.5 is chance. Within sites, only "
        "cases of one site are ranked against each other.",
        panels,
        PANEL_WIDTH,
        _table(evidence, finding, rungs),
        f"Test split, {per_cent(100 * evidence.parameters.ci_level)} intervals that take cases as independent. "
        "Headers: gradient-boosted trees on acquisition attributes (not age, sex or dates), cross-fitted over five "
        "folds of whole patients inside each site. Of single attributes the strongest are shown, which flatters them.",
    )


def _panel_rows(evidence: Evidence, rungs: pl.DataFrame, scope: str) -> list[ForestRow]:
    here = {(row["kind"], row["source"]): _estimate(row) for row in rungs.filter(scope=scope).iter_rows(named=True)}
    site = [row for row in rungs.filter(kind="site").iter_rows(named=True)]
    rows = [ForestRow("Without the image", heading=True)]
    # A site's cases all have one score: between them nothing is ranked.
    alone = {"estimate": None, "ci_low": None, "ci_high": None, "status": "undefined", "reason": "no pair to rank"}
    rows += [ForestRow("Site alone", here.get(("site", row["source"]), _estimate(row | alone))) for row in site]
    rows += [ForestRow(name, here.get(("attribute", name))) for name in _strongest(rungs)]
    rows += [ForestRow("All headers", e) for (kind, _), e in here.items() if kind == "headers"]
    rows.append(ForestRow("With the image", heading=True))
    return rows + [ForestRow(_model(evidence, name), e) for (kind, name), e in here.items() if kind == "model"]


def _strongest(rungs: pl.DataFrame) -> list[str]:
    """The attributes that tell most when pooled, the strongest first."""
    pooled = rungs.filter(kind="attribute", scope="pooled")
    ranked = pooled.sort("estimate", "source", descending=[True, False], nulls_last=True)
    return ranked["source"].head(_MOST_ATTRIBUTES).to_list()


def _model(evidence: Evidence, model: str) -> str:
    return next((m.title for m in evidence.parameters.models if m.id == model), model)


def _estimate(row: dict[str, Any]) -> EstimateRow:
    same = ("estimate", "ci_low", "ci_high", "ci_level", "ci_method", "n_patients", "n_cases", "n_positive")
    return EstimateRow(
        site=ALL_SITES,
        finding=row["finding"],
        model=row["source"],
        stratum=OVERALL,
        level=OVERALL,
        metric=AUC,
        threshold=None,
        numerator=None,
        denominator=None,
        n_negative=row["n_negative"],
        status=row["status"],
        reason=row["reason"],
        **{name: row[name] for name in same},
    )


def _table(evidence: Evidence, finding: FindingText, rungs: pl.DataFrame) -> Table:
    groups = []
    for kind, heading in (
        ("site", "Site"),
        ("attribute", "One attribute"),
        ("headers", "All headers"),
        ("model", "Model"),
    ):
        of_kind = rungs.filter(kind=kind)
        rows = tuple(
            Row((Cell(source), *_cells(of_kind.filter(source=source))))
            for source in of_kind.sort("source")["source"].unique(maintain_order=True)
        )
        if rows:
            groups.append(Group(heading, rows))
    return Table(
        f"ladder-data-{finding.id}",
        f"AUC without and with the image: {finding.title}",
        (
            Column("Source"),
            Column("Pooled", "AUC", kind="number"),
            Column("Within sites", "AUC", kind="number"),
            Column("Cases", kind="number"),
        ),
        tuple(groups) or (Group("", (Row((Cell("none"), missing(""), missing(""), missing(""))),)),),
        "",
        csv_link(rungs),
    )


def _cells(rungs: pl.DataFrame) -> tuple[Cell, ...]:
    by_scope = {row["scope"]: row for row in rungs.iter_rows(named=True)}
    n_cases = max(row["n_cases"] for row in by_scope.values())
    return (*(_area(by_scope.get(scope)) for scope in _SCOPES), counted(n_cases))


def _area(row: dict[str, Any] | None) -> Cell:
    if row is None:
        return missing("")
    if row["estimate"] is None:
        return missing(row["reason"] or row["status"])
    quiet = row["ci_low"] is None
    return written(write(row["estimate"], row["ci_low"], row["ci_high"]), row["estimate"], quiet=quiet)
