"""What a study has answered: never more than there is."""

from dataclasses import replace

from multisite.checklists.answers import AnswerStatus, answer, coverage_of
from multisite.checklists.catalogue import AnsweredBy, Evidence, Item, load_checklist

BOTH = Item("1", "p", "t", "a", AnsweredBy.BOTH, ("x", "y"), (Evidence.COHORT,), False, "", "DE")


def status(item: Item, *, statements: dict[str, str], evidence: dict[Evidence, str], reason: str = "") -> AnswerStatus:
    checklist = replace(load_checklist("claim_2024"), items=(item,))
    given = {"claim_2024/1": reason} if reason else {}
    (found,) = answer(checklist, statements=statements, evidence=evidence, not_applicable=given)
    return found.status


def test_an_item_is_reported_when_nothing_lacks_and_missing_when_all_lacks() -> None:
    there = {Evidence.COHORT: ""}
    assert status(BOTH, statements={"x": "1", "y": "2"}, evidence=there) is AnswerStatus.REPORTED
    assert status(BOTH, statements={"x": "1"}, evidence=there) is AnswerStatus.PARTIAL
    assert status(BOTH, statements={}, evidence=there) is AnswerStatus.PARTIAL
    assert status(BOTH, statements={"x": "1", "y": "2"}, evidence={}) is AnswerStatus.PARTIAL
    assert status(BOTH, statements={}, evidence={Evidence.COHORT: "no case"}) is AnswerStatus.MISSING


def test_an_item_of_statements_needs_no_evidence_and_one_of_evidence_no_statement() -> None:
    of_authors = replace(BOTH, answered_by=AnsweredBy.STATEMENT)
    assert status(of_authors, statements={"x": "1", "y": "2"}, evidence={}) is AnswerStatus.REPORTED
    assert status(of_authors, statements={}, evidence={Evidence.COHORT: ""}) is AnswerStatus.MISSING
    measured = replace(BOTH, answered_by=AnsweredBy.EVIDENCE)
    assert status(measured, statements={}, evidence={Evidence.COHORT: ""}) is AnswerStatus.REPORTED
    assert status(measured, statements={"x": "1"}, evidence={}) is AnswerStatus.MISSING


def test_an_item_for_which_there_is_no_place_is_missing_and_not_reported() -> None:
    nowhere = replace(BOTH, statements=(), evidence=(), answered_by=AnsweredBy.STATEMENT)
    checklist = replace(load_checklist("claim_2024"), items=(nowhere,))
    (found,) = answer(checklist, statements={}, evidence={}, not_applicable={})
    assert (found.status, found.lacking) == (AnswerStatus.MISSING, ("the study file has no place for it",))


def test_what_does_not_apply_is_told_with_the_authors_reason() -> None:
    assert status(BOTH, statements={}, evidence={}, reason="one model") is AnswerStatus.NOT_APPLICABLE


def test_what_lacks_is_named_with_the_reason_for_which_there_is_none() -> None:
    checklist = replace(load_checklist("claim_2024"), items=(BOTH,))
    (found,) = answer(checklist, statements={"x": "1"}, evidence={Evidence.COHORT: "no case"}, not_applicable={})
    assert found.lacking == ("no statement `y`", "no evidence `cohort`: no case")


def test_counts_add_up_to_all_items() -> None:
    found = answer(
        load_checklist("claim_2024"), statements={}, evidence={}, not_applicable={"claim_2024/27": "one model"}
    )
    coverage = coverage_of(found)
    assert coverage.n_items == 44
    assert (coverage.n_not_applicable, coverage.n_reported) == (1, 0)


def test_a_statement_or_a_reason_that_says_nothing_is_none() -> None:
    there = {Evidence.COHORT: ""}
    for nothing in ("n/a", "TBD", " - ", "To be written: the background"):
        assert status(BOTH, statements={"x": nothing, "y": nothing}, evidence={}) is AnswerStatus.MISSING
        assert status(BOTH, statements={"x": "said", "y": nothing}, evidence=there) is AnswerStatus.PARTIAL
    assert status(BOTH, statements={}, evidence={}, reason=".") is AnswerStatus.MISSING
