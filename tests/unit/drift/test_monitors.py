from types import SimpleNamespace

import pytest

from multisite.drift import MONITORABLE_CATEGORIES, monitors_of
from multisite.errors import ConfigError


def study(numbers: tuple[str, ...] = (), categories: tuple[str, ...] = (), findings: tuple[str, ...] = ("a",)):
    return SimpleNamespace(
        drift=SimpleNamespace(numbers=numbers, categories=categories),
        findings=[SimpleNamespace(id=name) for name in findings],
        models=[SimpleNamespace(id="ai"), SimpleNamespace(id="b_ai")],
    )


def test_score_stands_for_one_column_per_finding_and_model() -> None:
    monitors = monitors_of(study(numbers=("score", "age_years"), categories=("vendor",)))
    assert monitors.columns == ("category_vendor", "number_age_years", "number_score_a_ai", "number_score_a_b_ai")


def test_scores_are_not_watched_unless_named() -> None:
    assert monitors_of(study(categories=("vendor",))).columns == ("category_vendor",)


def test_every_name_that_cannot_be_watched_is_named_at_once() -> None:
    with pytest.raises(ConfigError) as refused:
        monitors_of(study(numbers=("vendor", "study_date"), categories=("patient_id",)))
    for name in ("drift.numbers: `vendor`", "drift.numbers: `study_date`", "drift.categories: `patient_id`"):
        assert name in refused.value.fact


def test_a_column_is_a_number_or_a_category_and_not_both() -> None:
    with pytest.raises(ConfigError, match="`vendor` is both"):
        monitors_of(study(numbers=("vendor",), categories=("vendor",)))


def test_two_scores_with_the_same_name_are_refused() -> None:
    with pytest.raises(ConfigError, match="same score column"):
        monitors_of(study(numbers=("score",), findings=("a", "a_b")))


def test_pseudonyms_cannot_be_watched_because_counts_of_values_leave_the_site() -> None:
    assert "device" not in MONITORABLE_CATEGORIES
    assert not {"patient_id", "study_instance_uid", "series_instance_uid"} & set(MONITORABLE_CATEGORIES)
