"""Adjusted p-values: undefined tests, and what is refused."""

import numpy as np
import pytest

from multisite.stats.multiplicity import benjamini_hochberg, benjamini_yekutieli, bonferroni, hochberg, holm
from multisite.stats.multiplicity import holm as holm_of_dependence

EVERY = pytest.mark.parametrize("adjust", [holm, hochberg, benjamini_hochberg, benjamini_yekutieli, bonferroni])


@EVERY
def test_an_undefined_test_keeps_its_place_and_does_not_count(adjust) -> None:
    found = adjust([0.01, None, 0.04, np.nan, 0.03])
    assert np.isnan(found).tolist() == [False, True, False, True, False]
    assert found[[0, 2, 4]].tolist() == adjust([0.01, 0.04, 0.03]).tolist()


@EVERY
def test_nothing_to_adjust_is_nothing(adjust) -> None:
    assert adjust([]).size == 0
    assert np.isnan(adjust([None, None])).all()
    assert adjust([0.2]).tolist() == [0.2]


@EVERY
@pytest.mark.parametrize("bad", [-0.1, 1.1, np.inf, -np.inf])
def test_what_is_no_p_value_is_refused(adjust, bad: float) -> None:
    with pytest.raises(ValueError, match=r"`p_values` must lie in \[0, 1\]"):
        adjust([0.5, bad])
    with pytest.raises(ValueError, match="one-dimensional"):
        adjust([[0.5]])


def test_holm_still_goes_by_its_old_name() -> None:
    assert holm_of_dependence is holm
