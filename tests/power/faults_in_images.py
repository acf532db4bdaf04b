"""Faults that lie in the objects of the stores: shared identifiers, copies that differ, slices that lack."""

from collections.abc import Mapping
from io import BytesIO

import pydicom

from multisite.demo.batches import CaseRow
from multisite.demo.scanners import CT
from multisite.demo.studies import ImagingStudy
from multisite.demo.uids import uid
from tests.power.dicom_objects import rewritten
from tests.power.faults_in_cases import earlier_in_train
from tests.power.sites import Key, SimulatedSite
from tests.power.things import Thing

__all__ = [
    "accession_number_in_two_splits",
    "copy_with_other_content",
    "frame_of_reference_in_two_splits",
    "instances_in_two_splits",
    "series_of_two_machines",
    "stack_without_a_slice",
]

_SLICES_TO_SEE_A_GAP = 5


def instances_in_two_splits(site: SimulatedSite, number: int) -> list[Thing]:
    """A test study was exported for training before, as another study that kept the UIDs of the instances."""
    things = []
    for i, row in enumerate(site.take(number)):
        before = earlier_in_train(site, row, days=40 + 5 * i)
        kept = [_instance(content) for content in site.objects_of(row.study).values()]
        for (key, content), name in zip(site.objects_of(before).items(), kept, strict=True):
            site.objects[key] = rewritten(content, SOPInstanceUID=name)
        things.append(frozenset(kept))
    return things


def frame_of_reference_in_two_splits(site: SimulatedSite, number: int) -> list[Thing]:
    """A test study and an earlier one of its patient, in train, are registered to one frame of reference."""
    things = []
    for i, row in enumerate(site.take(number, wanted=_is_stack)):
        frame = uid(f"{row.study.identity}/frame").decode()
        _rewrite(site, earlier_in_train(site, row, days=45 + 5 * i), FrameOfReferenceUID=frame)
        things.append(frozenset({frame}))
    return things


def accession_number_in_two_splits(site: SimulatedSite, number: int) -> list[Thing]:
    """A test study and an earlier one of its patient, in train, were made for one order."""
    things = []
    for i, row in enumerate(site.take(number)):
        order = f"ORDER{row.study.number:08d}"
        for study in (row.study, earlier_in_train(site, row, days=50 + 5 * i)):
            _rewrite(site, study, AccessionNumber=order)
        things.append(frozenset({order}))
    return things


def copy_with_other_content(site: SimulatedSite, number: int) -> list[Thing]:
    """An object is stored a second time, with a changed header under the same UID."""
    things = []
    for row in site.take(number):
        (store, key), content = next(iter(site.objects_of(row.study).items()))
        site.objects[store, f"resent/{key}"] = rewritten(content, WindowWidth="1234")
        things.append(frozenset({_instance(content)}))
    return things


def series_of_two_machines(site: SimulatedSite, number: int) -> list[Thing]:
    """One slice of a series says that another software made it."""
    things = []
    for row in site.take(number, wanted=_is_stack):
        key, content = list(site.objects_of(row.study).items())[1]
        site.objects[key] = rewritten(content, SoftwareVersions="syngo CT VA00A")
        things.append(_index_series(row))
    return things


def stack_without_a_slice(site: SimulatedSite, number: int) -> list[Thing]:
    """A slice in the middle of a stack is not in the store; of fewer than five, the usual distance is not known."""
    things = []
    for row in site.take(number, wanted=lambda row: _is_stack(row) and row.study.n_images >= _SLICES_TO_SEE_A_GAP):
        slices = [key for key, content in site.objects_of(row.study).items() if _modality(content) == CT]
        site.objects[slices[len(slices) // 2]] = None
        things.append(_index_series(row))
    return things


def _rewrite(site: SimulatedSite, study: ImagingStudy, **values: str) -> None:
    changed: Mapping[Key, bytes] = site.objects_of(study)
    site.objects |= {key: rewritten(content, **values) for key, content in changed.items()}


def _is_stack(row: CaseRow) -> bool:
    return row.study.scanner.modality == CT


def _index_series(row: CaseRow) -> Thing:
    return frozenset({uid(f"{row.study.identity}/1").decode()})


def _instance(content: bytes) -> str:
    return str(pydicom.dcmread(BytesIO(content), specific_tags=["SOPInstanceUID"]).SOPInstanceUID)


def _modality(content: bytes) -> str:
    return str(pydicom.dcmread(BytesIO(content), specific_tags=["Modality"]).Modality)
