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
from multisite.pack.tables.table import Cell, Column, Group, Row, Table, counted, csv_text, missing, written
from multisite.pack.words import attribute_words
from multisite.schemas.shortcuts import SHORTCUT_LADDER
from multisite.vocabulary import ALL_SITES, OVERALL

__all__ = ["ladder_figure"]

_MOST_ATTRIBUTES = 4
_LEARNT = "learnt at other sites"
_SCOPES = ("pooled", "within sites", _LEARNT)


_HEADS = {_LEARNT: "from other sites"}
"""Shorter names of scopes, for a panel's head."""

_ABSENT = {
    # A site's cases all have one score: between them nothing is ranked.
    "site": "no pair to rank",
    "attribute": "not compared",
    "headers": "learnt inside each site only",
    "model": "not learnt here",
}
"""Why a source has no rung of a scope."""


def ladder_figure(evidence: Evidence, finding: FindingText) -> Figure:
    """A row per source over all sites: the site, single attributes, all headers together, and each model."""
    ladder = evidence.frame(SHORTCUT_LADDER).filter(finding=finding.id)
    rungs = ladder.filter(site=ALL_SITES).sort("kind", "source", "scope")
    shown = {scope: _panel_rows(evidence, rungs, scope) for scope in _SCOPES}
    start = common_start([row.estimate for rows in shown.values() for row in rows])
    panels = tuple(
        draw_forest(
            rows,
            slug=f"ladder-{finding.id}-{number}",
            metric=f"{METRICS[AUC].title}, {_HEADS.get(scope, scope)}",
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
        "cases of one site are ranked against each other; as learnt at other sites, by the other sites' shares.",
        panels,
        PANEL_WIDTH,
        _table(evidence, finding, rungs),
        f"Test split, {per_cent(100 * evidence.parameters.ci_level)} intervals that take cases as independent. "
        "Headers: gradient-boosted trees on acquisition attributes (not age, sex or dates), cross-fitted over five "
        "folds of whole patients inside each site. Of single attributes the strongest are shown, which flatters them. "
        "What is learnt at other sites has an interval of twice the variance, because two sites teach each other.",
    )


def _panel_rows(evidence: Evidence, rungs: pl.DataFrame, scope: str) -> list[ForestRow]:
    here = {(row["kind"], row["source"]): _estimate(row) for row in rungs.filter(scope=scope).iter_rows(named=True)}
    known = rungs.unique(["kind", "source"], keep="first", maintain_order=True)

    def shown(kind: str) -> dict[str, EstimateRow]:
        absent = {"estimate": None, "ci_low": None, "ci_high": None, "status": "undefined", "reason": _ABSENT[kind]}
        of_kind = known.filter(kind=kind).to_dicts()
        return {row["source"]: here.get((kind, row["source"]), _estimate(row | absent)) for row in of_kind}

    attributes = shown("attribute")
    return [
        ForestRow("Without the image", heading=True),
        *(ForestRow("Site alone", estimate) for estimate in shown("site").values()),
        *(ForestRow(attribute_words(name), attributes[name]) for name in _strongest(rungs)),
        *(ForestRow("All headers", estimate) for estimate in shown("headers").values()),
        ForestRow("With the image", heading=True),
        *(ForestRow(_model(evidence, name), estimate) for name, estimate in shown("model").items()),
    ]


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
            Row(
                (
                    Cell(attribute_words(source) if kind == "attribute" else source),
                    *_cells(of_kind.filter(source=source)),
                )
            )
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
            Column("Learnt at other sites", "AUC", kind="number"),
            Column("Cases", kind="number"),
        ),
        tuple(groups) or (Group("", (Row((Cell("none"), *(missing("") for _ in range(4)))),)),),
        "",
        csv_text(rungs),
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
