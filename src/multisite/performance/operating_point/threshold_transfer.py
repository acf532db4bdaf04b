"""Whether a threshold does on test cases, at each site, vendor and software version, what its rule asked for."""

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from multisite.performance.estimates.metrics import UNITS
from multisite.performance.operating_point.declared import (
    DeclaredPoint,
    OperatingPointParameters,
    Sums,
    interval_columns,
    proportion_of,
    status_columns,
    sums_by_segment,
)
from multisite.performance.operating_point.threshold_choice import called_at, counts_by_site, design_effects
from multisite.schemas.operating_points import THRESHOLD_TRANSFER, TRANSFER_METRICS
from multisite.stats import ClusterMoments, Estimate, ScoreCounts, proportion_with_design_effect
from multisite.tallies import ProportionMoments, ScoreTally
from multisite.vocabulary import ALL_SITES, OVERALL, EstimateStatus, Split, Transfer

__all__ = ["called_positive", "threshold_transfer", "verdict_of"]

_UNITS = {**UNITS, "called_positive": "case"}


def threshold_transfer(
    tally: ScoreTally, moments: ProportionMoments, chosen: pl.DataFrame, parameters: OperatingPointParameters
) -> pl.DataFrame:
    """Rows of THRESHOLD_TRANSFER.

    Parameters
    ----------
    tally, moments
        Of every site; the moments at the declared thresholds.
    chosen
        Rows of OPERATING_POINTS over all sites, for the thresholds beside the declared one.
    parameters
        What the protocol says; ``strata`` are looked at over all sites, the sites themselves always.

    Returns
    -------
    pl.DataFrame
        The declared threshold at each site, over all, and in each level of ``strata``; the rule's threshold and the
        ends of its interval at each site and over all. Only these rest on patients' sums of another threshold: their
        number of cases is divided by the design effect at the declared one.
    """
    both = ProportionMoments.from_frame(pl.concat([moments.frame, moments.over_sites().frame]))
    rows: list[dict[str, Any]] = []
    for point in parameters.points:
        row = next(iter(chosen.filter(site=ALL_SITES, finding=point.finding, model=point.model).to_dicts()), {})
        beside = {"chosen": row.get("threshold"), "low": row.get("ci_low"), "high": row.get("ci_high")}
        counts = counts_by_site(tally, point, split=Split.TEST.value)
        for (site, stratum, level), sums in sums_by_segment(both, point, split=Split.TEST.value):
            if stratum != OVERALL and not (site == ALL_SITES and stratum in parameters.strata):
                continue
            place = {"site": site, "stratum": stratum, "level": level}
            rows += [place | row for row in _declared(point, sums, parameters)]
            if stratum == OVERALL:
                own = list(counts.values()) if site == ALL_SITES else [counts[site]]
                rows += [place | row for row in _beside(point, beside, own, sums, parameters)]
    return pl.DataFrame(rows, schema=THRESHOLD_TRANSFER.schema)


def called_positive(sums: Sums) -> ClusterMoments:
    """Moments of the share of cases that are called positive, from those of the predictive values and of all cases."""
    called, cleared, everyone = sums["ppv"], sums["npv"], sums["prevalence"]
    # n² = (called + cleared)², summed over patients.
    crossed = (everyone.sum_nn - called.sum_nn - cleared.sum_nn) // 2
    return ClusterMoments(
        everyone.n_patients, called.sum_n, everyone.sum_n, called.sum_nn, called.sum_nn + crossed, everyone.sum_nn
    )


def verdict_of(estimate: Estimate, target: float | None, *, withheld: bool) -> str | None:
    """Whether the interval lies at or above ``target``, below it, or on both sides; ``None`` without a target."""
    if target is None:
        return None
    thin = withheld or estimate.status is not EstimateStatus.OK
    if thin or estimate.ci_low is None or estimate.ci_high is None:
        return Transfer.INSUFFICIENT.value
    if estimate.ci_low >= target:
        return Transfer.HOLDS.value
    return (Transfer.DOES_NOT_HOLD if estimate.ci_high < target else Transfer.INSUFFICIENT).value


def _declared(point: DeclaredPoint, sums: Sums, parameters: OperatingPointParameters) -> Iterator[dict[str, Any]]:
    for metric in TRANSFER_METRICS:
        moments = called_positive(sums) if metric == "called_positive" else sums[metric]
        estimate = proportion_of(moments, level=parameters.ci_level)
        yield _row(point, "declared", point.threshold, metric, estimate, moments.n_patients, parameters)


def _beside(
    point: DeclaredPoint,
    beside: Mapping[str, float | None],
    counts: list[ScoreCounts],
    sums: Sums,
    parameters: OperatingPointParameters,
) -> Iterator[dict[str, Any]]:
    effects = design_effects(sums, parameters.ci_level)
    for place, threshold in beside.items():
        if threshold is None:
            continue
        called = called_at(counts, threshold)
        for metric, effect, (y, n) in zip(("sensitivity", "specificity"), effects, called, strict=True):
            estimate = proportion_with_design_effect(y, n, design_effect=effect, level=parameters.ci_level)
            yield _row(point, place, threshold, metric, estimate, sums[metric].n_patients, parameters)


def _row(
    point: DeclaredPoint,
    place: str,
    threshold: float,
    metric: str,
    estimate: Estimate,
    n_patients: int,
    parameters: OperatingPointParameters,
) -> dict[str, Any]:
    shortage = parameters.shortage(n_patients, _UNITS[metric])
    target = point.target(metric)
    return {
        "finding": point.finding,
        "model": point.model,
        "place": place,
        "metric": metric,
        "threshold": threshold,
        **interval_columns(estimate, withheld=shortage is not None),
        "n_patients": n_patients,
        "n_cases": estimate.n_cases,
        "target": target,
        "verdict": verdict_of(estimate, target, withheld=shortage is not None),
        **status_columns(estimate, shortage),
    }
