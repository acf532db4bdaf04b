import numpy as np
import pytest
from scipy.special import expit, logit

from multisite.demo.plan import THRESHOLD
from multisite.demo.scores import SEPARATION, WEAK_SEPARATION, draw_evidence, even_ranks, scores_of

SEED = 11
N = 20_000


def draw(prior: float, *, weak: bool = False, patients: int = N):
    return draw_evidence(
        np.random.default_rng(SEED),
        patient=np.arange(N) % patients,
        prior=np.full(N, prior),
        weak=np.full(N, weak),
        group=np.zeros(N, dtype=np.int64),
    )


def test_even_ranks_put_one_number_into_each_cell_in_the_order_of_the_values() -> None:
    values = np.array([3.0, -1.0, 7.0, 0.5])
    ranks = even_ranks(values, np.random.default_rng(SEED))
    assert np.floor(ranks * 4).tolist() == [2, 0, 3, 1]


@pytest.mark.parametrize("weak", [False, True])
def test_among_cases_of_like_score_the_share_of_positives_is_the_score(weak: bool) -> None:
    evidence = draw(0.35, weak=weak)
    scores = scores_of(evidence.logits)
    cells = np.digitize(scores, np.linspace(0, 1, 11)[1:-1])
    for cell in np.unique(cells):
        inside = cells == cell
        noise = 4 * np.sqrt(0.25 / inside.sum())
        assert evidence.truth[inside].mean() == pytest.approx(scores[inside].mean(), abs=noise)


def test_the_prevalence_is_the_prior() -> None:
    assert draw(0.35).truth.mean() == pytest.approx(0.35, abs=1 / N)


def test_sensitivity_is_fifteen_points_lower_on_the_weak_vendor() -> None:
    def sensitivity(weak: bool) -> float:
        evidence = draw(0.35, weak=weak)
        return float((scores_of(evidence.logits) >= THRESHOLD)[evidence.truth].mean())

    assert sensitivity(False) == pytest.approx(0.865, abs=0.01)
    assert sensitivity(True) - sensitivity(False) == pytest.approx(-0.15, abs=0.01)
    assert WEAK_SEPARATION < SEPARATION


def test_a_stretch_changes_no_decision_and_no_order() -> None:
    logits = draw(0.35).logits
    plain, stretched = scores_of(logits), scores_of(logits, stretch=1.8)
    assert ((plain >= THRESHOLD) == (stretched >= THRESHOLD)).all()
    assert (np.diff(stretched[np.argsort(logits)]) >= 0).all()
    middle = (plain > 0.05) & (plain < 0.95)
    slope = (logit(stretched[middle]) - logit(THRESHOLD)) / (logit(plain[middle]) - logit(THRESHOLD))
    assert np.median(slope) == pytest.approx(1.8, abs=0.01)


def test_a_shift_is_added_to_the_logit() -> None:
    assert scores_of(np.array([0.0]), shift=1.0)[0] == pytest.approx(expit(1.0), abs=1e-6)


def test_scores_stay_inside_the_open_interval() -> None:
    scores = scores_of(np.array([-90.0, 90.0]))
    assert 0 < scores[0] < scores[1] < 1


def test_cases_of_one_patient_resemble_each_other() -> None:
    evidence = draw(0.35, patients=N // 2)
    first, second = evidence.truth[: N // 2], evidence.truth[N // 2 :]
    assert (first == second).mean() > 0.65
    assert np.corrcoef(evidence.logits[: N // 2], evidence.logits[N // 2 :])[0, 1] > 0.3
