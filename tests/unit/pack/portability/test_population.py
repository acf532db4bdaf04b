"""The reviewer's table: what is read, and what is refused with which words."""

import pytest

from multisite.errors import UsageError
from multisite.pack.portability.facts import PackFacts, PackStratum, source_of
from multisite.pack.portability.population import Counted, read_population

SEX, VIEW, AGE = (
    PackStratum("sex", "Sex", ("F", "M")),
    PackStratum("view", "View", ("PA", "AP")),
    PackStratum("age", "Age", ("<40", "≥40")),
)
CROSSED = PackStratum("sex_view", "Sex × View", ("F × PA", "M × AP"), ("sex", "view"))
FACTS = PackFacts("A study", (), (SEX, VIEW, AGE, CROSSED), 0.95, 10)


def refused(text: str) -> UsageError:
    with pytest.raises(UsageError) as caught:
        read_population(text.encode(), FACTS)
    assert caught.value.place == "--population"
    assert caught.value.remedy
    return caught.value


def test_a_joint_table_is_read_by_its_combinations() -> None:
    found = read_population(b"view,sex,n\nPA,F,120\nAP,M,0\n", FACTS)
    assert found.strata == ("view", "sex")
    assert dict(found.joint) == {("PA", "F"): Counted(120), ("AP", "M"): Counted(0)}
    assert (found.total, found.counts_positives) == (120, False)


def test_margins_are_read_stratum_by_stratum() -> None:
    found = read_population("\ufeffstratum,level,n\nsex,F,60\nsex,M,50\nage,≥40,99\n".encode(), FACTS)
    assert found.strata == ("sex", "age")
    assert [dict(margin) for margin in found.margins] == [{"F": Counted(60), "M": Counted(50)}, {"≥40": Counted(99)}]
    assert found.total == 110


def test_margins_of_one_stratum_are_a_joint_table() -> None:
    found = read_population(b"stratum,level,n,n_positive\nsex,F,60,20\nsex,M,50,0\n", FACTS)
    assert dict(found.joint) == {("F",): Counted(60, 20), ("M",): Counted(50, 0)}
    assert found.counts_positives


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("", "the table is empty"),
        ("sex,n\n", "the table is empty"),
        ("sex,n\nF,0\nM,0\n", "the table counts nobody"),
        ("sex;n\nF;20\n", "the table has no column `n`"),
        ("sex\nF\n", "the table has no column `n`"),
        ("n\n20\n", "the table has no column of a stratum"),
        ("sex,sex,n\nF,F,20\n", "the header names a column twice, or leaves one without a name"),
        ("sex,n\nF,20,3\n", "row 2 has another number of cells than the header"),
        ("scanner,n\nF,20\n", "column 1 of the table is no stratum of the pack"),
        ("sex,n\nX,20\n", "row 2 has a level of `sex` that the pack does not have"),
        ("sex,n\nF,20\nF,30\n", "row 3 repeats a combination of levels"),
        ("sex,n\nF,-20\n", "row 2 has a count that is no whole number of 0 or more"),
        ("sex,n\nF,20.5\n", "row 2 has a count that is no whole number of 0 or more"),
        ("sex,n\nF,\n", "row 2 has a count that is no whole number of 0 or more"),
        ("sex,n\nF,nan\n", "row 2 has a count that is no whole number of 0 or more"),
        ("sex,n\nF,1e3\n", "row 2 has a count that is no whole number of 0 or more"),
        ("sex,n,n_positive\nF,20,21\n", "row 2 has more positive than patients"),
        ("sex,sex_view,n\nF,F × PA,20\n", "`sex_view` is a crossing itself, and stands beside another stratum"),
        ("stratum,level,n,more\nsex,F,20,1\n", "a table of margins has the columns"),
        ("stratum,level,n\nscanner,F,20\n", "row 2 names no simple stratum of the pack"),
        ("stratum,level,n\nsex,F,20\nsex,F,20\n", "row 3 repeats a level of `sex`"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_row(text: str, fact: str) -> None:
    assert refused(text).fact.startswith(fact)


def test_what_is_known_is_named_where_something_is_not() -> None:
    assert "`sex`, `view`, `age`, `sex_view`" in refused("scanner,n\nF,20\n").remedy
    assert "`F`, `M`" in refused("sex,n\nX,20\n").remedy


def test_small_counts_are_refused_with_all_of_their_rows() -> None:
    error = refused("sex,view,n\nF,PA,9\nM,PA,10\nF,AP,1\n")
    assert error.fact.startswith("rows 2 and 4 have counts under 10")
    assert "Merge levels" in error.remedy


@pytest.mark.parametrize("row", ["20,5", "20,15"])
def test_small_counts_of_either_class_are_refused_as_well(row: str) -> None:
    assert "row 2 has counts under 10" in refused(f"sex,n,n_positive\nF,{row}\n").fact


@pytest.mark.parametrize(
    "markup", ["<script>alert(1)</script>", "=cmd|'/c calc'!A1", "\x1b[31mred", "[bold]", "Jane Doe 1960-01-01"]
)
def test_nothing_that_stands_in_the_table_is_repeated(markup: str) -> None:
    for text in (
        f"sex,n\n{markup},20\n",
        f"{markup},n\nF,20\n",
        f"sex,n\nF,{markup}\n",
        f"stratum,level,n\n{markup},F,20\n",
    ):
        assert markup not in str(refused(text))


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(UsageError, match="no CSV file in UTF-8"):
        read_population(b"sex,n\n\xff\xfe,20\n", FACTS)


def test_a_crossing_of_the_strata_in_any_order_is_found() -> None:
    found = source_of(FACTS, ("view", "sex"))
    assert found.stratum == "sex_view"
    assert found.cells["F × PA"] == ("PA", "F")


def test_a_crossing_that_holds_more_is_added_up() -> None:
    wide = PackStratum("all", "All", (), ("sex", "view", "age"))
    found = source_of(PackFacts("A study", (), (SEX, VIEW, AGE, wide), 0.95, 10), ("age", "sex"))
    assert found.stratum == "all"
    assert found.cells["F × PA × <40"] == found.cells["F × AP × <40"] == ("<40", "F")


def test_strata_that_are_not_crossed_are_refused_with_the_crossings_there_are() -> None:
    with pytest.raises(UsageError) as caught:
        source_of(FACTS, ("sex", "age"))
    assert "`sex_view` (sex × view)" in caught.value.fact
