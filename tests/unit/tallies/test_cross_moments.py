"""Sums of a level against all cases: they give what counting the rest by itself would give."""

import numpy as np
import polars as pl
import pytest

from multisite.stats import ClusterMoments, SharedMoments
from multisite.tallies import level_and_rest, tally_cross_moments, tally_proportions

METRICS = {"sensitivity": (True, True), "specificity": (False, False)}
"""Metric to the reference standard of its denominator and the call of its numerator."""


@pytest.fixture(scope="module")
def cases() -> pl.DataFrame:
    rng = np.random.default_rng(11)
    n = 300
    return pl.DataFrame(
        {
            "site": ["a" if i < 201 else "b" for i in range(n)],
            "finding": "nodule",
            "model": "m",
            "split": "test",
            "patient_id": [f"p{i // 3}" for i in range(n)],
            "stratum_vendor": [None if i % 40 == 0 else ("GE", "Canon")[int(rng.random() < 0.4)] for i in range(n)],
            "reference": rng.random(n) < 0.4,
            "score": rng.random(n).round(3),
        }
    )


def by_patient(cases: pl.DataFrame, metric: str, level: str, *, rest: bool) -> tuple[list[int], list[int]]:
    """Numerator and denominator of every patient, at the level or at all others; zeros where there is no case."""
    truth, call = METRICS[metric]
    at_level = (pl.col("stratum_vendor").fill_null("unknown") == level) ^ rest
    counted = at_level & (pl.col("reference") == truth)
    found = (
        cases.group_by("patient_id", maintain_order=True)
        .agg(y=(counted & ((pl.col("score") >= 0.5) == call)).sum(), n=counted.sum())
        .sort("patient_id")
    )
    return found["y"].to_list(), found["n"].to_list()


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("level", ["GE", "Canon", "unknown"])
def test_level_and_all_cases_give_the_rest_and_what_goes_with_what(
    cases: pl.DataFrame, metric: str, level: str
) -> None:
    moments = {
        (row["metric"], row["level"]): sums
        for row, sums in tally_proportions(cases, strata=["stratum_vendor"], thresholds=[0.5]).over_sites().rows()
    }
    cross = tally_cross_moments(cases, strata=["stratum_vendor"], threshold=0.5).filter(metric=metric, level=level)
    sums = cross.select(pl.col("n_patients_only", "^sum_.*$").sum()).row(0, named=True)
    found = level_and_rest(moments[metric, level], moments[metric, "overall"], sums)
    y1, n1 = (np.array(values) for values in by_patient(cases, metric, level, rest=False))
    y2, n2 = (np.array(values) for values in by_patient(cases, metric, level, rest=True))
    assert found.level == ClusterMoments.from_clusters(y1, n1)
    assert found.rest == ClusterMoments.from_clusters(y2, n2)
    products = (y1 @ y2, y1 @ n2, n1 @ y2, n1 @ n2)
    assert found.shared == SharedMoments(int(((n1 > 0) & (n2 > 0)).sum()), *(int(value) for value in products))
    assert found.shared.n_patients > 0 or level == "unknown"


def test_sums_of_sites_are_those_of_their_patients_together(cases: pl.DataFrame) -> None:
    whole = tally_cross_moments(cases.with_columns(pl.lit("a").alias("site")), strata=["stratum_vendor"], threshold=0.5)
    parts = tally_cross_moments(cases, strata=["stratum_vendor"], threshold=0.5)
    keys = ["stratum", "level", "metric"]
    added = parts.group_by(keys).agg(pl.col("n_patients_only", "^sum_.*$").sum()).sort(keys)
    assert added.equals(whole.select(added.columns).sort(keys))


def test_no_case_gives_no_row(cases: pl.DataFrame) -> None:
    assert tally_cross_moments(cases.clear(), strata=["stratum_vendor"], threshold=0.5).is_empty()
