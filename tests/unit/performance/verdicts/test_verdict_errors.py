"""How often a clean study has a primary comparison that fails, and how often a planted shortfall is found.

Eleven primary comparisons of sensitivity (six vendors, two sexes, three bands of age), 500 patients with one or two
positive cases each. docs/methods/verdicts.md holds the numbers of more studies, which
`python -m tests.unit.performance.verdicts.verdict_studies 200` makes again.
"""

import pytest

from multisite.stats import proportion
from tests.unit.performance.verdicts.verdict_studies import failing

STUDIES = 60


@pytest.mark.slow
def test_a_clean_study_has_a_failure_in_at_most_one_of_twenty() -> None:
    # No shortfall is accepted: the worst case, in which every true hypothesis lies on its margin.
    wrong = sum(bool(failing(seed, gap=0.0)) for seed in range(STUDIES))
    low = proportion(wrong, STUDIES).ci_low
    assert low is not None
    assert low <= 0.05
    assert wrong <= 5


@pytest.mark.slow
def test_a_shortfall_of_fifteen_points_on_one_vendor_mostly_fails_and_alone() -> None:
    found = [failing(seed, gap=0.03, shortfall=0.15) for seed in range(30)]
    assert sum(("vendor", "B") in one for one in found) > 18
    assert sum(bool(one - {("vendor", "B")}) for one in found) <= 2
