"""One imaging study as the demo knows it: who, when, on which scanner, and how its headers were filled in."""

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from multisite.demo.hospitals import Fleet, Hospital
from multisite.demo.people import Person, age_text
from multisite.demo.scanners import CT, DX, Scanner
from multisite.demo.scores import even_ranks

__all__ = ["ImagingStudy", "StudyDraws", "draw_scanners", "draw_studies"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class ImagingStudy:
    """A study before it is written.

    ``identity`` is what the UIDs are derived from and ``content`` what the pixels are derived from: normally the same
    words. ``age`` is None where the attribute is absent and "" where it is empty. ``picks`` are four numbers in [0, 1)
    that choose among the scanner's settings; ``copy`` tells a second delivery of the same objects from the first.
    ``header_changes`` are values by keyword that stand in every object instead of the usual ones, and
    ``is_filed_by_patient`` says that its folder is called by the PatientID, where objects lie in folders.
    """

    identity: str
    content: str
    number: int
    person: Person
    day: date
    second: int
    scanner: Scanner
    scanner_number: int
    software: str
    n_images: int
    picks: tuple[float, float, float, float]
    age: str | None
    body_part: str | None = "CHEST"
    copy: int = 1
    header_changes: tuple[tuple[str, bytes], ...] = ()
    is_filed_by_patient: bool = False


@dataclass(frozen=True, slots=True)
class StudyDraws:
    """Per study, shape (n_studies,): position of the scanner in the fleet, and the day as an ordinal."""

    scanner: Integers
    day: Integers


def draw_scanners(rng: np.random.Generator, fleet: Fleet, n_studies: int) -> Integers:
    """Scanners in the fleet's shares, exact but for rounding, in random order."""
    edges = np.cumsum(fleet.shares)
    position = np.searchsorted(edges, even_ranks(rng.random(n_studies), rng), side="right")
    return np.minimum(position, len(fleet.scanners) - 1).astype(np.int64)


def draw_studies(
    rng: np.random.Generator,
    hospital: Hospital,
    *,
    seed: int,
    first_number: int,
    people: list[Person],
    draws: StudyDraws,
    updated: frozenset[int] = frozenset(),
) -> list[ImagingStudy]:
    """One study per person of ``people``; scanners at the positions ``updated`` run their next software."""
    n = len(people)
    picks, missing = rng.random((n, 4)).tolist(), rng.random(n).tolist()
    seconds = rng.integers(7 * 3600, 19 * 3600, n).tolist()
    images = (4 + rng.integers(0, 5, n)).tolist()
    projections = (1 + rng.integers(0, 2, n)).tolist()
    studies = []
    for i, who in enumerate(people):
        position, day = int(draws.scanner[i]), date.fromordinal(int(draws.day[i]))
        scanner, number = hospital.fleet.scanners[position], first_number + i
        software = scanner.next_software if position in updated and scanner.next_software else scanner.software
        words = f"{seed}/{hospital.id}/{number}"
        studies.append(
            ImagingStudy(
                identity=words,
                content=words,
                number=number,
                person=who,
                day=day,
                second=seconds[i],
                scanner=scanner,
                scanner_number=position,
                software=software,
                n_images=images[i] if scanner.modality == CT else projections[i] if scanner.modality == DX else 1,
                picks=(picks[i][0], picks[i][1], picks[i][2], picks[i][3]),
                age=_recorded_age(age_text(who.birth_date, day), missing[i]),
                body_part=_body_part(missing[i]),
            )
        )
    return studies


def _recorded_age(age: str, chance: float) -> str | None:
    if chance < 0.03:
        return None
    return "" if chance < 0.05 else age


def _body_part(chance: float) -> str | None:
    if chance > 0.97:
        return None
    if chance > 0.95:
        return ""
    return "CHEST" if chance < 0.85 else "THORAX"
