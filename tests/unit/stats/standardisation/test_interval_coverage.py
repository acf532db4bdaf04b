"""Intervals of standardised results hold the truth as often as they say, with and without the table's error."""

import pytest

from tests.coverage.scenario import Scenario, tried
from tests.coverage.standardisation import STANDARDISATION_SCENARIOS

REPLICATES = 300


@pytest.mark.slow
@pytest.mark.parametrize("scenario", STANDARDISATION_SCENARIOS, ids=lambda scenario: scenario.name)
def test_the_interval_covers(scenario: Scenario) -> None:
    found = tried(scenario, n_replicates=REPLICATES, seed=20_261_128)
    assert found.n_with_interval == REPLICATES
    assert found.keeps(scenario.expected), f"{100 * found.covered:.1f} %"
