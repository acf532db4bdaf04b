"""Synthetic patients. Every name and number says that it is synthetic."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from multisite.demo.hospitals import Hospital

__all__ = ["Person", "age_text", "draw_people", "person"]

_YEAR_DAYS = 365.25
_SURNAMES = {"ascii": "Synthetic", "latin-1": "Synthétique", "utf-8": "Συνθετικός"}


@dataclass(frozen=True, slots=True)
class Person:
    """What the headers and tables say about one patient."""

    id: str
    name: str
    birth_date: date
    sex: str


def draw_people(rng: np.random.Generator, hospital: Hospital, numbers: NDArray[np.int64], on: date) -> list[Person]:
    """Adult patients numbered ``numbers``, aged as in chest imaging on the day ``on``."""
    ages = np.clip(rng.normal(hospital.mean_age, 14.0, numbers.size), 19.0, 96.0)
    sexes = rng.choice(("F", "M", "O", ""), numbers.size, p=_sex_shares(hospital.share_female))
    return [
        person(hospital, int(number), on - timedelta(days=float(age) * _YEAR_DAYS), str(sex))
        for number, age, sex in zip(numbers, ages, sexes, strict=True)
    ]


def person(hospital: Hospital, number: int, birth_date: date, sex: str) -> Person:
    """The patient numbered ``number``; about one in twenty names is written beyond ASCII, where the hospital can."""
    surname = _SURNAMES[hospital.character_set[1]] if number % 20 == 0 else _SURNAMES["ascii"]
    return Person(f"DEMO-{hospital.code}-{number:07d}", f"{surname}^Patient {number:07d}", birth_date, sex)


def age_text(birth_date: date, on: date) -> str:
    """The age as DICOM writes it: years, or months below two years."""
    months = (on.year - birth_date.year) * 12 + on.month - birth_date.month - (on.day < birth_date.day)
    return f"{months:03d}M" if months < 24 else f"{months // 12:03d}Y"


def _sex_shares(female: float) -> tuple[float, float, float, float]:
    other, unrecorded = 0.004, 0.010
    return (female, 1 - female - other - unrecorded, other, unrecorded)
