"""The ROC curve of each site, from the counts of scores that the pack ships."""

import numpy as np
import polars as pl

from multisite.pack.evidence import Endpoint, Evidence
from multisite.pack.figures.figure import Figure, MissingPanel, Panel
from multisite.pack.figures.roc import PANEL_WIDTH, RocCurve, draw_roc
from multisite.pack.metrics import AUC, SENSITIVITY, SPECIFICITY
from multisite.pack.numbers import count, fixed, write
from multisite.pack.tables.table import Cell, Column, Group, Row, Table
from multisite.vocabulary import OVERALL, Split

__all__ = ["roc_figure"]

_MOST_POINTS = 120
_ROWS_OF_DATA = 12


def roc_figure(evidence: Evidence, endpoint: Endpoint, grid: pl.DataFrame) -> Figure:
    """A panel per site, the other sites' curves behind; ``grid`` is the artefact ``score_tally_grid``."""
    own = endpoint.rows(grid).filter(split=Split.TEST.value, stratum=OVERALL)
    curves = {site: _curve(evidence, endpoint, own.filter(site=site), site) for site in evidence.sites}
    known = {site: curve for site, curve in curves.items() if curve is not None}
    panels = tuple(_panel(evidence, endpoint, site, curves[site], known) for site in evidence.sites)
    return Figure(
        slug=f"roc-{endpoint.slug}",
        title=_title(evidence, endpoint),
        subtitle="Each site's curve over those of the others (grey). The cross is the operating point with the "
        "intervals of sensitivity and specificity.",
        panels=panels,
        panel_width=PANEL_WIDTH,
        data=_data(endpoint, known),
        method=f"Empirical curves from scores on a grid of {evidence.parameters.score_grid_steps:,} steps; no curve is "
        "pooled over sites, for pooled scores mix the sites' scales.",
    )


def _curve(evidence: Evidence, endpoint: Endpoint, rows: pl.DataFrame, site: str) -> RocCurve | None:
    falling = rows.sort("score", descending=True)
    positive, negative = falling["n_positive"].to_numpy(), falling["n_negative"].to_numpy()
    if not positive.sum() or not negative.sum():
        return None
    xs = np.append(0, np.cumsum(negative)) / negative.sum()
    ys = np.append(0, np.cumsum(positive)) / positive.sum()
    # A step for every score of a large site would fill the page with what no eye can tell.
    kept = np.unique(np.linspace(0, xs.size - 1, min(xs.size, _MOST_POINTS)).round().astype(int))
    sensitivity = evidence.estimate(endpoint, SENSITIVITY, site=site)
    specificity = evidence.estimate(endpoint, SPECIFICITY, site=site)
    points = tuple(zip(xs[kept].tolist(), ys[kept].tolist(), strict=True))
    if sensitivity is None or specificity is None or not (sensitivity.sound and specificity.sound):
        return RocCurve(points)
    return RocCurve(
        points,
        (1 - specificity.value, 1 - specificity.high, 1 - specificity.low),
        (sensitivity.value, sensitivity.low, sensitivity.high),
    )


def _panel(
    evidence: Evidence, endpoint: Endpoint, site: str, curve: RocCurve | None, known: dict[str, RocCurve]
) -> Panel | MissingPanel:
    if curve is None:
        return MissingPanel(site, "No curve: the test cases with a score are all of one class, or there are none.")
    row = evidence.estimate(endpoint, AUC, site=site)
    note = "no AUC on enough cases"
    if row is not None and row.sound:
        note = f"AUC {write(row.value, row.low, row.high)} · n {count(row.n_cases)}"
    others = [other for name, other in known.items() if name != site]
    return draw_roc(curve, others, slug=f"roc-{endpoint.slug}-{site}", label=site, note=note)


def _title(evidence: Evidence, endpoint: Endpoint) -> str:
    rows = [evidence.estimate(endpoint, AUC, site=site) for site in evidence.sites]
    sound = sorted((row for row in rows if row is not None and row.sound), key=lambda row: row.value)
    if not sound:
        return "No site has enough cases for an AUC"
    low, high = sound[0], sound[-1]
    words = [write(row.value, row.low, row.high).point for row in (low, high)]
    if words[0] == words[1]:
        return f"The AUC is {words[0]} at every site that has one"
    return f"The AUC runs from {words[0]} at {low.site} to {words[1]} at {high.site}"


def _data(endpoint: Endpoint, curves: dict[str, RocCurve]) -> Table:
    groups = []
    for site, curve in curves.items():
        stride = max(1, len(curve.points) // _ROWS_OF_DATA)
        rows = [Row((Cell(fixed(x, 3), sort=x), Cell(fixed(y, 3), sort=y))) for x, y in curve.points[::stride]]
        groups.append(Group(site, tuple(rows)))
    lines = ["site,false_alarms,sensitivity"]
    lines += [f"{site},{x!r},{y!r}" for site, curve in curves.items() for x, y in curve.points]
    return Table(
        f"roc-data-{endpoint.slug}",
        f"Points of the ROC curves: {endpoint.title}",
        (Column("1 − specificity", kind="number"), Column("Sensitivity", kind="number")),
        tuple(groups),
        "Every few points; the CSV has those that are drawn, and the tallies of the pack all.",
        "\n".join(lines) + "\n",
    )
