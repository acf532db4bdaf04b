"""What must hold of the drift rule for any tallies: order does not matter, nor rows, nor what comes later."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from multisite.drift.rule.judged import judge
from multisite.drift.rule.lines import adjusted_p_values, lines_of
from multisite.drift.rule.series import MonitorSeries
from multisite.drift.rule.signals import find_signals
from multisite.drift.rule.states import MonthSignals, follow
from multisite.drift.rule.verdicts import Verdicts
from multisite.vocabulary import DriftState, MonitorFamily
from tests.unit.drift.rule.builders import (
    ALERT,
    FAILED,
    KVP,
    MONTHS,
    SOFTWARE,
    adopted,
    days,
    events,
    monitor,
    month_counts,
    shares,
    verdicts,
)

pytestmark = pytest.mark.slow

LINES = lines_of(false_ambers_per_year=1.0, false_reds_per_five_years=1.0)
FAMILIES = tuple(MonitorFamily)

_PAIR = st.tuples(st.integers(0, 90), st.integers(0, 300))
_SITE = st.fixed_dictionaries({name: st.lists(_PAIR, min_size=8, max_size=8) for name in (ALERT, KVP, FAILED)})
_SIGNALS = st.lists(
    st.tuples(st.frozensets(st.sampled_from(FAMILIES), max_size=3), st.booleans(), st.sampled_from(("", "software"))),
    min_size=1,
    max_size=14,
)


def same(one: Verdicts, other: Verdicts) -> bool:
    pairs = ((one.monitors, other.monitors), (one.verdicts, other.verdicts), (one.cases, other.cases))
    return all(first.equals(second) for first, second in pairs)


def made_series(data: st.DataObject, n_monitors: int) -> list[MonitorSeries]:
    drawn = data.draw(st.lists(st.lists(_PAIR, min_size=4, max_size=4), min_size=n_monitors, max_size=n_monitors))
    return [
        shares(monitor(f"m{n}", family=FAMILIES[n % 3]), (60 + 10 * n, 900), months) for n, months in enumerate(drawn)
    ]


@settings(max_examples=12)
@given(site=_SITE, seed=st.integers(0, 1000))
def test_the_order_of_monitors_and_rows_changes_no_byte(site: dict[str, list[tuple[int, int]]], seed: int) -> None:
    counts, feed, happened = month_counts(site), days(), events(SOFTWARE)
    held = adopted({ALERT: (60, 940), KVP: (10, 990)})
    plain = verdicts({}, baselines=[held], counts=counts, feed=feed, happened=happened)
    for name, rows in list(held.frames.items()):
        held.frames[name] = rows.sample(fraction=1.0, shuffle=True, seed=seed)  # type: ignore[index]
    counts, feed = (rows.sample(fraction=1.0, shuffle=True, seed=seed) for rows in (counts, feed))
    assert same(plain, verdicts({}, baselines=[held], counts=counts, feed=feed, happened=happened))


@settings(max_examples=12)
@given(site=_SITE)
def test_the_same_tallies_are_the_same_verdict_at_any_site_and_any_time(site: dict[str, list[tuple[int, int]]]) -> None:
    north, again, south = verdicts(site), verdicts(site), verdicts(site, site="south")
    assert same(north, again)
    assert north.verdicts.drop("site", "digest").equals(south.verdicts.drop("site", "digest"))
    assert north.monitors.drop("site").equals(south.monitors.drop("site"))


@settings(max_examples=12)
@given(site=_SITE, n=st.integers(1, 7))
def test_what_was_said_of_a_month_stays_when_later_months_come(site: dict[str, list[tuple[int, int]]], n: int) -> None:
    whole, part = verdicts(site), verdicts(site, through=MONTHS[n - 1])
    assert whole.verdicts.filter(pl.col("month") <= MONTHS[n - 1]).equals(part.verdicts)
    assert whole.monitors.filter(pl.col("month") <= MONTHS[n - 1]).equals(part.monitors)


@given(data=st.data(), seed=st.integers(0, 1000))
def test_permuting_monitors_permutes_their_signals_and_nothing_else(data: st.DataObject, seed: int) -> None:
    series = made_series(data, 6)
    order = np.random.default_rng(seed).permutation(6)
    plain = find_signals([one.monitor for one in series], [judge(one) for one in series], lines=LINES)
    moved = [series[int(place)] for place in order]
    other = find_signals([one.monitor for one in moved], [judge(one) for one in moved], lines=LINES)
    assert np.array_equal(plain.signal[..., order], other.signal)
    assert np.array_equal(plain.is_red, other.is_red)
    assert np.allclose(plain.evidence, other.evidence)


@given(p=st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_adjusted_p_values_are_no_smaller_and_keep_the_order(p: list[float]) -> None:
    values = np.array(p)
    adjusted = adjusted_p_values(values)
    assert (adjusted >= values - 1e-12).all()
    assert (np.diff(adjusted[np.argsort(values, kind="stable")]) >= -1e-12).all()


@given(drawn=_SIGNALS)
def test_states_and_cases_belong_together(
    drawn: list[tuple[frozenset[MonitorFamily], bool, str]],
) -> None:
    months = [
        MonthSignals(f"m{n:02d}", families, red and bool(families), cause if families else "")
        for n, (families, red, cause) in enumerate(drawn)
    ]
    states, cases = follow(months)
    assert [case.number for case in cases] == list(range(1, len(cases) + 1))
    assert sum(state.opened for state in states) == len(cases)
    for signals, state in zip(months, states, strict=True):
        assert (state.state is DriftState.RED) == signals.is_red
        assert (state.case_number is None) == (state.state is DriftState.GREEN)
    assert follow(months[:-1])[0] == states[:-1]
