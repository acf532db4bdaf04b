"""Ratings as they come: which are missing, which are refused, and what the categories are."""

import numpy as np
import pytest

from multisite.stats.agreement import cohen_kappa, fleiss_kappa, gwet_ac1, icc, observed_agreement

NAN = float("nan")

TABLE = [[1, 1, 2], [2, 2, 2], [1, 1, 1], [2, 1, 2]]


def test_nan_none_and_masked_entries_are_the_same_missing_rating() -> None:
    with_nan = np.array([[1, 1, NAN], [2, 2, 2], [1, NAN, 1], [2, 1, 2]])
    with_none = [[1, 1, None], [2, 2, 2], [1, None, 1], [2, 1, 2]]
    masked = np.ma.masked_array(np.nan_to_num(with_nan, nan=7).astype(int), np.isnan(with_nan))
    texts = [["a", "a", NAN], ["b", "b", "b"], ["a", None, "a"], ["b", "a", "b"]]
    expected = gwet_ac1(with_nan).estimate
    for ratings in (with_none, masked, texts):
        assert gwet_ac1(ratings).estimate == expected


def test_categories_are_the_distinct_ratings_in_order_unless_given() -> None:
    assert fleiss_kappa(TABLE).categories == (1, 2)
    assert gwet_ac1(TABLE, categories=[2, 9, 1]).categories == (2, 9, 1)
    assert gwet_ac1(TABLE, categories=[2, 9, 1]).unused_categories == (9,)


@pytest.mark.parametrize("bad", [np.inf, -np.inf])
@pytest.mark.parametrize("as_objects", [True, False])
def test_infinite_ratings_are_refused_by_name_and_not_by_value(bad: float, as_objects: bool) -> None:
    ratings = np.array([[1.0, bad], [2.0, 1.0]], dtype=object if as_objects else float)
    for statistic in (observed_agreement, fleiss_kappa, lambda r: icc(r, form="1,1")):
        with pytest.raises(ValueError, match="`ratings` must be finite"):
            statistic(ratings)
    with pytest.raises(ValueError, match="`second` must be finite"):
        cohen_kappa([1.0, 2.0], [1.0, bad])


def test_a_rating_that_is_no_category_is_refused_without_quoting_it() -> None:
    with pytest.raises(ValueError, match="`ratings` must hold only `categories`") as caught:
        fleiss_kappa([["a", "secret"]], categories=["a", "b"])
    assert "secret" not in str(caught.value)


def test_categories_that_repeat_or_have_no_order_are_refused() -> None:
    with pytest.raises(ValueError, match="`categories` must be distinct"):
        fleiss_kappa(TABLE, categories=[1, 2, 2])
    with pytest.raises(ValueError, match="`categories` must be given"):
        fleiss_kappa([["a", 1], [1, "a"]])


def test_the_wrong_number_of_dimensions_is_refused() -> None:
    with pytest.raises(ValueError, match="one column per rater"):
        gwet_ac1([1, 2, 3])
    with pytest.raises(ValueError, match="one-dimensional"):
        cohen_kappa([[1, 2]], [[1, 2]])


def test_text_is_no_measurement() -> None:
    with pytest.raises(ValueError, match="`ratings` must hold numbers") as caught:
        icc([["secret", "2"], ["1", "2"]], form="1,1")
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None
