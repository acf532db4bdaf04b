"""Differences of proportions of the same cases."""

import itertools

import numpy as np
import pytest
from scipy import stats

from multisite.stats.proportions import PairedCounts, paired_proportion_difference
from multisite.vocabulary import EstimateStatus

METHODS = ("newcombe", "newcombe-8", "tango")
TABLES = [
    (4, 9, 3, 16),
    (0, 5, 0, 0),
    (0, 0, 5, 0),
    (0, 3, 5, 0),
    (7, 0, 0, 0),
    (0, 0, 0, 7),
    (5, 1, 0, 3),
    (0, 1, 0, 0),
]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("table", TABLES)
def test_every_table_has_an_interval_that_holds_the_difference(method: str, table: tuple) -> None:
    result = paired_proportion_difference(*table, method=method)
    assert result.estimate == (table[1] - table[2]) / sum(table)
    assert -1 <= result.ci_low <= result.estimate <= result.ci_high <= 1
    assert result.ci_low < result.ci_high
    assert result.first - result.second == pytest.approx(result.estimate)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("table", TABLES)
def test_the_other_way_round_is_the_mirrored_interval(method: str, table: tuple) -> None:
    both, first, second, neither = table
    one = paired_proportion_difference(*table, method=method)
    other = paired_proportion_difference(both, second, first, neither, method=method)
    assert one.estimate == -other.estimate
    assert one.ci_low == pytest.approx(-other.ci_high, abs=1e-11)
    wrong = paired_proportion_difference(neither, second, first, both, method=method)
    assert wrong.ci_low == pytest.approx(-one.ci_high, abs=1e-11)


def test_tango_s_interval_does_not_look_at_concordant_cases_but_for_their_number() -> None:
    one, other = (paired_proportion_difference(a, 9, 3, 20 - a, method="tango") for a in (4, 15))
    assert (one.ci_low, one.ci_high) == (other.ci_low, other.ci_high)


@pytest.mark.parametrize("n", [1, 10, 1000, 1_000_000])
def test_tango_s_limits_without_a_discordant_case_are_known_in_closed_form(n: int) -> None:
    z2 = stats.norm.ppf(0.975) ** 2
    result = paired_proportion_difference(n, 0, 0, 0, method="tango")
    assert result.ci_high == pytest.approx(z2 / (n + z2), rel=1e-6)
    assert result.ci_low == pytest.approx(-z2 / (n + z2), rel=1e-6)


def test_method_8_has_no_width_where_the_two_never_differ_and_then_gives_none() -> None:
    result = paired_proportion_difference(50, 0, 0, 50, method="newcombe-8")
    assert (result.estimate, result.ci_low, result.status) == (0.0, None, EstimateStatus.INSUFFICIENT)
    assert "never differ" in (result.reason or "")


def test_no_case_is_undefined() -> None:
    result = paired_proportion_difference(0, 0, 0, 0)
    assert (result.estimate, result.first, result.status) == (None, None, EstimateStatus.UNDEFINED)


def test_impossible_input_is_refused() -> None:
    with pytest.raises(ValueError, match="second_only"):
        paired_proportion_difference(1, 2, 0.5, 1)
    with pytest.raises(ValueError, match="method"):
        paired_proportion_difference(1, 2, 1, 1, method="wald")


def test_counts_are_taken_from_cases() -> None:
    counts = PairedCounts.from_cases([1, 1, 0, 0, 1], [True, False, True, False, True])
    assert counts == PairedCounts(both=2, first_only=1, second_only=1, neither=1)
    assert counts.n_cases == 5
    assert PairedCounts.from_cases([], []).n_cases == 0


@pytest.mark.parametrize("results", [[0, 2], [0, np.nan], ["a", "b"], [[0, 1]]])
def test_results_other_than_zero_and_one_are_refused(results: list) -> None:
    with pytest.raises(ValueError, match="first"):
        PairedCounts.from_cases(results, [0, 1])


def test_results_of_other_cases_are_refused() -> None:
    with pytest.raises(ValueError, match="length"):
        PairedCounts.from_cases([0, 1], [0, 1, 1])


@pytest.mark.parametrize(("method", "least", "most"), [("newcombe", 0.94, 0.99), ("tango", 0.92, 0.98)])
def test_coverage_by_enumeration_of_every_table(method: str, least: float, most: float) -> None:
    n = 14
    tables = np.array([t for t in itertools.product(range(n + 1), repeat=4) if sum(t) == n])
    if method == "tango":
        # Its limits are functions of the discordant cases alone.
        known = {
            (f, g): paired_proportion_difference(n - f - g, f, g, 0, method=method)
            for f in range(n + 1)
            for g in range(n + 1 - f)
        }
        intervals = [known[f, g] for _, f, g, _ in tables.tolist()]
    else:
        intervals = [paired_proportion_difference(*table, method=method) for table in tables.tolist()]
    low, high = (np.array([getattr(found, end) for found in intervals]) for end in ("ci_low", "ci_high"))
    for cells in ((0.6, 0.2, 0.1, 0.1), (0.4, 0.1, 0.1, 0.4), (0.3, 0.3, 0.2, 0.2), (0.5, 0.3, 0.05, 0.15)):
        truth = cells[1] - cells[2]
        inside = (low <= truth + 1e-12) & (truth - 1e-12 <= high)
        assert least <= float(stats.multinomial.pmf(tables, n, cells) @ inside) <= most, cells
