"""What the study file may say of comparisons between models."""

from typing import Any

import pytest
from pydantic import ValidationError

from multisite.study import Study
from tests.lib.report_frames import study


def with_comparisons(*comparisons: dict[str, Any]) -> Study:
    content = study().model_dump(mode="json")
    content["models"].append({"id": "lungscan-3", "title": "LungScan", "version": "3.0"})
    content["performance"]["comparisons"] = list(comparisons)
    return Study.model_validate(content)


SOUND: dict[str, Any] = {"new": "lungscan-3", "old": "lungscan"}


def test_a_comparison_of_declared_models_is_taken_with_its_defaults() -> None:
    (found,) = with_comparisons(SOUND).performance.comparisons
    assert (found.findings, found.primary, found.margins, found.data) == (None, ("auc",), {}, None)
    assert study().performance.comparisons == ()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"new": "lungscan"}, "must be two models"),
        ({"new": "other"}, "must name models"),
        ({"findings": ["other"]}, "must name findings"),
        ({"findings": ["nodule", "nodule"]}, "`findings` stands twice"),
        ({"primary": ["auc", "auc"]}, "`primary` stands twice"),
        ({"margins": {"auc": 0}}, "greater than 0"),
        ({"margins": {"ppv": 0.1}}, "Input should be 'auc'"),
        ({"data": {"by": "stratum", "stratum": "other", "old": ["a"], "new": ["b"]}}, "must name a stratum"),
        ({"data": {"by": "stratum", "stratum": "sex", "old": ["a"], "new": ["a"]}}, "a level is named twice"),
        ({"data": {"by": "stratum", "stratum": "sex", "old": [], "new": ["a"]}}, "at least 1 item"),
        ({"data": {"by": "week"}}, "does not match any of the expected tags"),
    ],
)
def test_a_comparison_that_cannot_be_made_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        with_comparisons(SOUND | change)


def test_two_models_are_compared_once() -> None:
    with pytest.raises(ValidationError, match="compare the same models"):
        with_comparisons(SOUND, {"new": SOUND["old"], "old": SOUND["new"]})
