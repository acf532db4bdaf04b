"""Agreement weights: the schemes, and what a matrix of one's own must be."""

import numpy as np
import pytest

from multisite.stats.agreement import agreement_weights


def test_schemes_of_four_categories() -> None:
    assert agreement_weights("unweighted", 4)[1].tolist() == np.eye(4).tolist()
    assert agreement_weights("linear", 4)[1][0] == pytest.approx([1, 2 / 3, 1 / 3, 0])
    assert agreement_weights("quadratic", 4)[1][0] == pytest.approx([1, 8 / 9, 5 / 9, 0])
    # Gwet: 1 − C(d + 1, 2)/C(q, 2).
    assert agreement_weights("ordinal", 4)[1][0] == pytest.approx([1, 5 / 6, 3 / 6, 0])


def test_one_category_has_the_weight_one() -> None:
    for scheme in ("unweighted", "linear", "quadratic", "ordinal"):
        assert agreement_weights(scheme, 1)[1].tolist() == [[1.0]]  # type: ignore[arg-type]  # a literal


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        (np.eye(3), "a row for each category"),
        ([[1, 0.5], [0.4, 1]], "symmetric"),
        ([[0.9, 0], [0, 1]], "1 on the diagonal"),
        ([[1, -0.1], [-0.1, 1]], "from 0 to 1"),
        ([[1, np.nan], [np.nan, 1]], "from 0 to 1"),
        ([["1", "0"], ["0", "1"]], "a row for each category"),
    ],
)
def test_a_matrix_that_is_no_agreement_is_refused(matrix: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        agreement_weights(matrix, 2)  # type: ignore[arg-type]  # the point of the test


def test_an_unknown_scheme_is_refused() -> None:
    with pytest.raises(ValueError, match="`weights` must be one of"):
        agreement_weights("cubic", 3)  # type: ignore[arg-type]  # the point of the test
