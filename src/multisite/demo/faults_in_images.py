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
    "filed_by_patient",
    "minors",
    "other_body_part",
    "patient_id_in_text",
    "patients_in_two_splits",
    "people_in_two_splits",
    "same_content",
    "same_instances",
    "says_burned_in",
    "spoilt_objects",
    "study_sent_again",
]

_FURTHER = 900_000_000
"""Added to the numbers of studies and patients that a fault brings in, so that they never meet others."""

Spoiler = Callable[[Hospital, ImagingStudy, int], Iterator[StoredObject]]
"""Makes so many objects that are no instances, in the likeness of a study's."""


def patients_in_two_splits(batch: SiteBatch, number: int, plan: DemoPlan) -> None:
    """Test patients get one more case, a year earlier, in the training split."""
    for i, row in enumerate(batch.take(number)):
        _add_earlier(batch, row, plan, days=20 + 11 * i, person=row.study.person)


def people_in_two_splits(batch: SiteBatch, number: int, plan: DemoPlan) -> None:
    """Test patients get one more case in the training split, under another PatientID but with their own name."""
    for i, row in enumerate(batch.take(number)):
        person = replace(row.study.person, id=_second_identity(batch, row).id)
        _add_earlier(batch, row, plan, days=25 + 11 * i, person=person)


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


def study_sent_again(batch: SiteBatch, number: int, plan: DemoPlan) -> None:
    """Studies arrive a second time with new UIDs, and no case names them."""
    for row in batch.take(number):
        again = replace(row.study, identity=f"{row.study.identity}/again", number=_FURTHER + row.study.number)
        batch.further_studies.append(again)


def filed_by_patient(batch: SiteBatch, number: int, plan: DemoPlan) -> None:
    """Studies lie in folders that are called by the PatientID."""
    for row in batch.take(number):
        _change(batch, row, replace(row.study, is_filed_by_patient=True))


def patient_id_in_text(batch: SiteBatch, number: int, plan: DemoPlan) -> None:
    """Series descriptions hold the PatientID."""
    for row in batch.take(number):
        text = f"Chest of {row.patient_id}".encode()
        _change(batch, row, replace(row.study, header_changes=(("SeriesDescription", text),)))


def says_burned_in(batch: SiteBatch, number: int, plan: DemoPlan) -> None:
    """Headers say that text is burned into the image."""
    for row in batch.take(number):
        _change(batch, row, replace(row.study, header_changes=(("BurnedInAnnotation", b"YES"),)))


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


def _add_earlier(batch: SiteBatch, row: CaseRow, plan: DemoPlan, *, days: int, person: Person) -> None:
    """Add a training case of ``person`` with the truth of ``row``, so many days into the training year."""
    day = plan.window(Split.TRAIN.value)[0] + timedelta(days=days)
    study = replace(
        row.study,
        identity=f"{row.study.identity}/earlier",
        content=f"{row.study.content}/earlier",
        number=_FURTHER + row.study.number,
        person=person,
        day=day,
        age=age_text(person.birth_date, day),
    )
    case_id = batch.case_id(study.number)
    _add(batch, replace(row, case_id=case_id, patient_id=person.id, study=study, split=Split.TRAIN.value))


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
