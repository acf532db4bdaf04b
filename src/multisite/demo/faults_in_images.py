"""Faults that lie in the images: who they are said to be of, what they show, and objects that are none."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta

from multisite.demo.batches import CaseRow, SiteBatch
from multisite.demo.hospitals import Hospital
from multisite.demo.objects import StoredObject
from multisite.demo.people import Person, age_text
from multisite.demo.plan import DemoPlan
from multisite.demo.studies import ImagingStudy
from multisite.vocabulary import Split

__all__ = [
    "minors",
    "other_body_part",
    "patients_in_two_splits",
    "same_content",
    "same_instances",
    "spoilt_objects",
]

_FURTHER = 900_000_000
"""Added to the numbers of studies and patients that a fault brings in, so that they never meet others."""

Spoiler = Callable[[Hospital, ImagingStudy, int], Iterator[StoredObject]]
"""Makes so many objects that are no instances, in the likeness of a study's."""


def patients_in_two_splits(batch: SiteBatch, number: int, plan: DemoPlan) -> None:
    """Test patients get one more case, a year earlier, in the training split."""
    start, _ = plan.window(Split.TRAIN.value)
    for i, row in enumerate(batch.take(number)):
        day = start + timedelta(days=20 + 11 * i)
        study = replace(
            row.study,
            identity=f"{row.study.identity}/earlier",
            content=f"{row.study.content}/earlier",
            number=_FURTHER + row.study.number,
            day=day,
            age=age_text(row.study.person.birth_date, day),
        )
        _add(batch, replace(row, case_id=batch.case_id(study.number), study=study, split=Split.TRAIN.value))


def same_instances(batch: SiteBatch, number: int, plan: DemoPlan) -> None:
    """Studies arrive a second time under another PatientID, with the UIDs they had."""
    for row in batch.take(number):
        batch.further_studies.append(replace(row.study, person=_second_identity(batch, row), copy=2))


def same_content(batch: SiteBatch, number: int, plan: DemoPlan) -> None:
    """Studies arrive a second time under another PatientID and with new UIDs, and become cases of their own."""
    for row in batch.take(number):
        study = replace(
            row.study,
            identity=f"{row.study.identity}/again",
            number=_FURTHER + row.study.number,
            person=_second_identity(batch, row),
        )
        case_id = batch.case_id(study.number)
        _add(batch, replace(row, case_id=case_id, patient_id=study.person.id, study=study))
        batch.scores[case_id] = batch.scores[row.case_id]


def minors(batch: SiteBatch, number: int, plan: DemoPlan) -> None:
    """Cases of children among those of adults."""
    for i, row in enumerate(batch.take(number)):
        birth = date(row.study.day.year - (1, 9, 16)[i % 3], row.study.day.month, 1)
        child = replace(row.study.person, birth_date=birth)
        _change(batch, row, replace(row.study, person=child, age=age_text(birth, row.study.day)))


def other_body_part(batch: SiteBatch, number: int, plan: DemoPlan) -> None:
    """Cases whose images say that they show the abdomen."""
    for row in batch.take(number):
        _change(batch, row, replace(row.study, body_part="ABDOMEN"))


def spoilt_objects(make: Spoiler) -> Callable[[SiteBatch, int, DemoPlan], None]:
    """A fault that puts objects among the images, made by ``make`` after the image of a sound study."""

    def plant(batch: SiteBatch, number: int, plan: DemoPlan) -> None:
        study = batch.studies[min(batch.studies)]
        batch.spoilt.extend(make(batch.hospital, study, number))

    return plant


def _second_identity(batch: SiteBatch, row: CaseRow) -> Person:
    number = _FURTHER + row.study.number
    who = row.study.person
    return replace(who, id=f"DEMO-{batch.hospital.code}-{number}", name=f"Synthetic^Patient {number}")


def _add(batch: SiteBatch, row: CaseRow) -> None:
    batch.rows[row.case_id] = row
    batch.studies[row.study.number] = row.study


def _change(batch: SiteBatch, row: CaseRow, study: ImagingStudy) -> None:
    batch.studies[study.number] = study
    batch.rows[row.case_id] = replace(row, study=study)
