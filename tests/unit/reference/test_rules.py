"""Each rule on readings that can be checked by eye."""

import re
from pathlib import Path

import pytest

from multisite.errors import SchemaError
from multisite.reference.rules import Independent, LatentClass, Majority, Rule
from tests.unit.reference.builders import INDEPENDENT, PANEL, TWO_PLUS_ONE, make, outcomes, read_as, rule

DECIDED, FEW = "decided", "too few readings"


def decided_by(rows: str, by: Rule) -> dict[str, str | None]:
    return dict(make(rows, rule(by))["reference"].select("case_id", "decided_by").rows())


def test_a_majority_is_more_than_half_of_the_readers() -> None:
    rows = """
    case_id | reader | rating
    c1      | a      | yes
    c1      | b      | yes
    c1      | c      | no
    c2      | a      | no
    c2      | b      | no
    c2      | c      | no
    c3      | a      | yes
    c3      | b      | no
    c3      | c      | unsure
    c4      | a      | yes
    c4      | b      | yes
    c5      | a      | yes
    c5      | b      | yes
    c5      | c      | no
    c5      | d      | no
    c6      | a      | unsure
    c6      | b      | unsure
    c6      | c      | no
    """
    assert outcomes(make(rows)) == {
        "c1": (True, DECIDED),
        "c2": (False, DECIDED),
        "c3": (None, "tie"),
        "c4": (None, FEW),
        "c5": (None, "tie"),
        "c6": (None, "ambiguous"),
    }


def test_a_majority_of_some_arms_does_not_count_the_others() -> None:
    rows = """
    case_id | reader | rating | arm
    c1      | a      | yes    | expert
    c1      | b      | no     | trainee
    c1      | c      | no     | -
    """
    made = make(rows, rule(Majority(1, ("expert",))))
    assert outcomes(made) == {"c1": (True, DECIDED)}
    assert made["readings"]["ballot"].to_list() == ["majority", None, None]
    assert made["readings"]["arm"].to_list() == ["expert", "other", None]


TWO = """
case_id | reader | rating  | arm
c1      | a      | yes     | primary
c1      | b      | yes     | primary
c1      | z      | no      | adjudication
c2      | a      | yes     | primary
c2      | b      | no      | primary
c2      | z      | no      | adjudication
c3      | a      | yes     | primary
c3      | b      | unsure  | primary
c4      | a      | yes     | primary
c4      | z      | yes     | adjudication
c5      | a      | yes     | primary
c5      | b      | yes     | primary
c5      | c      | yes     | primary
c6      | a      | yes     | primary
c6      | b      | no      | primary
c6      | y      | yes     | adjudication
c6      | z      | no      | adjudication
c7      | a      | yes     | primary
c7      | b      | no      | primary
c7      | z      | blurred | adjudication
c8      | a      | no      | consensus
"""


def test_the_third_reader_decides_where_the_first_two_differ_and_nowhere_else() -> None:
    assert outcomes(make(TWO, rule(TWO_PLUS_ONE))) == {
        "c1": (True, DECIDED),
        "c2": (False, DECIDED),
        "c3": (None, "not adjudicated"),
        "c4": (None, FEW),
        "c5": (None, "too many readings"),
        "c6": (None, "tie"),
        "c7": (None, "non_diagnostic"),
        "c8": (None, FEW),
    }
    arms = decided_by(TWO, TWO_PLUS_ONE)
    assert (arms["c1"], arms["c2"], arms["c3"], arms["c7"]) == ("primary", "adjudication", None, "adjudication")


def test_the_worked_table_of_the_page_is_what_comes_out() -> None:
    page = (Path(__file__).parents[3] / "docs/methods/reference.md").read_text(encoding="utf-8")
    (worked,) = re.findall(r"\| primary \| adjudication \|.*\n\|[-|]+\n((?:\|.*\n)+)", page)
    cases = [[cell.strip() for cell in line.strip("|").split("|")] for line in worked.splitlines()]
    assert len(cases) == 8
    rows = ["case_id | reader | rating | arm"]
    for number, (primary, adjudication, *_) in enumerate(cases):
        for arm, said in (("primary", primary), ("adjudication", adjudication)):
            words = [word.strip() for word in said.split(",") if word.strip() != "–"]
            rows += [f"c{number} | {arm}-{place} | {word} | {arm}" for place, word in enumerate(words)]
    for column, by in ((3, TWO_PLUS_ONE), (4, Majority(2, ("primary", "adjudication")))):
        found = outcomes(make("\n".join(rows), rule(by)))
        for number, case in enumerate(cases):
            decision, state = found[f"c{number}"]
            came_out = {True: "positive", False: "negative", None: f"*{state}*"}[decision]
            assert case[column].startswith(came_out), case


def test_a_panel_decides_alone() -> None:
    rows = """
    case_id | reader | rating | arm
    c1      | a      | no     | reader
    c1      | b      | no     | -
    c1      | p      | yes    | consensus
    c2      | a      | no     | reader
    c3      | p      | yes    | consensus
    c3      | q      | no     | consensus
    """
    assert outcomes(make(rows, rule(PANEL))) == {"c1": (True, DECIDED), "c2": (None, FEW), "c3": (None, "tie")}


INDEPENDENTLY = """
case_id | reader | rating  | arm
c1      | lab    | yes     | pathology
c1      | clinic | no      | follow_up
c1      | a      | no      | -
c1      | b      | no      | -
c2      | clinic | no      | follow_up
c3      | lab    | blurred | pathology
c3      | clinic | yes     | follow_up
c4      | a      | yes     | -
c4      | b      | yes     | -
c5      | lab    | blurred | pathology
c5      | a      | yes     | -
c6      | lab    | yes     | pathology
c6      | lab2   | no      | pathology
c6      | clinic | no      | follow_up
c7      | lab    | unsure  | pathology
c7      | a      | no      | -
c7      | b      | no      | -
"""


def test_independent_standards_come_in_their_order_and_readers_after_them() -> None:
    assert outcomes(make(INDEPENDENTLY, rule(INDEPENDENT))) == {
        "c1": (True, DECIDED),
        "c2": (False, DECIDED),
        "c3": (True, DECIDED),
        "c4": (True, DECIDED),
        "c5": (None, "non_diagnostic"),
        "c6": (None, "tie"),
        "c7": (False, DECIDED),
    }
    arms = decided_by(INDEPENDENTLY, INDEPENDENT)
    assert [arms[case] for case in ("c1", "c2", "c3", "c4", "c5", "c6")] == [
        "pathology",
        "follow_up",
        "follow_up",
        "majority",
        "pathology",
        None,
    ]


def test_without_a_rule_of_readers_only_independent_standards_decide() -> None:
    found = outcomes(make(INDEPENDENTLY, rule(Independent(("pathology",)))))
    assert found == {
        "c1": (True, DECIDED),
        "c2": (None, FEW),
        "c3": (None, "non_diagnostic"),
        "c4": (None, FEW),
        "c5": (None, "non_diagnostic"),
        "c6": (None, "tie"),
        "c7": (None, "ambiguous"),
    }


UNCLEAR = """
case_id | reader | rating
c1      | a      | unsure
c2      | a      | blurred
c3      | a      | yes
"""


def test_unclear_cases_become_what_is_declared_and_keep_their_state() -> None:
    found = outcomes(make(UNCLEAR, rule(Majority(1), ambiguous="positive", non_diagnostic="negative")))
    assert found == {"c1": (True, "ambiguous"), "c2": (False, "non_diagnostic"), "c3": (True, DECIDED)}


@pytest.mark.parametrize("kind", ["ambiguous", "non_diagnostic"])
def test_unclear_cases_may_be_refused_in_counts_without_values(kind: str) -> None:
    with pytest.raises(SchemaError, match=f"1 cases are {kind}") as caught:
        make(UNCLEAR, rule(Majority(1), **{kind: "fail"}))
    assert not {"unsure", "blurred", "c1", "c2"} & set(str(caught.value).split())


def test_a_label_carries_its_lineage() -> None:
    row = make(TWO, rule(TWO_PLUS_ONE))["reference"].row(1, named=True)
    assert row == {
        "site": "north",
        "case_id": "c2",
        "finding": "nodule",
        "decision": False,
        "state": "decided",
        "rule": "the rule",
        "rule_version": 2,
        "decided_by": "adjudication",
        "n_readings": 3,
        "n_positive": 1,
        "n_negative": 2,
        "unanimous": False,
        "posterior": None,
    }


# The fourth reader says no to everything but one case: a model gives little weight to that.
LATENT = read_as(
    *["yyyn"] * 5,
    *["nnnn"] * 10,
    *("yyny", "yynn", "nyyn", "yn--", "uuyn", "yyun"),
    *["yyyn", "nnnn"] * 60,
    *["yyyy", "nyyn", "nnyn", "ynnn", "nnny"] * 9,
)


def test_a_latent_class_weighs_readers_by_their_errors() -> None:
    made = make(LATENT, rule(LatentClass(3)))
    found = outcomes(made)

    assert {found[f"c{number}"] for number in range(1, 6)} == {(True, DECIDED)}
    assert {found[f"c{number}"] for number in range(6, 16)} == {(False, DECIDED)}
    # Two of four is no majority.
    assert found["c17"] == (True, DECIDED)
    assert outcomes(make(LATENT, rule(Majority(3))))["c17"] == (None, "tie")
    assert found["c19"] == found["c20"] == (None, FEW)
    lineage = made["reference"].filter(case_id="c17").row(0, named=True)
    assert (lineage["decided_by"], lineage["n_readings"]) == ("latent_class", 4)
    assert 0.5 < lineage["posterior"] <= 1.0


def test_a_case_of_which_neither_truth_is_probable_enough_is_ambiguous() -> None:
    sure = make(LATENT, rule(LatentClass(3, at_least=0.999999)))
    states = dict(sure["reference"].select("case_id", "state").rows())

    assert states["c18"] == "ambiguous"
    assert sure["reference"].filter(case_id="c18").row(0, named=True)["decided_by"] == "latent_class"
    positive = make(LATENT, rule(LatentClass(3, at_least=0.999999), ambiguous="positive"))
    assert outcomes(positive)["c18"] == (True, "ambiguous")


def test_without_a_case_of_three_readers_a_latent_class_decides_nothing() -> None:
    made = make(read_as("yy", "nn", "yn"), rule(LatentClass(2)))
    assert set(outcomes(made).values()) == {(None, FEW)}
    assert made["reference"]["posterior"].null_count() == 3


def test_readings_that_do_not_determine_the_model_decide_nothing() -> None:
    # A third reader has read what two differ on: the commonest design, and labels would hang on the start.
    made = make(read_as(*["yy", "nn"] * 40, *["yny", "ynn", "nyy", "nyn"] * 10), rule(LatentClass(2)))
    assert set(outcomes(made).values()) == {(None, FEW)}
    assert made["reference_variants"].filter(variant="latent class").is_empty()


def test_without_arms_a_latent_class_leaves_out_readings_that_name_one() -> None:
    lines = read_as(*["yyy", "nnn"] * 20, "yyn").splitlines()
    rows = "\n".join([f"{lines[0]} | arm", *(f"{line} | -" for line in lines[1:]), "c41 | d | no | adjudication"])
    made = make(rows, rule(LatentClass(3)))
    assert outcomes(made)["c41"] == (True, DECIDED)
    assert made["readings"].filter(reader="d")["ballot"].to_list() == [None]
    named = make(rows, rule(LatentClass(1, arms=("adjudication",))))
    assert set(outcomes(named).values()) == {(None, FEW)}


def test_a_latent_class_of_one_truth_only_decides_for_it() -> None:
    assert set(outcomes(make(read_as(*["nnn"] * 20), rule(LatentClass(3)))).values()) == {(False, DECIDED)}


def test_a_latent_class_counts_the_readings_of_its_arms_only_and_stands_behind_an_independent_source() -> None:
    rows = """
    case_id | reader | rating | arm
    c1      | a      | yes    | expert
    c1      | b      | yes    | expert
    c1      | c      | yes    | expert
    c1      | d      | no     | trainee
    c2      | a      | no     | expert
    c2      | b      | no     | expert
    c2      | c      | no     | expert
    c3      | a      | no     | expert
    c3      | lab    | yes    | pathology
    """
    more = [
        f"c{number} | {reader} | {rating} | expert"
        for number in range(4, 44)
        for rating in (("no", "yes")[number % 2],)
        for reader in "abc"
    ]
    rows = "\n".join([rows, *more])
    by = Independent(("pathology",), LatentClass(3, arms=("expert",)))
    decided = decided_by(rows, by)
    assert (decided["c1"], decided["c2"], decided["c3"]) == ("latent_class", "latent_class", "pathology")
    assert make(rows, rule(by))["readings"].filter(reader="d")["ballot"].to_list() == [None]
