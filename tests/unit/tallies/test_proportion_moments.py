"""Moments over patients: who counts in which denominator."""

import polars as pl
import pytest

from multisite.schemas.performance import PROPORTION_MOMENTS
from multisite.stats import ClusterMoments
from multisite.tallies import ProportionMoments, combine_proportion_moments, tally_proportions
from tests.lib.tables import table

# Patient p1 has two positive cases, one of them missed; p2 a false alarm and a true negative; p3 is found.
CASES = table(
    """
    site | finding | model | split | patient_id | stratum_vendor | reference | score
    a    | nodule  | m1    | test  | p1         | GE             | true      | 0.9
    a    | nodule  | m1    | test  | p1         | Canon          | true      | 0.4
    a    | nodule  | m1    | test  | p2         | GE             | false     | 0.5
    a    | nodule  | m1    | test  | p2         | GE             | false     | 0.1
    a    | nodule  | m1    | test  | p3         |                | true      | 0.7
    """,
    reference=pl.Boolean(),
    score=pl.Float64(),
)


def moments(tallied: ProportionMoments, metric: str, level: str = "overall") -> ClusterMoments:
    (found,) = [sums for row, sums in tallied.rows() if row["metric"] == metric and row["level"] == level]
    return found


def test_each_metric_adds_up_its_own_patients() -> None:
    tallied = tally_proportions(CASES, strata=["stratum_vendor"], thresholds=[0.5])
    assert moments(tallied, "sensitivity") == ClusterMoments.from_clusters([1, 1], [2, 1])
    assert moments(tallied, "specificity") == ClusterMoments.from_clusters([1], [2])
    assert moments(tallied, "ppv") == ClusterMoments.from_clusters([1, 0, 1], [1, 1, 1])
    assert moments(tallied, "npv") == ClusterMoments.from_clusters([0, 1], [1, 1])
    assert moments(tallied, "prevalence") == ClusterMoments.from_clusters([2, 0, 1], [2, 2, 1])


def test_a_score_at_the_threshold_is_positive() -> None:
    at, above = (tally_proportions(CASES, strata=[], thresholds=[t]) for t in (0.5, 0.5000001))
    assert moments(at, "specificity").sum_y == 1
    assert moments(above, "specificity").sum_y == 2


def test_a_patient_in_two_levels_counts_once_in_each() -> None:
    tallied = tally_proportions(CASES, strata=["stratum_vendor"], thresholds=[0.5])
    assert moments(tallied, "sensitivity", "GE") == ClusterMoments.from_clusters([1], [1])
    assert moments(tallied, "sensitivity", "Canon") == ClusterMoments.from_clusters([0], [1])
    assert moments(tallied, "prevalence", "unknown") == ClusterMoments.from_clusters([1], [1])


def test_an_empty_denominator_is_a_row_of_zeros_and_not_a_missing_row() -> None:
    tallied = tally_proportions(CASES, strata=["stratum_vendor"], thresholds=[0.5])
    assert moments(tallied, "specificity", "Canon") == ClusterMoments(0, 0, 0, 0, 0, 0)


def test_thresholds_have_rows_of_their_own_and_prevalence_has_none() -> None:
    tallied = tally_proportions(CASES, strata=[], thresholds=[0.5, 0.2, 0.5])
    frame = tallied.frame
    assert frame.filter(metric="sensitivity")["threshold"].to_list() == [0.2, 0.5]
    assert frame.filter(metric="prevalence")["threshold"].to_list() == [None]
    PROPORTION_MOMENTS.conform(frame)


def test_moments_of_disjoint_patients_add_to_those_of_all() -> None:
    first, second = CASES.filter(pl.col("patient_id") == "p1"), CASES.filter(pl.col("patient_id") != "p1")
    parts = [tally_proportions(part, strata=["stratum_vendor"], thresholds=[0.5]) for part in (first, second)]
    whole = tally_proportions(CASES, strata=["stratum_vendor"], thresholds=[0.5])
    assert combine_proportion_moments(parts).frame.equals(whole.frame)
    assert combine_proportion_moments(parts[::-1]).frame.equals(whole.frame)


def test_sites_pool_by_adding_their_patients() -> None:
    both = pl.concat([CASES, CASES.with_columns(pl.lit("b").alias("site"))])
    pooled = tally_proportions(both, strata=[], thresholds=[0.5]).over_sites()
    assert pooled.frame["site"].unique().to_list() == ["all sites"]
    assert moments(pooled, "sensitivity") == ClusterMoments.from_clusters([1, 1, 1, 1], [2, 1, 2, 1])


def test_no_case_gives_no_row() -> None:
    tallied = tally_proportions(CASES.clear(), strata=["stratum_vendor"], thresholds=[0.5])
    assert tallied.frame.is_empty()
    assert combine_proportion_moments([]).frame.equals(tallied.frame)


@pytest.mark.parametrize("thresholds", [[], [1.5], [float("nan")]])
def test_thresholds_must_be_there_and_in_range(thresholds: list[float]) -> None:
    with pytest.raises(ValueError, match="threshold"):
        tally_proportions(CASES, strata=[], thresholds=thresholds)


def test_a_case_without_a_patient_is_refused() -> None:
    cases = CASES.with_columns(pl.lit(None, pl.String).alias("patient_id"))
    with pytest.raises(ValueError, match=r"`patient_id` \(5\)"):
        tally_proportions(cases, strata=[], thresholds=[0.5])
