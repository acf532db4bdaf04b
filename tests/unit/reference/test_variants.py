"""Other truths, readers held out of the truth, and who was independent, on readings that can be checked by eye."""

import polars as pl

from multisite.reference.independence import INDEPENDENCE
from multisite.reference.rules import Independent, LatentClass, Majority, Panel
from tests.unit.reference.builders import TWO_PLUS_ONE, counts, make, read_as, rule


def labels(made: dict[str, pl.DataFrame], variant: str) -> dict[str, bool]:
    return dict(made["reference_variants"].filter(variant=variant).select("case_id", "label").rows())


def held_out(made: dict[str, pl.DataFrame], reader: str) -> dict[str, tuple[bool, bool]]:
    rows = made["held_out_readings"].filter(reader_number=reader).select("case_id", "said", "truth").rows()
    return {case: (own, truth) for case, own, truth in rows}


# Reader a has read all five, b and d four of them, c three.
READ = read_as("yyyy", "nnnn", "yyn-", "yn-u", "y--n")


def test_each_truth_labels_the_cases_that_it_can() -> None:
    made = make(READ)

    assert labels(made, "declared") == {"c1": True, "c2": False, "c3": True}
    assert labels(made, "unanimous only") == {"c1": True, "c2": False}
    assert labels(made, "majority") == {"c1": True, "c2": False, "c3": True}
    assert labels(made, "independent decisions only") == labels(made, "declared")
    # Five cases do not tell how readers err.
    assert labels(made, "latent class") == {}
    more = make(f"{READ}\n" + "\n".join(f"c{n} | {r} | {('no', 'yes')[n % 2]}" for n in range(6, 66) for r in "abcd"))
    assert set(labels(more, "latent class")) >= {"c1", "c2", "c3", "c4", "c5"}


def test_single_readers_go_by_the_number_that_agreement_gives_them() -> None:
    made = make(READ)

    assert labels(made, "reader 1") == {"c1": True, "c2": False, "c3": True, "c4": True, "c5": True}
    assert labels(made, "reader 3") == {"c1": True, "c2": False, "c5": False}
    assert labels(made, "reader 4") == {"c1": True, "c2": False, "c3": False}
    pair = made["agreement"].filter(first="reader 1", second="reader 4", statistic="observed_agreement")
    assert pair["n_cases"].to_list() == [3]


def test_unanimity_and_majority_are_among_positive_and_negative_readings() -> None:
    made = make(read_as("yyu", "yu-", "ynu", "ynnu", "uu-"))

    # One of c2 is labelled, and none of c5; of four in c4 no three say the same, of three labelled ones two do.
    assert labels(made, "unanimous only") == {"c1": True}
    assert labels(made, "majority") == {"c1": True, "c4": False}


def test_an_unclear_reading_counts_as_the_study_file_takes_such_cases() -> None:
    made = make(READ, rule(Majority(3), ambiguous="negative"))

    assert labels(made, "reader 3")["c4"] is False
    assert labels(made, "majority")["c4"] is False


def test_a_reader_is_held_out_of_the_majority_of_two_others_or_more() -> None:
    made = make(READ)

    # In c3 the two others of a contradict each other, and so do those of b; in c5 there is one other.
    assert held_out(made, "reader 1") == {"c1": (True, True), "c2": (False, False)}
    assert held_out(made, "reader 4") == {"c1": (True, True), "c2": (False, False), "c3": (False, True)}


def test_with_two_readers_and_an_adjudicator_nobody_is_held_out() -> None:
    rows = """
    case_id | reader | rating | arm
    c1      | a      | yes    | primary
    c1      | b      | no     | primary
    c1      | c      | yes    | adjudication
    c2      | a      | yes    | primary
    c2      | b      | yes    | primary
    """
    made = make(rows, rule(TWO_PLUS_ONE))

    assert made["held_out_readings"].is_empty()
    assert labels(made, "declared") == {"c1": True, "c2": True}
    assert set(made["reference_variants"]["variant"]) >= {"reader 1", "reader 2"}


def test_a_panel_and_an_independent_source_are_a_truth_for_readers_who_had_no_part_in_them() -> None:
    rows = """
    case_id | reader | rating | arm
    c1      | a      | no     | -
    c1      | b      | yes    | -
    c1      | panel  | yes    | consensus
    c2      | a      | no     | -
    c2      | b      | no     | -
    c2      | a      | yes    | consensus
    """
    made = make(rows, rule(Panel("consensus")))
    assert held_out(made, "reader 1") == {"c1": (False, True)}
    assert held_out(made, "reader 2") == {"c1": (True, True), "c2": (False, True)}
    source = rows.replace("consensus", "pathology")
    made = make(source, rule(Independent(("pathology",), Majority(2))))
    assert held_out(made, "reader 2")["c1"] == (True, True)


def test_who_decided_is_told_to_have_seen_the_output_or_to_have_read_the_case_before() -> None:
    rows = """
    case_id | reader | rating | arm          | blinded
    c1      | a      | yes    | primary      | true
    c1      | b      | no     | primary      | true
    c1      | a      | yes    | adjudication | true
    c2      | a      | yes    | primary      | true
    c2      | b      | no     | primary      | true
    c2      | c      | no     | adjudication | false
    c3      | a      | yes    | primary      | true
    c3      | b      | no     | primary      | true
    c3      | b      | no     | adjudication | false
    c4      | a      | no     | primary      | true
    c4      | b      | no     | primary      | true
    c5      | a      | no     | primary      | -
    c5      | b      | no     | primary      | true
    c6      | a      | no     | primary      | true
    c6      | b      | yes    | primary      | true
    """
    made = make(rows, rule(TWO_PLUS_ONE))

    assert counts(made, "decided case") == dict.fromkeys(INDEPENDENCE, 1)
    assert labels(made, "independent decisions only") == {"c4": False, "c5": False}


def test_under_a_latent_class_rule_the_declared_truth_is_that_of_the_model() -> None:
    made = make(read_as(*["yyy", "nnn", "yyn", "nny", "yyy", "nnn"] * 10), rule(LatentClass(3)))
    assert labels(made, "declared") == labels(made, "latent class")
    assert len(labels(made, "declared")) == 60
