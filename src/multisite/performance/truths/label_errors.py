"""Results against labels with declared errors, corrected and bounded: of one site or of all, overall."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from multisite.schemas.label_errors import CORRECTED_ESTIMATES, CORRECTED_METRICS
from multisite.stats import (
    AccuracyBounds,
    Bounds,
    ClusterMoments,
    Estimate,
    LabelErrors,
    LabellerValidation,
    ScoreCounts,
    accuracy_bounds,
    apparent_accuracy,
    auc_bounds,
    corrected_accuracy,
    corrected_auc,
    design_effect_of,
)
from multisite.tallies import ProportionMoments, ScoreTally, Thresholds
from multisite.vocabulary import OVERALL, EstimateStatus, Split

__all__ = ["LabelErrorParameters", "corrected_estimates"]

_TESTED = {"split": Split.TEST.value, "stratum": OVERALL}
_NEEDS_NONE = "no assumption to do without"
_Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class LabelErrorParameters:
    """What the protocol says of labels with errors: the check of each finding's labeller.

    ``seed`` with the names of a row's segment starts its random numbers, so that no result depends on the others.
    """

    labellers: tuple[tuple[str, LabellerValidation], ...]
    thresholds: Thresholds
    ci_level: float
    seed: int
    n_draws: int = 10_000


@dataclass(frozen=True, slots=True)
class _Table:
    """Calls against labels of one site, finding and model, with the moments that tell how patients repeat."""

    moments: Mapping[str, ClusterMoments]

    @property
    def cells(self) -> tuple[int, int, int, int]:
        """tp, fp, fn, tn."""
        positive, negative = self.moments["sensitivity"], self.moments["specificity"]
        return positive.sum_y, negative.sum_n - negative.sum_y, positive.sum_n - positive.sum_y, negative.sum_y

    def design_effects(self, level: float) -> tuple[float, float, float]:
        """Of prevalence, sensitivity and specificity; of one patient the number of that patient's cases."""
        effects = []
        for metric in ("prevalence", "sensitivity", "specificity"):
            moments = self.moments[metric]
            found = design_effect_of(moments, level=level)
            effects.append(float(max(1, moments.sum_n)) if found is None else found)
        return effects[0], effects[1], effects[2]


def corrected_estimates(
    estimates: pl.DataFrame, moments: ProportionMoments, tally: ScoreTally, parameters: LabelErrorParameters
) -> pl.DataFrame:
    """CORRECTED_ESTIMATES of every finding whose labels have declared errors.

    Parameters
    ----------
    estimates
        ESTIMATES of the sites and over all of them.
    moments, tally
        Of the sites and over all of them; ``tally`` gives the bounds of the AUC, its scores on the grid.
    parameters
        What the protocol says.

    Returns
    -------
    pl.DataFrame
        A row per finding, model, site and metric that has an estimate, sorted. Where the estimate against the labels is
        withheld, so are the others; what is not defined is null, with its reason.
    """
    rows: list[_Row] = []
    for finding, validation in parameters.labellers:
        own = estimates.filter(finding=finding, **_TESTED)
        tables = _tables(moments, finding, parameters.thresholds)
        scores = tally.filter((pl.col("finding") == finding) & (pl.col("split") == Split.TEST.value))
        scores = scores.filter(pl.col("stratum") == OVERALL)
        counts = dict(zip(scores.keys.select("model", "site").rows(), scores.counts, strict=True))
        for (model, site), found in sorted(own.partition_by("model", "site", as_dict=True).items()):
            by_metric = {row["metric"]: row for row in found.iter_rows(named=True)}
            names = {"finding": finding, "model": model, "site": site}
            key = str(model), str(site)
            rows += [
                names | row
                for row in _rows(by_metric, tables[key], counts[key], validation, parameters, tuple(names.values()))
            ]
    return pl.DataFrame(rows, schema=CORRECTED_ESTIMATES.schema)


def _tables(moments: ProportionMoments, finding: str, thresholds: Thresholds) -> dict[tuple[str, str], _Table]:
    found: dict[tuple[str, str], dict[str, ClusterMoments]] = {}
    own = ProportionMoments(moments.frame.filter(finding=finding, **_TESTED))
    for row, sums in own.rows():
        if row["threshold"] in (None, thresholds.of(finding, row["model"])):
            found.setdefault((row["model"], row["site"]), {})[row["metric"]] = sums
    return {key: _Table(metrics) for key, metrics in found.items()}


def _rows(
    labelled: Mapping[str, _Row],
    table: _Table,
    scores: ScoreCounts,
    validation: LabellerValidation,
    parameters: LabelErrorParameters,
    key: tuple[str, ...],
) -> list[_Row]:
    level, errors = parameters.ci_level, validation.errors
    effects = table.design_effects(level)
    rng = _rng(parameters.seed, key)
    accuracy = corrected_accuracy(
        *table.cells, validation, rng=rng, design_effects=effects, n_draws=parameters.n_draws, level=level
    )
    tp, fp, fn, tn = table.cells
    area = corrected_auc(
        _estimate(labelled["auc"]),
        tp + fn,
        fp + tn,
        validation,
        rng=rng,
        design_effect=effects[0],
        n_draws=parameters.n_draws,
        level=level,
    )
    corrected = {
        "auc": area,
        "sensitivity": accuracy.sensitivity,
        "specificity": accuracy.specificity,
        "prevalence": accuracy.prevalence,
    }
    bounds = _bounds(accuracy_bounds(*table.cells, errors), auc_bounds(scores, errors))
    perfect = _of_perfect_model(errors, accuracy.prevalence.estimate)
    return [
        _row(labelled[metric], corrected[metric], bounds[metric], perfect.get(metric)) | {"metric": metric}
        for metric in CORRECTED_METRICS
    ]


def _of_perfect_model(errors: LabelErrors, prevalence: float | None) -> dict[str, float | None]:
    """By metric; nothing at a corrected prevalence of 0 or less, the sensitivity alone at one of 1 or more."""
    if prevalence is None or prevalence <= 0.0:
        return {}
    perfect = apparent_accuracy(errors, prevalence=min(1.0, prevalence))
    if prevalence >= 1.0:
        return {"sensitivity": perfect.sensitivity}
    return {"auc": perfect.auc, "sensitivity": perfect.sensitivity, "specificity": perfect.specificity}


def _bounds(accuracy: AccuracyBounds, area: Bounds) -> dict[str, Bounds]:
    return {
        "auc": area,
        "sensitivity": accuracy.sensitivity,
        "specificity": accuracy.specificity,
        "prevalence": Bounds(low=None, high=None, reason=_NEEDS_NONE),
    }


def _row(labelled: _Row, corrected: Estimate, bounds: Bounds, perfect: float | None) -> _Row:
    row = {
        "threshold": labelled["threshold"],
        "as_labelled": labelled["estimate"],
        "labelled_low": labelled["ci_low"],
        "labelled_high": labelled["ci_high"],
        "ci_level": corrected.ci_level,
        "ci_method": corrected.ci_method,
        "n_patients": labelled["n_patients"],
        "n_cases": labelled["n_cases"],
    }
    if labelled["status"] != EstimateStatus.OK.value:
        # What may not be read against the labels may not be read when corrected either.
        nothing = dict.fromkeys(("of_perfect_model", "estimate", "ci_low", "ci_high", "bound_low", "bound_high"))
        why = labelled["reason"]
        return row | nothing | {"bound_reason": why, "status": labelled["status"], "reason": why}
    return row | {
        "of_perfect_model": perfect,
        "estimate": corrected.estimate,
        "ci_low": corrected.ci_low,
        "ci_high": corrected.ci_high,
        "bound_low": bounds.low,
        "bound_high": bounds.high,
        "bound_reason": bounds.reason,
        "status": corrected.status.value,
        "reason": corrected.reason,
    }


def _estimate(row: _Row) -> Estimate:
    return Estimate(
        estimate=row["estimate"],
        ci_low=row["ci_low"],
        ci_high=row["ci_high"],
        ci_level=row["ci_level"],
        ci_method=row["ci_method"] or "",
        n_cases=row["n_cases"],
        status=EstimateStatus(row["status"]),
        reason=row["reason"],
    )


def _rng(seed: int, key: tuple[str, ...]) -> np.random.Generator:
    digest = hashlib.sha256(json.dumps([seed, "label errors", *key]).encode()).digest()
    return np.random.default_rng(int.from_bytes(digest))
