"""Intervals of discrimination hold the truth as often as promised; ``make test-coverage`` asks ten times as often."""

import pytest

from tests.coverage.discrimination import DISCRIMINATION_SCENARIOS
from tests.coverage.scenario import Scenario, tried

WITHOUT_DRAWS = [
    scenario
    for scenario in DISCRIMINATION_SCENARIOS
    if scenario.method not in ("bca", "percentile")
    and not scenario.statistic.startswith(("sensitivity", "specificity"))
]
WITH_DRAWS = [
    scenario
    for scenario in DISCRIMINATION_SCENARIOS
    if "25 + 80, binormal 1" in scenario.name and scenario not in WITHOUT_DRAWS
]


@pytest.mark.slow
@pytest.mark.parametrize("scenario", WITHOUT_DRAWS, ids=lambda scenario: scenario.name)
def test_an_interval_covers(scenario: Scenario) -> None:
    assert tried(scenario, n_replicates=200, seed=20_261_127).keeps(scenario.expected)


@pytest.mark.slow
@pytest.mark.parametrize("scenario", WITH_DRAWS, ids=lambda scenario: scenario.name)
def test_an_interval_of_a_bootstrap_covers(scenario: Scenario) -> None:
    assert tried(scenario, n_replicates=100, seed=20_261_127).keeps(scenario.expected)
