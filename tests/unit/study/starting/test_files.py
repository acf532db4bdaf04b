"""The files to start from: read back as answered, complete, and with examples that hold."""

import dataclasses
import re
from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from multisite.checklists.hazards import load_hazards
from multisite.schemas.site_tables import SITE_TABLES
from multisite.study import Study, load_site, load_study
from multisite.study.drift import Drift
from multisite.study.starting import QUESTIONS, Answers, answers_of, site_text, study_text
from multisite.study.starting.statements_text import statement_paths
from multisite.study.study_file import Extraction

ANSWERS = answers_of({question.name: question.example for question in QUESTIONS})
HARD = [
    *("no", "null", "1e3", "a: b # c", "- x", "'\"\\", "[bold]{x}", "%"),
    *("two\nlines\n\n three", "a\u2028b\x85c\ufeff|", "\u80ba \U0001f600"),
]

identifiers = st.from_regex(r"[a-z][a-z0-9_-]{0,62}", fullmatch=True) | st.sampled_from(["no", "null", "true", "y"])
texts = (
    (st.text(min_size=1) | st.sampled_from(HARD))
    .map(str.strip)
    .filter(bool)
    .filter(lambda text: not any("\ud800" <= character <= "\udfff" for character in text))
)
all_answers = st.builds(
    Answers,
    **{name: texts for name in ("title", "task", "population", "setting", "human_role")},
    **{name: texts for name in ("finding", "model", "model_version")},
    study=identifiers,
    site=identifiers,
    modalities=st.lists(st.from_regex(r"[A-Z0-9_]{1,16}", fullmatch=True), min_size=1).map(tuple),
    threshold=st.floats(0, 1),
)


def written(folder: Path, text: str) -> Path:
    path = folder / "file.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def in_force(text: str) -> str:
    """The text with every example in force."""
    return re.sub(r"(?m)^( *)#(?=[^ \n])", r"\1", text)


def sections(text: str) -> dict[str, str]:
    """What stands between one key of the file, in force or not, and the next."""
    parts = re.split(r"(?m)^(?=#?[a-z_]+:)", text)[1:]
    return {part.removeprefix("#").split(":")[0]: part for part in parts}


@pytest.mark.slow
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(answers=all_answers)
def test_the_files_say_exactly_what_was_answered(tmp_path: Path, answers: Answers) -> None:
    study = load_study(written(tmp_path, study_text(answers)))
    (finding,), (model,) = study.findings, study.models
    use = study.intended_use
    site = load_site(written(tmp_path, site_text(answers)))
    assert (answers.finding_id, answers.model_id) == (finding.id, model.id)
    assert answers == Answers(
        title=study.title,
        study=study.study,
        task=use.task,
        population=use.population,
        setting=use.setting,
        human_role=use.human_role,
        finding=finding.title,
        model=model.title,
        model_version=model.version,
        modalities=study.cohort.modalities,
        threshold=study.performance.threshold,
        site=site.site,
    )


@pytest.mark.parametrize("text", HARD)
def test_a_text_that_yaml_would_read_otherwise_comes_back_the_same(tmp_path: Path, text: str) -> None:
    answers = dataclasses.replace(ANSWERS, title=text, finding=text, model=text, model_version=text)
    study = load_study(written(tmp_path, study_text(answers)))
    assert {study.title, study.findings[0].title, study.models[0].title, study.models[0].version} == {text}


def test_every_section_of_the_protocol_stands_in_its_order_below_a_comment() -> None:
    text = study_text(ANSWERS)
    assert list(sections(text)) == list(Study.model_fields)
    for name in Study.model_fields:
        if name != "title":
            above = re.split(rf"(?m)^#?{name}:", text)[0].rstrip("\n").split("\n")[-1]
            assert above.startswith("# "), name


@pytest.mark.parametrize("name", list(Study.model_fields))
def test_the_examples_of_each_section_hold_when_they_are_in_force(tmp_path: Path, name: str) -> None:
    text = study_text(ANSWERS)
    part = sections(text)[name]
    study = load_study(written(tmp_path, text.replace(part, in_force(part))))
    assert name in study.model_fields_set


def test_the_examples_of_the_site_hold_when_they_are_in_force(tmp_path: Path) -> None:
    site = load_site(written(tmp_path, in_force(site_text(ANSWERS))))
    assert list(site.tables) == list(SITE_TABLES)
    assert site.monthly is not None


def test_every_statement_stands_in_the_file_with_what_is_asked_above_it() -> None:
    part = sections(study_text(ANSWERS))["reporting"]
    held = yaml.safe_load(in_force(part))
    lines = part.splitlines()
    paths = statement_paths()
    assert len(paths) > 60
    for path in paths:
        found = held
        for name in path.split("."):
            assert name in found, path
            found = found[name]
        assert found == ("retrospective" if path == "reporting.design.timing" else None)
    for above, line in pairwise(lines):
        if re.fullmatch(r" *#?[a-z_]+:", line):
            assert above.lstrip().startswith("# "), line
    assert "Accrual dates and end of follow-up (tripod_ai/5b)." in part


def test_a_plan_with_one_primary_endpoint_is_in_force_and_the_hazards_are_left_to_judge(tmp_path: Path) -> None:
    study = load_study(written(tmp_path, study_text(ANSWERS)))
    (endpoint,) = study.analysis_plan.endpoints
    assert (endpoint.role, endpoint.metric, endpoint.finding, endpoint.model) == (
        "primary",
        "auc",
        ANSWERS.finding_id,
        ANSWERS.model_id,
    )
    assert [risk.hazard for risk in study.risks] == ["H04", "H05", "H07"]
    assert {hazard.id for hazard in load_hazards()} >= {risk.hazard for risk in study.risks}
    assert all(risk.model_fields_set == {"hazard"} for risk in study.risks)
    assert study.companion == ()


def test_what_is_written_of_drift_and_of_reading_is_the_default_but_for_the_columns(tmp_path: Path) -> None:
    study = load_study(written(tmp_path, study_text(ANSWERS)))
    columns = {name: getattr(study.drift, name) for name in ("acquisition", "population")}
    assert study.drift == Drift(**columns)
    part = sections(study_text(ANSWERS))["extraction"]
    assert Extraction(**yaml.safe_load(in_force(part))["extraction"]) == Extraction()


@pytest.mark.parametrize("text", [study_text(ANSWERS), site_text(ANSWERS)], ids=["study", "site"])
def test_no_line_of_the_files_is_longer_than_120_characters(text: str) -> None:
    assert [line for line in text.splitlines() if len(line) > 120 or line != line.rstrip()] == []
