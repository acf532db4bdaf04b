"""Two models on two sets of data: the four values, what follows from them, and patients on both sides."""

import numpy as np
import pytest

from multisite.stats import (
    WeightedAuc,
    auc_difference,
    auc_difference_unpaired,
    bootstrap_replicates,
    clustered_auc,
    crossed_auc,
    crossed_means,
    independent_difference,
    paired_mean_difference,
    proportion,
)

SEED = 11


def cases(n: int, patients: int, seed: int = SEED) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(seed)
    positive = rng.random(n) < 0.4
    old = rng.normal(size=n) + positive
    new = 0.6 * old + 0.8 * rng.normal(size=n) + positive
    return positive, old, new, rng.random(n) < 0.5, rng.integers(0, patients, n)


def test_the_effects_follow_from_the_four_values() -> None:
    positive, old, new, on_new, patient = cases(200, 80)
    found = crossed_auc(positive, old, new, on_new, patient=patient)
    a, b, c, d = found.old_on_old, found.new_on_old, found.old_on_new, found.new_on_new
    assert None not in (a, b, c, d)
    effects = {name: effect.estimate for name, effect in found.effects.items()}
    assert effects == pytest.approx(
        {
            "model_on_old_data": b - a,
            "model_on_new_data": d - c,
            "data_under_old_model": c - a,
            "data_under_new_model": d - b,
            "both": d - a,
            "interaction": d - c - b + a,
        }
    )
    assert effects["both"] == pytest.approx(effects["data_under_old_model"] + effects["model_on_new_data"])


def test_the_effect_of_the_model_is_the_paired_difference_on_that_data() -> None:
    positive, old, new, on_new, patient = cases(200, 80)
    found = crossed_auc(positive, old, new, on_new, patient=patient).effects["model_on_new_data"]
    alone = auc_difference(positive[on_new], new[on_new], old[on_new], patient=patient[on_new])
    assert (found.ci_low, found.ci_high, found.p_value, found.degrees_of_freedom) == pytest.approx(
        (alone.ci_low, alone.ci_high, alone.p_value, alone.degrees_of_freedom)
    )
    of_means = crossed_means(old, new, on_new, patient=patient).effects["model_on_new_data"]
    mean = paired_mean_difference(new[on_new], old[on_new], patient=patient[on_new])
    assert (of_means.ci_low, of_means.ci_high) == pytest.approx((mean.ci_low, mean.ci_high))


def test_without_shared_patients_the_effect_of_the_data_is_the_unpaired_difference() -> None:
    positive, old, new, on_new, patient = cases(200, 80)
    patient = patient + 1000 * on_new
    found = crossed_auc(positive, old, new, on_new, patient=patient)
    assert found.n_patients_shared == 0
    alone = auc_difference_unpaired(
        positive[on_new],
        old[on_new],
        positive[~on_new],
        old[~on_new],
        first_patient=patient[on_new],
        second_patient=patient[~on_new],
    )
    effect = found.effects["data_under_old_model"]
    assert (effect.estimate, effect.standard_error) == pytest.approx((alone.estimate, alone.standard_error))
    areas = [clustered_auc(positive[rows], old[rows], patient[rows]) for rows in (on_new, ~on_new)]
    joined = independent_difference(*areas)
    assert (effect.ci_low, effect.ci_high) == pytest.approx((joined.ci_low, joined.ci_high))
    assert (effect.ci_low, effect.ci_high) == pytest.approx((alone.ci_low, alone.ci_high), abs=0.02)
    assert (effect.p_value < 0.05) == (not effect.ci_low <= 0.0 <= effect.ci_high)


def test_patients_on_both_sides_are_allowed_for_as_by_the_bootstrap() -> None:
    positive, old, new, on_new, _ = cases(800, 1)
    # Each patient has two cases of one truth and nearly one score, one on either side: the data differ by less than
    # other patients would.
    half = np.arange(800) // 2
    on_new = np.arange(800) % 2 == 1
    positive = positive[2 * half]
    rng = np.random.default_rng(SEED)
    old, new = (s[2 * half] + positive + 0.3 * rng.normal(size=800) for s in (old, new))
    found = crossed_auc(positive, old, new, on_new, patient=half)
    assert found.n_patients_shared == 400
    areas = [WeightedAuc(positive, score) for score in (old, new)]

    def interaction(weights: np.ndarray) -> np.ndarray:
        there, before = weights * on_new, weights * ~on_new
        return areas[1](there) - areas[0](there) - areas[1](before) + areas[0](before)

    def data(weights: np.ndarray) -> np.ndarray:
        return np.asarray(areas[0](weights * on_new) - areas[0](weights * ~on_new))

    for statistic, name in ((interaction, "interaction"), (data, "data_under_old_model")):
        drawn = bootstrap_replicates(statistic, half, n_replicates=400, seed=SEED)
        assert drawn.std() == pytest.approx(found.effects[name].standard_error, rel=0.1)
    apart = crossed_auc(positive, old, new, on_new, patient=np.arange(800))
    assert (
        apart.effects["data_under_old_model"].standard_error
        > 1.5 * found.effects["data_under_old_model"].standard_error
    )
    wide, narrow = (c.effects["data_under_old_model"] for c in (apart, found))
    assert wide.ci_high - wide.ci_low > 1.5 * (narrow.ci_high - narrow.ci_low)


def test_exchanging_the_models_turns_the_signs_and_not_the_widths() -> None:
    positive, old, new, on_new, patient = cases(200, 80)
    one = crossed_auc(positive, old, new, on_new, patient=patient).effects["interaction"]
    other = crossed_auc(positive, new, old, on_new, patient=patient).effects["interaction"]
    assert (one.estimate, one.ci_low, one.ci_high) == pytest.approx((-other.estimate, -other.ci_high, -other.ci_low))


def test_models_that_score_alike_have_a_difference_of_zero_and_no_interval() -> None:
    positive, old, _, on_new, patient = cases(200, 80)
    found = crossed_auc(positive, old, old, on_new, patient=patient)
    for name in ("model_on_old_data", "model_on_new_data", "interaction"):
        effect = found.effects[name]
        assert (effect.estimate, effect.ci_low, effect.p_value, effect.status) == (0.0, None, None, "insufficient")
        assert effect.standard_error == 0.0
    assert found.effects["data_under_old_model"].status == "ok"


def test_a_set_of_data_that_is_all_right_is_not_known_exactly() -> None:
    # 20 of 20 against 139 of 150: as if 20 said it all, p was 0.0004.
    right = np.r_[np.ones(20), np.zeros(11), np.ones(139)]
    found = crossed_means(right, right[::-1], np.arange(170) >= 20).effects["data_under_old_model"]
    alone = [proportion(hits, n) for hits, n in ((139, 150), (20, 20))]
    expected = independent_difference(*alone)
    assert (found.estimate, found.status) == (pytest.approx(-11 / 150), "ok")
    # Of clustered limits, whose t widens them a little.
    assert (found.ci_low, found.ci_high) == pytest.approx((expected.ci_low, expected.ci_high), abs=0.02)
    assert found.ci_low < 0.0 < found.ci_high
    assert found.p_value > 0.05
    assert (found.degrees_of_freedom, "square-and-add" in found.ci_method) == (None, True)


def test_a_set_of_data_that_separates_the_classes_is_not_known_exactly() -> None:
    rng = np.random.default_rng(SEED)
    positive = np.arange(224) % 2 == 0
    on_new = np.arange(224) >= 24
    score = np.where(on_new, rng.normal(size=224) + 2.3 * positive, positive)
    effects = crossed_auc(positive, score, score[::-1], on_new).effects
    found = effects["data_under_old_model"]
    assert found.status == "ok"
    assert found.ci_low < 0.0 < found.ci_high
    assert found.p_value > 0.05
    assert "square-and-add" in found.ci_method


def test_where_one_set_shows_no_effect_of_the_model_the_interaction_has_no_interval() -> None:
    old = np.tile([1.0, 0.0], 30)
    new = np.r_[old[:20], 1.0 - old[20:30], old[30:]]
    found = crossed_means(old, new, np.arange(60) >= 20).effects
    assert found["model_on_old_data"].status == found["interaction"].status == "insufficient"
    assert found["interaction"].reason == "a set of data shows no variance, and there is no interval"
    assert (found["interaction"].standard_error, found["interaction"].p_value) == (None, None)
    plain = crossed_means([2.0] * 9 + [3.0, 4.0], [2.0] * 11, [0] * 9 + [1, 1]).effects["data_under_old_model"]
    assert (plain.status, plain.ci_low) == ("insufficient", None)


@pytest.mark.slow
@pytest.mark.parametrize(("few", "many", "share"), [(20, 150, 0.93), (15, 200, 0.95)])
def test_data_that_changed_nothing_are_rarely_said_to_have(few: int, many: int, share: float) -> None:
    rng = np.random.default_rng(SEED)
    on_new = np.arange(few + many) >= few
    said = 0
    for _ in range(300):
        right = rng.random((2, few + many)) < share
        found = crossed_means(*right, on_new).effects["data_under_old_model"]
        said += found.p_value is not None and found.p_value < 0.05
    assert said <= 18


@pytest.mark.slow
def test_an_area_near_one_of_few_cases_is_rarely_said_to_have_changed() -> None:
    rng = np.random.default_rng(SEED)
    positive = np.arange(224) % 2 == 0
    on_new = np.arange(224) >= 24
    said = 0
    for _ in range(200):
        old, new = rng.normal(size=(2, 224)) + 2.0 * positive
        found = crossed_auc(positive, old, new, on_new).effects["data_under_old_model"]
        said += found.p_value < 0.05
    assert said <= 12


def test_data_without_a_class_leave_only_what_needs_them_undefined() -> None:
    positive, old, new, on_new, patient = cases(200, 80)
    found = crossed_auc(positive & ~on_new, old, new, on_new, patient=patient)
    assert (found.old_on_new, found.new_on_new) == (None, None)
    assert found.effects["model_on_old_data"].status == "ok"
    effect = found.effects["interaction"]
    assert (effect.status, effect.reason) == ("undefined", "no positive case in a set of data")


def test_too_few_patients_leave_the_number_without_interval() -> None:
    found = crossed_means([0, 1, 1], [1, 1, 0], [0, 0, 1]).effects["data_under_old_model"]
    assert (found.estimate, found.ci_low, found.status) == (0.5, None, "insufficient")
    assert found.reason == "too few patients in a set of data"
    assert crossed_means([1, 0], [1, 1], [0, 0]).effects["both"].reason == "no case in a set of data"


def test_a_side_that_is_not_said_for_each_case_is_refused() -> None:
    with pytest.raises(ValueError, match="new_data"):
        crossed_means([1, 0], [1, 1], [0])
    with pytest.raises(ValueError, match="new_data"):
        crossed_means([1, 0], [1, 1], [0, 2])
