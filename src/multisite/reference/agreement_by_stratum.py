"""Agreement of readers by stratum of the included cases, and its mean over the sites."""

import math
from typing import Any

import polars as pl

from multisite.reference.agreement import AgreementRules, agreement_of_all
from multisite.reference.readers import before_adjudication
from multisite.reference.rules import FindingRule
from multisite.schemas.agreement_by_stratum import (
    AGREEMENT_ACROSS_SITES,
    AGREEMENT_BY_STRATUM,
    AGREEMENT_STATISTICS,
)
from multisite.stats import random_effects
from multisite.stats.estimate import normal_quantile
from multisite.tallies import strata_columns
from multisite.vocabulary import OVERALL, UNKNOWN

__all__ = ["agreement_across_sites", "agreement_by_stratum"]

_LEAST = {"observed_agreement": 0.0}
"""Of statistics that are shares; the others are coefficients from -1 to 1."""


def agreement_by_stratum(
    readings: pl.DataFrame, cohort: pl.DataFrame, rule: FindingRule, rules: AgreementRules, *, site: str
) -> pl.DataFrame:
    """AGREEMENT_BY_STRATUM of one finding.

    ``readings`` are READINGS, ``cohort`` is COHORT, of which included cases count, of all splits. A level of fewer
    patients than asked for has its row, and no number.
    """
    included = cohort.filter("included")
    strata = strata_columns(cohort)
    of_finding = readings.filter(finding=rule.finding)
    before = before_adjudication(of_finding, included.select("case_id", "patient_id"), rule)
    levels = included.select("case_id", *(pl.col(name).fill_null(UNKNOWN) for name in strata))
    placed = before.join(levels, on="case_id", how="left", maintain_order="left")
    segments = [(OVERALL, OVERALL, placed)] + [
        (name.removeprefix("stratum_"), str(level), placed.filter(pl.col(name) == level))
        for name in strata
        for level in placed[name].unique().sort()
    ]
    rows = [
        {"site": site, "finding": rule.finding, "stratum": stratum, "level": level, **row}
        for stratum, level, frame in segments
        for row in agreement_of_all(frame, rule, rules)
    ]
    return pl.DataFrame(rows, schema=AGREEMENT_BY_STRATUM.schema)


def agreement_across_sites(by_stratum: pl.DataFrame, *, ci_level: float) -> pl.DataFrame:
    """AGREEMENT_ACROSS_SITES, from AGREEMENT_BY_STRATUM of every site.

    The standard error of a site is half the width of its interval over the normal quantile. A site without an interval
    is left out; of one site, its own interval stands.
    """
    groups = by_stratum.group_by("finding", "stratum", "level", maintain_order=True).agg()
    rows = [
        {**of, "statistic": statistic}
        | _pooled(by_stratum.filter(statistic=statistic, **of).to_dicts(), ci_level, least=_LEAST.get(statistic, -1.0))
        for of in groups.sort("finding", "stratum", "level").iter_rows(named=True)
        for statistic in AGREEMENT_STATISTICS
    ]
    return pl.DataFrame(rows, schema=AGREEMENT_ACROSS_SITES.schema)


def _pooled(rows: list[dict[str, Any]], ci_level: float, *, least: float) -> dict[str, Any]:
    used = [row for row in rows if row["ci_low"] is not None and row["ci_low"] < row["ci_high"]]
    if len(used) == 1 or len(rows) == 1:
        # The interval of a mean over sites does not exist; that of the site itself does.
        (only,) = used or rows
        names = ("estimate", "ci_low", "ci_high", "ci_level", "ci_method", "n_patients", "n_cases", "status", "reason")
        return {"n_sites": int(only["estimate"] is not None), "tau": None} | {name: only[name] for name in names}
    found = random_effects(
        [row["estimate"] for row in used],
        [((row["ci_high"] - row["ci_low"]) / (2.0 * normal_quantile(row["ci_level"]))) ** 2 for row in used],
        level=ci_level,
    )
    return {
        "estimate": found.estimate,
        "ci_low": None if found.ci_low is None else max(least, found.ci_low),
        "ci_high": None if found.ci_high is None else min(1.0, found.ci_high),
        "ci_level": found.ci_level,
        "ci_method": found.ci_method,
        "n_patients": sum(row["n_patients"] for row in used),
        "n_cases": sum(row["n_cases"] for row in used),
        "n_sites": found.n_sites,
        "tau": None if found.tau2 is None else math.sqrt(found.tau2),
        "status": found.status.value,
        "reason": found.reason if used else "no site has an estimate with an interval",
    }
