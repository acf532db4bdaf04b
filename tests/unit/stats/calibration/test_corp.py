"""The isotonic curve, its band, and the exact parts of the Brier score."""

import numpy as np
import pytest

from multisite.stats import ScoreCounts, brier
from multisite.stats.calibration import corp_reliability
from multisite.vocabulary import EstimateStatus

SEED = 34


def test_violators_are_pooled_by_hand() -> None:
    # Shares 1/2, 1/4, 1: the first two fall, and pool to 2/6.
    found = corp_reliability(ScoreCounts([0.2, 0.4, 0.9], [1, 1, 3], [1, 3, 0]))
    assert found.recalibrated == pytest.approx([1 / 3, 1 / 3, 1])
    assert found.uncertainty == pytest.approx(5 / 9 * 4 / 9)
    assert found.discrimination == pytest.approx(5 / 9 * 4 / 9 - 6 * (2 / 9) / 9)


def test_the_parts_add_up_and_none_is_negative() -> None:
    rng = np.random.default_rng(SEED)
    for decimals in (1, 2, 6):
        score = rng.random(300).round(decimals)
        counts = ScoreCounts.from_cases(rng.random(300) < score**2, score)
        found = corp_reliability(counts)
        total = found.miscalibration - found.discrimination + found.uncertainty
        assert total == pytest.approx(found.brier, abs=1e-14)
        assert found.brier == pytest.approx(brier(counts).estimate, abs=1e-14)
        assert min(found.miscalibration, found.discrimination) >= 0
        assert (np.diff(found.recalibrated) >= 0).all()


def test_one_class_and_one_case_and_one_score_have_parts() -> None:
    one = corp_reliability(ScoreCounts([0.2, 0.6], [0, 0], [3, 1]))
    assert (one.uncertainty, one.discrimination) == (0.0, 0.0)
    assert one.miscalibration == pytest.approx(one.brier)
    assert corp_reliability(ScoreCounts([0.3], [1], [0])).recalibrated.tolist() == [1.0]
    same = corp_reliability(ScoreCounts([0.3], [4], [6]))
    assert (same.discrimination, same.miscalibration) == (pytest.approx(0), pytest.approx(0.01))
    perfect = corp_reliability(ScoreCounts([0, 1], [0, 4], [4, 0]))
    assert (perfect.miscalibration, perfect.discrimination) == (0.0, 0.25)


def test_no_case_is_undefined_even_with_draws() -> None:
    found = corp_reliability(ScoreCounts([], [], []), rng=np.random.default_rng(SEED))
    assert (found.status, found.reason, found.brier) == (EstimateStatus.UNDEFINED, "no case", None)


def test_scores_of_zero_and_one_have_a_band_without_width() -> None:
    counts = ScoreCounts([0, 0.5, 1], [0, 5, 9], [9, 5, 0])
    found = corp_reliability(counts, rng=np.random.default_rng(SEED), n_replicates=50)
    assert (found.band_low[0], found.band_high[0], found.band_low[2], found.band_high[2]) == (0, 0, 1, 1)


def test_a_long_curve_has_a_band_at_500_scores() -> None:
    rng = np.random.default_rng(SEED)
    score = rng.random(1200)
    found = corp_reliability(ScoreCounts.from_cases(rng.random(1200) < score, score), rng=rng, n_replicates=10)
    assert found.band_score.size == 500
    assert (found.band_score[0], found.band_score[-1]) == (found.score[0], found.score[-1])


@pytest.mark.slow
def test_a_calibrated_curve_lies_in_its_pointwise_band_in_95_of_100_sets_and_below_null_95() -> None:
    rng = np.random.default_rng(SEED)
    score, total = np.linspace(0.05, 0.95, 19), np.full(19, 30)
    inside, below = [], []
    for _ in range(80):
        positive = rng.binomial(total, score)
        found = corp_reliability(ScoreCounts(score, positive, total - positive), rng=rng, n_replicates=100)
        inside.append(((found.recalibrated >= found.band_low) & (found.recalibrated <= found.band_high)).mean())
        below.append(found.miscalibration <= found.null_95)
    assert np.mean(inside) == pytest.approx(0.95, abs=0.02)
    assert np.mean(below) == pytest.approx(0.95, abs=0.06)


@pytest.mark.parametrize("arguments", [{"level": 1.0}, {"n_replicates": 0}])
def test_an_impossible_band_is_refused(arguments: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=f"`{next(iter(arguments))}`"):
        corp_reliability(ScoreCounts([0.2], [1], [1]), **arguments)
