"""From tallies to the long frames of estimates and of reliability."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from multisite.performance.estimates.metrics import METRICS, Segment, SegmentRules, null_model, segment_metrics
from multisite.performance.estimates.spread import Spread
from multisite.schemas.performance import ESTIMATES, RELIABILITY
from multisite.stats import ClusterMoments, Estimate, ProportionEstimate, Reliability, auc_by_segment, reliability
from multisite.tallies import KEYS, PROPORTION_METRICS, ProportionMoments, ScoreTally, Thresholds
from multisite.vocabulary import Split

__all__ = ["Evaluation", "EvaluationParameters", "evaluate"]

_WITHOUT_THRESHOLD = frozenset({"prevalence"})
_Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EvaluationParameters:
    """What the protocol says about judging the index test on the test split.

    ``threshold``: a score at or above it is positive, but of the findings and models that ``own_thresholds`` names
    (finding, model, threshold). ``minimum_denominator``: patients. ``seed`` with the
    names of a segment starts the random numbers of that segment, so no result depends on the order or
    number of segments. ``patient_level`` adds the stratum of patients.
    ``not_probabilities`` are the models whose calibration does not exist.
    """

    threshold: float
    ci_level: float
    reliability_bins: int
    minimum_denominator: int
    score_grid_steps: int
    null_replicates: int
    seed: int
    own_thresholds: tuple[tuple[str, str, float], ...] = ()
    patient_level: bool = False
    not_probabilities: tuple[str, ...] = ()

    @property
    def thresholds(self) -> Thresholds:
        """The threshold of every finding and model."""
        return Thresholds(self.threshold, self.own_thresholds)


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """Estimates and reliability by bin, one frame each."""

    estimates: pl.DataFrame
    reliability: pl.DataFrame


def evaluate(
    tally: ScoreTally, moments: ProportionMoments, parameters: EvaluationParameters, *, spread: Spread, note: str = ""
) -> Evaluation:
    """Every metric of every segment of the test split.

    Parameters
    ----------
    tally, moments
        Counts of the same cases; ``moments`` at ``parameters.thresholds``.
    parameters
        What the protocol says.
    spread
        Where the intervals of score metrics come from in segments whose patients have several cases.
    note
        Added to the method of what comes from the tally, for example that its scores lie on a grid.

    Returns
    -------
    Evaluation
        Frames of the columns of ``estimates`` and ``reliability``, sorted by segment and, inside it, as in
        :data:`METRICS` and by bin. A number that is withheld or does not exist is null, its row stays.

    Raises
    ------
    ValueError
        If ``moments`` lacks a segment of ``tally``, or the threshold.
    """
    tested = tally.filter(pl.col("split") == Split.TEST)
    by_segment = _moments_by_segment(moments, parameters.thresholds)
    every = SegmentRules(parameters.ci_level, parameters.minimum_denominator, parameters.reliability_bins)
    areas = auc_by_segment(tested.counts, level=parameters.ci_level)
    estimates: list[dict[str, Any]] = []
    bins: list[dict[str, Any]] = []
    for key, counts, area in zip(tested.keys.iter_rows(), tested.counts, areas, strict=True):
        if by_segment.get(key, {}).keys() != PROPORTION_METRICS.keys():
            raise ValueError("The proportion moments lack a segment of the score tally, or the threshold.")
        segment = Segment(key, counts, area, by_segment[key])
        names = dict(zip(KEYS, key, strict=True))
        rules = replace(every, probabilities=names["model"] not in parameters.not_probabilities)
        null = null_model(
            segment, rules, rng=_segment_rng(parameters.seed, key), n_replicates=parameters.null_replicates
        )
        found = {m: (e, patients) for m, e, patients in segment_metrics(segment, rules, null, spread)}
        threshold = parameters.thresholds.of(names["finding"], names["model"])
        estimates += [names | _estimate_row(m, *found[m], segment, threshold, note) for m in METRICS]
        table = reliability(counts, n_bins=rules.bins, level=rules.level, null=null)
        bins += [names | row for row in _reliability_rows(table, withheld=null is None)]
    return Evaluation(pl.DataFrame(estimates, schema=ESTIMATES.schema), pl.DataFrame(bins, schema=RELIABILITY.schema))


def _moments_by_segment(moments: ProportionMoments, thresholds: Thresholds) -> dict[_Key, dict[str, ClusterMoments]]:
    found: dict[_Key, dict[str, ClusterMoments]] = {}
    for row, sums in moments.rows():
        if row["threshold"] in (None, thresholds.of(row["finding"], row["model"])):
            found.setdefault(tuple(row[name] for name in KEYS), {})[row["metric"]] = sums
    return found


def _segment_rng(seed: int, key: _Key) -> np.random.Generator:
    digest = hashlib.sha256(json.dumps([seed, *key]).encode()).digest()
    return np.random.default_rng(int.from_bytes(digest))


def _estimate_row(
    metric: str, estimate: Estimate, n_patients: int, segment: Segment, threshold: float, note: str
) -> dict[str, Any]:
    share = estimate if isinstance(estimate, ProportionEstimate) else None
    return {
        "metric": metric,
        "threshold": threshold if share and metric not in _WITHOUT_THRESHOLD else None,
        "estimate": estimate.estimate,
        "ci_low": estimate.ci_low,
        "ci_high": estimate.ci_high,
        "ci_level": estimate.ci_level,
        "ci_method": estimate.ci_method if share else estimate.ci_method + note,
        "n_patients": n_patients,
        "n_cases": estimate.n_cases,
        "n_positive": segment.counts.positives,
        "n_negative": segment.counts.negatives,
        "numerator": share.numerator if share else None,
        "denominator": share.denominator if share else None,
        "status": estimate.status.value,
        "reason": estimate.reason,
    }


def _reliability_rows(table: Reliability, *, withheld: bool) -> list[dict[str, Any]]:
    counted: Mapping[str, Any] = {
        "bin": range(table.n_cases.size),
        "bin_low": table.bin_low.tolist(),
        "bin_high": table.bin_high.tolist(),
        "n_cases": table.n_cases.tolist(),
        "n_positive": table.n_positive.tolist(),
    }
    measured: Mapping[str, list[float]] = {
        name: getattr(table, name).tolist()
        for name in ("mean_score", "observed", "ci_low", "ci_high", "band_low", "band_high")
    }
    return [
        {name: values[row] for name, values in counted.items()}
        | {name: None if withheld or np.isnan(values[row]) else values[row] for name, values in measured.items()}
        for row in range(table.n_cases.size)
    ]
