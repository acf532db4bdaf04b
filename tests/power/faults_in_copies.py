"""Faults of images that are there twice: under other UIDs, under another patient, altered, or written upon."""

from dataclasses import replace
from datetime import timedelta
from io import BytesIO

import numpy as np
import pydicom
from PIL import Image, ImageDraw

from multisite.demo.batches import CaseRow
from multisite.demo.studies import ImagingStudy
from multisite.demo.uids import uid
from tests.power.dicom_objects import rewritten
from tests.power.faults_in_cases import FURTHER, names_of_study
from tests.power.sites import SimulatedSite
from tests.power.things import Thing

__all__ = [
    "altered_pixels_of_another_patient",
    "pixels_of_another_patient",
    "series_there_twice",
    "study_sent_again",
    "text_over_images",
]

_NOISE = 40
"""Added to or taken from stored values of 0 to 4,095, at most."""

_TEXT_SIDE = 256


def study_sent_again(site: SimulatedSite, number: int) -> list[Thing]:
    """A study stands again under new UIDs, for the same patient, and no case names it."""
    things = []
    for row in site.take(number):
        again = replace(row.study, identity=f"{row.study.identity}/resent", copy=2)
        site.batch.further_studies.append(again)
        things.append(names_of_study(site, row.study) | names_of_study(site, again))
    return things


def series_there_twice(site: SimulatedSite, number: int) -> list[Thing]:
    """The images of a study stand in it again, as further series with new UIDs."""
    things = []
    for row in site.take(number):
        names = names_of_study(site, row.study)
        for i, ((store, key), content) in enumerate(site.objects_of(row.study).items()):
            series = str(_header(content).SeriesInstanceUID)
            renamed = {"SeriesInstanceUID": _new(series), "SOPInstanceUID": _new(f"{series}/{i}")}
            site.objects[store, f"repeated/{key}"] = rewritten(content, **renamed)
            names |= set(renamed.values())
        things.append(names)
    return things


def pixels_of_another_patient(site: SimulatedSite, number: int) -> list[Thing]:
    """The images of a case stand under another patient, with new UIDs, another day and the same pixels."""
    things = []
    for row in site.take(number):
        copied = _of_another_patient(site, row)
        things.append(names_of_study(site, row.study) | names_of_study(site, copied))
    return things


def altered_pixels_of_another_patient(site: SimulatedSite, number: int) -> list[Thing]:
    """As before, and every pixel differs a little, as after a lossy compression."""
    things = []
    for row in site.take(number):
        copied = _of_another_patient(site, row)
        for key, content in site.objects_of(copied).items():
            stored = np.frombuffer(pydicom.dcmread(BytesIO(content)).PixelData, dtype="<u2").astype(np.int64)
            altered = (stored + site.rng.integers(-_NOISE, _NOISE + 1, stored.size)).clip(0, 4095)
            site.objects[key] = rewritten(content, PixelData=altered.astype("<u2").tobytes())
        things.append(names_of_study(site, row.study) | names_of_study(site, copied))
    return things


def text_over_images(site: SimulatedSite, number: int) -> list[Thing]:
    """A line of text stands at the upper border of every image of a case."""
    things = []
    for row in site.take(number):
        for key, content in site.objects_of(row.study).items():
            image = Image.new("L", (_TEXT_SIDE, _TEXT_SIDE), 90)
            ImageDraw.Draw(image).text((6, 6), "SYNTHETIC PATIENT 12 MAY", fill=255)
            pixels = (np.asarray(image).astype("<u2") * 16).tobytes()
            site.objects[key] = rewritten(content, Rows=_TEXT_SIDE, Columns=_TEXT_SIDE, PixelData=pixels)
        things.append(names_of_study(site, row.study))
    return things


def _of_another_patient(site: SimulatedSite, row: CaseRow) -> ImagingStudy:
    number = FURTHER + row.study.number
    name = f"DEMO-{site.place.code}-{number}"
    study = replace(
        row.study,
        identity=f"{row.study.identity}/copied",
        number=number,
        person=replace(row.study.person, id=name, name=f"Synthetic^Patient {number}"),
        day=row.study.day - timedelta(days=1),
        second=row.study.second - 1800,
    )
    site.add(replace(row, case_id=site.batch.case_id(number), patient_id=name, study=study))
    return study


def _new(name: str) -> str:
    return uid(f"{name}/again").decode()


def _header(content: bytes) -> pydicom.Dataset:
    return pydicom.dcmread(BytesIO(content), stop_before_pixels=True)
