"""Readers who read differently: each beside the others of the same cases, against the decision of the rule."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl

from multisite.reference.agreement import AgreementRules
from multisite.reference.readers import reader_numbers, reader_word
from multisite.reference.rules import FindingRule, label_of_judgement
from multisite.schemas.reader_bias import OVER_CALLS, READER_BIAS, UNDER_CALLS
from multisite.stats import (
    DifferenceEstimate,
    PairedClusterMoments,
    holm,
    interval_p_value,
    paired_clustered_proportion_difference,
    paired_proportion_difference,
)
from multisite.tallies import shortage
from multisite.vocabulary import EstimateStatus, Verdict

__all__ = ["reader_bias_table"]

_TRUTH_OF = {OVER_CALLS: False, UNDER_CALLS: True}

_LEANS = "the truth of these cases leans on a reader who fails"

_FINEST = 720_720
"""Parts of a case at most: any number of other readers up to 16 divides it, and sums over patients stay whole."""


def reader_bias_table(
    before: pl.DataFrame, reference: pl.DataFrame, rule: FindingRule, rules: AgreementRules, *, site: str
) -> pl.DataFrame:
    """READER_BIAS of one finding: a row per reader and way to call wrong.

    The decision, in which readers may have a part, treats all readers of a case alike: where all are as good, none of
    them calls wrong more often than the others. Only one who does is looked for: who calls wrong less often than the
    others may be a good reader beside a bad one.

    Where reader and others differ in no patient, the interval is Tango's, the cases of a patient taken as alike.

    ``fail`` where the reader's share of wrong calls lies above that of the others by more than the rule accepts: the
    whole interval lies beyond it, and the one-sided p-value, adjusted by Holm over all readers and both errors, is at
    most 1 − its level. ``pass`` where the whole interval is accepted. All else is insufficient evidence; so is a
    failure that does not stand without the cases that a reader who fails for the other error has helped to decide.

    Parameters
    ----------
    before : readings before adjudication, once per case and reader, with ``patient_id`` and whether they ``decided``
    reference : REFERENCE of the finding
    rule : the declared rule, with the excess that it accepts
    rules : level of the intervals, and of how few patients a number is withheld
    """
    numbers = reader_numbers(before)
    judged = _judged_readings(before, reference, rule, numbers)
    rows = [
        {"site": site, "finding": rule.finding, "reader": reader, "error": error}
        | _row(_compared(judged, reader, error), rule, rules)
        for reader in map(reader_word, numbers.values())
        for error in _TRUTH_OF
    ]
    adjusted = holm(np.array([np.nan if row["p_value"] is None else row["p_value"] for row in rows]))
    found = [row | _verdict(row, float(p), rules.ci_level) for row, p in zip(rows, adjusted, strict=True)]
    found = _hold_leaning(found, judged, rule, rules)
    return pl.DataFrame(found, schema=READER_BIAS.schema)


def _judged_readings(
    before: pl.DataFrame, reference: pl.DataFrame, rule: FindingRule, numbers: dict[str, int]
) -> pl.DataFrame:
    """Readings of decided cases that two or more have read, with how many others did, and how many of them wrong."""
    said = pl.col("judgement").replace_strict(label_of_judgement(rule), default=None, return_dtype=pl.Boolean)
    decided = reference.drop_nulls("decision").select("case_id", "decision")
    readings = before.with_columns(said.alias("said")).drop_nulls("said").join(decided, on="case_id", how="inner")
    wrong = (pl.col("said") != pl.col("decision")).cast(pl.Int64)
    words = {reader: reader_word(number) for reader, number in numbers.items()}
    return readings.with_columns(
        pl.col("reader").replace_strict(words, default=None, return_dtype=pl.String),
        wrong.alias("wrong"),
        (pl.len().over("case_id").cast(pl.Int64) - 1).alias("others"),
        (wrong.sum().over("case_id") - wrong).alias("others_wrong"),
    ).filter(pl.col("others") > 0)


def _compared(judged: pl.DataFrame, reader: str, error: str) -> pl.DataFrame:
    return judged.filter(pl.col("reader") == reader, pl.col("decision") == _TRUTH_OF[error])


def _hold_leaning(
    rows: list[dict[str, Any]], judged: pl.DataFrame, rule: FindingRule, rules: AgreementRules
) -> list[dict[str, Any]]:
    """Rows of which a failure that leans on another reader's is held as insufficient evidence.

    Whoever calls too many negatives positive makes some of the decisions so, and who disagrees seems to miss positives.
    Of two who fail for opposite errors the one with more wrong calls beyond the others' is looked at first, since
    chance turns but a part of them into decisions: the other's failure must stand without the cases that the first
    decided that way.
    """
    found, leaders = {}, dict[str, list[str]](zip(_TRUTH_OF, ([], []), strict=True))
    for number in sorted(range(len(rows)), key=lambda n: -_excess_calls(rows[n])):
        row = found[number] = rows[number]
        if row["verdict"] != Verdict.FAIL.value:
            continue
        reader, error = row["reader"], row["error"]
        before = [one for one in leaders[OVER_CALLS if error == UNDER_CALLS else UNDER_CALLS] if one != reader]
        helped = judged.filter(pl.col("reader").is_in(before), pl.col("decided"), pl.col("wrong") == 0)
        again = _row(_compared(judged.join(helped, on="case_id", how="anti"), reader, error), rule, rules)
        p_value = np.nan if again["p_value"] is None else again["p_value"]
        if _verdict(again, p_value, rules.ci_level)["verdict"] == Verdict.FAIL.value:
            leaders[error].append(reader)
        else:
            held = {"verdict": Verdict.INSUFFICIENT.value, "status": EstimateStatus.INSUFFICIENT.value}
            found[number] = row | held | {"reason": _LEANS}
    return [found[number] for number in range(len(rows))]


def _excess_calls(row: dict[str, Any]) -> float:
    return 0.0 if row["difference"] is None else float(row["difference"] * row["n_cases"])


def _row(readings: pl.DataFrame, rule: FindingRule, rules: AgreementRules) -> dict[str, Any]:
    moments = _moments(readings)

    def difference(level: float) -> DifferenceEstimate:
        return _difference(moments, level)

    found = difference(rules.ci_level)
    short = shortage(moments.n_patients, rules.minimum_patients)
    withheld = short is not None and found.status is not EstimateStatus.UNDEFINED
    status, reason = (EstimateStatus.INSUFFICIENT, short) if withheld else (found.status, found.reason)
    numbers = {
        "of_reader": found.first,
        "of_others": found.second,
        "difference": found.estimate,
        "ci_low": found.ci_low,
        "ci_high": found.ci_high,
        "p_value": None if withheld else _p_value(found, difference, rule.excess_at_most),
    }
    return {
        **{name: None if withheld else value for name, value in numbers.items()},
        "ci_level": found.ci_level,
        "ci_method": found.ci_method,
        "excess_at_most": rule.excess_at_most,
        "n_patients": moments.n_patients,
        "n_cases": readings.height,
        "status": status.value,
        "reason": reason,
    }


def _difference(moments: PairedClusterMoments, level: float) -> DifferenceEstimate:
    found = paired_clustered_proportion_difference(moments, level=level)
    if moments.n_patients < 2 or moments.sum_of_squared_differences:
        return found
    bound = paired_proportion_difference(0, 0, 0, moments.n_if_alike, method="tango", level=level)
    method = f"{bound.ci_method}, cases of a patient taken as alike"
    return replace(
        found,
        ci_low=bound.ci_low,
        ci_high=bound.ci_high,
        ci_method=method,
        status=bound.status,
        reason=bound.reason,
    )


def _moments(readings: pl.DataFrame) -> PairedClusterMoments:
    """The reader's wrong calls and the others' mean of the same case, each case once, summed over each patient."""
    parts = min(_FINEST, math.lcm(*readings["others"].unique().to_list()))
    of_others = (pl.col("others_wrong") * parts / pl.col("others")).round().cast(pl.Int64)
    sums = readings.group_by("patient_id").agg(
        (pl.col("wrong").sum() * parts).alias("own"), of_others.sum().alias("theirs"), (pl.len() * parts).alias("n")
    )
    return PairedClusterMoments.from_clusters(*(sums[name].to_numpy() for name in ("own", "theirs", "n")))


def _p_value(
    found: DifferenceEstimate, difference: Callable[[float], DifferenceEstimate], accepted: float
) -> float | None:
    if found.estimate is None or found.ci_low is None:
        return None
    if found.estimate <= accepted:
        return 1.0
    two_sided = interval_p_value(difference, accepted)
    return None if two_sided is None else two_sided / 2.0


def _verdict(row: dict[str, Any], adjusted: float, level: float) -> dict[str, Any]:
    accepted, low, high = row["excess_at_most"], row["ci_low"], row["ci_high"]
    verdict = Verdict.INSUFFICIENT
    if high is not None and high <= accepted:
        verdict = Verdict.PASS
    elif low is not None and low > accepted and adjusted <= 1.0 - level:
        verdict = Verdict.FAIL
    return {"p_value_adjusted": None if np.isnan(adjusted) else adjusted, "verdict": verdict.value}
