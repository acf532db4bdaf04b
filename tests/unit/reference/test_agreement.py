"""Agreement before adjudication, against the statistics themselves."""

import numpy as np
import polars as pl
import pytest

from multisite.reference.rules import Independent, Majority, Panel
from multisite.stats import cohen_kappa, gwet_ac1, jackknife_over_patients, krippendorff_alpha
from tests.unit.reference.builders import TWO_PLUS_ONE, make, rule

CATEGORIES = ["positive", "negative", "ambiguous", "non_diagnostic"]
WORDS = {"y": "yes", "n": "no", "u": "unsure"}
MEANS = {"y": "positive", "n": "negative", "u": "ambiguous", "-": None}
READ = {"a": "yynnyynnuy", "b": "yynnynnnuy", "c": "yy-nyyn---"}
"""What three readers say of ten cases."""


def rows(arm: str = "-") -> str:
    lines = [
        f"c{case} | {reader} | {WORDS[said]} | {arm}"
        for reader, all_said in READ.items()
        for case, said in enumerate(all_said)
        if said != "-"
    ]
    return "\n".join(["case_id | reader | rating | arm", *lines])


def agreement(frame: pl.DataFrame) -> dict[tuple[str, str, str], dict[str, object]]:
    return {(row["first"], row["second"], row["statistic"]): row for row in frame.to_dicts()}


def judgements(reader: str) -> list[str | None]:
    return [MEANS[said] for said in READ[reader]]


def test_each_pair_and_all_readers_have_the_numbers_of_the_statistics() -> None:
    found = agreement(make(rows())["agreement"])
    kappa = cohen_kappa(judgements("a"), judgements("b"), categories=CATEGORIES, method="wilson")
    row = found["reader 1", "reader 2", "cohen_kappa"]
    assert (row["estimate"], row["ci_low"], row["ci_high"]) == (kappa.estimate, kappa.ci_low, kappa.ci_high)
    assert (row["n_patients"], row["n_cases"], row["n_readers"], row["n_readings"]) == (10, 10, 2, 20)
    matrix = list(zip(*(judgements(reader) for reader in READ), strict=True))
    ac1 = gwet_ac1(matrix, categories=CATEGORIES, method="wilson")
    alpha = krippendorff_alpha(matrix, metric="nominal", categories=CATEGORIES, method="jackknife")
    for name, expected in (("gwet_ac1", ac1), ("krippendorff_alpha", alpha)):
        row = found["all readers", "all readers", name]
        assert row["estimate"] == pytest.approx(expected.estimate)
        assert row["ci_low"] == pytest.approx(expected.ci_low)
        assert (row["n_cases"], row["n_readers"], row["n_readings"]) == (10, 3, 26)
    assert {(first, second) for first, second, _ in found} == {
        ("all readers", "all readers"),
        ("reader 1", "reader 2"),
        ("reader 1", "reader 3"),
        ("reader 2", "reader 3"),
    }


def test_readers_are_numbers_by_how_much_they_read() -> None:
    frame = make(rows())["agreement"]
    assert not set(READ) & {*frame["first"], *frame["second"]}
    assert agreement(frame)["reader 1", "reader 3", "cohen_kappa"]["n_cases"] == 6


def test_patients_with_several_cases_are_the_unit_of_the_interval() -> None:
    cases = pl.DataFrame(
        {"case_id": [f"c{n}" for n in range(10)], "patient_id": [f"p{n // 2}" for n in range(10)]},
    )
    found = agreement(make(rows(), cases=cases)["agreement"])
    row = found["all readers", "all readers", "krippendorff_alpha"]
    assert (row["n_patients"], row["n_cases"]) == (5, 10)
    assert row["ci_method"] == "jackknife over patients, student"
    kappa = cohen_kappa(judgements("a"), judgements("b"), categories=CATEGORIES)
    assert found["reader 1", "reader 2", "cohen_kappa"]["estimate"] == kappa.estimate


def test_the_interval_over_patients_is_the_jackknife_of_the_statistic() -> None:
    patients = [n // 2 for n in range(10)]
    cases = pl.DataFrame({"case_id": [f"c{n}" for n in range(10)], "patient_id": [f"p{n}" for n in patients]})
    row = agreement(make(rows(), cases=cases)["agreement"])["reader 1", "reader 2", "cohen_kappa"]
    pair = np.array([judgements("a"), judgements("b")], dtype=np.object_).T
    expected = jackknife_over_patients(
        lambda kept: cohen_kappa(pair[kept, 0], pair[kept, 1], categories=CATEGORIES), patients
    )
    assert (row["estimate"], row["ci_low"], row["ci_high"]) == pytest.approx(
        (expected.estimate, expected.ci_low, expected.ci_high)
    )


def test_a_number_of_too_few_patients_is_withheld_and_its_row_stays() -> None:
    row = agreement(make(rows(), minimum=11)["agreement"])["reader 1", "reader 2", "cohen_kappa"]
    assert (row["estimate"], row["ci_low"], row["status"]) == (None, None, "insufficient")
    assert (row["reason"], row["n_patients"]) == ("fewer than 11 patients", 10)


def test_cases_that_one_reader_has_read_leave_agreement_undefined() -> None:
    frame = make("case_id | reader | rating\nc1 | a | yes\nc2 | b | no")["agreement"]
    assert set(frame["first"]) == {"all readers"}
    assert set(frame["status"]) == {"undefined"}
    assert frame["n_patients"].to_list() == [0, 0, 0]


@pytest.mark.parametrize(
    ("declared", "arm"),
    [
        (TWO_PLUS_ONE, "adjudication"),
        (Panel("consensus"), "consensus"),
        (Independent(("pathology",)), "pathology"),
        (Independent(("pathology",), Majority(1, ("reader",))), "pathology"),
    ],
)
def test_who_decides_after_the_others_is_not_compared_with_them(declared: object, arm: str) -> None:
    of_readers = "reader" if isinstance(declared, Independent) else "primary"
    with_decider = rows(of_readers) + f"\nc0 | z | no | {arm}\nc1 | z | no | {arm}"
    frame = make(with_decider, rule(declared))["agreement"]  # type: ignore[arg-type]  # one of the four rules
    assert agreement(frame)["all readers", "all readers", "gwet_ac1"]["n_readers"] == 3
