"""The guidelines as data: complete, and answerable by what a study file can say."""

from multisite.checklists.boundary import load_boundary, refused_claims
from multisite.checklists.catalogue import CHECKLISTS, AnsweredBy, load_checklist
from multisite.checklists.hazards import load_hazards
from multisite.study import Study
from multisite.study.intended_use import IntendedUse
from multisite.study.reporting import Reporting

COUNTS = {"claim_2024": 44, "stard_ai": 48, "tripod_ai": 52, "decide_ai": 27}
"""Items (CLAIM 2024, DECIDE-AI) and rows of items with parts (STARD-AI, TRIPOD+AI), as published."""


def known_paths() -> set[str]:
    """Every path of a statement that a study file can make."""
    found = {"title", "models", "sites", "performance.threshold"}
    found |= {f"intended_use.{name}" for name in IntendedUse.model_fields}
    for name, value in Reporting().model_dump(exclude={"not_applicable"}).items():
        found |= {f"reporting.{name}.{inner}" for inner in value} if isinstance(value, dict) else {f"reporting.{name}"}
    return found


def test_every_guideline_has_as_many_items_as_were_published_each_once() -> None:
    for name, count in COUNTS.items():
        ids = [item.id for item in load_checklist(name).items]
        assert len(ids) == count == len(set(ids)), name
    assert tuple(COUNTS) == CHECKLISTS


def test_every_statement_that_an_item_asks_for_has_a_place_in_the_study_file() -> None:
    asked = {path for name in CHECKLISTS for item in load_checklist(name).items for path in item.statements}
    assert asked - known_paths() == set()


def test_every_place_for_a_statement_is_asked_for_by_some_item() -> None:
    asked = {path for name in CHECKLISTS for item in load_checklist(name).items for path in item.statements}
    unasked = {path for path in known_paths() - asked if path.startswith("reporting.")}
    assert unasked <= {"reporting.analysis.multiplicity"}
    assert Study.model_fields["reporting"].annotation is Reporting


def test_an_item_that_evidence_answers_names_some() -> None:
    for name in CHECKLISTS:
        for item in load_checklist(name).items:
            if item.answered_by is AnsweredBy.EVIDENCE:
                assert item.evidence, (name, item.id)


def test_hazards_have_what_a_risk_file_needs_and_no_severity() -> None:
    hazards = load_hazards()
    assert [one.id for one in hazards] == [f"H{number:02}" for number in range(1, 37)]
    assert all(one.title and one.chain and one.situation and one.harms for one in hazards)


def test_the_boundary_says_what_it_never_claims_and_where_companion_records_are_missing() -> None:
    boundary = load_boundary()
    assert (len(boundary.says), len(boundary.never_claims)) == (13, 12)
    assert len({topic.id for topic in boundary.companion}) == len(boundary.companion) == 43


def test_a_claim_that_no_pack_can_show_is_found_with_its_place() -> None:
    found = refused_claims({"title": "A CE certified model", "reporting.background": "It proves that it works"})
    assert [(one.path, one.word) for one in found] == [("reporting.background", "proves"), ("title", "certified")]


def test_claims_in_other_letters_or_behind_a_denial_of_something_else_are_found() -> None:
    for text in (
        "There is no doubt that it is certified",
        "Not only validated but certified",
        "a cert\u200bified device",
        "ＣＥ marked",
        "It is safe and effective",
        "with FDA clearance",
    ):
        assert refused_claims({"title": text}), text


def test_readers_may_be_board_certified_and_a_protocol_approved_by_a_committee() -> None:
    for text in ("read by board-certified radiologists", "approved by the ethics committee", "cleared of artefacts"):
        assert refused_claims({"reporting.data.inclusion": text}) == (), text


def test_no_sentence_of_the_boundary_is_cut() -> None:
    said = dict(load_boundary().never_claims)
    assert said["MN11"] == "Prospective, when the protocol lock follows data collection"
    assert "FDA cleared" in said["MN01"]
    assert {topic.reference for topic in load_boundary().companion} >= {"11.200, 11.300", "11.10(d), (g)"}


def test_a_denial_is_no_claim_and_neither_is_the_approval_of_a_committee() -> None:
    assert refused_claims({"title": "The model is not certified, nor approved by anybody"}) == ()
    assert refused_claims({"reporting.data.ethics": "Approved by the board of all sites"}) == ()
    assert refused_claims({"reporting.privacy.legal_basis": "cleared by the data protection officer"}) == ()


def test_a_denial_of_one_thing_does_not_cover_the_claim_of_the_next() -> None:
    found = refused_claims({"title": "It is not for children. It is approved."})
    assert [one.word for one in found] == ["approved"]


def test_parts_of_words_are_no_claims() -> None:
    assert refused_claims({"title": "An improvement of clearedness and unapproved use"}) == ()
