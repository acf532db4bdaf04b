"""The headline under other truths: the declared one, and what each other one moves, the most first."""

from typing import Any

from multisite.pack.evidence import Endpoint, EstimateRow, Evidence
from multisite.pack.figures.figure import Figure, MissingPanel, Panel
from multisite.pack.figures.forest import PANEL_WIDTH, ForestRow, common_start, draw_forest
from multisite.pack.metrics import METRICS
from multisite.pack.numbers import fixed, per_cent, write
from multisite.pack.sentences.reference import tornado_rows, tornado_title
from multisite.pack.tables.table import Cell, Column, Row, Table, counted, missing, plain_table, written
from multisite.schemas.truth_sensitivity import TRUTH_METRICS, TRUTH_TORNADO
from multisite.vocabulary import ALL_SITES, OVERALL, TruthVariant

__all__ = ["tornado_figure"]

_MOST_READERS = 6
_WORDS = {
    TruthVariant.DECLARED.value: "As declared",
    TruthVariant.UNANIMOUS.value: "Unanimous readers only",
    TruthVariant.MAJORITY.value: "Majority of readers",
    TruthVariant.LATENT_CLASS.value: "Latent class",
    TruthVariant.INDEPENDENT.value: "Independent decisions only",
}


def tornado_figure(evidence: Evidence, endpoint: Endpoint) -> Figure:
    """A panel per metric, a row per truth in the same order: the declared one, then the most effect on AUC first."""
    rows = tornado_rows(evidence, endpoint)
    shown = _shown(rows)
    title = tornado_title(evidence, endpoint)
    estimates = {metric: [_estimate(row[metric]) for row in shown] for metric in TRUTH_METRICS}
    start = common_start([estimate for of_metric in estimates.values() for estimate in of_metric])
    panels = tuple(
        _panel(
            shown, estimates[metric], metric=metric, slug=f"tornado-{endpoint.slug}-{number}", title=title, start=start
        )
        for number, metric in enumerate(TRUTH_METRICS)
    )
    return Figure(
        f"tornado-{endpoint.slug}",
        title,
        "Each row holds the same scores against another truth. The dashed line is the declared truth; what moves the "
        f"AUC most stands first. Of single readers up to {_MOST_READERS} are drawn.",
        panels,
        PANEL_WIDTH,
        _table(evidence, endpoint, rows),
        f"Test split, the cases that each truth labels; {per_cent(100 * evidence.parameters.ci_level)} intervals that "
        "count patients. In every row sites weigh by their precision under the declared truth, so that a change is of "
        "the truth and not of the weights; intervals are of these sites, not of others like them. Cases that the "
        "declared rule left undecided for every finding are not in the cohort, and take part in no row. ▼: the "
        "interval lies wholly below the declared value. A single reader is the truth at one site, with the declared "
        "truth at the others. A truth on easier cases, such as those of unanimous readers, flatters.",
    )


def _shown(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Every truth of all sites, and of the single readers those that move the AUC most; the order stays."""
    readers = [number for number, row in enumerate(rows) if row["reader_site"] is not None]
    left_out = set(readers[_MOST_READERS:])
    return [row for number, row in enumerate(rows) if number not in left_out]


def _panel(
    rows: list[dict[str, Any]],
    estimates: list[EstimateRow],
    *,
    metric: str,
    slug: str,
    title: str,
    start: float,
) -> Panel | MissingPanel:
    if not rows:
        return MissingPanel(METRICS[metric].title, "No test case of this finding has readings.")
    return draw_forest(
        [
            ForestRow(_name(row), estimate, total=place == 0)
            for place, (row, estimate) in enumerate(zip(rows, estimates, strict=True))
        ],
        slug=slug,
        metric=METRICS[metric].title,
        counted="cases",
        title=title,
        start=start,
        reference=estimates[0],
        reference_word="as declared",
    )


def _name(row: dict[str, Any]) -> str:
    variant, site = row["variant"], row["reader_site"]
    return _WORDS.get(variant, variant) if site is None else f"{variant[:1].upper()}{variant[1:]} of {site}"


def _estimate(row: dict[str, Any]) -> EstimateRow:
    same = ("finding", "model", "metric", "estimate", "ci_low", "ci_high", "ci_level", "ci_method", "status", "reason")
    return EstimateRow(
        site=ALL_SITES,
        stratum=OVERALL,
        level=OVERALL,
        threshold=None,
        n_patients=row["n_patients"],
        n_cases=row["n_cases"],
        n_positive=0,
        n_negative=0,
        numerator=None,
        denominator=None,
        **{name: row[name] for name in same},
    )


def _table(evidence: Evidence, endpoint: Endpoint, rows: list[dict[str, Any]]) -> Table:
    frame = evidence.frame(TRUTH_TORNADO).filter(finding=endpoint.finding.id, model=endpoint.model.id)
    none = Row((Cell("none"), *(missing("") for _ in range(6))))
    return plain_table(
        f"tornado-data-{endpoint.slug}",
        f"The same scores against other truths: {endpoint.title}",
        (
            Column("Truth"),
            Column("AUC", kind="number"),
            Column("Change", "of AUC", kind="number"),
            Column("Sensitivity", kind="number"),
            Column("Specificity", kind="number"),
            Column("Cases", kind="number"),
            Column("Sites", kind="number"),
        ),
        [_row(row) for row in rows] or [none],
        data=frame,
    )


def _row(row: dict[str, Any]) -> Row:
    area = row["auc"]
    change = area["change"]
    return Row(
        (
            Cell(_name(row)),
            _number(area),
            missing("") if change is None else Cell(fixed(change, 3), sort=float(change)),
            _number(row["sensitivity"]),
            _number(row["specificity"]),
            counted(area["n_cases"]),
            counted(area["n_sites"]),
        ),
        total=row["variant"] == TruthVariant.DECLARED.value,
    )


def _number(row: dict[str, Any]) -> Cell:
    if row["estimate"] is None:
        return missing(row["reason"] or row["status"])
    number = write(row["estimate"], row["ci_low"], row["ci_high"])
    return written(number, row["estimate"], quiet=row["ci_low"] is None)
