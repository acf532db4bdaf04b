"""Faults of who is a case, when, and in which split: planted in the table of cases and what it is joined to."""

from dataclasses import replace
from datetime import date, timedelta

import polars as pl

from multisite.demo.batches import CaseRow
from multisite.demo.objects import series_of_study, study_uid
from multisite.demo.people import age_text
from multisite.demo.studies import ImagingStudy
from multisite.demo.uids import uid
from multisite.vocabulary import Split
from tests.power.sites import COLLECTION, ROOM, SimulatedSite
from tests.power.things import Thing

__all__ = [
    "FURTHER",
    "earlier_in_train",
    "fitted_on_test",
    "follow_up",
    "names_of_study",
    "older_than_claimed",
    "older_than_training",
    "other_patient_in_table",
    "patient_in_two_collections",
    "room_of_train_in_test",
    "study_in_two_splits",
]

FURTHER = 800_000_000
"""Added to the numbers of studies that a fault brings in, so that they never meet others."""


def study_in_two_splits(site: SimulatedSite, number: int) -> list[Thing]:
    """Studies of tune are cases of test, too."""
    things = []
    for row in site.take(number, split=Split.TUNE):
        site.add(replace(row, case_id=site.batch.case_id(FURTHER + row.study.number), split=Split.TEST.value))
        things.append(names_of_study(site, row.study))
    return things


def other_patient_in_table(site: SimulatedSite, number: int) -> list[Thing]:
    """The table gives cases to a patient who is not that of their images."""
    things = []
    for row in site.take(number):
        site.batch.rows[row.case_id] = replace(row, patient_id=f"{row.patient_id}-OTHER")
        things.append(frozenset({row.case_id}))
    return things


def older_than_training(site: SimulatedSite, number: int) -> list[Thing]:
    """Test cases are of the time of the training cases."""
    start, _ = site.plan.window(Split.TRAIN.value)
    return _moved(site, number, start + timedelta(days=90))


def older_than_claimed(site: SimulatedSite, number: int) -> list[Thing]:
    """Test cases are of the weeks before the day that the protocol names, and after all training cases."""
    start, _ = site.plan.window(Split.TEST.value)
    return _moved(site, number, start - timedelta(days=20))


def follow_up(site: SimulatedSite, number: int) -> list[Thing]:
    """Patients of test have an earlier case in train."""
    rows = site.take(number)
    for i, row in enumerate(rows):
        earlier_in_train(site, row, days=30 + 7 * i)
    return [frozenset({row.patient_id}) for row in rows]


def fitted_on_test(site: SimulatedSite, number: int) -> list[Thing]:
    """A normalisation was fitted on test cases among those of train."""
    assert site.fitted is not None, "only a site with a table of what was fitted can have this fault"
    names = [row.case_id for row in site.take(number)]
    site.fitted += names
    return [frozenset({name}) for name in names]


def room_of_train_in_test(site: SimulatedSite, number: int) -> list[Thing]:
    """Test cases lie in a room whose cases are declared to be of train alone."""
    names = [row.case_id for row in site.take(number)]
    moved = pl.when(pl.col("case_id").is_in(names)).then(pl.lit("room 1")).otherwise(ROOM)
    site.in_cases.append(lambda cases: cases.with_columns(moved.alias(ROOM)))
    return [frozenset({"room 1"})]


def patient_in_two_collections(site: SimulatedSite, number: int) -> list[Thing]:
    """A patient has a case in another collection than the patient's other case."""
    rows = site.take(number)
    names = [site.batch.case_id(earlier_in_train(site, row, days=60 + 7 * i).number) for i, row in enumerate(rows)]
    moved = pl.when(pl.col("case_id").is_in(names)).then(pl.lit("elsewhere")).otherwise(COLLECTION)
    site.in_cases.append(lambda cases: cases.with_columns(moved.alias(COLLECTION)))
    return [frozenset({row.patient_id}) for row in rows]


def earlier_in_train(site: SimulatedSite, row: CaseRow, *, days: int) -> ImagingStudy:
    """One more case of the patient of ``row``, so many days after training began, with images of its own."""
    start, _ = site.plan.window(Split.TRAIN.value)
    day = start + timedelta(days=days)
    study = replace(
        row.study,
        identity=f"{row.study.identity}/before",
        content=f"{row.study.content}/before",
        number=FURTHER + row.study.number,
        day=day,
        age=age_text(row.study.person.birth_date, day),
    )
    site.add(replace(row, case_id=site.batch.case_id(study.number), study=study, split=Split.TRAIN.value))
    return study


def names_of_study(site: SimulatedSite, study: ImagingStudy) -> Thing:
    """The UIDs of a study, of its series and of its instances."""
    series = list(series_of_study(site.place, study, site.plan.pixels_per_side))
    instances = {values["SOPInstanceUID"].decode() for one in series for values in one.instances}
    return frozenset(
        {study_uid(study), *instances, *(uid(f"{study.identity}/{one.number}").decode() for one in series)}
    )


def _moved(site: SimulatedSite, number: int, to: date) -> list[Thing]:
    rows = site.take(number)
    for i, row in enumerate(rows):
        day = to + timedelta(days=i)
        site.change(row, replace(row.study, day=day, age=age_text(row.study.person.birth_date, day)))
    return [frozenset({row.case_id}) for row in rows]
