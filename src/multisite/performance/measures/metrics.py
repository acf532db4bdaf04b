"""What is estimated of a continuous endpoint in one segment, and its verdict against the declared margin."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import polars as pl

from multisite.performance.measures.evaluation import MeasureParameters, MeasureRules
from multisite.schemas.measures import MEASURE_METRICS, SITE_MEASURES
from multisite.stats import (
    ClusterMoments,
    Estimate,
    IccForm,
    MeanMoments,
    clustered_mean,
    clustered_proportion,
    grid_quantile,
    icc_of_two,
    limits_from_moments,
    proportion,
    sample_deviation,
)
from multisite.tallies import MEASURE_KEYS, MeasureTally
from multisite.vocabulary import OVERALL, EstimateStatus, MarginVerdict

__all__ = ["measure_rows"]

_MARGINED = {"mean": 1.0, "lower_limit": -1.0, "upper_limit": 1.0}
_QUARTILES = {"median": 0.5, "lower_quartile": 0.25, "upper_quartile": 0.75}
_ICC_FORM: IccForm = "2,1"


def measure_rows(tally: MeasureTally, parameters: MeasureParameters, *, sites: tuple[str, ...]) -> pl.DataFrame:
    """Rows of SITE_MEASURES for every segment of the tally, and for the overall one of each declared measure.

    A number on fewer patients than the protocol asks for is withheld, status ``insufficient``; one that does not exist
    is ``undefined`` however few patients there are. The overall stratum of ``sites`` is told of even where no case was
    measured.
    """
    rules = {measure.id: measure for measure in parameters.measures}
    found: dict[tuple[str, ...], tuple[Mapping[str, MeanMoments], Mapping[int, int]]] = {
        (site, measure.id, model, OVERALL, OVERALL): ({}, {})
        for site in sites
        for measure in parameters.measures
        for model in measure.models
    }
    for key, moments, cells in tally.segments():
        found[key] = (moments, cells)
    rows = [row for key, held in found.items() for row in _segment_rows(key, *held, rules[key[1]], parameters)]
    order = {name: place for place, name in enumerate(metric for held in MEASURE_METRICS.values() for metric in held)}
    frame = pl.DataFrame(rows, schema=SITE_MEASURES.schema)
    return frame.sort(*MEASURE_KEYS, pl.col("metric").replace_strict(order, return_dtype=pl.Int64))


def _segment_rows(
    key: tuple[str, ...],
    moments: Mapping[str, MeanMoments],
    cells: Mapping[int, int],
    rules: MeasureRules,
    parameters: MeasureParameters,
) -> Iterator[dict[str, Any]]:
    names = dict(zip(MEASURE_KEYS, key, strict=True))
    counted = moments.get("difference" if rules.paired else "value", _NOTHING)
    least = parameters.minimum_denominator
    short = counted.n_patients < least
    for metric, estimate in _estimates(moments, cells, rules, parameters.ci_level):
        shown = estimate
        if short and estimate.status is not EstimateStatus.UNDEFINED:
            reason = f"fewer than {least} patients with a measurement"
            nothing: dict[str, Any] = dict.fromkeys(("estimate", "ci_low", "ci_high"))
            shown = replace(estimate, **nothing, status=EstimateStatus.INSUFFICIENT, reason=reason)
        margin = _margin(metric, rules) if names["stratum"] == OVERALL else None
        yield names | {
            "metric": metric,
            "estimate": shown.estimate,
            "ci_low": shown.ci_low,
            "ci_high": shown.ci_high,
            "ci_level": shown.ci_level,
            "ci_method": shown.ci_method,
            "standard_error": None if short else getattr(estimate, "standard_error", None),
            "n_patients": counted.n_patients,
            "n_cases": counted.sum_n,
            "margin": margin,
            "verdict": None if margin is None else _verdict(shown, metric, margin, rules).value,
            "status": shown.status.value,
            "reason": shown.reason,
        }


_NOTHING = MeanMoments(
    n_patients=0, sum_n=0, sum_nn=0, sum_x=0.0, sum_xn=0.0, sum_xx=0.0, sum_squares=0.0, sum_xx_over_n=0.0
)


def _estimates(
    moments: Mapping[str, MeanMoments], cells: Mapping[int, int], rules: MeasureRules, level: float
) -> Iterator[tuple[str, Estimate]]:
    if rules.paired:
        difference = moments.get("difference", _NOTHING)
        limits = limits_from_moments(difference, level=level)
        yield "bias", clustered_mean(difference, level=level)
        yield "lower_limit", limits.lower
        yield "upper_limit", limits.upper
        yield "mean_absolute_difference", clustered_mean(moments.get("absolute_difference", _NOTHING), level=level)
        yield "icc", _icc(difference, moments.get("sum", _NOTHING), level)
    else:
        values = moments.get("value", _NOTHING)
        yield "mean", clustered_mean(values, level=level)
        yield (
            "standard_deviation",
            _plain(sample_deviation(values), values, "none; of single cases", "fewer than two cases"),
        )
        for metric, probability in _QUARTILES.items():
            yield metric, _quartile(cells, values, rules, probability)
    if rules.case_limit is not None:
        yield "share_acceptable", _share(moments.get("acceptable", _NOTHING), level)


def _quartile(cells: Mapping[int, int], values: MeanMoments, rules: MeasureRules, probability: float) -> Estimate:
    grid = rules.grid
    assert grid is not None, "a measure of quality has bounds"
    counts = [cells.get(cell, 0) for cell in range(grid.n_cells)]
    found = grid_quantile(counts, low=grid.low, high=grid.high, probability=probability)
    return _plain(found, values, f"none; from a grid of {grid.n_cells} cells", "no case")


def _plain(value: float | None, moments: MeanMoments, method: str, reason: str) -> Estimate:
    """A number that has no interval by its nature."""
    return Estimate(
        estimate=value,
        ci_low=None,
        ci_high=None,
        ci_level=None,
        ci_method=method,
        n_cases=moments.sum_n,
        status=EstimateStatus.UNDEFINED if value is None else EstimateStatus.OK,
        reason=reason if value is None else None,
    )


def _icc(difference: MeanMoments, total: MeanMoments, level: float) -> Estimate:
    found = icc_of_two(difference, total, form=_ICC_FORM, level=level)
    if not difference.clustered:
        return found
    # Its interval takes cases as independent, and would be too narrow.
    return replace(found, ci_low=None, ci_high=None, ci_level=None, ci_method="none; patients have several cases")


def _share(moments: MeanMoments, level: float) -> Estimate:
    if not moments.clustered:
        return proportion(round(moments.sum_x), moments.sum_n, level=level)
    counts = (moments.sum_x, moments.sum_n, moments.sum_xx, moments.sum_xn, moments.sum_nn)
    return clustered_proportion(ClusterMoments(moments.n_patients, *(round(count) for count in counts)), level=level)


def _margin(metric: str, rules: MeasureRules) -> float | None:
    if rules.margin is None or metric not in _MARGINED:
        return None
    return _MARGINED[metric] * rules.margin


def _verdict(estimate: Estimate, metric: str, margin: float, rules: MeasureRules) -> MarginVerdict:
    low, high = estimate.ci_low, estimate.ci_high
    if estimate.status is not EstimateStatus.OK or low is None or high is None:
        return MarginVerdict.INSUFFICIENT
    above = metric == "lower_limit" or (metric == "mean" and rules.higher_is_better)
    if above:
        low, high, margin = -high, -low, -margin
    if high <= margin:
        return MarginVerdict.MEETS
    return MarginVerdict.FAILS if low > margin else MarginVerdict.INSUFFICIENT
