"""The figure of differences between two models: a panel per measure, a row per site."""

from multisite.pack.evidence import Evidence
from multisite.pack.figures.differences import DifferenceRow, common_reach, draw_differences
from multisite.pack.figures.figure import Figure, MissingPanel, Panel
from multisite.pack.figures.forest import PANEL_WIDTH
from multisite.pack.metrics import FOREST, METRICS
from multisite.pack.model_comparison import Comparison, as_estimate
from multisite.pack.numbers import per_cent, write
from multisite.pack.tables.model_comparison import differences_table, mean_label
from multisite.vocabulary import ALL_SITES

__all__ = ["differences_figure"]


def differences_figure(evidence: Evidence, comparison: Comparison) -> Figure:
    """AUC, sensitivity and specificity, new minus old, at each site and as a mean, on one axis about 0."""
    title = _title(comparison)
    rows = {name: _rows(comparison, name) for name in FOREST}
    reach = common_reach([row.estimate for held in rows.values() for row in held])
    return Figure(
        f"models-forest-{comparison.slug}",
        title,
        "Each bar is the interval of one site's paired difference, its notch the estimate; the diamond is what the "
        "sites show together. The dashed line is no difference; the band beside it is the loss that the "
        "protocol accepts, where it declares one.",
        tuple(_panel(comparison, name, rows[name], title, reach) for name in FOREST),
        PANEL_WIDTH,
        differences_table(evidence, comparison),
        f"Test cases with a score of both models, {per_cent(100 * evidence.parameters.ci_level)} intervals, axes "
        "shared by the panels.",
    )


def _rows(comparison: Comparison, metric: str) -> list[DifferenceRow]:
    found = [(site, comparison.difference(metric, site=site)) for site in (*comparison.sites, ALL_SITES)]
    return [
        DifferenceRow(mean_label(row) if site == ALL_SITES else site, as_estimate(row), total=site == ALL_SITES)
        for site, row in found
        if row is not None
    ]


def _panel(
    comparison: Comparison, metric: str, rows: list[DifferenceRow], title: str, reach: float
) -> Panel | MissingPanel:
    if not any(row.estimate.sound for row in rows):
        return MissingPanel(METRICS[metric].title, "No site has a difference with an interval; the table says why.")
    row = comparison.difference(metric)
    return draw_differences(
        rows,
        slug=f"models-forest-{comparison.slug}-{metric}",
        metric=METRICS[metric].title,
        title=title,
        reach=reach,
        margin=None if row is None else row["margin"],
    )


def _title(comparison: Comparison) -> str:
    """The largest of the three differences whose intervals leave out 0, or that none does."""
    shown = []
    for name in FOREST:
        row = comparison.answer(name)
        found = None if row is None else as_estimate(row)
        if found is not None and found.excludes(0.0):
            shown.append((abs(found.value), name, found))
    if not shown:
        return "No difference between the models is shown"
    _, name, found = max(shown, key=lambda held: held[0])
    size = write(abs(found.value), *sorted((abs(found.low), abs(found.high))), expected=0.0).point
    return f"{METRICS[name].title} of the new model is {size} {'higher' if found.value > 0 else 'lower'}"
