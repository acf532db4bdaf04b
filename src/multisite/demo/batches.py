"""Patients, studies, truth and scores of one hospital, a batch at a time: memory does not grow with the plan."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from multisite.demo.hospitals import SETTINGS, Hospital, hospital
from multisite.demo.objects import StoredObject
from multisite.demo.people import draw_people
from multisite.demo.plan import DemoPlan
from multisite.demo.scores import SOFTWARE_SHIFT, STRETCH, Evidence, draw_evidence, even_ranks, scores_of
from multisite.demo.studies import ImagingStudy, StudyDraws, draw_scanners, draw_studies
from multisite.vocabulary import Split

__all__ = ["CaseRow", "MonthBatch", "SiteBatch", "SiteTraits", "cohort_batches", "month_batches"]

_PATIENTS_IN_BATCH = 1000
_SPLITS = (Split.TRAIN.value, Split.TUNE.value, Split.TEST.value)
_SPLIT_EDGES = (0.35, 0.45)
_SHARE_WITH_SECOND_STUDY = 0.15
_SETTING_LOGITS = np.array([-0.15, 0.20, -0.05])
_COHORT, _MONTHS, _READINGS = 1, 2, 4

Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class SiteTraits:
    """What is planted in a whole site: a stretch of the logit of its scores, the month of a software change that raises
    them, that of an announced one that does not, that the model works less well on the weak vendor's equipment (at
    every site of the demo), and a reader who over-calls.
    """

    stretch: bool = False
    change_month: int | None = None
    update_month: int | None = None
    weak_vendor: bool = True
    over_calls: bool = False


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A row of the table of cases."""

    case_id: str
    patient_id: str
    study: ImagingStudy
    split: str
    setting: str
    reference: bool | None


@dataclass(slots=True)
class SiteBatch:
    """Part of a site's cohort before it is written; faults are planted by changing it.

    ``rows`` and ``scores`` are by case id; a case without an entry in ``scores`` has no prediction. ``untouched``
    are ids of test cases of patients with one case, in random order, that no fault has used. ``reading_seed`` is where
    the errors of its readers start, and ``over_calls`` whether the first of them calls too much positive.
    """

    hospital: Hospital
    rows: dict[str, CaseRow]
    scores: dict[str, float]
    untouched: list[str]
    studies: dict[int, ImagingStudy]
    reading_seed: tuple[int, ...]
    over_calls: bool
    further_rows: list[CaseRow] = field(default_factory=list)
    further_studies: list[ImagingStudy] = field(default_factory=list)
    spoilt: list[StoredObject] = field(default_factory=list)

    def case_id(self, study_number: int) -> str:
        """Identifier of the case of a study."""
        return case_id(self.hospital, study_number)

    def take(self, number: int) -> list[CaseRow]:
        """So many test cases that no fault has used, and that none will use again."""
        taken, self.untouched = self.untouched[:number], self.untouched[number:]
        return [self.rows[name] for name in taken]


@dataclass(frozen=True, slots=True)
class MonthBatch:
    """Part of a month of routine use: studies, their scores and settings, in the same order."""

    month: int
    studies: list[ImagingStudy]
    scores: list[float]
    settings: list[str]


def case_id(place: Hospital, study_number: int) -> str:
    """Identifier of the case of a study."""
    return f"DEMO-{place.code}-C{study_number:07d}"


def cohort_batches(plan: DemoPlan, index: int, traits: SiteTraits) -> Iterator[SiteBatch]:
    """The validation cohort of site ``index``."""
    place = hospital(index)
    for batch, first in enumerate(range(0, plan.patients_per_site, _PATIENTS_IN_BATCH)):
        n_patients = min(_PATIENTS_IN_BATCH, plan.patients_per_site - first)
        rng = np.random.default_rng([plan.seed, index, _COHORT, batch])
        reading_seed = (plan.seed, index, _READINGS, batch)
        yield _cohort_batch(plan, place, traits, rng, first + 1, n_patients, reading_seed)


def _cohort_batch(
    plan: DemoPlan,
    place: Hospital,
    traits: SiteTraits,
    rng: np.random.Generator,
    first: int,
    n_patients: int,
    reading_seed: tuple[int, ...],
) -> SiteBatch:
    split_of_patient = np.searchsorted(_SPLIT_EDGES, even_ranks(rng.random(n_patients), rng))
    again = np.flatnonzero((rng.random(n_patients) < _SHARE_WITH_SECOND_STUDY) & (split_of_patient != 1))
    patient = np.concatenate([np.arange(n_patients), again])
    split = split_of_patient[patient]
    draws = StudyDraws(np.zeros(patient.size, dtype=np.int64), np.zeros(patient.size, dtype=np.int64))
    for code, name in enumerate(_SPLITS):
        members = np.flatnonzero(split == code)
        start, end = plan.window(name)
        draws.scanner[members] = draw_scanners(rng, place.fleet, members.size)
        draws.day[members] = rng.integers(start.toordinal(), end.toordinal(), members.size)
    setting, evidence = _evidence(rng, place, traits, draws, patient, split)
    people = draw_people(rng, place, first + np.arange(n_patients), plan.window("test")[0])
    studies = draw_studies(
        rng,
        place,
        seed=plan.seed,
        # Room for a second study of every patient before the numbers of the next batch begin.
        first_number=2 * first,
        people=[people[i] for i in patient],
        draws=draws,
    )
    scores = scores_of(evidence.logits, stretch=STRETCH if traits.stretch else 1.0)
    rows = [
        CaseRow(
            case_id=case_id(place, study.number),
            patient_id=study.person.id,
            study=study,
            split=_SPLITS[split[i]],
            setting=SETTINGS[setting[i]],
            reference=bool(evidence.truth[i]),
        )
        for i, study in enumerate(studies)
    ]
    alone = np.bincount(patient, minlength=n_patients)[patient] == 1
    untouched = np.flatnonzero((split == _SPLITS.index("test")) & alone)
    return SiteBatch(
        hospital=place,
        rows={row.case_id: row for row in rows},
        # A model is not scored on what it was trained on.
        scores={row.case_id: float(s) for row, s in zip(rows, scores, strict=True) if row.split != "train"},
        untouched=[rows[i].case_id for i in rng.permutation(untouched)],
        studies={study.number: study for study in studies},
        reading_seed=reading_seed,
        over_calls=traits.over_calls,
    )


def month_batches(plan: DemoPlan, index: int, traits: SiteTraits) -> Iterator[MonthBatch]:
    """Every month of routine use at site ``index``."""
    place = hospital(index)
    number = plan.patients_per_site + 1
    for month in range(1, plan.months + 1):
        for batch, first in enumerate(range(0, plan.studies_per_month, _PATIENTS_IN_BATCH)):
            n_studies = min(_PATIENTS_IN_BATCH, plan.studies_per_month - first)
            rng = np.random.default_rng([plan.seed, index, _MONTHS, month, batch])
            yield _month_batch(plan, place, traits, rng, month, number, n_studies)
            number += n_studies


def _month_batch(
    plan: DemoPlan,
    place: Hospital,
    traits: SiteTraits,
    rng: np.random.Generator,
    month: int,
    first: int,
    n_studies: int,
) -> MonthBatch:
    start, end = plan.month_start(month), plan.month_start(month + 1)
    days = rng.integers(start.toordinal(), end.toordinal(), n_studies)
    draws = StudyDraws(draw_scanners(rng, place.fleet, n_studies), days)
    each = np.arange(n_studies)
    setting, evidence = _evidence(rng, place, traits, draws, each, np.zeros(n_studies, dtype=np.int64))
    changed = traits.change_month is not None and month >= traits.change_month
    newer = changed or (traits.update_month is not None and month >= traits.update_month)
    updated = frozenset(i for i, s in enumerate(place.fleet.scanners) if s.next_software) if newer else frozenset()
    shift = np.where(np.isin(draws.scanner, list(updated)), SOFTWARE_SHIFT if changed else 0.0, 0.0)
    scores = scores_of(evidence.logits, stretch=STRETCH if traits.stretch else 1.0, shift=shift)
    people = draw_people(rng, place, first + each, start)
    studies = draw_studies(
        rng, place, seed=plan.seed, first_number=2 * first, people=people, draws=draws, updated=updated
    )
    return MonthBatch(month, studies, scores.tolist(), [SETTINGS[place] for place in setting])


def _evidence(
    rng: np.random.Generator,
    place: Hospital,
    traits: SiteTraits,
    draws: StudyDraws,
    patient: Integers,
    split: Integers,
) -> tuple[Integers, Evidence]:
    """Setting and evidence of each study."""
    edges = np.cumsum(place.setting_shares)[:-1]
    setting = np.searchsorted(edges, even_ranks(rng.random(patient.size), rng)).astype(np.int64)
    weak = np.array([scanner.weak for scanner in place.fleet.scanners])[draws.scanner]
    prior = expit(logit(place.prevalence) + _SETTING_LOGITS[setting])
    group = (split * len(SETTINGS) + setting) * 2 + weak
    worse = weak & traits.weak_vendor
    return setting, draw_evidence(rng, patient=patient, prior=prior, weak=worse, group=group)
