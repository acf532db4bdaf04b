"""What is locked of a study file, and what its new sections refuse."""

from typing import Any

import pytest
from pydantic import ValidationError

from multisite.study import Study, changes_between, protocol_parts, statements_of, written_afterwards
from tests.lib.report_frames import study


def changed(**sections: Any) -> Study:
    return Study.model_validate(study().model_dump(mode="json") | sections)


def test_a_word_of_the_plan_changes_the_protocol_and_what_is_written_afterwards_does_not() -> None:
    plain = study()
    endpoint = {"id": "ranking", "metric": "auc", "role": "primary"}
    assert changed(analysis_plan={"endpoints": [endpoint]}).protocol_sha256 != plain.protocol_sha256
    assert changed(reporting={"background": "b"}).protocol_sha256 != plain.protocol_sha256
    assert changed(risks=[{"hazard": "H04"}]).protocol_sha256 != plain.protocol_sha256
    for afterwards in ({"abstract": "a"}, {"discussion": {"limitations": "l"}}, {"adverse_events": "none"}):
        assert changed(reporting=afterwards).protocol_sha256 == plain.protocol_sha256
    assert changed(extraction={"shard_objects": 7}).protocol_sha256 == plain.protocol_sha256


def test_every_section_of_the_protocol_stands_in_one_part_of_it() -> None:
    protocol = study().protocol
    parts = protocol_parts(protocol)
    placed = [name for part in parts.values() for name in part]
    assert sorted(placed) == sorted(protocol)
    assert {"intended use", "data", "reference standard", "analysis plan", "monitoring", "risks"} <= set(parts)


def test_changes_are_told_by_their_paths() -> None:
    before = {"a": {"b": 1, "c": [1, 2]}, "d": 1}
    after = {"a": {"b": 2, "c": [1]}, "d": 1, "e": {}}
    assert changes_between(before, after) == ("a.b", "a.c.1", "e")
    assert changes_between(before, before) == ()


def test_statements_are_found_by_path_and_empty_ones_are_not() -> None:
    found = statements_of(changed(reporting={"background": "b", "discussion": {"limitations": "l"}}))
    assert found["reporting.background"] == "b"
    assert found["reporting.discussion.limitations"] == "l"
    assert found["intended_use.task"]
    assert "reporting.abstract" not in found
    assert "reporting.not_applicable" not in found
    assert [written_afterwards(path) for path in ("reporting.discussion.limitations", "reporting.background")] == [
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("sections", "words"),
    [
        ({"analysis_plan": {"endpoints": [{"id": "a", "metric": "auc", "role": "primary", "model": "x"}]}}, "by their"),
        (
            {"analysis_plan": {"endpoints": [{"id": n, "metric": "auc", "role": "primary"} for n in ("a", "b")]}},
            "more than one primary endpoint",
        ),
        ({"analysis_plan": {"endpoints": [{"id": "a", "metric": "auc", "role": "secondary"}] * 2}}, "the same id"),
        ({"analysis_plan": {"looks": ["2026-02-01", "2026-01-01"]}}, "rising days"),
        ({"risks": [{"hazard": "H04"}, {"hazard": "H04"}]}, "stands twice"),
        ({"risks": [{"hazard": "own"}]}, "needs `title` and `situation`"),
        ({"companion": [{"topic": "wfl-01", "title": "t", "pointer": "p"}] * 2}, "stands twice"),
        ({"reporting": {"design": {"timing": "both"}}}, "prospective"),
        ({"reporting": {"unknown": "x"}}, "Extra inputs"),
    ],
)  # fmt: skip
def test_what_does_not_hold_together_is_refused(sections: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        changed(**sections)
