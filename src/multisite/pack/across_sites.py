"""What the sites show together, as the report looks it up: means over sites, what a new one may show, and roles."""

from collections.abc import Mapping
from typing import Any

from multisite.pack.evidence import Endpoint, EstimateRow, Evidence
from multisite.pack.metrics import AUC
from multisite.schemas.across_sites import POOLED_SITES
from multisite.schemas.shortcuts import SHORTCUT_LADDER
from multisite.vocabulary import ALL_SITES, OVERALL, EstimateStatus, Pool, SiteRole

__all__ = ["left_out_reasons", "mean_of", "new_site_of", "pool_of", "roles", "sites_left_out", "within_sites"]


def roles(evidence: Evidence) -> dict[str, tuple[SiteRole, int]]:
    """Each site that is known to the means over sites: its role, and its cases for training or tuning."""
    rows = evidence.frame(POOLED_SITES).select("site", "role", "n_development_cases").unique().sort("site").rows()
    return {site: (SiteRole(role), n_cases) for site, role, n_cases in rows}


def pool_of(
    evidence: Evidence, endpoint: Endpoint, metric: str, *, pool: Pool = Pool.ALL, left_out: str | None = None
) -> Mapping[str, Any] | None:
    """The row of a mean over sites; ``None`` where the stage wrote none."""
    return evidence.pools.get((endpoint.finding.id, endpoint.model.id, metric, pool.value, left_out))


def mean_of(
    evidence: Evidence, endpoint: Endpoint, metric: str, *, pool: Pool = Pool.ALL, left_out: str | None = None
) -> EstimateRow | None:
    """The mean over sites as an estimate."""
    row = pool_of(evidence, endpoint, metric, pool=pool, left_out=left_out)
    return None if row is None else _estimate(endpoint, metric, row)


def new_site_of(evidence: Evidence, endpoint: Endpoint, metric: str) -> EstimateRow | None:
    """The prediction interval as that of an estimate; without numbers, and with the reason, where there is none."""
    row = pool_of(evidence, endpoint, metric)
    if row is None:
        return None
    ends = row["prediction_low"], row["prediction_high"]
    if None in ends:
        why = {"status": EstimateStatus.INSUFFICIENT.value, "reason": row["prediction_reason"]}
        return _estimate(endpoint, metric, {**row, "estimate": None, "ci_low": None, "ci_high": None, **why})
    return _estimate(endpoint, metric, {**row, "ci_low": ends[0], "ci_high": ends[1]})


def within_sites(evidence: Evidence, endpoint: Endpoint) -> EstimateRow | None:
    """The AUC that ranks only cases of one site against each other, as the ladder of shortcuts has it."""
    wanted = {"finding": endpoint.finding.id, "source": endpoint.model.id, "kind": "model", "site": ALL_SITES}
    rows = evidence.frame(SHORTCUT_LADDER).filter(scope="within sites", **wanted)
    return None if rows.is_empty() else _estimate(endpoint, AUC, rows.row(0, named=True))


def sites_left_out(evidence: Evidence, endpoint: Endpoint) -> tuple[str, ...]:
    """The sites without which a mean is given, by name."""
    of = endpoint.finding.id, endpoint.model.id
    return tuple(sorted({key[4] for key in evidence.pools if key[:2] == of and key[4] is not None}))


def left_out_reasons(evidence: Evidence, endpoint: Endpoint, metric: str) -> tuple[tuple[str, str], ...]:
    """(site, reason) of the sites that a mean could not take in."""
    wanted = {"finding": endpoint.finding.id, "model": endpoint.model.id, "metric": metric}
    rows = evidence.frame(POOLED_SITES).filter(**wanted).sort("site").iter_rows(named=True)
    return tuple((row["site"], row["reason"] or row["status"]) for row in rows if row["status"] != EstimateStatus.OK)


def _estimate(endpoint: Endpoint, metric: str, row: Mapping[str, Any]) -> EstimateRow:
    same = ("estimate", "ci_low", "ci_high", "ci_level", "ci_method", "n_patients", "n_cases", "status", "reason")
    return EstimateRow(
        site=ALL_SITES,
        finding=endpoint.finding.id,
        model=endpoint.model.id,
        stratum=OVERALL,
        level=OVERALL,
        metric=metric,
        threshold=None,
        n_positive=row.get("n_positive", 0),
        n_negative=row.get("n_negative", 0),
        numerator=None,
        denominator=None,
        **{name: row[name] for name in same},
    )
