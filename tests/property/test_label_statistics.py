"""What must hold of the tests of labels, whatever the labels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from multisite.stats import association, rank_sum_test, runs_test
from tests.lib.examples import examples

LABELS = st.lists(st.tuples(st.booleans(), st.integers(-5, 5)), min_size=0, max_size=40)
COUNTS = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=6)


@examples(80)
@given(LABELS)
def test_turning_the_order_round_mirrors_the_area_and_keeps_the_runs(rows: list[tuple[bool, int]]) -> None:
    label = np.array([row[0] for row in rows], dtype=bool)
    value = np.array([row[1] for row in rows], dtype=np.float64)
    there, back = rank_sum_test(label, value), rank_sum_test(label, -value)
    assert there.p_value == back.p_value
    assert (there.area is None) == bool(there.reason)
    if there.area is not None and back.area is not None and there.p_value is not None:
        assert there.area == pytest.approx(1.0 - back.area, abs=1e-12)
        assert 0.0 < there.p_value <= 1.0
    assert runs_test(label) == runs_test(label[::-1])
    if label.size:
        assert runs_test(~label).p_value == runs_test(label).p_value


@examples(60)
@given(COUNTS)
def test_v_and_p_value_stay_in_their_ranges_and_do_not_depend_on_the_names_of_the_levels(
    rows: list[tuple[int, int]],
) -> None:
    positive, negative = (np.array([row[side] for row in rows], dtype=np.int64) for side in (0, 1))
    found = association(positive, negative, rng=np.random.default_rng(1), n_permutations=49)
    turned = association(positive[::-1], negative[::-1], rng=np.random.default_rng(1), n_permutations=49)
    assert (found.v is None) == bool(found.reason) == (found.p_value is None)
    if found.v is not None and found.p_value is not None:
        assert 0.0 <= found.v <= 1.0
        assert 1 / 50 <= found.p_value <= 1.0
        assert found.v == pytest.approx(turned.v, abs=1e-6)
