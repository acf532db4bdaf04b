"""Who calls wrong more often than the others of the same cases."""

import polars as pl
import pytest

from multisite.reference.agreement import AgreementRules
from multisite.reference.reader_bias import reader_bias_table
from multisite.schemas.reader_bias import OVER_CALLS, READER_BIAS, UNDER_CALLS
from multisite.stats import paired_proportion_difference, proportion
from tests.unit.reference.bias_studies import OVER_CALLER, TWO_PLUS_ONE, flagged
from tests.unit.reference.builders import INDEPENDENT, make, read_as, rule

STUDIES = 200


def row(frame: pl.DataFrame, reader: str, error: str) -> dict[str, object]:
    return frame.filter(reader=reader, error=error).row(0, named=True)


def test_shares_are_of_the_same_cases_and_the_others_are_the_other_readers() -> None:
    # Four negative cases, the fourth read by a and b alone, and so undecided by three; two positive ones.
    bias = make(read_as("ynn", "ynn", "nnn", "yn-", "yyy", "yny"))["reader_bias"]
    assert READER_BIAS.conform(bias).height == 6
    first = row(bias, "reader 1", OVER_CALLS)
    assert (first["of_reader"], first["of_others"], first["n_cases"]) == (2 / 3, 0.0, 3)
    second = row(bias, "reader 2", UNDER_CALLS)
    assert (second["of_reader"], second["of_others"], second["difference"]) == (0.5, 0.0, 0.5)
    assert row(bias, "reader 3", OVER_CALLS)["of_others"] == 1 / 3


def test_a_case_counts_once_however_many_others_have_read_it() -> None:
    # Two negative cases: reader a is wrong in the one that four read, and one of two others in that of three.
    bias = make(read_as("ynnn", "nyn-"))["reader_bias"]
    first = row(bias, "reader 1", OVER_CALLS)
    assert (first["of_reader"], first["of_others"], first["n_cases"]) == (0.5, 0.25, 2)


def test_readers_who_never_differ_pass_where_the_patients_are_many() -> None:
    many, few = (make(read_as(*["nnn"] * n, *["yyy"] * n))["reader_bias"] for n in (1000, 30))
    assert set(many["verdict"]) == {"pass"}
    assert set(few["verdict"]) == {"insufficient evidence"}
    for bias in (many, few):
        assert bias["ci_low"].null_count() == 0
        assert set(bias["p_value_adjusted"]) == {1.0}
    expected = paired_proportion_difference(0, 0, 0, 1000, method="tango")
    assert row(many, "reader 1", OVER_CALLS)["ci_high"] == expected.ci_high


def test_where_readers_never_differ_the_cases_of_a_patient_count_as_alike() -> None:
    cases = pl.DataFrame(
        {"case_id": [f"c{n}" for n in range(1, 121)], "patient_id": [f"p{n // 4}" for n in range(120)]}
    )
    found = row(make(read_as(*["nnn"] * 120), cases=cases)["reader_bias"], "reader 1", OVER_CALLS)
    assert found["ci_high"] == paired_proportion_difference(0, 0, 0, 30, method="tango").ci_high


def test_a_reader_who_is_better_than_the_others_passes() -> None:
    bias = make(read_as(*["ynn"] * 60, *["nnn"] * 100, *["yyy"] * 60))["reader_bias"]
    found = {(r, e): v for r, e, v in bias.select("reader", "error", "verdict").iter_rows()}
    assert found["reader 1", OVER_CALLS] == "fail"
    assert {found[f"reader {n}", OVER_CALLS] for n in (2, 3)} == {"pass"}
    assert row(bias, "reader 2", OVER_CALLS)["p_value_adjusted"] == 1.0


def test_a_difference_within_what_is_accepted_passes_and_one_that_may_be_larger_is_left_open() -> None:
    few, many = (make(read_as(*["ynn"] * n, *["nnn"] * (49 * n)))["reader_bias"] for n in (1, 20))
    assert row(few, "reader 1", OVER_CALLS)["verdict"] == "insufficient evidence"
    assert row(many, "reader 1", OVER_CALLS)["verdict"] == "pass"


def test_two_primary_readers_are_told_apart_by_the_adjudicator() -> None:
    lines = ["case_id | reader | rating | arm"]
    for number in range(120):
        said = "yes" if number < 40 else "no"
        lines += [f"c{number} | a | {said} | primary", f"c{number} | b | no | primary"]
        lines += [f"c{number} | x | no | adjudication"] if number < 40 else []
    bias = make("\n".join(lines), rule(TWO_PLUS_ONE))["reader_bias"]
    assert set(bias.filter(verdict="fail").select("reader", "error").rows()) == {OVER_CALLER}
    assert bias["reader"].n_unique() == 2


def test_of_few_patients_the_numbers_are_withheld_and_the_row_stays() -> None:
    bias = make(read_as(*["ynn"] * 5, *["nnn"] * 4), minimum=10)["reader_bias"]
    one = row(bias, "reader 1", OVER_CALLS)
    assert (one["difference"], one["p_value"], one["of_others"]) == (None, None, None)
    assert (one["verdict"], one["status"], one["n_patients"]) == ("insufficient evidence", "insufficient", 9)
    none = row(bias, "reader 1", UNDER_CALLS)
    assert (none["status"], none["verdict"], none["n_cases"]) == ("undefined", "insufficient evidence", 0)


def test_several_cases_of_a_patient_widen_the_interval() -> None:
    cases = pl.DataFrame(
        {"case_id": [f"c{n}" for n in range(1, 121)], "patient_id": [f"p{n // 4}" for n in range(120)]}
    )
    text = read_as(*["ynn"] * 40, *["nnn"] * 80)
    apart = row(make(text)["reader_bias"], "reader 1", OVER_CALLS)
    together = row(make(text, cases=cases)["reader_bias"], "reader 1", OVER_CALLS)
    assert apart["difference"] == together["difference"] == pytest.approx(1 / 3)
    low, lower = apart["ci_low"], together["ci_low"]
    assert isinstance(low, float)
    assert isinstance(lower, float)
    assert lower < low


def test_readings_that_nobody_shares_give_no_row() -> None:
    text = ("case_id", "patient_id", "reader", "judgement")
    empty = pl.DataFrame(schema={**dict.fromkeys(text, pl.String), "decided": pl.Boolean})
    reference = pl.DataFrame(schema={"case_id": pl.String, "decision": pl.Boolean})
    assert reader_bias_table(empty, reference, rule(), AgreementRules(0.95, 10), site="north").is_empty()


@pytest.mark.parametrize("prevalence", [0.02, 0.05])
def test_where_the_finding_is_rare_nobody_fails_beside_an_over_caller(prevalence: float) -> None:
    for seed in range(4):
        assert flagged(seed, accepted=0.05, over_calling=0.25, patients=8000, prevalence=prevalence) == {OVER_CALLER}


def test_where_the_finding_is_common_nobody_fails_beside_an_under_caller() -> None:
    for seed in range(4):
        found = flagged(seed, accepted=0.05, under_calling=0.25, patients=8000, prevalence=0.98, wrong=(0.07, 0.05))
        assert found == {("reader 1", UNDER_CALLS)}


# Reader a over-calls: of some of the cases so decided, b differs.
LEANING = ("ynn",) * 300 + ("nnn",) * 300 + ("yny",) * 40 + ("yyy",) * 60


def test_a_failure_that_leans_on_a_reader_who_fails_is_held_with_its_numbers() -> None:
    bias = make(read_as(*LEANING))["reader_bias"]
    assert set(bias.filter(verdict="fail").select("reader", "error").rows()) == {OVER_CALLER}
    held = row(bias, "reader 2", UNDER_CALLS)
    assert (held["verdict"], held["status"]) == ("insufficient evidence", "insufficient")
    assert held["reason"] == "the truth of these cases leans on a reader who fails"
    assert (held["difference"], held["n_cases"]) == (0.4, 100)


def test_a_failure_on_cases_that_the_other_has_not_read_stands() -> None:
    bias = make(read_as(*LEANING, *["-nyy"] * 40, *["-yyy"] * 60))["reader_bias"]
    failing = set(bias.filter(verdict="fail").select("reader", "error").rows())
    assert failing == {("reader 3", OVER_CALLS), ("reader 1", UNDER_CALLS)}  # a has read fewer cases than b and c


def test_a_failure_stands_where_an_independent_source_decided() -> None:
    lines = ["case_id | reader | rating | arm"]
    for number, said in enumerate(LEANING):
        lines += [
            f"c{number} | {who} | {'yes' if word == 'y' else 'no'} | -" for who, word in zip("abc", said, strict=True)
        ]
        lines.append(f"c{number} | x | {'yes' if said.count('y') > 1 else 'no'} | pathology")
    bias = make("\n".join(lines), rule(INDEPENDENT))["reader_bias"]
    failing = set(bias.filter(verdict="fail").select("reader", "error").rows())
    assert failing == {OVER_CALLER, ("reader 2", UNDER_CALLS)}


@pytest.mark.slow
def test_where_all_readers_are_alike_one_is_flagged_in_at_most_one_study_of_twenty() -> None:
    # No excess is accepted: the worst case, in which every true hypothesis lies on its margin.
    wrong = sum(bool(flagged(seed, accepted=0.0)) for seed in range(STUDIES))
    low = proportion(wrong, STUDIES).ci_low
    assert low is not None
    assert low <= 0.05
    assert wrong <= 15


@pytest.mark.slow
@pytest.mark.parametrize("by", ["majority", "two_plus_one"])
def test_an_over_caller_is_found_in_nearly_every_study_and_nobody_else(by: str) -> None:
    options = {"by": TWO_PLUS_ONE} if by == "two_plus_one" else {}
    found = [flagged(seed, accepted=0.05, over_calling=0.25, **options) for seed in range(40)]
    assert sum(OVER_CALLER in one for one in found) >= 39
    assert not any(one - {OVER_CALLER} for one in found)
