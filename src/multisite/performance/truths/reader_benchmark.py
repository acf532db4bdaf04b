"""Readers beside the model, on the same cases and against a truth that the reader had no part in."""

from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from multisite.performance.truths.cases import tested_scores
from multisite.performance.truths.sensitivity import TruthParameters
from multisite.schemas.truth_sensitivity import BENCHMARK_METRICS, READER_BENCHMARK
from multisite.stats import PairedClusterMoments, clustered_proportion, paired_clustered_proportion_difference
from multisite.tallies import numbered_patients, shortage
from multisite.vocabulary import EstimateStatus

__all__ = ["reader_benchmark"]


def reader_benchmark(
    cohort: pl.DataFrame, predictions: pl.DataFrame, held_out: pl.DataFrame, rules: TruthParameters, *, site: str
) -> pl.DataFrame:
    """READER_BENCHMARK of a site's test cases.

    The model's share of right calls minus the reader's, of all cases (agreement with the truth) and of each class, with
    a paired interval that counts patients. Of fewer patients than asked for, numbers are withheld and the row stays.
    """
    scored = tested_scores(cohort, predictions, held_out)
    rows = [
        {"site": site, "finding": finding, "model": model, "reader": reader}
        | _row(metric, frame, rules, rules.thresholds.of(str(finding), str(model)))
        for (finding, model, reader), frame in sorted(
            scored.partition_by("finding", "model", "reader_number", as_dict=True).items()
        )
        for metric in BENCHMARK_METRICS
    ]
    return pl.DataFrame(rows, schema=READER_BENCHMARK.schema)


def _row(metric: str, frame: pl.DataFrame, rules: TruthParameters, threshold: float) -> dict[str, Any]:
    if metric != "agreement":
        frame = frame.filter(pl.col("truth") == (metric == "sensitivity"))
    moments = _moments(frame, threshold)
    found = paired_clustered_proportion_difference(moments, level=rules.ci_level)
    reader = clustered_proportion(moments.second, level=rules.ci_level)
    short = shortage(moments.n_patients, rules.minimum_patients)
    withheld = short is not None and found.status is not EstimateStatus.UNDEFINED
    status, reason = (EstimateStatus.INSUFFICIENT, short) if withheld else (found.status, found.reason)
    numbers = {
        "of_reader": found.second,
        "of_model": found.first,
        "difference": found.estimate,
        "ci_low": found.ci_low,
        "ci_high": found.ci_high,
        "reader_low": reader.ci_low,
        "reader_high": reader.ci_high,
    }
    return {
        "metric": metric,
        **{name: None if withheld else value for name, value in numbers.items()},
        "ci_level": found.ci_level,
        "ci_method": found.ci_method,
        "n_patients": moments.n_patients,
        "n_cases": moments.sum_n,
        "status": status.value,
        "reason": reason,
    }


def _moments(frame: pl.DataFrame, threshold: float) -> PairedClusterMoments:
    truth = frame["truth"].to_numpy().astype(np.bool_)
    right_model = (frame["score"].to_numpy() >= threshold) == truth
    right_reader = frame["said"].to_numpy().astype(np.bool_) == truth
    patient = numbered_patients(frame)

    def summed(values: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
        n_patients = int(patient.max(initial=-1)) + 1
        return np.bincount(patient[values], minlength=n_patients).astype(np.int64)

    return PairedClusterMoments.from_clusters(
        summed(right_model), summed(right_reader), summed(np.ones(truth.size, dtype=np.bool_))
    )
