"""Reliability curves per site and over all of them."""

import polars as pl

from multisite.pack.evidence import Endpoint, Evidence
from multisite.pack.figures.figure import Figure, MissingPanel, Panel
from multisite.pack.figures.reliability import PANEL_WIDTH, ReliabilityBin, bins_outside, draw_reliability
from multisite.pack.metrics import ECE, OBSERVED_EXPECTED
from multisite.pack.numbers import count, fixed, per_cent, write
from multisite.pack.sentences.calibration import calibration_title
from multisite.pack.tables.table import Cell, Column, Group, Row, Table, counted, csv_text, missing
from multisite.schemas.performance import RELIABILITY
from multisite.vocabulary import ALL_SITES, OVERALL, Split

__all__ = ["reliability_figure"]


def reliability_figure(evidence: Evidence, endpoint: Endpoint) -> Figure:
    """A panel per site; a site without cases is a panel that says so."""
    binned = evidence.frame(RELIABILITY).filter(
        finding=endpoint.finding.id, model=endpoint.model.id, split=Split.TEST.value, stratum=OVERALL
    )
    per_site = [(site, _bins(binned.filter(site=site))) for site in (*evidence.sites, ALL_SITES)]
    panels = tuple(_panel(evidence, endpoint, site, bins) for site, bins in per_site)
    level = per_cent(100 * evidence.parameters.ci_level)
    return Figure(
        slug=f"reliability-{endpoint.slug}",
        title=calibration_title(evidence, endpoint),
        subtitle=f"Observed share of positives against the mean score of each bin, with its {level} interval. "
        "Shaded: the range of a model "
        "whose scores are true; dashed: score equals share. A triangle marks a bin outside its range: ▼ fewer "
        "positives than the scores say, ▲ more. Bars "
        "below: cases per bin, the solid part those with the finding.",
        panels=panels,
        panel_width=PANEL_WIDTH,
        data=_data(endpoint, per_site, binned),
        method=f"{evidence.parameters.reliability_bins} equal-width bins; Wilson intervals; the range holds "
        f"{level} of "
        f"{evidence.parameters.null_replicates:,} simulated sets bin by bin, so that of twenty bins of a "
        "perfect model one lies outside.",
    )


def _bins(rows: pl.DataFrame) -> list[ReliabilityBin]:
    names = ("n_cases", "n_positive", "mean_score", "observed", "ci_low", "ci_high", "band_low", "band_high")
    full = rows.sort("bin").filter(pl.col("n_cases") > 0).drop_nulls(["mean_score", "observed", "ci_low", "ci_high"])
    return [ReliabilityBin(*row) for row in full.select(names).rows()]


def _panel(evidence: Evidence, endpoint: Endpoint, site: str, bins: list[ReliabilityBin]) -> Panel | MissingPanel:
    if not bins:
        ece = evidence.estimate(endpoint, ECE, site=site)
        return MissingPanel(site, f"No curve: {ece.why if ece is not None else 'no test case with a score'}.")
    n = sum(b.n_cases for b in bins)
    oe = evidence.estimate(endpoint, OBSERVED_EXPECTED, site=site)
    note = f"n {count(n)}"
    if oe is not None and oe.sound:
        note += f" · O:E {write(oe.value, oe.low, oe.high, expected=1.0)}"
    if bins_outside(bins):
        note += f" · {bins_outside(bins)} outside"
    slug = f"reliability-{endpoint.slug}-{site.replace(' ', '-')}"
    return draw_reliability(bins, slug=slug, label=site, note=note)


def _data(endpoint: Endpoint, per_site: list[tuple[str, list[ReliabilityBin]]], binned: pl.DataFrame) -> Table:
    groups = tuple(
        Group(
            site,
            tuple(
                Row(
                    (
                        Cell(fixed(b.mean_score, 2), sort=b.mean_score),
                        counted(b.n_cases),
                        counted(b.n_positive),
                        _interval(b.observed, b.ci_low, b.ci_high),
                        _band(b),
                    )
                )
                for b in bins
            ),
        )
        for site, bins in per_site
        if bins
    )
    columns = (
        Column("Mean score", kind="number"),
        Column("Cases", kind="number"),
        Column("Positive", kind="number"),
        Column("Observed share", kind="number"),
        Column("Range of a calibrated model", kind="number"),
    )
    return Table(
        f"bins-{endpoint.slug}",
        f"Reliability by bin: {endpoint.title}",
        columns,
        groups,
        csv=csv_text(binned.drop("finding", "model", "split", "stratum", "level")),
    )


def _interval(value: float, low: float, high: float) -> Cell:
    number = write(value, low, high)
    return Cell(number.point, number.interval, sort=value)


def _band(b: ReliabilityBin) -> Cell:
    if b.band_low is None or b.band_high is None:
        return missing("not simulated")
    return Cell(f"{fixed(b.band_low, 2)}–{fixed(b.band_high, 2)}", note="outside" if b.outside else "")
