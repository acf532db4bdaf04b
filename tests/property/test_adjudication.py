"""What must hold of adjudication for any readings."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from multisite.reference.rules import LatentClass, Majority, Rule
from tests.unit.reference.builders import INDEPENDENT, MAJORITY, PANEL, TWO_PLUS_ONE, make, readings, rule

pytestmark = pytest.mark.slow

RULES = (MAJORITY, Majority(1, ("primary",)), TWO_PLUS_ONE, PANEL, INDEPENDENT, LatentClass(2))
ARMS = ("primary", "adjudication", "consensus", "pathology", "follow_up", "elsewhere", "-")

_ROW = st.tuples(
    st.sampled_from(("c1", "c2", "c3", "-")),
    st.sampled_from(("a", "b", "c", "d", "-")),
    st.sampled_from(("yes", "no", "unsure", "blurred", "perhaps")),
    st.sampled_from(ARMS),
    st.sampled_from(("s1", "s2", "-")),
    st.sampled_from(("2024-01-01", "2024-02-01", "-")),
    st.sampled_from(("true", "false", "-")),
    st.sampled_from(("l1", "l2", "-")),
    st.sampled_from(("0.5", "1", "2", "-")),
)
_NAMES = "case_id | reader | rating | arm | session | read_on | blinded | lesion | confidence"


def frame(rows: list[tuple[str, ...]]) -> pl.DataFrame:
    return readings("\n".join([_NAMES, *(" | ".join(row) for row in rows)]))


def same(one: dict[str, pl.DataFrame], other: dict[str, pl.DataFrame], *, without: tuple[str, ...] = ()) -> bool:
    return all(one[name].equals(other[name]) for name in one if name not in without)


@given(by=st.sampled_from(RULES), rows=st.lists(_ROW, min_size=1, max_size=14), data=st.data())
def test_the_order_of_rows_makes_no_difference(by: Rule, rows: list[tuple[str, ...]], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(rows))
    assert same(make(frame(rows), rule(by)), make(frame(list(shuffled)), rule(by)))


@given(by=st.sampled_from(RULES), rows=st.lists(_ROW, min_size=1, max_size=14), data=st.data())
def test_a_copy_of_a_reading_changes_nothing_but_the_count_of_rows(
    by: Rule, rows: list[tuple[str, ...]], data: st.DataObject
) -> None:
    copied = [*rows, data.draw(st.sampled_from(rows))]
    once, twice = make(frame(rows), rule(by)), make(frame(copied), rule(by))
    assert same(once, twice, without=("reading_counts",))
    told = [
        made["reading_counts"].filter(~pl.col("topic").is_in(["row of the table", "confidence"]))
        for made in (once, twice)
    ]
    assert told[0].equals(told[1])


@given(by=st.sampled_from(RULES), rows=st.lists(_ROW, min_size=1, max_size=14))
def test_every_case_is_decided_once_and_counts_add_up(by: Rule, rows: list[tuple[str, ...]]) -> None:
    made = make(frame(rows), rule(by))
    reference, counted = made["reference"], made["reading_counts"]
    assert reference["case_id"].to_list() == sorted({row[0] for row in rows} - {"-"})
    total = dict(counted.group_by("topic").agg(pl.col("n").sum()).rows())
    assert total["row of the table"] == len(rows)
    assert total["reading"] == made["readings"].height
    assert total["state"] == total["unanimity"] == total["readings per case"] == reference.height
    assert (reference["n_positive"] + reference["n_negative"] <= reference["n_readings"]).all()
    decided = reference.filter(pl.col("state") == "decided")
    assert decided["decision"].null_count() == 0
    assert decided["decided_by"].null_count() == 0
    assert reference.filter(pl.col("state") != "decided")["decision"].null_count() == reference.height - decided.height
