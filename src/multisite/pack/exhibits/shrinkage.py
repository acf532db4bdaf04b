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

__all__ = ["shrinkage_figures"]

_LOWEST = 10
_COUNTED = {SENSITIVITY: "positives", SPECIFICITY: "negatives"}


def shrinkage_figures(evidence: Evidence, endpoint: Endpoint) -> tuple[Figure, ...]:
    """One figure per measure, of two panels: the lowest levels of exploratory strata as seen, and the same shrunken."""
    return tuple(_figure(evidence, endpoint, metric) for metric in _COUNTED)


def _figure(evidence: Evidence, endpoint: Endpoint, metric: str) -> Figure:
    lines = _lowest(evidence, endpoint, metric)
    seen, drawn = ([_row(evidence, line, shrunken=shrunken) for line in lines] for shrunken in (False, True))
    start = common_start([row.estimate for row in (*seen, *drawn)])
    title = _title(evidence, metric, lines)
    slug = f"shrinkage-{metric}-{endpoint.slug}"

    def panel(rows: list[ForestRow], words: str) -> Panel | MissingPanel:
        if not rows:
            return MissingPanel(words, "No level has enough patients.")
        return draw_forest(
            rows,
            slug=f"{slug}-{words.replace(' ', '-')}",
            metric=f"{METRICS[metric].title}, {words}",
            counted=_COUNTED[metric],
            title=title,
            start=start,
            reference=evidence.estimate(endpoint, metric),
        )

    return Figure(
        slug,
        title,
        f"The {_LOWEST} levels of exploratory strata that lie lowest, as they were seen, and beside them drawn towards "
        "the mean of their stratum: the fewer cases, the further. Of many levels, the lowest lies low by chance, too.",
        (panel(seen, "as seen"), panel(drawn, "shrunken")),
        PANEL_WIDTH,
        _table(evidence, endpoint, metric, lines),
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


def _title(evidence: Evidence, metric: str, lines: list[Line]) -> str:
    if not lines:
        return f"{METRICS[metric].title}: no level of an exploratory stratum can be set beside others"
    seen, drawn = fixed(lines[0]["estimate"], 2), fixed(lines[0]["shrunken"], 2)
    return f"{level_words(evidence, lines[0])}: {METRICS[metric].title.lower()} {seen} as seen, {drawn} shrunken"


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


def _table(evidence: Evidence, endpoint: Endpoint, metric: str, lines: list[Line]) -> Table:
    role = StratumRole.EXPLORATORY.value
    return plain_table(
        f"shrinkage-{metric}-{endpoint.slug}-data",
        f"{METRICS[metric].title} of the lowest exploratory levels, as seen and shrunken",
        (
            Column("Level"),
            Column("Patients", kind="number"),
            Column("As seen", kind="number"),
            Column("Shrunken", kind="number"),
            Column("Weight of own", kind="number"),
        ),
        [
            Row(
                (
                    Cell(level_words(evidence, line)),
                    counted(line["n_patients"]),
                    written(write(line["estimate"], line["ci_low"], line["ci_high"]), line["estimate"]),
                    written(write(line["shrunken"], line["shrunken_low"], line["shrunken_high"]), line["shrunken"]),
                    Cell(fixed(line["weight_of_own"], 2), sort=float(line["weight_of_own"])),
                )
            )
            for line in lines
        ],
        data=evidence.frame(VERDICTS).filter(
            finding=endpoint.finding.id, model=endpoint.model.id, metric=metric, role=role
        ),
    )
