"""Faults that lie in the tables, or between tables and images."""

from dataclasses import replace

from multisite.demo.batches import SiteBatch
from multisite.demo.hospitals import SETTINGS
from multisite.demo.plan import DemoPlan

__all__ = [
    "cases_without_images",
    "images_without_case",
    "no_prediction",
    "no_reference",
    "repeated_case_ids",
    "scores_not_a_number",
    "scores_out_of_range",
]


def repeated_case_ids(batch: SiteBatch, number: int, plan: DemoPlan) -> None:
    """Case ids that stand in two rows; in every second pair the rows contradict each other on the setting."""
    for i, row in enumerate(batch.take(number)):
        batch.further_rows.append(row if i % 2 == 0 else replace(row, setting=_other_setting(row.setting)))


def _other_setting(setting: str) -> str:
    return SETTINGS[(SETTINGS.index(setting) + 1) % len(SETTINGS)]


def cases_without_images(batch: SiteBatch, number: int, plan: DemoPlan) -> None:
    """Cases whose studies never reached the store."""
    for row in batch.take(number):
        del batch.studies[row.study.number]


def images_without_case(batch: SiteBatch, number: int, plan: DemoPlan) -> None:
    """Studies in the store that no row of the table names."""
    for row in batch.take(number):
        del batch.rows[row.case_id]
        del batch.scores[row.case_id]


def no_reference(batch: SiteBatch, number: int, plan: DemoPlan) -> None:
    """Cases whose readers contradict each other, and nobody has read them a third time."""
    for row in batch.take(number):
        batch.rows[row.case_id] = replace(row, reference=None)


def no_prediction(batch: SiteBatch, number: int, plan: DemoPlan) -> None:
    """Test cases that the model has not scored."""
    for row in batch.take(number):
        del batch.scores[row.case_id]


def scores_not_a_number(batch: SiteBatch, number: int, plan: DemoPlan) -> None:
    """Scores that are written as NaN."""
    for row in batch.take(number):
        batch.scores[row.case_id] = float("nan")


def scores_out_of_range(batch: SiteBatch, number: int, plan: DemoPlan) -> None:
    """Scores above 1 and below 0."""
    for i, row in enumerate(batch.take(number)):
        batch.scores[row.case_id] = 1.25 if i % 2 == 0 else -0.1
