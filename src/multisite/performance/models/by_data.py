"""Old and new model on old and new data: whether a change of performance is of the model or of the data."""

from collections.abc import Sequence
from typing import Any

import polars as pl

from multisite.performance.models.paired_metrics import PairedCases, PairRules
from multisite.performance.models.pairs import ModelPair, ModelPairsParameters, paired_cases
from multisite.schemas.model_comparison import DATA_CELLS, DATA_EFFECTS, MODEL_BY_DATA
from multisite.stats import (
    BooleanArray,
    ClusterMoments,
    CrossedDifferences,
    Estimate,
    clustered_auc,
    clustered_proportion,
    crossed_auc,
    crossed_means,
)
from multisite.vocabulary import EstimateStatus

__all__ = ["model_by_data"]

_TRUTH = {"sensitivity": True, "specificity": False}


def model_by_data(
    scored: pl.DataFrame, *, site: str, strata: Sequence[str], parameters: ModelPairsParameters
) -> pl.DataFrame:
    """Of every comparison that says what is old and what is new data: four values, and what follows from them.

    Parameters
    ----------
    scored, site, strata, parameters
        As for :func:`multisite.performance.model_pairs.model_pairs`.

    Returns
    -------
    pl.DataFrame
        Rows of ``model_by_data``. A value is withheld where its data have fewer patients than the rule asks for, and
        so is every effect that needs it.
    """
    rows: list[dict[str, Any]] = []
    for pair in parameters.pairs:
        if pair.data is None:
            continue
        for finding in pair.findings:
            names = {"site": site, "new_model": pair.new, "old_model": pair.old, "finding": finding}
            cases = paired_cases(scored, pair, finding, strata=strata)
            rows += [names | row for row in _rows(cases, pair, finding, parameters)]
    return pl.DataFrame(rows, schema=MODEL_BY_DATA.schema, orient="row")


def _rows(cases: pl.DataFrame, pair: ModelPair, finding: str, parameters: ModelPairsParameters) -> list[dict[str, Any]]:
    if pair.data is None:
        return []
    rules = PairRules(parameters.ci_level, parameters.minimum_denominator)
    both = (
        cases.filter(pl.col("new_score").is_not_null() & pl.col("old_score").is_not_null())
        .with_columns(pair.data.is_new().alias("is_new"))
        .filter(pl.col("is_new").is_not_null())
    )
    held = pair.cut(both, finding)
    new_data = both["is_new"].to_numpy().astype(bool)
    parts = [pair.cut(both.filter(is_new=side), finding) for side in (False, True)]
    rows: list[dict[str, Any]] = []
    for metric in ("auc", "sensitivity", "specificity"):
        crossed = _crossed(held, new_data, metric, rules.level)
        short = [rules.shortage(part, metric) for part in parts]
        made = [*_cells(parts, metric, short, rules.level), *_effects(crossed, short)]
        rows += [{"metric": metric, "n_patients_shared": crossed.n_patients_shared, **row} for row in made]
    return rows


def _crossed(held: PairedCases, new_data: BooleanArray, metric: str, level: float) -> CrossedDifferences:
    if metric == "auc":
        return crossed_auc(held.positive, held.old, held.new, new_data, patient=held.patient, level=level)
    chosen = held.positive == _TRUTH[metric]
    new, old = held.right_calls(_TRUTH[metric])
    return crossed_means(old, new, new_data[chosen], patient=held.patient[chosen], level=level)


def _cells(
    parts: Sequence[PairedCases], metric: str, short: Sequence[str | None], level: float
) -> list[dict[str, Any]]:
    rows = []
    for term in DATA_CELLS:
        model, data = term.split(", ")
        side = int(data == "new data")
        row = _value(parts[side], metric, is_new=model == "new model", level=level)
        rows.append({"term": term, **_withheld(row, short[side])})
    return rows


def _value(part: PairedCases, metric: str, *, is_new: bool, level: float) -> dict[str, Any]:
    if metric == "auc":
        area = clustered_auc(part.positive, part.new if is_new else part.old, part.patient, level=level)
        return _row(area, area.n_patients, area.n_cases)
    truth = _TRUTH[metric]
    right = part.right_calls(truth)[0 if is_new else 1]
    chosen = pl.DataFrame({"patient": part.patient[part.positive == truth], "right": right})
    sums = chosen.group_by("patient").agg(pl.col("right").sum().cast(pl.Int64), pl.len().cast(pl.Int64).alias("n"))
    moments = ClusterMoments.from_clusters(sums["right"].to_numpy(), sums["n"].to_numpy())
    share = clustered_proportion(moments, level=level)
    return _row(share, moments.n_patients, moments.sum_n)


def _effects(crossed: CrossedDifferences, short: Sequence[str | None]) -> list[dict[str, Any]]:
    needs = {"model_on_old_data": short[:1], "model_on_new_data": short[1:]}
    rows = []
    for name, effect in crossed.effects.items():
        shortage = next((reason for reason in needs.get(name, short) if reason), None)
        row = _row(effect, effect.n_patients, effect.n_cases)
        row |= {name: getattr(effect, name) for name in ("standard_error", "p_value", "degrees_of_freedom")}
        rows.append({"term": DATA_EFFECTS[name], **_withheld(row, shortage)})
    return rows


def _row(found: Estimate, n_patients: int, n_cases: int) -> dict[str, Any]:
    return {
        "estimate": found.estimate,
        "ci_low": found.ci_low,
        "ci_high": found.ci_high,
        "ci_level": found.ci_level,
        "ci_method": found.ci_method,
        "n_patients": n_patients,
        "n_cases": n_cases,
        "status": found.status.value,
        "reason": found.reason,
    }


def _withheld(row: dict[str, Any], shortage: str | None) -> dict[str, Any]:
    if shortage is None or row["status"] == EstimateStatus.UNDEFINED:
        return row
    nothing = dict.fromkeys(("estimate", "ci_low", "ci_high", "standard_error", "p_value", "degrees_of_freedom"))
    return row | nothing | {"status": EstimateStatus.INSUFFICIENT.value, "reason": f"{shortage} in a set of data"}
