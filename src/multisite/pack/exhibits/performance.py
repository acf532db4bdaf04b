"""Forest plots per site and per stratum."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from multisite.pack.across_sites import mean_of, new_site_of, pool_of, roles, within_sites
from multisite.pack.evidence import Endpoint, Evidence
from multisite.pack.figures.figure import Figure
from multisite.pack.figures.forest import PANEL_WIDTH, ForestRow, common_start, draw_forest
from multisite.pack.metrics import AUC, FOREST, METRICS, SENSITIVITY, SPECIFICITY
from multisite.pack.numbers import per_cent
from multisite.pack.sentences.headline import spread_title
from multisite.pack.sentences.strata import gap_title, others_below
from multisite.pack.tables.performance import sites_table, strata_table
from multisite.pack.tables.table import Table
from multisite.vocabulary import ALL_SITES, OVERALL

__all__ = ["sites_figure", "strata_figure"]

_COUNTED = {AUC: "cases", SENSITIVITY: "positives", SPECIFICITY: "negatives"}
_ROWS_PER_PANEL = 32
_Place = tuple[str, str, str, str]
"""Label, site, stratum and level of a row; a heading has a label only."""


def sites_figure(evidence: Evidence, endpoint: Endpoint) -> Figure:
    """A row per site and one over all sites, a panel per measure."""
    known = roles(evidence)
    labels = {site: f"{site} · {known[site][0].value.split()[0]}" if site in known else site for site in evidence.sites}
    places: list[_Place] = [(labels[site], site, OVERALL, OVERALL) for site in evidence.sites]
    return _figure(
        evidence,
        endpoint,
        [*places, ("all sites, pooled", ALL_SITES, OVERALL, OVERALL)],
        slug=f"forest-sites-{endpoint.slug}",
        title=spread_title(evidence, endpoint),
        subtitle="Each bar is the interval of one site, its notch the estimate; the dashed line is the "
        "estimate with the cases of all sites pooled. ▼ the interval lies wholly below that line. The diamond is the "
        "mean of the sites with its interval; the thin line under it spans what is expected of a new site. "
        "Internal: the site has cases for training or tuning; external: it has none.",
        data=sites_table(evidence, endpoint),
        below={name: _across(evidence, endpoint, name) for name in FOREST},
    )


def _across(evidence: Evidence, endpoint: Endpoint, name: str) -> list[ForestRow]:
    """The mean of the sites, a new site, and the AUC within sites, where the means were made."""
    pool = pool_of(evidence, endpoint, name)
    if pool is None:
        return []
    n_sites = pool["n_sites"]
    mean = f"mean of {n_sites} sites" if n_sites > 1 else "mean of the sites"
    rows = [
        ForestRow(mean, mean_of(evidence, endpoint, name), total=True, shape="diamond"),
        ForestRow("a new site", new_site_of(evidence, endpoint, name), total=True, shape="span"),
    ]
    within = within_sites(evidence, endpoint) if name == AUC else None
    return rows if within is None else [*rows, ForestRow("within sites", within, total=True)]


def strata_figure(evidence: Evidence, endpoint: Endpoint) -> Figure:
    """A row per level of every stratum over all sites, a panel per measure."""
    places: list[_Place] = [("All test cases", ALL_SITES, OVERALL, OVERALL)]
    for stratum in evidence.parameters.strata:
        heading = f"{stratum.title}, {stratum.unit}" if stratum.unit else stratum.title
        levels = [
            level
            for level in evidence.levels(stratum)
            if any(evidence.estimate(endpoint, m, stratum=stratum.id, level=level) for m in FOREST)
        ]
        if levels:
            places.append((heading, "", "", ""))
            places.extend((level, ALL_SITES, stratum.id, level) for level in levels)
    return _figure(
        evidence,
        endpoint,
        places,
        slug=f"forest-strata-{endpoint.slug}",
        title=gap_title(evidence, endpoint),
        subtitle="Each bar is the interval of one level over all sites, its notch the estimate; the dashed "
        "line is the estimate of all "
        f"test cases. ▼ the interval lies wholly below that line. In sensitivity or specificity, "
        f"{others_below(evidence, endpoint)}.",
        data=strata_table(evidence, endpoint),
    )


def _figure(
    evidence: Evidence,
    endpoint: Endpoint,
    places: list[_Place],
    *,
    slug: str,
    title: str,
    subtitle: str,
    data: Table,
    below: Mapping[str, Sequence[ForestRow]] | None = None,
) -> Figure:
    drawn = {
        name: [
            ForestRow(
                label,
                evidence.estimate(endpoint, name, site=site, stratum=stratum, level=level) if site else None,
                heading=not site,
                total=site == ALL_SITES and level == OVERALL,
            )
            for label, site, stratum, level in places
        ]
        for name in FOREST
    }
    for name, rows in (below or {}).items():
        drawn[name].extend(rows)
    # What a new site may show is often far wider than all else, and would leave no room for it.
    start = common_start([row.estimate for rows in drawn.values() for row in rows if row.shape != "span"])
    panels = tuple(
        draw_forest(
            drawn[name][part],
            slug=f"{slug}-{name}-{number}",
            metric=METRICS[name].title,
            counted=_COUNTED[name],
            title=title,
            start=start,
            reference=evidence.estimate(endpoint, name),
        )
        for number, part in enumerate(_parts(drawn[AUC]))
        for name in FOREST
    )
    method = (
        f"Test split, {per_cent(100 * evidence.parameters.ci_level)} intervals, axes shared by the panels. "
        "Dashed grey bars rest on too few cases to be read as estimates; rows without a bar give the reason."
    )
    return Figure(slug, title, subtitle, panels, PANEL_WIDTH, data, method)


def _parts(rows: list[ForestRow]) -> list[slice]:
    """Runs of whole strata that fit a printed page; a stratum that does not fit one stands alone."""
    headings = [i for i, row in enumerate(rows) if row.heading]
    starts, begun = [0], 0
    for heading, end in pairwise([*headings, len(rows)]):
        if end - begun > _ROWS_PER_PANEL and heading > begun + 1:
            starts.append(heading)
            begun = heading
    return [slice(a, b) for a, b in pairwise([*starts, len(rows)])]
