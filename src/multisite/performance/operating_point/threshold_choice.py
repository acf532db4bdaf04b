"""The threshold that a rule gives on tuning cases: inside a site from its patients, over sites from their counts."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from multisite.performance.operating_point.declared import (
    DeclaredPoint,
    OperatingPointParameters,
    Sums,
    proportion_of,
    seed_of,
    status_columns,
    sums_by_segment,
)
from multisite.schemas.operating_points import OPERATING_POINTS
from multisite.stats import (
    ChoiceRule,
    ChosenThreshold,
    ClusterMoments,
    Estimate,
    GridCounts,
    ScoreCounts,
    chosen_threshold,
    chosen_threshold_of_counts,
    design_effect_of,
    proportion_with_design_effect,
)
from multisite.tallies import ProportionMoments, ScoreTally, Thresholds, numbered_patients, tally_at_thresholds
from multisite.vocabulary import ALL_SITES, OVERALL, EstimateStatus, Split, ThresholdAgreement

__all__ = ["at_site", "called_at", "counts_by_site", "design_effects", "over_sites"]

_NO_SUMS = ClusterMoments(0, 0, 0, 0, 0, 0)
_NEEDED = {"sensitivity": ("sensitivity",), "specificity": ("specificity",)}
_UNITS = {"sensitivity": "positive tuning case", "specificity": "negative tuning case"}


def at_site(cases: pl.DataFrame, parameters: OperatingPointParameters, *, site: str) -> pl.DataFrame:
    """Rows of OPERATING_POINTS of one site, one for each point with a rule.

    Parameters
    ----------
    cases
        As :func:`multisite.tallies.scored_cases` makes them; only those of the split ``tune`` are looked at.
    parameters
        What the protocol says.
    site
        Its identifier.
    """
    rows = []
    for point in parameters.points:
        if point.rule is None:
            continue
        own = cases.filter(pl.col("split") == Split.TUNE.value, finding=point.finding, model=point.model)
        sums = _sums(own, point, point.threshold)
        found = chosen_threshold(
            own["reference"].to_numpy(),
            own["score"].to_numpy(),
            rule=point.rule,
            patient=numbered_patients(own),
            seed=seed_of(parameters, site, point),
            design_effects=design_effects(sums, parameters.ci_level),
            steps=parameters.score_grid_steps,
            n_replicates=parameters.n_replicates,
            level=parameters.ci_level,
        )
        chosen = {} if found.estimate is None else _sums(own, point, found.estimate)
        tuned = {metric: proportion_of(chosen[metric], level=parameters.ci_level) for metric in _UNITS if chosen}
        rows.append(_row(site, point, point.rule, found, tuned, sums, parameters))
    return pl.DataFrame(rows, schema=OPERATING_POINTS.schema)


def over_sites(tally: ScoreTally, moments: ProportionMoments, parameters: OperatingPointParameters) -> pl.DataFrame:
    """Rows of OPERATING_POINTS over all sites, one for every point; without a rule, one that says so.

    Parameters
    ----------
    tally
        Of every site, on the score grid.
    moments
        Of every site, at the declared thresholds.
    parameters
        What the protocol says.
    """
    rows = []
    together = moments.over_sites()
    for point in parameters.points:
        of_all = dict(sums_by_segment(together, point, split=Split.TUNE.value))
        sums = of_all.get((ALL_SITES, OVERALL, OVERALL), {})
        if point.rule is None:
            rows.append(_without_rule(point, sums))
            continue
        of_site = {key[0]: s for key, s in sums_by_segment(moments, point, split=Split.TUNE.value) if key[1] == OVERALL}
        counts = counts_by_site(tally, point, split=Split.TUNE.value)
        effects = design_effects(sums, parameters.ci_level)
        found = chosen_threshold_of_counts(
            [
                GridCounts(
                    cell=np.floor(own.score * parameters.score_grid_steps).astype(np.int64),
                    n_positive=own.n_positive,
                    n_negative=own.n_negative,
                    design_effects=design_effects(of_site.get(site, {}), parameters.ci_level),
                )
                for site, own in counts.items()
            ],
            rule=point.rule,
            seed=seed_of(parameters, ALL_SITES, point),
            design_effects=effects,
            steps=parameters.score_grid_steps,
            n_replicates=parameters.n_replicates,
            level=parameters.ci_level,
        )
        tuned: dict[str, Estimate] = {}
        if found.estimate is not None:
            called = called_at(counts.values(), found.estimate)
            for metric, effect, (y, n) in zip(_UNITS, effects, called, strict=True):
                tuned[metric] = proportion_with_design_effect(y, n, design_effect=effect, level=parameters.ci_level)
        rows.append(_row(ALL_SITES, point, point.rule, found, tuned, sums, parameters))
    return pl.DataFrame(rows, schema=OPERATING_POINTS.schema)


def counts_by_site(tally: ScoreTally, point: DeclaredPoint, *, split: str) -> dict[str, ScoreCounts]:
    """The counts of all cases of the split at each site."""
    wanted = {"finding": point.finding, "model": point.model, "split": split, "stratum": OVERALL}
    own = tally.filter(pl.all_horizontal(pl.col(name) == value for name, value in wanted.items()))
    return dict(zip(own.keys["site"].to_list(), own.counts, strict=True))


def called_at(counts: Sequence[ScoreCounts] | Any, threshold: float) -> tuple[tuple[int, int], tuple[int, int]]:
    """Numerator and denominator of sensitivity and of specificity, exact at a threshold of the grid."""
    hits = positives = cleared = negatives = 0
    for own in counts:
        first = int(np.searchsorted(own.score, threshold, side="left"))
        hits, positives = hits + int(own.n_positive[first:].sum()), positives + own.positives
        cleared, negatives = cleared + int(own.n_negative[:first].sum()), negatives + own.negatives
    return (hits, positives), (cleared, negatives)


def design_effects(sums: Sums, level: float) -> tuple[float, float]:
    """Of sensitivity and specificity at the threshold of the moments; 1 where there are none, or one patient's."""
    found = [design_effect_of(sums.get(metric, _NO_SUMS), level=level) for metric in _UNITS]
    return found[0] or 1.0, found[1] or 1.0


def _sums(own: pl.DataFrame, point: DeclaredPoint, threshold: float) -> Sums:
    moments = tally_at_thresholds(own, strata=[], thresholds=Thresholds(threshold))
    at = DeclaredPoint(point.finding, point.model, threshold)
    return next((sums for _, sums in sums_by_segment(moments, at, split=Split.TUNE.value)), {})


def _row(
    site: str,
    point: DeclaredPoint,
    rule: ChoiceRule,
    found: ChosenThreshold,
    tuned: Mapping[str, Estimate],
    sums: Sums,
    parameters: OperatingPointParameters,
) -> dict[str, Any]:
    short = (
        parameters.shortage(sums.get(metric, _NO_SUMS).n_patients, _UNITS[metric])
        for metric in _NEEDED.get(rule.by, tuple(_UNITS))
    )
    shortage = next((reason for reason in short if reason), None)
    shown = found.estimate if shortage is None else None
    beside = None if shown is None else found.shares_beside(point.threshold)
    agreement = None
    if shown is not None:
        near = abs(shown - point.threshold) * parameters.score_grid_steps <= 0.5 + 1e-9
        agreement = (ThresholdAgreement.AGREES if near else ThresholdAgreement.DIFFERS).value
    declared = {metric: proportion_of(sums[metric], level=parameters.ci_level) for metric in _UNITS if metric in sums}
    return {
        **_names(site, point, sums),
        "rule": rule.by,
        "at_least": rule.at_least,
        "judged_by": rule.judged_by if rule.at_least is not None else None,
        "act_from": rule.act_from,
        "threshold": shown,
        "ci_low": None if shown is None else found.ci_low,
        "ci_high": None if shown is None else found.ci_high,
        "ci_level": found.ci_level,
        "ci_method": found.ci_method,
        "n_replicates": found.replicates.size,
        "n_undefined": found.n_undefined,
        "share_below": None if beside is None else beside[0],
        "share_above": None if beside is None else beside[1],
        "agreement": agreement,
        **(_tuned("", tuned) if shown is not None else {}),
        **(_tuned("declared_", declared) if shortage is None else {}),
        **status_columns(found, shortage),
    }


def _without_rule(point: DeclaredPoint, sums: Sums) -> dict[str, Any]:
    reason = "the study file declares no rule for the threshold"
    nothing = {"n_replicates": 0, "n_undefined": 0, "status": EstimateStatus.UNDEFINED.value, "reason": reason}
    return _names(ALL_SITES, point, sums) | nothing


def _names(site: str, point: DeclaredPoint, sums: Sums) -> dict[str, Any]:
    positives, negatives = (sums.get(metric, _NO_SUMS).sum_n for metric in _UNITS)
    return {
        "site": site,
        "finding": point.finding,
        "model": point.model,
        "declared_threshold": point.threshold,
        "n_patients": sums.get("prevalence", _NO_SUMS).n_patients,
        "n_cases": positives + negatives,
        "n_positive": positives,
        "n_negative": negatives,
    }


def _tuned(prefix: str, shares: Mapping[str, Estimate]) -> dict[str, float | None]:
    return {
        f"{prefix}{metric}{end}": getattr(share, name)
        for metric, share in shares.items()
        for end, name in (("", "estimate"), ("_low", "ci_low"), ("_high", "ci_high"))
    }
