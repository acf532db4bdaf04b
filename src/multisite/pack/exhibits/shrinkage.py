"""The exploratory levels that lie lowest, as they were seen and drawn towards the mean of their stratum."""

from multisite.pack.evidence import Endpoint, EstimateRow, Evidence
from multisite.pack.figures.figure import Figure, MissingPanel, Panel
from multisite.pack.figures.forest import PANEL_WIDTH, ForestRow, common_start, draw_forest
from multisite.pack.metrics import METRICS, SENSITIVITY, SPECIFICITY
from multisite.pack.numbers import fixed, per_cent, write
from multisite.pack.tables.table import Cell, Column, Row, Table, counted, plain_table, written
from multisite.pack.verdicts import Line, exploratory, level_words
from multisite.schemas.verdicts import VERDICTS
from multisite.vocabulary import ALL_SITES, EstimateStatus, StratumRole

__all__ = ["shrinkage_figure"]

_LOWEST = 10
_COUNTED = {SENSITIVITY: "positives", SPECIFICITY: "negatives"}


def shrinkage_figure(evidence: Evidence, endpoint: Endpoint) -> Figure:
    """Two panels per measure: the lowest levels of exploratory strata as seen, and the same ones shrunken."""
    lowest = {metric: _lowest(evidence, endpoint, metric) for metric in _COUNTED}
    drawn = {
        (metric, shrunken): [_row(evidence, line, shrunken=shrunken) for line in lines]
        for metric, lines in lowest.items()
        for shrunken in (False, True)
    }
    start = common_start([row.estimate for rows in drawn.values() for row in rows])
    title = _title(evidence, lowest)
    panels = tuple(
        _panel(evidence, endpoint, metric, rows, shrunken=shrunken, title=title, start=start)
        for (metric, shrunken), rows in drawn.items()
    )
    return Figure(
        f"shrinkage-{endpoint.slug}",
        title,
        f"The {_LOWEST} levels of exploratory strata that lie lowest, as they were seen, and beside them drawn towards "
        "the mean of their stratum: the fewer cases, the further. Of many levels, the lowest lies low by chance, too.",
        panels,
        PANEL_WIDTH,
        _table(evidence, endpoint, lowest),
        f"Test split over all sites, {per_cent(100 * evidence.parameters.ci_level)} intervals. Shrunken: empirical "
        "Bayes on the logit scale within each stratum, levels with too few patients left out. No level is judged here.",
    )


def _lowest(evidence: Evidence, endpoint: Endpoint, metric: str) -> list[Line]:
    found = {
        (row["stratum"], row["level"]): row
        for row in exploratory(evidence, endpoint)
        if row["metric"] == metric and row["shrunken"] is not None
    }
    return sorted(found.values(), key=lambda row: (row["estimate"], row["stratum"], row["level"]))[:_LOWEST]


def _title(evidence: Evidence, lowest: dict[str, list[Line]]) -> str:
    metric, lines = next(((metric, lines) for metric, lines in lowest.items() if lines), ("", []))
    if not lines:
        return "No level of an exploratory stratum can be set beside others"
    line = lines[0]
    seen, drawn = fixed(line["estimate"], 2), fixed(line["shrunken"], 2)
    return f"{level_words(evidence, line)}: {METRICS[metric].title.lower()} {seen} as seen, {drawn} shrunken"


def _row(evidence: Evidence, line: Line, *, shrunken: bool) -> ForestRow:
    names = ("shrunken", "shrunken_low", "shrunken_high") if shrunken else ("estimate", "ci_low", "ci_high")
    value, low, high = (line[name] for name in names)
    return ForestRow(
        level_words(evidence, line),
        EstimateRow(
            site=ALL_SITES,
            threshold=None,
            estimate=value,
            ci_low=low,
            ci_high=high,
            n_positive=0,
            n_negative=0,
            status=EstimateStatus.OK.value,
            reason=None,
            **{
                name: line[name]
                for name in (
                    "finding",
                    "model",
                    "stratum",
                    "level",
                    "metric",
                    "ci_level",
                    "ci_method",
                    "n_patients",
                    "n_cases",
                    "numerator",
                    "denominator",
                )
            },
        ),
    )


def _panel(
    evidence: Evidence,
    endpoint: Endpoint,
    metric: str,
    rows: list[ForestRow],
    *,
    shrunken: bool,
    title: str,
    start: float,
) -> Panel | MissingPanel:
    head = f"{METRICS[metric].title}, {'shrunken' if shrunken else 'as seen'}"
    if not rows:
        return MissingPanel(head, "No level has enough patients.")
    return draw_forest(
        rows,
        slug=f"shrinkage-{endpoint.slug}-{metric}-{int(shrunken)}",
        metric=head,
        counted=_COUNTED[metric],
        title=title,
        start=start,
        reference=evidence.estimate(endpoint, metric),
    )


def _table(evidence: Evidence, endpoint: Endpoint, lowest: dict[str, list[Line]]) -> Table:
    return plain_table(
        f"shrinkage-{endpoint.slug}-data",
        "The lowest exploratory levels, as seen and shrunken",
        (
            Column("Level"),
            Column("Measure"),
            Column("Patients", kind="number"),
            Column("As seen", kind="number"),
            Column("Shrunken", kind="number"),
            Column("Weight of own", kind="number"),
        ),
        [
            Row(
                (
                    Cell(level_words(evidence, line)),
                    Cell(METRICS[metric].title),
                    counted(line["n_patients"]),
                    written(write(line["estimate"], line["ci_low"], line["ci_high"]), line["estimate"]),
                    written(write(line["shrunken"], line["shrunken_low"], line["shrunken_high"]), line["shrunken"]),
                    Cell(fixed(line["weight_of_own"], 2), sort=float(line["weight_of_own"])),
                )
            )
            for metric, lines in lowest.items()
            for line in lines
        ],
        data=evidence.frame(VERDICTS).filter(
            finding=endpoint.finding.id, model=endpoint.model.id, role=StratumRole.EXPLORATORY.value
        ),
    )
