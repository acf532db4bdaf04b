import hashlib
from fractions import Fraction

import polars as pl

from multisite.cohort.draws import apportion, draw_levels, draw_patients, drawn_order, exact_shares
from tests.lib.tables import table

SEED = 7
SHARES = (("train", 0.6), ("tune", 0.2), ("test", 0.2))
NOTHING = dict.fromkeys(("train", "tune", "test"), Fraction(0))


def drawn(cases: pl.DataFrame, *, strata: tuple[str, ...] = (), references: tuple[str, ...] = ()) -> dict[str, str]:
    found = draw_patients(cases, SHARES, seed=SEED, strata=strata, references=references)
    return dict(zip(found["patient_id"], found["split"], strict=True))


def patients(number: int, **columns: object) -> pl.DataFrame:
    names = [f"p{i:03}" for i in range(number)]
    held = {"case_id": [f"c{name}" for name in names], "patient_id": names}
    frame = pl.DataFrame(held, schema={"case_id": pl.String, "patient_id": pl.String})
    return frame.with_columns(pl.lit(None, pl.Date).alias("case_date"), **columns)


def test_the_order_is_that_of_the_digest_of_seed_and_name() -> None:
    names = ["a", "b", "c", "d", "e"]
    digests = {name: hashlib.sha256(f"7:{name}".encode()).hexdigest() for name in names}
    assert drawn_order(names, seed=7) == sorted(names, key=digests.__getitem__)


def test_another_seed_gives_another_order() -> None:
    names = [f"p{i}" for i in range(20)]
    assert drawn_order(names, seed=1) != drawn_order(names, seed=2)


def test_shares_are_the_decimals_as_written_and_add_up_to_one() -> None:
    assert exact_shares((("train", 0.1), ("test", 0.9)))["train"] == Fraction(1, 10)
    thirds = exact_shares((("train", 0.333333333), ("tune", 0.333333333), ("test", 0.333333334)))
    assert sum(thirds.values()) == 1


def test_the_largest_remainder_is_rounded_up() -> None:
    # Quotas of 7 are 4.2, 1.4 and 1.4: one is left, and tune is filled before test.
    assert apportion(7, exact_shares(SHARES), NOTHING) == {"train": 4, "tune": 2, "test": 1}


def test_what_a_split_is_owed_counts_with_its_remainder() -> None:
    owed = {**NOTHING, "train": Fraction(-1, 2), "test": Fraction(3, 10)}
    assert apportion(7, exact_shares(SHARES), owed) == {"train": 4, "tune": 1, "test": 2}


def test_a_quota_that_is_a_whole_number_is_kept_whatever_is_owed() -> None:
    # 29 % of 100 is 29, which floats do not know.
    shares = exact_shares((("train", 0.29), ("test", 0.71)))
    assert apportion(100, shares, {"train": Fraction(5), "test": Fraction(0)}) == {"train": 29, "test": 71}


def test_no_patient_gives_no_row() -> None:
    assert drawn(patients(0)) == {}


def test_shares_are_those_of_patients() -> None:
    splits = list(drawn(patients(100)).values())
    assert [splits.count(name) for name in ("train", "tune", "test")] == [60, 20, 20]


def test_shares_hold_within_every_combination_of_levels() -> None:
    vendor = pl.when(pl.int_range(100) < 30).then(pl.lit("GE")).otherwise(pl.lit("Canon"))
    cases = patients(100, stratum_vendor=vendor, reference_nodule=pl.int_range(100) % 2 == 0)
    found = drawn(cases, strata=("stratum_vendor",), references=("reference_nodule",))
    counted = (
        cases.with_columns(pl.col("patient_id").replace_strict(found).alias("split"))
        .group_by("stratum_vendor", "reference_nodule", "split")
        .len()
    )
    assert set(counted.filter(stratum_vendor="GE").select("split", "len").rows()) == {
        ("train", 9),
        ("tune", 3),
        ("test", 3),
    }
    assert set(counted.filter(stratum_vendor="Canon").select("split", "len").rows()) == {
        ("train", 21),
        ("tune", 7),
        ("test", 7),
    }


def test_what_one_combination_lacks_the_next_ones_make_up() -> None:
    # Ten combinations of one patient each: without carrying, train would get all ten.
    vendor = pl.format("v{}", pl.int_range(10))
    splits = list(drawn(patients(10, stratum_vendor=vendor), strata=("stratum_vendor",)).values())
    assert [splits.count(name) for name in ("train", "tune", "test")] == [6, 2, 2]


def test_a_patient_has_the_level_of_the_earliest_case_and_is_positive_when_any_case_is() -> None:
    alone = """
    case_id | patient_id | case_date  | stratum_vendor | reference_nodule
    c1      | p1         | 2024-01-02 | GE             | false
    c2      | p2         | 2024-01-01 | Canon          | true
    c3      | p3         | 2024-01-01 | Canon          | -
    """
    more = """
    c4      | p1         | -          | Canon          | true
    c5      | p1         | 2024-01-03 | Canon          | -
    c6      | p1         | 2024-01-02 | Canon          | false
    """
    axes = {"strata": ("stratum_vendor",), "references": ("reference_nodule",)}
    dtypes = {"case_date": pl.Date(), "reference_nodule": pl.Boolean()}
    changed = alone.replace("GE             | false", "GE             | true")
    assert drawn(table(alone + more.strip(), **dtypes), **axes) == drawn(table(changed, **dtypes), **axes)


def test_levels_are_drawn_whole_and_fill_the_shares_of_the_cases_in_their_order() -> None:
    assert drawn_order("abcd", seed=SEED) == ["c", "a", "d", "b"]
    # Of ten cases c holds the first two, a the next four, d one and b the last three; the borders lie at 6 and 8.
    levels = pl.Series([*"aaaabbbccd", None, None])
    assert draw_levels(levels, SHARES, seed=SEED) == {"c": "train", "a": "train", "d": "tune", "b": "test"}


def test_levels_of_equal_size_leave_the_last_split_its_share() -> None:
    levels = pl.Series([name for name in "abcd" for _ in range(25)])
    splits = list(draw_levels(levels, SHARES, seed=SEED).values())
    assert [splits.count(name) for name in ("train", "tune", "test")] == [2, 1, 1]


def test_a_level_whose_middle_lies_on_a_border_is_in_the_later_split() -> None:
    assert draw_levels(pl.Series(["a"]), (("train", 0.5), ("test", 0.5)), seed=SEED) == {"a": "test"}


def test_no_known_level_gives_no_split() -> None:
    assert draw_levels(pl.Series([None, None], dtype=pl.String), SHARES, seed=SEED) == {}
