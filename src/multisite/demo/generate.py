"""Writing the demo's data: a site at a time, a batch at a time, whole or not at all."""

import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from multisite.demo.batches import MonthBatch, SiteBatch, cohort_batches, month_batches
from multisite.demo.faults import plant_in_batch, planted_in_whole_sites, site_traits
from multisite.demo.hospitals import Hospital, StoreFolder, hospital
from multisite.demo.layout import DATA, PLANTED_FILE, store_folder, table_folder
from multisite.demo.objects import StoredObject, study_objects
from multisite.demo.plan import DemoPlan
from multisite.demo.planted import Planted, read_planted, write_planted
from multisite.demo.readings import reading_frame
from multisite.demo.studies import ImagingStudy
from multisite.demo.tables import TableWriter, case_frame, deployment_frame, event_frame, prediction_frame
from multisite.errors import MachineError
from multisite.schemas.site_tables import CASES, DEPLOYMENT, EVENTS, PREDICTIONS, READINGS

__all__ = ["Progress", "generate"]

Progress = Callable[[str, int, int], None]
"""Called with the title of a site, the patients done and the patients in all, over all sites."""

_MARK = "plan.json"
_PARTIAL, _OLD = ".data.partial", ".data.old"


def generate(out: Path, plan: DemoPlan, progress: Progress | None = None) -> tuple[Planted, ...]:
    """Write the data of ``plan`` below ``out`` and return what was planted.

    Equal plans give equal bytes. Nothing is done when ``out`` holds the data of this plan already. A run that is
    stopped leaves the data that were there before, or none.

    Raises
    ------
    MachineError
        When the disk refuses.
    """
    data, record = out / DATA, out / PLANTED_FILE
    if _mark_of(plan) == _read_mark(data) and record.exists():
        return read_planted(record)
    try:
        return _generate(out, plan, progress)
    except OSError as error:
        raise MachineError(
            f"the demo's data cannot be written ({type(error).__name__}: {error.strerror})",
            place="the demo's output folder",
            remedy="Free some space or choose another folder with --out, and start again.",
        ) from None


def _generate(out: Path, plan: DemoPlan, progress: Progress | None) -> tuple[Planted, ...]:
    partial, old, data = out / _PARTIAL, out / _OLD, out / DATA
    for leftover in (partial, old):
        shutil.rmtree(leftover, ignore_errors=True)
    partial.mkdir(parents=True)
    planted: list[Planted] = []
    total = plan.sites * (plan.patients_per_site + plan.months * plan.studies_per_month)
    done = 0
    for index in range(plan.sites):
        place = hospital(index)
        site = _SiteWriter(partial, place, plan)
        for step in _write_site(site, plan, index):
            planted.extend(step.planted)
            done += step.patients
            if progress is not None:
                progress(place.title, done, total)
    planted.extend(planted_in_whole_sites(plan, tuple(hospital(i).id for i in range(plan.sites))))
    if data.exists():
        data.rename(old)
    partial.rename(data)
    write_planted(out / PLANTED_FILE, planted)
    # The mark comes last: data without it are made anew.
    (data / _MARK).write_bytes(_mark_of(plan))
    shutil.rmtree(old, ignore_errors=True)
    return tuple(planted)


@dataclass(frozen=True, slots=True)
class _Step:
    """One batch is written."""

    patients: int
    planted: tuple[Planted, ...] = ()


class _SiteWriter:
    """Writes the objects of one site; knows which folders stand already."""

    def __init__(self, data: Path, place: Hospital, plan: DemoPlan) -> None:
        self.place = place
        self.tables = data / table_folder(place)
        self._side = plan.pixels_per_side
        self._folders = {store.name: str(data / store_folder(place, store)) for store in place.stores}
        self._made: set[str] = set()
        for folder in (self.tables, *map(Path, self._folders.values())):
            folder.mkdir(parents=True)

    def studies(self, studies: Iterable[ImagingStudy]) -> None:
        """Write every object of ``studies`` into the store that holds its modality."""
        # Forgotten batch by batch, so that memory does not grow with the plan.
        self._made.clear()
        stores = {modality: store for store in self.place.stores for modality in store.modalities}
        for study in studies:
            store = stores[study.scanner.modality]
            self.objects(store, study_objects(self.place, store, study, self._side))

    def objects(self, store: StoreFolder, objects: Iterable[StoredObject]) -> None:
        """Write ``objects`` into ``store``."""
        root = self._folders[store.name]
        for stored in objects:
            folder, _, name = f"{root}/{stored.key}".rpartition("/")
            if folder not in self._made:
                Path(folder).mkdir(parents=True, exist_ok=True)
                self._made.add(folder)
            # Ten thousands of small files: pathlib would cost more than the encoding does.
            descriptor = os.open(f"{folder}/{name}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
            try:
                os.write(descriptor, stored.content)
            finally:
                os.close(descriptor)


def _write_site(site: _SiteWriter, plan: DemoPlan, index: int) -> Iterator[_Step]:
    traits = site_traits(plan, index)
    with ExitStack() as stack:
        cases, readings, predictions, deployment, events = (
            stack.enter_context(TableWriter(site.tables, table.name, site.place.tables))
            for table in (CASES, READINGS, PREDICTIONS, DEPLOYMENT, EVENTS)
        )
        for number, batch in enumerate(cohort_batches(plan, index, traits)):
            patients = len({row.patient_id for row in batch.rows.values()})
            planted = plant_in_batch(batch, plan, index) if number == 0 else ()
            _write_batch(site, batch)
            cases.append(case_frame(batch))
            readings.append(reading_frame(batch))
            predictions.append(prediction_frame(batch))
            yield _Step(patients, planted)
        events.append(event_frame(plan, traits.update_month))
        deployment.append(deployment_frame(MonthBatch(0, [], [], [])))
        for month in month_batches(plan, index, traits):
            site.studies(month.studies)
            deployment.append(deployment_frame(month))
            yield _Step(len(month.studies))


def _write_batch(site: _SiteWriter, batch: SiteBatch) -> None:
    site.studies(batch.studies.values())
    site.studies(batch.further_studies)
    site.objects(site.place.stores[0], batch.spoilt)


def _mark_of(plan: DemoPlan) -> bytes:
    """What data are known by: the plan, and the code of this room, which may give other bytes for an equal plan."""
    code = sha256()
    for source in sorted(Path(__file__).parent.glob("*.py")):
        code.update(source.read_bytes())
    return json.dumps({"code": code.hexdigest(), **plan.to_json()}, sort_keys=True, indent=2).encode() + b"\n"


def _read_mark(data: Path) -> bytes | None:
    mark = data / _MARK
    return mark.read_bytes() if mark.exists() else None
