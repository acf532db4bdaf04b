"""The sites together: a random-effects mean per finding, model and metric, and how it stands without each site."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import polars as pl

from multisite.performance.pooling.site_effects import SiteEffect, site_effect
from multisite.schemas.across_sites import ACROSS_SITES, POOLED_METRICS, POOLED_SITES
from multisite.stats import ClusterMoments, PooledEstimate, Scale, leave_one_out, random_effects
from multisite.tallies import ProportionMoments
from multisite.vocabulary import ALL_SITES, OVERALL, Pool, SiteRole, Split

__all__ = ["AcrossSites", "AcrossSitesParameters", "across_sites", "pool_rows", "site_roles"]


@dataclass(frozen=True, slots=True)
class AcrossSitesParameters:
    """``ci_level``: of every interval over sites, in (0, 1)."""

    ci_level: float


@dataclass(frozen=True, slots=True, eq=False)
class AcrossSites:
    """``pools``: one row per mean over sites; ``sites``: what each site brings to it. One frame each."""

    pools: pl.DataFrame
    sites: pl.DataFrame


def across_sites(
    estimates: pl.DataFrame,
    moments: ProportionMoments,
    design_effects: pl.DataFrame,
    composition: pl.DataFrame,
    parameters: AcrossSitesParameters,
) -> AcrossSites:
    """Pool the sites' own estimates of all test cases, for every finding and model that has one.

    Parameters
    ----------
    estimates
        Rows of ``site_estimates`` of every site.
    moments
        Of the same cases, for the variance of a proportion that counts patients.
    design_effects
        Of the same cases, for the standard errors of score metrics where patients have several cases.
    composition
        Of every site: who has cases for training or tuning.
    parameters
        Level of the intervals.

    Returns
    -------
    AcrossSites
        Frames of ``across_sites`` and ``pooled_sites``. Every site has a row for every metric, with the reason
        where it is left out. A mean of one site is insufficient and has no interval; of no site, undefined.
        Internal and external testing are pooled apart where the study has sites of both. There is a row without
        each site from two pooled sites on.
    """
    roles = site_roles(composition, sites=estimates["site"].unique().to_list())
    tested = {"split": Split.TEST.value, "stratum": OVERALL}
    own = estimates.filter(pl.col("metric").is_in(list(POOLED_METRICS)), pl.col("site") != ALL_SITES, **tested)
    rows = {(r["finding"], r["model"], r["metric"], r["site"]): r for r in own.iter_rows(named=True)}
    sums = _sums(moments, tested)
    errors = _errors(design_effects, tested)
    pools: list[dict[str, Any]] = []
    sites: list[dict[str, Any]] = []
    for finding, model in own.select("finding", "model").unique().sort("finding", "model").rows():
        for metric, scale in POOLED_METRICS.items():
            found = {site: rows.get((finding, model, metric, site)) for site in roles}
            effects = [
                site_effect(
                    row,
                    sums.get((finding, model, metric, site, row and row["threshold"])),
                    roles[site],
                    patient_error=errors.get((finding, model, metric, site)),
                )
                for site, row in found.items()
            ]
            threshold = next((row["threshold"] for row in found.values() if row is not None), None)
            names = {"finding": finding, "model": model, "metric": metric, "scale": scale}
            pooled = pool_rows(effects, scale=cast("Scale", scale), level=parameters.ci_level)
            pools += [names | {"threshold": threshold} | row for row in pooled]
            sites += [names | row for row in _site_rows(effects, cast("Scale", scale), parameters.ci_level)]
    return AcrossSites(pl.DataFrame(pools, schema=ACROSS_SITES.schema), pl.DataFrame(sites, schema=POOLED_SITES.schema))


def site_roles(composition: pl.DataFrame, *, sites: Sequence[str] = ()) -> dict[str, SiteEffect]:
    """Each site, by name, with the number of its included cases for training or tuning, and what that makes it."""
    developed = pl.col("split").is_in([Split.TRAIN.value, Split.TUNE.value])
    # A case is counted once per finding, whether or not it has a reference standard for it.
    per_split = composition.filter(stratum=OVERALL).group_by("site", "split").agg(pl.col("n_cases").max())
    counts = per_split.group_by("site").agg(pl.col("n_cases").filter(developed).sum())
    n_by_site = dict.fromkeys(sites, 0) | dict(counts.rows())
    return {
        site: SiteEffect(
            site=site,
            role=SiteRole.INTERNAL if n_by_site[site] else SiteRole.EXTERNAL,
            n_development_cases=n_by_site[site],
        )
        for site in sorted(n_by_site)
        if site != ALL_SITES
    }


def pool_rows(effects: Sequence[SiteEffect], *, scale: Scale, level: float) -> list[dict[str, Any]]:
    """The pools of one finding, model and metric: of all sites, of each role where both exist, and without each site.

    Methods are the defaults of :func:`multisite.stats.random_effects`: REML; Hartung and Knapp's interval, guarded up
    to five sites; Student's on k − 2 degrees of freedom for a new site.
    """
    used = [effect for effect in effects if effect.value is not None]
    rows = [_row(Pool.ALL, used, _pooled(used, scale, level))]
    of_role = {role: [effect for effect in used if effect.role is role] for role in SiteRole}
    if len({effect.role for effect in effects}) == len(SiteRole):
        rows += [_row(Pool(role.value), of_role[role], _pooled(of_role[role], scale, level)) for role in SiteRole]
    if len(used) > 1:
        for left in leave_one_out(*_numbers(used), scale=scale, level=level):
            rest = [effect for number, effect in enumerate(used) if number != left.site]
            left_out = {"left_out": used[left.site].site, "influential": left.influential}
            rows.append(_row(Pool.WITHOUT, rest, left.pooled) | left_out)
    return rows


def _numbers(used: Sequence[SiteEffect]) -> tuple[list[float], list[float]]:
    return [effect.value or 0.0 for effect in used], [(effect.standard_error or 0.0) ** 2 for effect in used]


def _pooled(used: Sequence[SiteEffect], scale: Scale, level: float) -> PooledEstimate:
    return random_effects(*_numbers(used), scale=scale, level=level)


def _row(pool: Pool, used: Sequence[SiteEffect], pooled: PooledEstimate) -> dict[str, Any]:
    remarks = sorted({remark for effect in used if effect.remark for remark in effect.remark.split("; ")})
    return {
        "pool": pool.value,
        "left_out": None,
        "n_sites": pooled.n_sites,
        "n_patients": sum(effect.n_patients for effect in used),
        "n_cases": sum(effect.n_cases for effect in used),
        "estimate": pooled.estimate,
        "ci_low": pooled.ci_low,
        "ci_high": pooled.ci_high,
        "ci_level": pooled.ci_level,
        "ci_method": "; ".join([pooled.ci_method, *remarks]),
        "prediction_low": pooled.prediction_low,
        "prediction_high": pooled.prediction_high,
        "prediction_method": pooled.prediction_method,
        "prediction_reason": pooled.prediction_note,
        "tau": _root(pooled.tau2),
        "tau_low": _root(pooled.tau2_low),
        "tau_high": _root(pooled.tau2_high),
        "tau_method": pooled.tau2_method,
        "tau_note": pooled.tau2_note,
        "i2": pooled.i2,
        "i2_low": pooled.i2_low,
        "i2_high": pooled.i2_high,
        "q": pooled.q,
        "q_degrees_of_freedom": pooled.q_degrees_of_freedom,
        "q_p_value": pooled.q_p_value,
        "influential": None,
        "status": pooled.status.value,
        "reason": "no site has an estimate with an interval" if pooled.n_sites == 0 else pooled.reason,
    }


def _site_rows(effects: Sequence[SiteEffect], scale: Scale, level: float) -> list[dict[str, Any]]:
    used = [effect for effect in effects if effect.value is not None]
    weights = dict(zip([effect.site for effect in used], _pooled(used, scale, level).weights, strict=True))
    return [
        {
            "site": effect.site,
            "role": effect.role.value,
            "n_development_cases": effect.n_development_cases,
            "scaled_estimate": effect.value,
            "standard_error": effect.standard_error,
            "weight": weights.get(effect.site),
            "status": effect.status.value,
            "reason": effect.reason,
        }
        for effect in effects
    ]


def _sums(moments: ProportionMoments, tested: Mapping[str, str]) -> dict[tuple[Any, ...], ClusterMoments]:
    wanted = ProportionMoments(moments.frame.filter(**tested))
    names = ("finding", "model", "metric", "site", "threshold")
    return {tuple(row[name] for name in names): sums for row, sums in wanted.rows()}


def _errors(design_effects: pl.DataFrame, tested: Mapping[str, str]) -> dict[tuple[str, ...], float]:
    rows = design_effects.filter(**tested).select("finding", "model", "metric", "site", "standard_error").rows()
    return {row[:-1]: row[-1] for row in rows}


def _root(value: float | None) -> float | None:
    return None if value is None else math.sqrt(value)
