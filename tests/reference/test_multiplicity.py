"""Adjusted p-values against statsmodels and the example of Benjamini and Hochberg."""

import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests

from multisite.stats.multiplicity import benjamini_hochberg, benjamini_yekutieli, bonferroni, hochberg, holm

# Benjamini and Hochberg 1995, section 3.2: 15 hypotheses on thrombolysis, Neuhaus et al. 1992.
THROMBOLYSIS = (
    *(0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344),
    *(0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0000),
)


def test_the_published_example_has_four_discoveries_where_bonferroni_has_three() -> None:
    assert (benjamini_hochberg(THROMBOLYSIS) <= 0.05).sum() == 4
    assert (bonferroni(THROMBOLYSIS) <= 0.05).sum() == 3
    assert (holm(THROMBOLYSIS) <= 0.05).sum() == 3


@pytest.mark.parametrize("n", [1, 2, 7, 40])
@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (holm, "holm"),
        (hochberg, "simes-hochberg"),
        (benjamini_hochberg, "fdr_bh"),
        (benjamini_yekutieli, "fdr_by"),
        (bonferroni, "bonferroni"),
    ],
)
def test_adjusted_p_values_are_those_of_statsmodels(n: int, ours, theirs: str) -> None:
    p_values = np.random.default_rng(n).beta(0.4, 2, n).round(2)
    assert ours(p_values) == pytest.approx(multipletests(p_values, method=theirs)[1], abs=1e-15)
