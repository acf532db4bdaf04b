"""Faults of what names a person, or stands beside the image: patients under two ids, identifiers left, marks."""

from collections.abc import Callable
from dataclasses import replace

import pydicom

from multisite.demo.batches import CaseRow
from multisite.demo.people import Person
from tests.power.dicom_objects import changed
from tests.power.faults_in_cases import FURTHER, earlier_in_train, names_of_study
from tests.power.sites import SimulatedSite
from tests.power.things import Thing

__all__ = [
    "date_in_text",
    "name_left",
    "patient_id_in_keys",
    "patient_id_in_text",
    "private_element_left",
    "same_person_in_test",
    "same_person_in_train",
    "says_burned_in",
    "with_overlay",
    "without_scanner",
]

_FULL_DATES_KEPT = "113106"
Planter = Callable[[SimulatedSite, int], list[Thing]]


def same_person_in_train(site: SimulatedSite, number: int) -> list[Thing]:
    """Patients of test have a case in train under another PatientID, with their name, birth date and sex."""
    things = []
    for i, row in enumerate(site.take(number)):
        person = _second_id(site, row)
        as_other = replace(row, patient_id=person.id, study=replace(row.study, person=person))
        earlier_in_train(site, as_other, days=70 + 5 * i)
        things.append(frozenset({row.patient_id, person.id}))
    return things


def same_person_in_test(site: SimulatedSite, number: int) -> list[Thing]:
    """Two cases of test, of two PatientIDs, are of one name, birth date and sex."""
    things = []
    rows = site.take(2 * number)
    for first, second in zip(rows[:number], rows[number:], strict=True):
        site.change(second, replace(second.study, person=replace(first.study.person, id=second.patient_id)))
        things.append(frozenset({first.patient_id, second.patient_id}))
    return things


def patient_id_in_keys(site: SimulatedSite, number: int) -> list[Thing]:
    """The objects of a study lie in a folder that is called by the PatientID."""
    rows = site.take(number)
    for row in rows:
        for (store, key), content in site.objects_of(row.study).items():
            site.objects[store, key] = None
            site.objects[store, f"{row.patient_id}/{key}"] = content
    return [names_of_study(site, row.study) for row in rows]


def _in_headers(change: Callable[[pydicom.Dataset], None], sentence: str) -> Planter:
    """A fault that does ``change`` to every object of so many studies."""

    def plant(site: SimulatedSite, number: int) -> list[Thing]:
        rows = site.take(number)
        for row in rows:
            for key, content in site.objects_of(row.study).items():
                site.objects[key] = changed(content, change)
        return [names_of_study(site, row.study) for row in rows]

    plant.__doc__ = sentence
    return plant


def _write_patient_id(dataset: pydicom.Dataset) -> None:
    dataset.SeriesDescription = f"Chest of {dataset.PatientID}"


def _write_name(dataset: pydicom.Dataset) -> None:
    dataset.PatientName = "Synthetic^Somebody"


def _add_private(dataset: pydicom.Dataset) -> None:
    dataset.private_block(0x0011, "SYNTHETIC MAKER", create=True).add_new(0x01, "LO", "something")


def _date_text(dataset: pydicom.Dataset) -> None:
    codes = dataset.DeidentificationMethodCodeSequence
    dataset.DeidentificationMethodCodeSequence = [code for code in codes if code.CodeValue != _FULL_DATES_KEPT]
    dataset.SeriesDescription = "Chest 2023-05-12"


def _say_burned_in(dataset: pydicom.Dataset) -> None:
    dataset.BurnedInAnnotation = "YES"


def _add_overlay(dataset: pydicom.Dataset) -> None:
    dataset.add_new(0x60000010, "US", 8)
    dataset.add_new(0x60000011, "US", 8)
    dataset.add_new(0x60003000, "OW", b"\0" * 8)


def _without_scanner(dataset: pydicom.Dataset) -> None:
    dataset.ConversionType = "WSD"


patient_id_in_text = _in_headers(_write_patient_id, "The PatientID stands in the description of a series.")
name_left = _in_headers(_write_name, "A name was left in headers that say that they were de-identified.")
private_element_left = _in_headers(_add_private, "A private element was left in headers that were de-identified.")
date_in_text = _in_headers(_date_text, "A description has a date, and the header does not say that dates were kept.")
says_burned_in = _in_headers(_say_burned_in, "Headers say that text is burned into the image.")
with_overlay = _in_headers(_add_overlay, "Images have an overlay plane.")
without_scanner = _in_headers(_without_scanner, "Images say that they were captured at a workstation.")


def _second_id(site: SimulatedSite, row: CaseRow) -> Person:
    return replace(row.study.person, id=f"DEMO-{site.place.code}-{FURTHER + row.study.number}")
