"""The area of a label scored from levels: against least squares done elsewhere, undefined cases, how often it errs."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.metrics import roc_auc_score

from multisite.stats import AreaFromLevels, area_from_levels

SEED = 14
SETS = 250


def drawn(seed: int, *, n: int = 160, effect: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Four attributes, the third a coarser spelling of the second; the first goes with the label as ``effect`` says."""
    rng = np.random.default_rng(seed)
    label = rng.random(n) < 0.3
    told = rng.random(n) < effect
    levels = np.column_stack([rng.integers(0, size, n) for size in (2, 6, 3, 12)])
    levels[:, 0] = np.where(told, label, levels[:, 0])
    levels[:, 2] = levels[:, 1] // 2
    return levels, label


def found(levels: np.ndarray, label: np.ndarray, **asked: object) -> AreaFromLevels:
    how = {"rng": np.random.default_rng(SEED), "n_permutations": 99, **asked}
    return area_from_levels(levels, label, **how)


def test_the_area_is_that_of_least_squares_with_a_penalty_fitted_on_the_other_folds() -> None:
    levels, label = drawn(1, n=200, effect=0.5)
    fold = np.empty(label.size, dtype=int)
    fold[np.lexsort((np.random.default_rng(SEED).random(label.size), label, np.zeros(label.size)))] = (
        np.arange(label.size) % 5
    )
    x = np.column_stack([levels[:, k] == level for k in range(4) for level in np.unique(levels[:, k])]).astype(float)
    won = pairs = 0.0
    for number in range(5):
        here = fold == number
        model = Ridge(alpha=5.0, fit_intercept=False).fit(x[~here], label[~here] - label[~here].mean())
        of_fold = label[here].sum() * (~label[here]).sum()
        won += of_fold * roc_auc_score(label[here], model.predict(x[here]).round(10))
        pairs += of_fold
    assert found(levels, label).area == pytest.approx(won / pairs, abs=1e-12)


def test_the_attribute_that_tells_the_label_stands_out_alone() -> None:
    result = found(*drawn(2, n=400, effect=0.6))
    assert result.p_value == 0.01
    assert result.area is not None
    assert result.area > 0.7
    assert result.area_alone[0] > 0.7 > 0.6 > max(result.area_alone[1:])


def test_an_area_below_what_is_asked_for_takes_no_permutation() -> None:
    result = found(*drawn(3), least_area=0.7)
    assert (result.p_value, result.n_permutations) == (None, 0)
    assert result.area is not None


def test_what_cannot_be_told_is_undefined_with_the_reason() -> None:
    levels, label = drawn(4)
    assert found(levels[:, :0], label).reason == "no attribute"
    assert found(levels, label & (np.cumsum(label) < 5)).reason == "fewer than 5 cases of a label"
    apart = found(levels, label, stratum=label.astype(int))
    assert (apart.area, apart.p_value) == (None, None)
    assert apart.reason == "no positive and negative of one fold and stratum"


@pytest.mark.parametrize(
    "asked", [{"n_permutations": 0}, {"n_folds": 1}, {"stratum": np.zeros(3, dtype=int)}, {"levels": np.zeros((3, 1))}]
)
def test_arguments_that_do_not_fit_are_refused(asked: dict[str, object]) -> None:
    levels, label = drawn(5)
    with pytest.raises(ValueError, match="must"):
        found(asked.pop("levels", levels), label, **asked)


def test_equal_seeds_give_equal_results_and_constant_attributes_change_nothing() -> None:
    levels, label = drawn(6, effect=0.3)
    assert found(levels, label) == found(levels, label)
    constant = found(np.column_stack([levels, np.zeros_like(label, dtype=int)]), label)
    assert constant.area_alone[-1] == 0.5
    assert constant.area == pytest.approx(found(levels, label).area, abs=0.02)


def test_a_label_that_goes_with_the_stratum_alone_is_not_told_within_it() -> None:
    rng = np.random.default_rng(7)
    stratum = rng.integers(0, 4, 600)
    label = rng.random(600) < 0.1 + 0.25 * stratum
    levels = np.column_stack([stratum, rng.integers(0, 3, 600)])
    assert found(levels, label).p_value == 0.01
    within = found(levels, label, stratum=stratum)
    assert within.p_value is not None
    assert within.p_value > 0.05


@pytest.mark.slow
def test_without_a_signal_the_mean_area_is_one_half_and_p_values_are_as_small_as_allowed() -> None:
    results = [found(*drawn(seed, n=120), rng=np.random.default_rng(seed), n_permutations=99) for seed in range(SETS)]
    areas, p_values = np.array([r.area for r in results]), np.array([r.p_value for r in results])
    assert abs(areas.mean() - 0.5) < 3 * areas.std() / np.sqrt(SETS)
    for alpha in (0.05, 0.1, 0.2, 0.5):
        assert abs((p_values <= alpha).mean() - alpha) < 3.3 * np.sqrt(alpha * (1 - alpha) / SETS)
