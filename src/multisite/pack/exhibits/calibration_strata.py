"""The forest of O:E: sites first, then every stratum, runs of whole strata to a panel."""

from multisite.pack.calibration_strata import strata_in_order
from multisite.pack.evidence import Endpoint, Evidence
from multisite.pack.figures.figure import Figure, MissingPanel, Panel
from multisite.pack.figures.forest import PANEL_WIDTH, ForestRow
from multisite.pack.figures.ratios import draw_ratios, ratio_reach
from multisite.pack.metrics import OBSERVED_EXPECTED
from multisite.pack.numbers import per_cent
from multisite.pack.tables.calibration_strata import ratios_table
from multisite.pack.words import listed, named
from multisite.vocabulary import ALL_SITES, OVERALL, SITE_AXIS

__all__ = ["ratios_figure"]

_ROWS_PER_PANEL = 20


def ratios_figure(evidence: Evidence, endpoint: Endpoint) -> Figure:
    """O:E of every site and level on one axis about 1."""
    panels = _panels(evidence, endpoint)
    rows = [row for panel in panels for row in panel]
    title = _title(panels[0])
    reach = ratio_reach(rows)
    slug = f"ratios-forest-{endpoint.slug}"
    drawn: tuple[Panel | MissingPanel, ...] = tuple(
        draw_ratios(panel, slug=f"{slug}-{number}", title=title, reach=reach) for number, panel in enumerate(panels)
    )
    if not any(row.estimate is not None and row.estimate.sound for row in rows):
        drawn = (MissingPanel("O:E", "No site or level has an O:E with an interval; the table says why."),)
    return Figure(
        slug,
        title,
        "Cases observed with the finding over the cases that the scores add up to. Each bar is the interval of one "
        "site or level, its notch the estimate; the dashed line is 1, where scores are right on the whole. ▼ the "
        "interval lies below it: scores are too high; ▲ above: too low. An arrow marks a bar that goes on beyond the "
        "axis.",
        drawn,
        PANEL_WIDTH,
        ratios_table(evidence, endpoint),
        f"Test split, {per_cent(100 * evidence.parameters.ci_level)} intervals, logarithmic axes shared by the panels. "
        "O:E is 1 where errors of high and of low scores cancel: read it with the slope. Not corrected for the number "
        "of rows.",
    )


def _panels(evidence: Evidence, endpoint: Endpoint) -> list[list[ForestRow]]:
    def row(label: str, site: str, stratum: str, level: str, *, total: bool = False) -> ForestRow:
        found = evidence.estimate(endpoint, OBSERVED_EXPECTED, site=site, stratum=stratum, level=level)
        return ForestRow(label, found, total=total)

    panels = [[row(site, site, OVERALL, OVERALL) for site in evidence.sites]]
    panels[0].append(row("all sites, pooled", ALL_SITES, OVERALL, OVERALL, total=True))
    for stratum, heading, names in strata_in_order(evidence):
        if stratum in (OVERALL, SITE_AXIS):
            continue
        rows = [row(name, ALL_SITES, stratum, name) for name in names]
        rows = [found for found in rows if found.estimate is not None]
        if not rows:
            continue
        if len(panels) == 1 or len(panels[-1]) + len(rows) + 1 > _ROWS_PER_PANEL:
            panels.append([])
        panels[-1] += [ForestRow(heading, heading=True), *rows]
    return panels


def _title(sites: list[ForestRow]) -> str:
    judged = [(row.label, row.estimate) for row in sites if not row.total and row.estimate and row.estimate.sound]
    if not judged:
        return "No site has enough cases for O:E"
    off = [label for label, found in judged if found.excludes(1.0)]
    if not off:
        return f"O:E is not shown to differ from 1 at any of {named(len(judged), 'site', 'sites')} that can be judged"
    return f"Scores do not add up to the cases observed at {listed(off)}"
