"""One site of a simulated cohort: what lies in its stores and tables, and what faults have changed in either."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import polars as pl

from multisite.demo.batches import CaseRow, MonthBatch, SiteBatch, SiteTraits, cohort_batches, month_batches
from multisite.demo.hospitals import Hospital
from multisite.demo.objects import study_objects
from multisite.demo.plan import DemoPlan
from multisite.demo.readings import reading_frame
from multisite.demo.studies import ImagingStudy
from multisite.demo.tables import TableWriter, case_frame, deployment_frame, prediction_frame
from multisite.schemas.site_tables import CASES, DEPLOYMENT, FITTED, PREDICTIONS, READINGS
from multisite.vocabulary import Split

__all__ = ["COLLECTION", "ROOM", "EncodedStudies", "Key", "SimulatedSite"]

Key = tuple[str, str]
"""Name of a store, and key of an object in it."""

ROOM = "clinical_room"
"""A column that the demo's hospitals do not have: rooms 1 to 3 for training cases, 4 to 6 for test cases."""

COLLECTION = "clinical_collection"
"""Another one: each patient is in one of three collections."""

_FITTED_CASES = 40


class EncodedStudies:
    """The objects of studies, encoded when first asked for: the cohorts of one seed share nearly all of them."""

    def __init__(self, side: int) -> None:
        self._side = side
        self._known: dict[tuple[str, ImagingStudy], dict[Key, bytes]] = {}

    def of(self, place: Hospital, study: ImagingStudy) -> dict[Key, bytes]:
        """Every object of the study, in the store that holds its modality."""
        known = self._known.get((place.id, study))
        if known is None:
            store = next(store for store in place.stores if study.scanner.modality in store.modalities)
            objects = study_objects(place, store, study, self._side)
            known = self._known[place.id, study] = {(store.name, one.key): one.content for one in objects}
        return known


@dataclass(slots=True)
class SimulatedSite:
    """A site before it is looked at; faults are planted by changing it.

    ``batch`` holds cases, scores and studies, ``objects`` what stands in a store in place of what the studies would
    give (None: nothing), ``in_cases`` changes of the table of cases, in their order, and ``fitted`` the cases on which
    something before the model was fitted (None: the site has no such table).
    """

    plan: DemoPlan
    encoded: EncodedStudies
    batch: SiteBatch
    months: tuple[MonthBatch, ...]
    rng: np.random.Generator
    fitted: list[str] | None = None
    objects: dict[Key, bytes | None] = field(default_factory=dict)
    in_cases: list[Callable[[pl.DataFrame], pl.DataFrame]] = field(default_factory=list)
    _used: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, plan: DemoPlan, index: int, encoded: EncodedStudies, traits: SiteTraits) -> "SimulatedSite":
        """Site ``index`` of the demo, without any fault but what lies in ``traits``."""
        return cls(
            plan,
            encoded,
            # A demo of up to 1,000 patients per site is made in one batch.
            next(cohort_batches(plan, index, traits)),
            tuple(month_batches(plan, index, traits)),
            np.random.default_rng([plan.seed, index, 3]),
        )

    @property
    def place(self) -> Hospital:
        """The hospital."""
        return self.batch.hospital

    def claim(self) -> None:
        """Bring what the further claims are about: rooms, collections and fitted cases."""
        self.in_cases += [self._with_rooms, _with_collections]
        training = [row.case_id for row in self.batch.rows.values() if row.split == Split.TRAIN.value]
        self.fitted = training[:_FITTED_CASES]

    def take(
        self, number: int, *, split: Split = Split.TEST, wanted: Callable[[CaseRow], bool] = lambda row: True
    ) -> list[CaseRow]:
        """So many cases of ``split``, of patients with one case, that no fault has used; none will use them again."""
        if split is Split.TEST:
            free = [self.batch.rows[name] for name in self.batch.untouched]
        else:
            free = [row for row in self._alone() if row.split == split.value and row.case_id not in self._used]
        taken = [row for row in free if wanted(row)][:number]
        if len(taken) < number:
            raise ValueError(
                f"{self.place.id} has room for {len(taken)} of {number} faults of a kind; take more patients"
            )
        names = {row.case_id for row in taken}
        self.batch.untouched = [name for name in self.batch.untouched if name not in names]
        self._used |= names
        return taken

    def _alone(self) -> Iterator[CaseRow]:
        cases = Counter(row.patient_id for row in self.batch.rows.values())
        return (row for row in self.batch.rows.values() if cases[row.patient_id] == 1)

    def add(self, row: CaseRow) -> None:
        """A further case with its study; one that is not of train gets a score."""
        self.batch.rows[row.case_id] = row
        self.batch.studies[row.study.number] = row.study
        if row.split != Split.TRAIN.value:
            self.batch.scores[row.case_id] = 0.5

    def change(self, row: CaseRow, study: ImagingStudy) -> None:
        """Give a case other images."""
        self.batch.studies[study.number] = study
        self.batch.rows[row.case_id] = replace(row, study=study)

    def objects_of(self, study: ImagingStudy) -> dict[Key, bytes]:
        """What the stores hold of a study."""
        return self.encoded.of(self.place, study)

    def stores(self) -> dict[str, dict[str, bytes]]:
        """Name of a store → key → content, with all that was changed."""
        held: dict[str, dict[str, bytes]] = {store.name: {} for store in self.place.stores}
        for study in self._studies():
            for (store, key), content in self.objects_of(study).items():
                held[store][key] = content
        for one in self.batch.spoilt:
            held[self.place.stores[0].name][one.key] = one.content
        for (store, key), changed in self.objects.items():
            if changed is None:
                del held[store][key]
            else:
                held[store][key] = changed
        return held

    def _studies(self) -> Iterator[ImagingStudy]:
        yield from self.batch.studies.values()
        yield from self.batch.further_studies
        for month in self.months:
            yield from month.studies

    def write_tables(self, folder: Path) -> None:
        """The site's tables, in the hospital's own form; ``fitted`` as Parquet."""
        cases = case_frame(self.batch)
        for change in self.in_cases:
            cases = change(cases)
        routine = [deployment_frame(month) for month in (MonthBatch(0, [], [], []), *self.months)]
        frames = {
            CASES.name: cases,
            READINGS.name: reading_frame(self.batch),
            PREDICTIONS.name: prediction_frame(self.batch),
            DEPLOYMENT.name: pl.concat(routine),
        }
        for table, frame in frames.items():
            with TableWriter(folder, table, self.place.tables) as writer:
                writer.append(frame)
        if self.fitted is not None:
            rows = pl.DataFrame({"case_id": self.fitted})
            rows.with_columns(pl.lit("normalisation").alias("transform")).write_parquet(
                folder / f"{FITTED.name}.parquet"
            )

    def _with_rooms(self, cases: pl.DataFrame) -> pl.DataFrame:
        number = self.rng.integers(1, 4, cases.height) + 3 * (cases["split"] == Split.TEST.value).to_numpy()
        return cases.with_columns(pl.Series(ROOM, [f"room {n}" for n in number]))


def _with_collections(cases: pl.DataFrame) -> pl.DataFrame:
    number = pl.col("patient_id").str.extract(r"(\d+)$").cast(pl.Int64) % 3
    return cases.with_columns(pl.format("collection {}", number).alias(COLLECTION))
