"""Boundaries of sequential designs against published values."""

import numpy as np
import pytest

from multisite.stats import spending_boundaries

# gsDesign 3.6, gsDesign(k = 5, test.type = 1, alpha = 0.025, sfu = sfLDOF) and sfu = sfLDPocock: upper bounds.
OBRIEN_FLEMING = [4.8769, 3.3569, 2.6803, 2.2898, 2.0310]
POCOCK = [2.4380, 2.4268, 2.4101, 2.3966, 2.3859]


def test_five_equal_looks_have_the_published_boundaries() -> None:
    fractions = np.arange(1, 6) / 5
    assert spending_boundaries(fractions) == pytest.approx(OBRIEN_FLEMING, abs=2e-4)
    assert spending_boundaries(fractions, spending="pocock") == pytest.approx(POCOCK, abs=2e-4)


def test_a_single_look_is_the_plain_quantile() -> None:
    assert spending_boundaries([1.0]) == pytest.approx([1.959964], abs=1e-6)
