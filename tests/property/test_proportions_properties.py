"""What must hold for every interval of a proportion, whatever the counts."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from multisite.stats.estimate import Estimate
from multisite.stats.proportions import (
    ClusterMoments,
    PairedClusterMoments,
    PairedCounts,
    clustered_mcnemar,
    clustered_proportion,
    clustered_proportion_difference,
    diagnostic_accuracy,
    mcnemar,
    paired_clustered_proportion_difference,
    paired_predictive_values,
    paired_proportion_difference,
    proportion,
    proportion_difference,
)
from tests.lib.examples import examples

COUNT = st.integers(0, 40)
SHARE = st.tuples(COUNT, COUNT).map(lambda pair: (pair[0], pair[0] + pair[1]))
TABLE = st.tuples(COUNT, COUNT, COUNT, COUNT)
SINGLE = st.sampled_from(["wilson", "wilson-cc", "clopper-pearson", "agresti-coull", "jeffreys"])
DIFFERENCE = st.sampled_from(["newcombe", "newcombe-cc", "miettinen-nurminen"])
PAIRED = st.sampled_from(["newcombe", "newcombe-8", "tango"])
CLUSTERED = st.sampled_from(["wilson", "korn-graubard", "rao-scott"])
CLUSTERED_DIFFERENCE = st.sampled_from(["square-and-add", "wald"])
UP_TO_SIX = st.integers(0, 6)
CLUSTER = st.tuples(UP_TO_SIX, UP_TO_SIX, UP_TO_SIX).map(lambda c: (min(c[0], c[2]), min(c[1], c[2]), c[2]))
CLUSTERS = st.lists(CLUSTER, min_size=1, max_size=8)


def sound(result: Estimate, low: float, high: float) -> None:
    """A number inside its interval inside its range, and a reason for whatever is missing."""
    assert (result.estimate is None) == (result.status == "undefined")
    assert (result.ci_low is None) == (result.ci_high is None) == (result.status != "ok")
    assert bool(result.reason) == (result.status != "ok")
    assert result.ci_method
    if result.ci_low is not None:
        assert low <= result.ci_low <= result.estimate <= result.ci_high <= high


def narrower(often: Estimate, once: Estimate) -> None:
    if once.ci_low is not None:
        assert often.estimate == pytest.approx(once.estimate)
        assert often.ci_high - often.ci_low <= (once.ci_high - once.ci_low) * (1 + 1e-9) + 1e-12


def columns(clusters: list) -> list[list[int]]:
    return [list(column) for column in zip(*clusters, strict=True)]


@examples(80)
@given(SHARE, SINGLE, st.integers(2, 5))
def test_a_proportion(share: tuple, method: str, times: int) -> None:
    result = proportion(*share, method=method)
    sound(result, 0, 1)
    narrower(proportion(share[0] * times, share[1] * times, method=method), result)
    mirrored = proportion(share[1] - share[0], share[1], method=method)
    if result.ci_low is not None:
        assert result.ci_low == pytest.approx(1 - mirrored.ci_high, abs=1e-9)


@examples(60)
@given(SHARE, SHARE, DIFFERENCE, st.integers(2, 5))
def test_a_difference(first: tuple, second: tuple, method: str, times: int) -> None:
    result = proportion_difference(*first, *second, method=method)
    sound(result, -1, 1)
    repeated = (count * times for count in (*first, *second))
    narrower(proportion_difference(*repeated, method=method), result)


@examples(60)
@given(TABLE, PAIRED, st.integers(2, 5))
def test_a_paired_difference(table: tuple, method: str, times: int) -> None:
    result = paired_proportion_difference(*table, method=method)
    sound(result, -1, 1)
    if method != "newcombe":  # whose correction of phi, by n/2, weighs less the more cases there are
        narrower(paired_proportion_difference(*(count * times for count in table), method=method), result)


@examples(60)
@given(COUNT, COUNT, st.sampled_from(["exact", "mid-p", "asymptotic", "asymptotic-cc"]))
def test_a_p_value_lies_above_zero_and_is_largest_without_a_difference(f: int, g: int, method: str) -> None:
    assume(f + g > 0)
    p = mcnemar(f, g, method=method).p_value
    assert 0 < p <= 1
    assert p >= mcnemar(f, g + f + 5, method=method).p_value - 1e-12 or g < f


@examples(60)
@given(TABLE, st.integers(2, 5))
def test_the_table_of_a_test(table: tuple, times: int) -> None:
    found = diagnostic_accuracy(*table, prevalence=0.2)
    often = diagnostic_accuracy(*(count * times for count in table), prevalence=0.2)
    for name in ("sensitivity", "specificity", "ppv", "npv", "accuracy", "prevalence"):
        sound(getattr(found, name), 0, 1)
        narrower(getattr(often, name), getattr(found, name))
    for name in ("positive_likelihood_ratio", "negative_likelihood_ratio", "diagnostic_odds_ratio"):
        sound(getattr(found, name), 0, float("inf"))
        narrower(getattr(often, name), getattr(found, name))
    sound(found.youden_index, -1, 1)
    sound(found.at_prevalence.ppv, 0, 1)
    sound(found.at_prevalence.npv, 0, 1)


@examples(60)
@given(TABLE, TABLE, st.sampled_from(["weighted-generalised-score", "generalised-score"]))
def test_predictive_values_of_two_tests(with_finding: tuple, without: tuple, test: str) -> None:
    names = ("both", "first_only", "second_only", "neither")
    groups = (PairedCounts(**dict(zip(names, table, strict=True))) for table in (with_finding, without))
    found = paired_predictive_values(*groups, test=test)
    for value in (found.ppv, found.npv):
        sound(value.ratio, 0, float("inf"))
        assert (value.test.p_value is None) == (value.test.status != "ok") == bool(value.test.reason)
        if value.test.statistic is not None:
            assert value.test.statistic >= 0
            assert 0 < value.test.p_value <= 1


@examples(30)
@given(CLUSTERS, CLUSTERED, st.randoms(use_true_random=False))
def test_a_clustered_proportion(clusters: list, method: str, random) -> None:  # type: ignore[no-untyped-def]  # hypothesis's
    y, _, n = columns(clusters)
    result = clustered_proportion(ClusterMoments.from_clusters(y, n), method=method)
    sound(result, 0, 1)
    # Patients in another order, and in two parts that are added.
    random.shuffle(clusters)
    y, _, n = columns(clusters)
    half = len(clusters) // 2
    parts = (ClusterMoments.from_clusters(y[:half], n[:half]), ClusterMoments.from_clusters(y[half:], n[half:]))
    assert clustered_proportion(parts[0] + parts[1], method=method) == result
    mirrored = clustered_proportion(ClusterMoments.from_clusters(np.subtract(n, y), n), method=method)
    if result.ci_low is not None:
        assert result.ci_low == pytest.approx(1 - mirrored.ci_high, abs=1e-9)


@examples(30)
@given(CLUSTERS, CLUSTERS, CLUSTERED_DIFFERENCE)
def test_a_difference_of_clustered_proportions(one: list, other: list, method: str) -> None:
    (first, _, n1), (second, _, n2) = columns(one), columns(other)
    groups = ClusterMoments.from_clusters(first, n1), ClusterMoments.from_clusters(second, n2)
    sound(clustered_proportion_difference(*groups, method=method), -1, 1)


@examples(30)
@given(CLUSTERS, CLUSTERED_DIFFERENCE, st.sampled_from(["obuchowski", "modified-obuchowski"]), st.data())
def test_a_paired_difference_of_clustered_proportions(
    clusters: list, method: str, test: str, data: st.DataObject
) -> None:
    moments = PairedClusterMoments.from_clusters(*columns(clusters))
    result, tested = (
        paired_clustered_proportion_difference(moments, method=method),
        clustered_mcnemar(moments, method=test),
    )
    sound(result, -1, 1)
    assert (tested.p_value is None) == (tested.status != "ok")
    assert (tested.statistic == 0) == (result.estimate == 0) or tested.statistic is None
    shuffled = PairedClusterMoments.from_clusters(*columns(data.draw(st.permutations(clusters))))
    assert shuffled == moments
    first, second, n = columns(clusters)
    wrong = PairedClusterMoments.from_clusters(np.subtract(n, first), np.subtract(n, second), n)
    mirrored = paired_clustered_proportion_difference(wrong, method=method)
    assert clustered_mcnemar(wrong, method=test).statistic == pytest.approx(tested.statistic)
    if result.ci_low is not None:
        assert result.ci_low == pytest.approx(-mirrored.ci_high, abs=1e-9)
