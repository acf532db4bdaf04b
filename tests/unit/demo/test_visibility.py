"""At the default size the faults in the scores stand out, whatever the seed, and nothing else does."""

from functools import cache

import numpy as np
import pytest

from multisite.demo import DemoPlan
from multisite.demo.batches import cohort_batches, month_batches
from multisite.demo.faults import site_traits
from multisite.demo.plan import THRESHOLD
from multisite.stats import ScoreCounts, auc, calibration_line, proportion

SEEDS = (20, 1, 2, 3)
MISCALIBRATED, UPDATED = 2, 1

pytestmark = pytest.mark.parametrize("seed", SEEDS)


@cache
def scored_cases(seed: int, site: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Truth, score, and whether the vendor is the weak one, of every test case of a site."""
    plan = DemoPlan(seed=seed)
    rows = [
        (row.reference, batch.scores[name], row.study.scanner.weak)
        for batch in cohort_batches(plan, site, site_traits(plan, site))
        for name, row in batch.rows.items()
        if row.split == "test"
    ]
    truth, score, weak = zip(*rows, strict=True)
    return np.array(truth), np.array(score), np.array(weak)


def test_one_site_is_miscalibrated_and_the_others_are_not(seed: int) -> None:
    for site in range(4):
        truth, score, _ = scored_cases(seed, site)
        line = calibration_line(ScoreCounts.from_cases(truth, score))
        covered = line.slope.ci_low <= 1 <= line.slope.ci_high and line.intercept.ci_low <= 0 <= line.intercept.ci_high
        assert covered == (site != MISCALIBRATED)


def test_the_model_is_good_at_every_site(seed: int) -> None:
    for site in range(4):
        truth, score, weak = scored_cases(seed, site)
        area = auc(ScoreCounts.from_cases(truth, score)).estimate
        assert area == pytest.approx(0.91, abs=0.02)
        assert (score >= THRESHOLD)[truth & ~weak].mean() == pytest.approx(0.86, abs=0.04)


def test_sensitivity_is_fifteen_points_lower_on_the_weak_vendor_over_all_sites(seed: int) -> None:
    parts = [scored_cases(seed, site) for site in range(4)]
    truth, score, weak = (np.concatenate(column) for column in zip(*parts, strict=True))
    called = score >= THRESHOLD
    own = proportion(int(called[truth & weak].sum()), int((truth & weak).sum()))
    others = proportion(int(called[truth & ~weak].sum()), int((truth & ~weak).sum()))
    assert own.estimate - others.estimate == pytest.approx(-0.15, abs=0.04)
    assert own.ci_high < others.ci_low


def test_scores_rise_at_one_site_from_the_month_of_the_change(seed: int) -> None:
    plan = DemoPlan(seed=seed)
    for site in range(4):
        months: dict[int, list[float]] = {}
        for batch in month_batches(plan, site, site_traits(plan, site)):
            months.setdefault(batch.month, []).extend(batch.scores)
        mean = [float(np.mean(months[number])) for number in sorted(months)]
        rise = np.mean(mean[3:]) - np.mean(mean[:3])
        assert (rise > 0.05) == (site == UPDATED)
        assert abs(rise) < 0.035 or site == UPDATED
