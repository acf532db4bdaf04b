"""Differences between models at each site and over the sites, held against what the protocol accepts as a loss."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from multisite.performance.models.pooled_differences import data_weights, has_interval, pooled_difference, pooled_effect
from multisite.schemas.model_comparison import DATA_EFFECTS, MODEL_DIFFERENCES, NEW_MINUS_OLD
from multisite.stats import holm, smallest_detectable_difference
from multisite.vocabulary import ALL_SITES, OVERALL

__all__ = ["Margins", "ModelDifferencesParameters", "margin_verdict", "model_differences", "superiority"]

_KEYS = ("new_model", "old_model", "finding", "stratum", "level", "metric", "question")
_POWER = 0.8


@dataclass(frozen=True, slots=True)
class Margins:
    """Of one comparison the largest acceptable loss by metric, and the metrics whose tests are adjusted."""

    new: str
    old: str
    primary: tuple[str, ...]
    losses: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ModelDifferencesParameters:
    """What the protocol declares; ``ci_level`` is that of every interval."""

    margins: tuple[Margins, ...]
    ci_level: float


def model_differences(
    pairs: pl.DataFrame, by_data: pl.DataFrame, parameters: ModelDifferencesParameters
) -> pl.DataFrame:
    """Each site's difference, and what the sites show together on the plain scale, with verdicts.

    Parameters
    ----------
    pairs, by_data
        Rows of ``model_pairs`` and ``model_by_data`` of every site.
    parameters
        What the protocol declares.

    Returns
    -------
    pl.DataFrame
        Rows of ``model_differences``. Over sites, sensitivity and specificity are of the added counts
        (:func:`pooled_paired_difference`), AUC and Brier score random-effects means, from which a site whose difference
        has no standard error is left out; the effects of old and new data share one set of weights. What one site shows
        is no mean: insufficient, without an interval. Margins bind the difference of all cases on the same data only,
        at a site and over sites. Holm's adjustment is over the primary metrics of all comparisons and findings, over
        sites, or of the only site there is.
    """
    declared = {(margins.new, margins.old): margins for margins in parameters.margins}
    weights = data_weights(by_data)
    rows: list[dict[str, Any]] = []
    for key, sites in _grouped(pairs, by_data):
        names = dict(zip(_KEYS, key, strict=True))
        margins = declared.get((names["new_model"], names["old_model"]))
        if names["question"] == NEW_MINUS_OLD:
            pooled = pooled_difference(sites, parameters.ci_level)
        else:
            shared = weights.get((names["new_model"], names["old_model"], names["finding"], names["metric"]), {})
            pooled = pooled_effect(sites, shared, parameters.ci_level)
        made = [*(_site_row(row) for row in sites), _over_sites(pooled)]
        if margins is not None and names["stratum"] == OVERALL and names["question"] == NEW_MINUS_OLD:
            made = [_judged(row, names["metric"], margins) for row in made]
            if names["metric"] in margins.primary:
                _primary_of(made)["is_primary"] = True
        rows += [names | row for row in made]
    _adjust(rows)
    return pl.DataFrame(rows, schema=MODEL_DIFFERENCES.schema, orient="row")


def margin_verdict(low: float | None, high: float | None, loss: float, *, less_is_better: bool = False) -> str:
    """Whether a new model's loss stays within ``loss``, from the interval of new minus old.

    ``meets`` where the whole interval is better than a loss of that size, ``fails`` where all of it is worse, else
    ``insufficient evidence``, as also without an interval.
    """
    if low is None or high is None:
        return "insufficient evidence"
    worst, best = (-high, -low) if less_is_better else (low, high)
    if worst > -loss:
        return "meets"
    return "fails" if best < -loss else "insufficient evidence"


def superiority(low: float | None, high: float | None, *, less_is_better: bool = False) -> str:
    """Which model the interval of new minus old shows to be better; one that holds 0 shows none."""
    if low is None or high is None or low <= 0.0 <= high:
        return "not shown"
    return "new model better" if (low > 0.0) is not less_is_better else "old model better"


def _grouped(pairs: pl.DataFrame, by_data: pl.DataFrame) -> Iterator[tuple[tuple[str, ...], list[dict[str, Any]]]]:
    """Rows of the sites by what they are of, in the order of the names."""
    paired = pairs.with_columns(pl.lit(NEW_MINUS_OLD).alias("question"))
    overall = [pl.lit(OVERALL).alias(name) for name in ("stratum", "level")]
    effects = by_data.filter(pl.col("term").is_in(list(DATA_EFFECTS.values()))).rename({"term": "question"})
    columns = ["site", *_KEYS, *_TAKEN]
    frame = pl.concat([paired.select(columns + _SUMS), effects.with_columns(overall).select(columns)], how="diagonal")
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in frame.sort(*_KEYS, "site").iter_rows(named=True):
        groups.setdefault(tuple(row[name] for name in _KEYS), []).append(row)
    yield from groups.items()


_TAKEN = (
    "estimate",
    "ci_low",
    "ci_high",
    "ci_level",
    "ci_method",
    "standard_error",
    "p_value",
    "degrees_of_freedom",
    "n_patients",
    "n_cases",
    "status",
    "reason",
)
_SUMS = [
    "n_cases_only_new_right",
    "n_cases_only_old_right",
    "sum_of_squared_patient_differences",
    "sum_of_patient_differences_by_cases",
    "sum_of_squared_patient_cases",
]


def _site_row(row: Mapping[str, Any]) -> dict[str, Any]:
    nothing = dict.fromkeys(("prediction_low", "prediction_high", "tau", "i2"))
    return {
        "site": row["site"],
        "n_sites": 1,
        **{name: row[name] for name in _TAKEN},
        **nothing,
        **_empty_judgement(),
        "detectable": _detectable(row["standard_error"], row["ci_level"], row["degrees_of_freedom"]),
    }


def _over_sites(pooled: Mapping[str, Any]) -> dict[str, Any]:
    detectable = _detectable(pooled["standard_error"], pooled["ci_level"], pooled["degrees_of_freedom"])
    return {"site": ALL_SITES, **pooled, **_empty_judgement(), "detectable": detectable}


def _empty_judgement() -> dict[str, Any]:
    return {"p_holm": None, "is_primary": False, "margin": None, "verdict": None, "superiority": None}


def _judged(row: dict[str, Any], metric: str, margins: Margins) -> dict[str, Any]:
    less, loss = metric == "brier", margins.losses.get(metric)
    interval = row["ci_low"], row["ci_high"]
    return row | {
        "margin": loss,
        "verdict": None if loss is None else margin_verdict(*interval, loss, less_is_better=less),
        "superiority": None if None in interval else superiority(*interval, less_is_better=less),
    }


def _primary_of(made: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The row whose test counts: that over sites, last of ``made``, or the only site with an interval."""
    pooled = made[-1]
    if pooled["n_sites"] != 1:
        return pooled
    return next((row for row in made[:-1] if has_interval(row)), pooled)


def _adjust(rows: Sequence[dict[str, Any]]) -> None:
    tests = [row for row in rows if row["is_primary"]]
    adjusted = holm([np.nan if row["p_value"] is None else row["p_value"] for row in tests])
    for row, p_value in zip(tests, adjusted.tolist(), strict=True):
        row["p_holm"] = None if math.isnan(p_value) else p_value


def _detectable(standard_error: float | None, level: float, degrees_of_freedom: float | None) -> float | None:
    """What the precision that was reached could have found, whatever was found; not the power of what was found."""
    if not standard_error:
        return None
    return smallest_detectable_difference(
        standard_error, power=_POWER, level=level, degrees_of_freedom=degrees_of_freedom
    ).difference
