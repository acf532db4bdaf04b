"""How numbers are written."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from multisite.pack.numbers import decimals_for_width, fixed, megabytes, share, write

MINUS = "\N{MINUS SIGN}"
NNBSP = "\N{NARROW NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("width", "decimals"), [(0.06, 2), (0.3, 2), (0.4, 1), (0.04, 2), (0.039, 3), (0.006, 3), (5.0, 0), (1e-9, 4)]
)
def test_digits_follow_the_width_of_the_interval(width: float, decimals: int) -> None:
    assert decimals_for_width(width) == decimals


@pytest.mark.parametrize("width", [0.0, -1.0, math.inf, math.nan])
def test_a_width_that_is_no_width_gets_two_decimals(width: float) -> None:
    assert decimals_for_width(width) == 2


@given(st.floats(min_value=0.0005, max_value=40))
def test_a_unit_of_the_last_digit_is_at_most_a_quarter_of_the_width_and_more_than_a_fortieth(width: float) -> None:
    unit = 10.0 ** -decimals_for_width(width)
    assert unit <= width / 4 * (1 + 1e-9) or unit == 1.0
    assert unit > width / 40 * (1 - 1e-6)


def test_an_estimate_is_written_with_its_interval() -> None:
    assert str(write(0.9123, 0.881, 0.941)) == "0.91 (0.88–0.94)"


def test_an_interval_with_a_negative_end_is_joined_by_a_word() -> None:
    assert str(write(-1.24, -1.6, -0.88)) == f"{MINUS}1.2 ({MINUS}1.6 to {MINUS}0.9)"


def test_rounding_never_moves_an_interval_onto_the_value_it_excludes() -> None:
    assert str(write(1.3, 1.04, 1.56)) == "1.3 (1.0–1.6)"
    assert str(write(1.3, 1.04, 1.56, expected=1.0)) == "1.30 (1.04–1.56)"


def test_there_is_no_negative_zero() -> None:
    assert fixed(-0.001, 2) == "0.00"
    assert fixed(-0.01, 2) == f"{MINUS}0.01"


@pytest.mark.parametrize(
    ("part", "whole", "words"),
    [
        (58, 100, f"58{NNBSP}%"),
        (583, 1000, f"58.3{NNBSP}%"),
        (0, 7, f"0{NNBSP}%"),
        (1, 243, f"<1{NNBSP}%"),
        (1, 9999, f"<0.1{NNBSP}%"),
        (0, 0, "—"),
    ],
)
def test_a_share_of_nothing_is_undefined_and_not_zero(part: int, whole: int, words: str) -> None:
    assert share(part, whole) == words


@pytest.mark.parametrize(
    ("sizes", "words"), [([], "0 B"), ([999], "999 B"), ([1500], "1.5 kB"), ([2 * 10**11], "200 GB")]
)
def test_sizes_are_written_in_the_unit_that_fits(sizes: list[int], words: str) -> None:
    assert megabytes(sizes) == words
