"""The means over sites: of all, by role, and without each site in turn."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from multisite.pack.across_sites import (
    left_out_reasons,
    mean_of,
    new_site_of,
    pool_of,
    sites_left_out,
    within_sites,
)
from multisite.pack.evidence import Endpoint, EstimateRow, Evidence
from multisite.pack.metrics import AUC, FOREST, METRICS
from multisite.pack.numbers import decimals_for, fixed, per_cent, write
from multisite.pack.tables.performance import estimate_cell
from multisite.pack.tables.table import Cell, Column, Group, Row, Table, csv_text, missing, written
from multisite.pack.words import capital, listed
from multisite.schemas.across_sites import ACROSS_SITES
from multisite.vocabulary import Pool

__all__ = ["across_sites_table"]

_LEAST_P = 0.001


def across_sites_table(evidence: Evidence, endpoint: Endpoint) -> Table:
    """One row per mean, a column per measure; the site left out that moves a mean much is marked in words."""
    groups = [
        Group("Mean over sites", _mean_rows(evidence, endpoint)),
        Group("A new site", (_row("Expected range", partial(_new_site, evidence, endpoint), total=True),)),
        Group("How much the sites differ", _difference_rows(evidence, endpoint)),
        Group("Mean without one site", _without_rows(evidence, endpoint)),
    ]
    return Table(
        f"across-sites-{endpoint.slug}",
        f"Across sites: {endpoint.title}",
        (Column("Sites"), *(Column(METRICS[name].title, kind="number") for name in FOREST)),
        tuple(group for group in groups if group.rows),
        _method(evidence, endpoint),
        csv_text(
            evidence.frame(ACROSS_SITES)
            .filter(finding=endpoint.finding.id, model=endpoint.model.id)
            .drop("finding", "model")
        ),
    )


def _row(label: str, cell: Callable[[str], Cell], *, note: str = "", total: bool = False) -> Row:
    return Row((Cell(label, note=note), *(cell(name) for name in FOREST)), total)


def _mean_rows(evidence: Evidence, endpoint: Endpoint) -> tuple[Row, ...]:
    known = {pool for name in FOREST for pool in Pool if pool_of(evidence, endpoint, name, pool=pool)}
    pools = [pool for pool in (Pool.ALL, Pool.INTERNAL, Pool.EXTERNAL) if pool in known or pool is Pool.ALL]
    rows = [
        _row(capital(pool.value), partial(_mean, evidence, endpoint, pool), total=pool is Pool.ALL) for pool in pools
    ]
    within = within_sites(evidence, endpoint)
    beside = (
        ("Cases of all sites pooled", evidence.estimate(endpoint, AUC)),
        ("Within sites", within),
    )
    # The pooled proportions stand in the table of the sites; only of the AUC do the three say different things.
    rows += [_row(label, partial(_of_auc, row), note="for comparison") for label, row in beside]
    return tuple(rows)


def _of_auc(row: EstimateRow | None, metric: str) -> Cell:
    return estimate_cell(row) if metric == AUC else Cell("")


def _mean(evidence: Evidence, endpoint: Endpoint, pool: Pool, metric: str) -> Cell:
    cell = estimate_cell(mean_of(evidence, endpoint, metric, pool=pool))
    row = pool_of(evidence, endpoint, metric, pool=pool)
    if row is None or cell.note:
        return cell
    return Cell(cell.text, cell.interval, f"{row['n_sites']} sites", cell.sort)


def _new_site(evidence: Evidence, endpoint: Endpoint, metric: str) -> Cell:
    row = new_site_of(evidence, endpoint, metric)
    if row is None or not row.sound:
        return missing("not computed" if row is None else row.why)
    decimals = decimals_for(row.low, row.high)
    return Cell(f"{fixed(row.low, decimals)}–{fixed(row.high, decimals)}")


def _difference_rows(evidence: Evidence, endpoint: Endpoint) -> tuple[Row, ...]:
    found = {name: pool_of(evidence, endpoint, name) for name in FOREST}
    return (
        _row("Standard deviation τ", lambda m: _tau(found[m]), note="between sites, on the logit scale"),
        _row("I²", lambda m: _share(found[m]), note="share of the variance that lies between sites"),
        _row("p of Cochran's Q", lambda m: _p_value(found[m]), note="small: more than chance"),
    )


def _tau(row: Mapping[str, Any] | None) -> Cell:
    if row is None or row["tau"] is None:
        return missing(row["tau_note"] if row else "not computed")
    return written(write(row["tau"], row["tau_low"], row["tau_high"]), row["tau"])


def _share(row: Mapping[str, Any] | None) -> Cell:
    if row is None or row["i2"] is None:
        return missing(row["tau_note"] if row else "not computed")
    interval = (
        f"({fixed(100 * row['i2_low'], 0)}–{fixed(100 * row['i2_high'], 0)})" if row["i2_low"] is not None else ""
    )
    return Cell(per_cent(100 * row["i2"]), interval)


def _p_value(row: Mapping[str, Any] | None) -> Cell:
    if row is None or row["q_p_value"] is None:
        return missing(row["tau_note"] if row else "not computed")
    value = row["q_p_value"]
    return Cell(f"<{_LEAST_P:g}" if value < _LEAST_P else fixed(value, 3 if value < 0.1 else 2))


def _without_rows(evidence: Evidence, endpoint: Endpoint) -> tuple[Row, ...]:
    return tuple(
        _row(f"Without {site}", partial(_without, evidence, endpoint, site))
        for site in sites_left_out(evidence, endpoint)
    )


def _without(evidence: Evidence, endpoint: Endpoint, site: str, metric: str) -> Cell:
    row = pool_of(evidence, endpoint, metric, pool=Pool.WITHOUT, left_out=site)
    if row is None:
        return missing("was not pooled")
    cell = estimate_cell(mean_of(evidence, endpoint, metric, pool=Pool.WITHOUT, left_out=site))
    return Cell(cell.text, cell.interval, "moves the mean much", cell.sort) if row["influential"] else cell


def _method(evidence: Evidence, endpoint: Endpoint) -> str:
    reasons = [
        f"{METRICS[name].title} of {listed([site for site, why in found if why == reason])} ({reason})"
        for name in FOREST
        if (found := left_out_reasons(evidence, endpoint, name))
        for reason in dict.fromkeys(why for _, why in found)
    ]
    left_out = f" Left out of the means: {'; '.join(reasons)}." if reasons else ""
    return (
        "Each site counts by its own estimate, not by its cases: random effects (REML) on the logit scale, intervals "
        f"of {per_cent(100 * evidence.parameters.ci_level)} by Hartung and Knapp, up to five sites no narrower than "
        "chance alone would make them. The expected range is an approximate prediction interval for the true value of "
        "one more such site. A site moves the mean much where DFFITS, Cook's distance or its weight is beyond the "
        f"usual limit. The data also hold the means of calibration.{left_out}"
    )
