"""Simulated years without change, through the same functions as real months."""

import time

import numpy as np
import pytest

from multisite.drift.rule.budget import SimulatedBudget, poisson_upper, simulate_budget
from multisite.vocabulary import LearntFrom, MonitorFamily
from tests.unit.drift.rule.builders import monitor, shares

FAMILIES = (MonitorFamily.OUTPUT, MonitorFamily.FEED, MonitorFamily.ACQUISITION, MonitorFamily.POPULATION)
SERIES = [
    shares(monitor(f"m{n:02d}", family=FAMILIES[n % 4], design_effect=1 + n % 3 / 5), (30 + 20 * n, 970), [])
    for n in range(39)
]
LEARNT = shares(monitor("failed", family=MonitorFamily.FEED, learnt_from=LearntFrom.FIRST_MONTHS), (20, 980), [])
SERIES = [*(one for one in SERIES), LEARNT]


def simulate(n_studies: int = 200, *, n_years: int = 100, seed: int = 20) -> SimulatedBudget:
    empty = [type(one)(one.monitor, one.cells, one.reference, np.zeros((1, 0, 2)), one.limits) for one in SERIES]
    return simulate_budget(
        empty,
        n_studies=n_studies,
        n_years=n_years,
        n_first=3,
        false_ambers_per_year=1.0,
        false_reds_per_five_years=1.0,
        seed=seed,
    )


@pytest.mark.parametrize(("events", "upper"), [(0, 3.689), (1, 5.572), (10, 18.391)])
def test_the_upper_bound_is_the_exact_one(events: int, upper: float) -> None:
    assert poisson_upper(events) == pytest.approx(upper, abs=0.001)


@pytest.mark.parametrize("n_studies", [50, 200, 800])
def test_years_without_change_keep_the_budget(n_studies: int) -> None:
    made = simulate(n_studies)
    assert made.n_monitors == 40
    assert made.n_ambers <= made.n_years
    assert made.n_reds <= made.n_years / 5


def test_the_same_seed_gives_the_same_years_and_another_seed_others() -> None:
    assert simulate(n_years=20) == simulate(n_years=20)
    assert len({simulate(50, n_years=100, seed=seed).n_ambers for seed in range(4)}) > 1


def test_a_hundred_years_of_forty_monitors_take_seconds() -> None:
    begin = time.process_time()
    simulate()
    assert time.process_time() - begin < 3.0


def test_nothing_to_simulate_is_no_false_alarm() -> None:
    made = simulate_budget(
        [], n_studies=50, n_years=20, n_first=3, false_ambers_per_year=1, false_reds_per_five_years=1, seed=1
    )
    assert (made.n_monitors, made.n_ambers, made.n_reds) == (0, 0, 0)
