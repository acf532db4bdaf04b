"""Monthly monitoring: what is named, what is carried on, and what there is to say where nothing can be said."""

import math

import numpy as np
import pytest

from multisite.stats import (
    cells_evidence,
    detectable_location_change,
    detectable_share_change,
    largest_cell_change,
    location_change,
    location_evidence,
    mix_and_within,
    null_limits,
    p_value_from_limits,
    share_p_value,
    silence_p_value,
    usual_share_range,
    volume_evidence,
    volume_p_value,
    volume_prediction,
)

PROBABILITIES = [0.5, 0.1, 0.01]


def test_the_bin_that_changed_most_is_named_with_its_change() -> None:
    found = largest_cell_change([10, 10, 30], [100, 100, 100])
    assert found.cell == 2
    assert found.change == pytest.approx(0.6 - 1 / 3)


def test_one_study_in_a_rare_bin_does_not_outweigh_a_bin_that_doubled() -> None:
    assert largest_cell_change([60, 70, 69, 1], [300, 850, 849, 1]).cell == 0


def test_of_two_bins_the_first_is_named() -> None:
    tables = np.random.default_rng(5).integers(1, 500, (200, 2, 2))
    assert {largest_cell_change(*table).cell for table in tables} == {0}


def test_a_design_effect_leaves_shares_and_shrinks_statistics() -> None:
    one, four = (largest_cell_change([30, 70], [100, 900], design_effect=effect) for effect in (1.0, 4.0))
    assert four.statistic == pytest.approx(one.statistic / 2)
    assert four.change == pytest.approx(one.change)
    one, four = (location_change([30, 70], [100, 900], design_effect=effect) for effect in (1.0, 4.0))
    assert four.statistic == pytest.approx(one.statistic / 2)


def test_a_side_without_a_study_is_undefined_and_no_change_is_zero() -> None:
    assert not largest_cell_change([0, 0], [3, 4]).is_defined
    assert not location_change([3, 4], [0, 0]).is_defined
    assert not location_change([3, 4], [0, 9]).is_defined
    assert largest_cell_change([3, 4], [30, 40]).statistic == pytest.approx(0.0, abs=1e-6)
    assert math.isnan(float(share_p_value(0, 0, 3, 9)))
    assert usual_share_range(0, 0, n=9) != usual_share_range(0, 9, n=9)


def test_a_month_without_studies_carries_the_evidence_on() -> None:
    for evidence in (cells_evidence, location_evidence):
        found = evidence([[20, 20], [0, 0], [25, 15]], [300, 100])
        assert found.evidence[1] == found.evidence[0]
        assert found.evidence[2] > found.evidence[1]


def test_the_likeliest_start_is_the_month_of_the_change() -> None:
    months = [[30, 10]] * 4 + [[15, 25]] * 3
    for evidence in (cells_evidence, location_evidence):
        found = evidence(months, [600, 200])
        assert found.since[-1] == 4
        assert found.evidence[-1] > 100 > 24 > found.evidence[3]


def test_evidence_before_the_first_study_is_zero_and_unknown_without_a_reference() -> None:
    found = cells_evidence([[0, 0], [1, 2]], [3, 4])
    assert found.evidence[0] == 0.0
    assert found.since[0] == -1
    assert np.isnan(cells_evidence([[1, 2]], [0, 0]).evidence).all()


def test_a_gross_change_over_years_stays_a_number() -> None:
    found = cells_evidence([[5000, 0]] * 24, [0, 100_000])
    assert np.isfinite(found.evidence).all()
    assert np.isfinite(location_evidence([[5000, 0]] * 24, [50_000, 50_000]).evidence).all()


def test_volumes_that_halve_or_stop_are_seen_and_usual_ones_are_not() -> None:
    before = {"counts": [200, 220, 210], "exposures": [20, 22, 21]}
    assert volume_evidence([205, 198], [20, 20], **before).evidence[-1] < 24
    fallen = volume_evidence([205, 100, 95, 0], [20, 20, 20, 20], **before)
    assert fallen.evidence[-1] > 1000
    assert fallen.since[-1] == 1
    assert np.isnan(volume_evidence([3], [20], counts=[0], exposures=[20]).evidence).all()
    assert math.isnan(volume_p_value(3, exposure=20, counts=[], exposures=[]))
    assert math.isnan(volume_prediction([0], [20], exposure=20).expected)


def test_limits_are_the_same_for_the_same_seed_and_rise_with_rarity() -> None:
    for statistic in ("cells", "location"):
        one, again, other = (
            null_limits(
                [40, 50, 60], n_studies=30, probabilities=PROBABILITIES, statistic=statistic, replicates=500, seed=seed
            )
            for seed in (1, 1, 2)
        )
        np.testing.assert_array_equal(one, again)
        assert not np.array_equal(one, other)
        assert np.all(np.diff(one) >= 0)


def test_what_one_bin_can_show_is_never_rare() -> None:
    limits = null_limits([40], n_studies=30, probabilities=PROBABILITIES, statistic="cells", replicates=200)
    p = p_value_from_limits(0.0, n_studies=30, grid_n=[30], probabilities=PROBABILITIES, limits=[limits])
    assert float(p) == 1.0


def test_a_statistic_at_a_limit_has_the_probability_of_that_limit() -> None:
    def p(statistic: float, n: float) -> float:
        table = [[1.0, 2.0, 3.0], [1.5, 2.5, 3.5]]
        sizes = [25, 100]
        return float(
            p_value_from_limits(statistic, n_studies=n, grid_n=sizes, probabilities=PROBABILITIES, limits=table)
        )

    assert p(2.0, 25) == pytest.approx(0.1)
    assert p(2.5, 100) == pytest.approx(0.1)
    assert p(2.25, 50) == pytest.approx(0.1)
    assert p(2.0, 5) == pytest.approx(0.1)
    assert p(0.9, 25) == 1.0
    assert p(99.0, 25) == pytest.approx(0.01)
    assert p(2.5, 25) == pytest.approx(math.sqrt(0.1 * 0.01))


def test_a_silence_of_no_day_is_sure_and_one_longer_than_the_month_impossible() -> None:
    assert silence_p_value(0, rate_per_day=3.0, n_days=20) == 1.0
    assert silence_p_value(21, rate_per_day=3.0, n_days=20) == 0.0
    assert silence_p_value(5, rate_per_day=0.0, n_days=20) == pytest.approx(1.0)


def test_no_change_can_be_seen_of_nothing_and_less_of_more() -> None:
    assert detectable_share_change(0.1, n=0, n_reference=100, alpha=0.05) is None
    assert detectable_location_change(n=10, n_reference=0, alpha=0.05) is None
    assert detectable_share_change(0.5, n=1, n_reference=1, alpha=0.001) is None
    few, many = (detectable_share_change(0.1, n=n, n_reference=1000, alpha=0.05) for n in (50, 500))
    assert few is not None
    assert many is not None
    assert few > many


def test_a_group_that_is_new_counts_as_mix() -> None:
    mix, within = mix_and_within([10, 0], [0.1, math.nan], [5, 5], [0.1, 0.5])
    assert (mix, within) == pytest.approx((0.2, 0.0))
