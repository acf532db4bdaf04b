"""What the declared threshold does to 1,000 cases at a prevalence, and what acting on the score is worth."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl

from multisite.performance.estimates.metrics import without_probabilities
from multisite.performance.operating_point.declared import (
    DeclaredPoint,
    OperatingPointParameters,
    Sums,
    interval_columns,
    proportion_of,
    status_columns,
    sums_by_segment,
)
from multisite.performance.operating_point.threshold_choice import counts_by_site
from multisite.schemas.operating_points import DECISION_CURVES, OUTCOME_MEASURES, OUTCOMES_PER_1000
from multisite.stats import Estimate, ScoreCounts, decision_curve, outcomes_at_prevalence
from multisite.tallies import NOT_PROBABILITIES, ProportionMoments, ScoreTally
from multisite.vocabulary import ALL_SITES, OVERALL, EstimateStatus, Split

__all__ = ["curve_thresholds", "decision_curves", "outcomes_per_1000"]

_OWN = "of the test cases themselves"
_POINTS_PER_UNIT = 100
_RATIO = "called_per_true_positive"
_NO_PREVALENCE = "no prevalence: none is stated, and the test cases have one class only"
_ALWAYS_ACT = "no net benefit: nobody acts from a probability of 1 on"


def outcomes_per_1000(moments: ProportionMoments, parameters: OperatingPointParameters) -> pl.DataFrame:
    """Rows of OUTCOMES_PER_1000 of each site and over all, at the stated prevalence or that of the site's test cases.

    ``moments`` are those of every site at the declared thresholds.
    """
    both = ProportionMoments.from_frame(pl.concat([moments.frame, moments.over_sites().frame]))
    rows = [
        {"site": site} | row
        for point in parameters.points
        for (site, stratum, _), sums in sums_by_segment(both, point, split=Split.TEST.value)
        if stratum == OVERALL
        for row in _outcomes(point, sums, parameters)
    ]
    return pl.DataFrame(rows, schema=OUTCOMES_PER_1000.schema)


def _outcomes(point: DeclaredPoint, sums: Sums, parameters: OperatingPointParameters) -> Iterator[dict[str, Any]]:
    everyone = sums["prevalence"]
    own = everyone.sum_y / everyone.sum_n if 0 < everyone.sum_y < everyone.sum_n else None
    prevalence = own if point.prevalence is None else point.prevalence
    names = {
        "finding": point.finding,
        "model": point.model,
        "threshold": point.threshold,
        "act_from": point.act_from,
        "prevalence": prevalence,
        "prevalence_source": point.prevalence_source or _OWN,
        "n_patients": everyone.n_patients,
        "n_cases": everyone.sum_n,
    }
    short = (
        parameters.shortage(sums[metric].n_patients, unit)
        for metric, unit in (("sensitivity", "positive case"), ("specificity", "negative case"))
    )
    shortage = next((reason for reason in short if reason), None)
    acts = point.act_from < 1.0
    no_benefit = _ALWAYS_ACT if not acts else None if point.probabilities else NOT_PROBABILITIES
    found = None
    if prevalence is not None:
        shares = [proportion_of(sums[metric], level=parameters.ci_level) for metric in ("sensitivity", "specificity")]
        act_from = point.act_from if acts else 0.0
        found = outcomes_at_prevalence(*shares, prevalence=prevalence, act_from=act_from)
    for measure in OUTCOME_MEASURES:
        of_benefit = measure == "net_benefit"
        if found is None or (of_benefit and no_benefit):
            reason = _NO_PREVALENCE if found is None else no_benefit
            undefined = {"status": EstimateStatus.UNDEFINED.value, "reason": reason}
            yield names | {"measure": measure, "treat_all": None} | undefined
            continue
        estimate: Estimate = getattr(found, measure)
        factor = 1.0 if measure == _RATIO else 1000.0
        yield {
            **names,
            "measure": measure,
            **interval_columns(estimate, factor=factor, withheld=shortage is not None),
            "treat_all": 1000.0 * found.treat_all if of_benefit else None,
            **status_columns(estimate, shortage),
        }


def curve_thresholds(parameters: OperatingPointParameters) -> list[float]:
    """The probabilities of the decision curve: about a hundred in [0, 1], all of them on the score grid."""
    steps = parameters.score_grid_steps
    stride = max(1, steps // _POINTS_PER_UNIT)
    low, high = (end * steps / stride for end in parameters.curve)
    return [k * stride / steps for k in range(math.ceil(low - 1e-9), math.floor(high + 1e-9) + 1)]


def decision_curves(
    tally: ScoreTally, moments: ProportionMoments, parameters: OperatingPointParameters
) -> pl.DataFrame:
    """Rows of DECISION_CURVES of each site and over all.

    ``tally`` and ``moments`` are those of every site. The intervals take cases as independent, and say so where they
    are not.
    """
    rows: list[dict[str, Any]] = []
    both = ProportionMoments.from_frame(pl.concat([moments.frame, moments.over_sites().frame]))
    for point in parameters.points:
        counts = counts_by_site(tally, point, split=Split.TEST.value)
        for (site, stratum, _), sums in sums_by_segment(both, point, split=Split.TEST.value):
            if stratum == OVERALL:
                own = _together(list(counts.values())) if site == ALL_SITES else counts[site]
                rows += [{"site": site} | row for row in _curve(point, own, sums, parameters)]
    return pl.DataFrame(rows, schema=DECISION_CURVES.schema)


def _curve(
    point: DeclaredPoint, counts: ScoreCounts, sums: Sums, parameters: OperatingPointParameters
) -> Iterator[dict[str, Any]]:
    short = (
        parameters.shortage(sums[metric].n_patients, unit)
        for metric, unit in (("sensitivity", "positive case"), ("specificity", "negative case"))
    )
    shortage = next((reason for reason in short if reason), None)
    remark = "; repeated cases of a patient taken as independent" if sums["prevalence"].clustered else ""
    curve = decision_curve(counts, curve_thresholds(parameters), prevalence=point.prevalence, level=parameters.ci_level)
    for benefit in curve:
        found = benefit if point.probabilities else without_probabilities(benefit)
        columns = interval_columns(found, withheld=shortage is not None)
        yield {
            "finding": point.finding,
            "model": point.model,
            "act_from": found.threshold,
            "prevalence": found.prevalence,
            **columns,
            "ci_method": f"{found.ci_method}{remark}",
            "treat_all": None if shortage is not None or not point.probabilities else found.treat_all,
            "n_cases": found.n_cases,
            **status_columns(found, shortage),
        }


def _together(parts: list[ScoreCounts]) -> ScoreCounts:
    score, place = np.unique(np.concatenate([part.score for part in parts]), return_inverse=True)
    summed = [
        np.bincount(place, weights=np.concatenate([getattr(part, name) for part in parts]), minlength=score.size)
        for name in ("n_positive", "n_negative")
    ]
    return ScoreCounts(score, *(counts.astype(np.int64) for counts in summed))
