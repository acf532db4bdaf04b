"""The decision curve of each site and over all of them."""

import polars as pl

from multisite.pack.evidence import Endpoint, Evidence
from multisite.pack.figures.decision_curve import PANEL_WIDTH, BenefitPoint, draw_decision_curve
from multisite.pack.figures.figure import Figure, MissingPanel, Panel
from multisite.pack.numbers import count, per_cent, write
from multisite.pack.tables.table import Cell, Column, Group, Row, Table, csv_text, missing, written
from multisite.schemas.operating_points import DECISION_CURVES, OUTCOMES_PER_1000
from multisite.vocabulary import ALL_SITES

__all__ = ["benefit_figure"]

_ROWS_OF_DATA = 10


def benefit_figure(evidence: Evidence, endpoint: Endpoint) -> Figure:
    """A panel over all sites and one per site; one without a number says why."""
    frame = endpoint.rows(evidence.frame(DECISION_CURVES))
    act_from = next(
        iter(endpoint.rows(evidence.frame(OUTCOMES_PER_1000))["act_from"].to_list()), evidence.threshold(endpoint)
    )
    curves = {site: frame.filter(site=site).sort("act_from") for site in (ALL_SITES, *evidence.sites)}
    drawn = {site: _points(curve) for site, curve in curves.items()}
    tops = [max(p.value, p.treat_all, p.ci_high or 0.0) for points in drawn.values() for p in points]
    high = max([0.01, *tops])
    panels = tuple(_panel(endpoint, site, curves[site], points, act_from, high) for site, points in drawn.items())
    remarks = sorted({m.partition("; ")[2] for m in frame["ci_method"].drop_nulls().to_list() if "; " in m})
    return Figure(
        slug=f"benefit-{endpoint.slug}",
        title=_title(drawn[ALL_SITES]),
        subtitle="Net benefit on test cases of acting where the score is at or above the probability from which one "
        "would act (thick), beside acting on everybody (dashed) and on nobody (the line at 0). Shaded: its interval. "
        "The upright line is at the declared operating point. Only calibrated scores are probabilities.",
        panels=panels,
        panel_width=PANEL_WIDTH,
        data=_data(endpoint, curves, frame),
        method=f"Pointwise intervals of {per_cent(100 * evidence.parameters.ci_level)} by Wald"
        f"{'; ' + '; '.join(remarks) if remarks else ''}. Worth more: the lower end lies above "
        "both. Not corrected for the number of points.",
    )


def _points(curve: pl.DataFrame) -> list[BenefitPoint]:
    full = curve.drop_nulls(["estimate", "treat_all"])
    return [BenefitPoint(*row) for row in full.select("act_from", "estimate", "ci_low", "ci_high", "treat_all").rows()]


def _panel(
    endpoint: Endpoint, site: str, curve: pl.DataFrame, points: list[BenefitPoint], act_from: float, high: float
) -> Panel | MissingPanel:
    if len(points) < 2:
        reasons = curve["reason"].drop_nulls().to_list()
        return MissingPanel(site, f"No curve: {reasons[0] if reasons else 'no test case with a score'}.")
    row = curve.row(0, named=True)
    note = f"n {count(row['n_cases'])} · prevalence {per_cent(100 * row['prevalence'], 1)}"
    slug = f"benefit-{endpoint.slug}-{site.replace(' ', '-')}"
    return draw_decision_curve(points, slug=slug, label=site, note=note, act_from=act_from, low=-0.15 * high, high=high)


def _title(points: list[BenefitPoint]) -> str:
    if not points:
        return "What acting on the score is worth cannot be said"
    better = [p.act_from for p in points if p.ci_low is not None and p.ci_low > max(0.0, p.treat_all)]
    if not better:
        return "Acting on the score is nowhere clearly worth more than acting on everybody or on nobody"
    if len(better) == len(points):
        return "Acting on the score is worth more than acting on everybody or on nobody, over the whole range"
    return (
        "Acting on the score is worth more than acting on everybody or on nobody at "
        f"{len(better)} of {len(points)} points, from {min(better):g} to {max(better):g}"
    )


def _data(endpoint: Endpoint, curves: dict[str, pl.DataFrame], frame: pl.DataFrame) -> Table:
    groups = []
    for site, curve in curves.items():
        stride = max(1, curve.height // _ROWS_OF_DATA)
        rows = tuple(
            Row(
                (
                    Cell(f"{row['act_from']:g}", sort=row["act_from"]),
                    missing(row["reason"] or row["status"])
                    if row["estimate"] is None
                    else written(write(row["estimate"], row["ci_low"], row["ci_high"]), row["estimate"]),
                    Cell(f"{row['treat_all']:.3f}") if row["treat_all"] is not None else missing(""),
                )
            )
            for row in curve.gather_every(stride).to_dicts()
        )
        if rows:
            groups.append(Group(site, rows))
    return Table(
        f"benefit-data-{endpoint.slug}",
        f"Net benefit over the range: {endpoint.title}",
        (
            Column("Acting from", kind="number"),
            Column("Net benefit of the score", kind="number"),
            Column("Of acting on everybody", kind="number"),
        ),
        tuple(groups),
        "True positives per case; acting on nobody is worth 0. The CSV has every point.",
        csv_text(frame.drop("finding", "model")),
    )
