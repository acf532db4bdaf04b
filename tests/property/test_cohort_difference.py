"""What differs between two sets, for any two: mirrored when they are exchanged, and adding up."""

from collections import Counter

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from multisite.cohort.difference import CaseChange, CohortDifference, cohort_difference
from tests.lib.cohorts import cohort
from tests.lib.examples import examples

_NUMBERS = st.sampled_from([None, 0.0, -0.0, 1.0, float("nan"), float("inf")])
_CASE = st.tuples(
    st.sampled_from([None, None, "adult", "no_images"]),
    st.sampled_from(["p1", "p2", None]),
    st.sampled_from(["GE", "Philips", None]),
    _NUMBERS,
    st.sampled_from(["<40", "unknown"]),
)
_CASES = st.dictionaries(st.integers(0, 9), _CASE, max_size=10)
_HAS_STRATUM = st.booleans()
_EMPTY = cohort("""
case_id | patient_id | exclusion_rule | vendor | slice_thickness_mm | stratum_age
c       | -          | -              | -      | -                  | unknown
""")[:0]


def frame(cases: dict[int, tuple], has_stratum: bool) -> pl.DataFrame:
    written = pl.DataFrame(
        [(f"c{number}", *values) for number, values in cases.items()],
        schema=["case_id", "exclusion_rule", "patient_id", "vendor", "slice_thickness_mm", "stratum_age"],
        orient="row",
    ).cast({pl.Null: pl.String})
    whole = pl.concat([_EMPTY, written.cast({"slice_thickness_mm": pl.Float64})], how="diagonal").with_columns(
        pl.lit("north").alias("site"), pl.col("exclusion_rule").is_null().alias("included")
    )
    return whole if has_stratum else whole.drop("stratum_age")


_FRAMES = st.builds(frame, _CASES, _HAS_STRATUM)


@st.composite
def _neighbours(draw: st.DrawFn) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Two cohorts of which the second has a few cases more, less or otherwise; often none."""
    cases, has_stratum = draw(_CASES), draw(_HAS_STRATUM)
    changes = draw(st.dictionaries(st.integers(0, 9), st.none() | _CASE, max_size=3))
    others = {number: case for number, case in {**cases, **changes}.items() if case is not None}
    return frame(cases, has_stratum), frame(others, has_stratum)


_PAIRS = st.tuples(_FRAMES, _FRAMES) | _neighbours()


def counted(difference: CohortDifference) -> Counter[tuple[str, str]]:
    return Counter(difference.cases.select("change", "why").rows())


def mirrored(change: str, why: str) -> tuple[str, str]:
    """The row of the same case when before and after are exchanged."""
    if change == CaseChange.ENTERED.value:
        words = why.replace("new in the table", "no longer in the table").replace("was excluded", "now excluded")
        return CaseChange.LEFT.value, words
    if change == CaseChange.LEFT.value:
        words = why.replace("no longer in the table", "new in the table").replace("now excluded", "was excluded")
        return CaseChange.ENTERED.value, words
    if change == CaseChange.EXCLUDED_OTHERWISE.value:
        was, now = why.removeprefix("was excluded: ").split(", now: ")
        return change, f"was excluded: {now}, now: {was}"
    return change, why


@examples(100)
@given(_FRAMES, st.randoms(use_true_random=False))
def test_a_set_does_not_differ_from_itself_in_any_order(whole: pl.DataFrame, random: object) -> None:
    order, columns = list(range(whole.height)), list(whole.columns)
    random.shuffle(order)  # type: ignore[attr-defined]  # hypothesis types the strategy's value as object
    random.shuffle(columns)  # type: ignore[attr-defined]  # as above
    difference = cohort_difference(whole, whole[order].select(columns))
    assert difference.are_equal
    assert difference.cases.is_empty()
    assert difference.counts.is_empty()
    assert difference.columns.is_empty()
    assert (difference.columns_added, difference.columns_removed) == ((), ())


@examples(150)
@given(_PAIRS)
def test_exchanging_the_sets_mirrors_the_difference(pair: tuple[pl.DataFrame, pl.DataFrame]) -> None:
    one, other = pair
    there, back = cohort_difference(one, other), cohort_difference(other, one)
    assert counted(there) == Counter({mirrored(*row): n for row, n in counted(back).items()})
    assert there.columns.select("column", "n_cases").equals(back.columns.select("column", "n_cases"))
    assert (there.before, there.after) == (back.after, back.before)
    assert (there.columns_added, there.columns_removed) == (back.columns_removed, back.columns_added)
    assert there.have_no_case_in_common == back.have_no_case_in_common


@examples(150)
@given(_PAIRS)
def test_the_counts_add_up(pair: tuple[pl.DataFrame, pl.DataFrame]) -> None:
    one, other = pair
    difference = cohort_difference(one, other)
    entered, left = difference.n_cases(CaseChange.ENTERED), difference.n_cases(CaseChange.LEFT)
    assert difference.after.n_cases == difference.before.n_cases + entered - left
    assert difference.cases.height == difference.cases["case_id"].n_unique() == difference.counts["n_cases"].sum()
    assert (difference.counts["n_patients"] <= difference.counts["n_cases"]).all()
    assert difference.before.n_cases + difference.before.n_excluded == one.height


@examples(150)
@given(_PAIRS)
def test_the_hashes_are_equal_exactly_when_nothing_of_the_sets_differs(pair: tuple[pl.DataFrame, pl.DataFrame]) -> None:
    one, other = pair
    difference = cohort_difference(one, other)
    moved = difference.cases.filter(pl.col("change") != CaseChange.EXCLUDED_OTHERWISE.value).height
    assert difference.are_equal == (not moved and not difference.columns_added and not difference.columns_removed)
