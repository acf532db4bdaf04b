"""What the sites show together: paired differences, and the effects of old and new data with one set of weights."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from multisite.schemas.model_comparison import DATA_CELLS, DATA_EFFECTS
from multisite.stats import (
    PairedSums,
    PooledEstimate,
    PooledPairedDifference,
    fixed_weights_mean,
    pooled_paired_difference,
    random_effects,
)
from multisite.vocabulary import EstimateStatus

__all__ = ["DataWeights", "data_weights", "has_interval", "pooled_difference", "pooled_effect"]

DataWeights = Mapping[tuple[str, str, str, str], Mapping[str, float]]
"""By new model, old model, finding and metric the weight of each site that has all effects."""

_OLD_DATA, _NEW_DATA = DATA_CELLS[0], DATA_CELLS[2]
_CLASSES = {"auc": ("sensitivity", "specificity"), "sensitivity": ("sensitivity",), "specificity": ("specificity",)}
_Row = Mapping[str, Any]


def has_interval(row: _Row) -> bool:
    """Whether a difference has an interval and a standard error above 0."""
    return row["status"] == EstimateStatus.OK and bool(row["standard_error"])


def pooled_difference(sites: Sequence[_Row], level: float) -> dict[str, Any]:
    """Of a paired difference.

    Sensitivity and specificity: the counts of all sites that show a number, added up, and how the sites differ. AUC and
    Brier score: the random-effects mean of the sites with a standard error.

    Parameters
    ----------
    sites
        Rows of ``model_pairs`` of one metric and segment.
    level
        Confidence level.

    Returns
    -------
    dict[str, Any]
        Columns of ``model_differences`` that do not name or judge the row.
    """
    if sites[0]["metric"] in ("sensitivity", "specificity"):
        counted = [row for row in sites if row["estimate"] is not None]
        found = pooled_paired_difference([_sums(row) for row in counted], level=level)
        return _row(found, found.between, counted, sites) | {"degrees_of_freedom": found.degrees_of_freedom}
    counted = [row for row in sites if has_interval(row)]
    mean = random_effects(
        [row["estimate"] for row in counted], [row["standard_error"] ** 2 for row in counted], level=level
    )
    return _row(mean, mean, counted, sites)


def _sums(row: _Row) -> PairedSums:
    return PairedSums(
        n_patients=row["n_patients"],
        n_cases=row["n_cases"],
        first_only=row["n_cases_only_new_right"],
        second_only=row["n_cases_only_old_right"],
        sum_dd=row["sum_of_squared_patient_differences"],
        sum_dn=row["sum_of_patient_differences_by_cases"],
        sum_nn=row["sum_of_squared_patient_cases"],
    )


def data_weights(by_data: pl.DataFrame) -> DataWeights:
    """One set of weights for all effects of a comparison, finding and metric, from numbers of patients.

    1/(1/n + 1/n′) of the n and n′ patients of old and of new data: with the finding for sensitivity, without it for
    specificity; of both classes, four numbers, for the AUC. A site without one of the effects has no weight.
    """
    names = ("new_model", "old_model", "finding")
    patients: dict[tuple[str, ...], list[int]] = {}
    complete: list[tuple[str, str, str, str, str]] = []
    for row in by_data.iter_rows(named=True):
        new, old, finding = (row[name] for name in names)
        if row["term"] in (_OLD_DATA, _NEW_DATA):
            patients.setdefault((new, old, finding, row["metric"], row["site"]), []).append(row["n_patients"])
        elif row["term"] == DATA_EFFECTS["both"] and row["estimate"] is not None:
            complete.append((new, old, finding, row["metric"], row["site"]))
    weights: dict[tuple[str, str, str, str], dict[str, float]] = {}
    for new, old, finding, metric, site in complete:
        counts = [n for of in _CLASSES[metric] for n in patients[new, old, finding, of, site]]
        weights.setdefault((new, old, finding, metric), {})[site] = 1.0 / sum(1.0 / n for n in counts)
    return weights


def pooled_effect(sites: Sequence[_Row], weights: Mapping[str, float], level: float) -> dict[str, Any]:
    """Of an effect of old and new data, with the weights that all effects share, so that sums stay sums.

    A site whose effect shows no variance counts with that of the others, brought to its weight. Where no site shows
    any, the mean has no interval.

    Parameters
    ----------
    sites
        Rows of ``model_by_data`` of one effect.
    weights, level
        Of :func:`data_weights`, by site; confidence level.

    Returns
    -------
    dict[str, Any]
        As :func:`pooled_difference`.
    """
    counted = [row for row in sites if row["site"] in weights]
    held = [weights[row["site"]] for row in counted]
    own = [row["standard_error"] ** 2 if has_interval(row) else None for row in counted]
    known = [(weight, variance) for weight, variance in zip(held, own, strict=True) if variance is not None]
    if not known:
        nothing = _row(random_effects([], [], level=level), None, [], sites)
        if not counted:
            return nothing
        mean = sum(w * row["estimate"] for w, row in zip(held, counted, strict=True)) / sum(held)
        counts = {"n_sites": len(counted), **_numbers(counted), "status": EstimateStatus.INSUFFICIENT.value}
        return nothing | {"estimate": mean} | counts
    # A variance times the weight is about the same at every site; sites that show none would make it too small.
    common = sum(w * w * variance for w, variance in known) / sum(w for w, _ in known)
    variances = [common / w if variance is None else variance for w, variance in zip(held, own, strict=True)]
    mean_of_sites = fixed_weights_mean([row["estimate"] for row in counted], variances, held, level=level)
    return _row(mean_of_sites, mean_of_sites, counted, sites)


def _row(
    found: PooledEstimate | PooledPairedDifference,
    between: PooledEstimate | None,
    counted: Sequence[_Row],
    sites: Sequence[_Row],
) -> dict[str, Any]:
    spread = between if between is not None and between.tau2 is not None else None
    return {
        "n_sites": found.n_sites,
        "estimate": found.estimate,
        "ci_low": found.ci_low,
        "ci_high": found.ci_high,
        "ci_level": found.ci_level,
        "ci_method": found.ci_method,
        "standard_error": found.standard_error,
        "p_value": found.p_value,
        "degrees_of_freedom": None if found.standard_error is None else found.n_sites - 1.0,
        "prediction_low": spread.prediction_low if spread else None,
        "prediction_high": spread.prediction_high if spread else None,
        "tau": math.sqrt(spread.tau2) if spread and spread.tau2 is not None else None,
        "i2": spread.i2 if spread else None,
        **_numbers(counted),
        "status": found.status.value,
        "reason": found.reason if found.n_sites else _why(sites),
    }


def _numbers(counted: Sequence[_Row]) -> dict[str, int]:
    return {name: sum(row[name] for row in counted) for name in ("n_patients", "n_cases")}


def _why(sites: Sequence[_Row]) -> str:
    reasons = {row["reason"] for row in sites}
    if len(reasons) == 1 and None not in reasons:
        return f"no site has a difference with an interval: {reasons.pop()}"
    return "no site has a difference with an interval"
