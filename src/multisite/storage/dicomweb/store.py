"""A DICOMweb service, such as a PACS has, as a store: listed by QIDO-RS, read by WADO-RS metadata.

An object is an instance; its bytes are those of a file made of its metadata, without pixels. No size, entity tag or
time of change is known before it is read.
"""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import Final

from multisite.errors import StoreError
from multisite.schemas.objects import RangeRequest
from multisite.storage.dicomweb.client import DicomwebClient, DicomwebFailure
from multisite.storage.dicomweb.errors import read_only_error, store_error
from multisite.storage.dicomweb.keys import InstanceKey, SeriesKey, parse_key, study_prefix, unlisted_key
from multisite.storage.dicomweb.metadata import DicomwebMetadata, Whole
from multisite.storage.dicomweb.queries import DicomwebQueries, Study
from multisite.storage.location import StoreLocation
from multisite.storage.objects import ObjectBatch, ObjectInfo, ObjectStore, ReadFailure, ReadResult, SplitPoints
from multisite.storage.retrying import Patience, in_windows
from multisite.vocabulary import QuarantineReason

__all__ = ["DicomwebStore"]

_BATCH: Final = 1000
_WINDOW: Final = 2048
_STUDIES_OF_A_RANGE: Final = 50
"""A range with fewer studies is not worth a task, which asks for all studies anew."""

_STUDIES_KEPT_S: Final = 600.0
_PATIENCE: Final = Patience(read_timeout_s=120.0)
"""A server may read every object of a series from its disks before it begins to answer."""


class DicomwebStore(ObjectStore):
    """The instances behind a DICOMweb service; read-only. At most ``concurrency`` requests are in flight at a time."""

    def __init__(self, location: StoreLocation, patience: Patience = _PATIENCE) -> None:
        super().__init__(location)
        self._patience = patience
        self._client = DicomwebClient(location, patience)
        self._queries = DicomwebQueries(self._client, location)
        self._metadata = DicomwebMetadata(self._client, self.check)
        self._studies: list[Study] = []
        self._studies_are_of = -_STUDIES_KEPT_S

    def __reduce__(self) -> tuple[type["DicomwebStore"], tuple[StoreLocation, Patience]]:  # type: ignore[override]  # more of it
        return (type(self), (self.location, self._patience))

    def list(self, prefix: str = "", *, after: str = "", until: str | None = None) -> Iterator[ObjectBatch]:
        folder = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        # The parts of a divided listing look at the studies that it was divided by.
        studies = self._known_studies() if after or until is not None else self._asked_studies()
        batch: ObjectBatch = []
        for keys in self._instances([s for s in studies if _may_match(study_prefix(s.uid), folder, after, until)]):
            matching = (k for k in keys if k.startswith(folder) and after < k and (until is None or k <= until))
            batch += [ObjectInfo(key, None, None, None) for key in matching]
            while len(batch) >= _BATCH:
                yield batch[:_BATCH]
                batch = batch[_BATCH:]
        if batch:
            yield batch

    def split_points(self, parts: int) -> SplitPoints:
        if parts < 2:
            return []
        studies = self._asked_studies()
        parts = min(parts, len(studies) // _STUDIES_OF_A_RANGE)
        weights = [1 if study.n_instances is None else study.n_instances for study in studies]
        total, seen = sum(weights), 0
        points: SplitPoints = []
        for study, weight in zip(studies, weights, strict=True):
            # A range begins with this study, where that comes nearer to like numbers than to begin behind it.
            if seen and (2 * seen + weight) * parts > 2 * total * (len(points) + 1) and len(points) < parts - 1:
                points.append(study_prefix(study.uid))
            seen += weight
        return points

    def read(self, key: str) -> bytes:
        result = self._whole(key)
        if result == ReadFailure(QuarantineReason.VANISHED):
            raise self.missing_object()
        if isinstance(result, ReadFailure):
            raise StoreError(
                "An object of a store cannot be read",
                place=self.location.place,
                remedy="Try again; if it stays, ask those who run the server whether they can retrieve it.",
            )
        return result

    def read_prefixes(self, requests: Sequence[RangeRequest], *, concurrency: int = 32) -> Iterator[ReadResult]:
        def read(window: Sequence[RangeRequest]) -> Sequence[ReadResult]:
            return self._read_window(window, min(concurrency, self._client.concurrency))

        return in_windows(requests, window=_WINDOW, read=read, check=self.check)

    def write(self, key: str, data: bytes) -> None:
        raise read_only_error(self.location)

    def create(self, key: str, data: bytes) -> bool:
        raise read_only_error(self.location)

    def head(self, key: str) -> ObjectInfo | None:
        vanished = self._whole(key) == ReadFailure(QuarantineReason.VANISHED)
        return None if vanished else ObjectInfo(key, None, None, None)

    def delete(self, key: str) -> None:
        raise read_only_error(self.location)

    def check(self) -> None:
        self._first_study()

    def is_empty(self) -> bool:
        return self._first_study() is None

    def _first_study(self) -> Study | None:
        try:
            return self._queries.first_study()
        except DicomwebFailure as failure:
            raise store_error(self.location, failure) from None

    def _asked_studies(self) -> "Sequence[Study]":
        try:
            self._studies = self._queries.studies()
        except DicomwebFailure as failure:
            raise store_error(self.location, failure) from None
        self._studies_are_of = time.monotonic()
        return self._studies

    def _known_studies(self) -> "Sequence[Study]":
        is_fresh = time.monotonic() - self._studies_are_of < _STUDIES_KEPT_S
        return self._studies if is_fresh else self._asked_studies()

    def _instances(self, studies: "Sequence[Study]") -> Iterator["Sequence[str]"]:
        """The keys of each study's instances, in order; some studies are asked for ahead."""
        ahead = self._client.concurrency
        with ThreadPoolExecutor(ahead) as threads:
            waiting = iter(studies)
            asked: list[Future[Sequence[str]]] = [threads.submit(self._listed, s) for s in islice(waiting, ahead)]
            try:
                while asked:
                    yield asked.pop(0).result()
                    asked += [threads.submit(self._listed, study) for study in islice(waiting, 1)]
            finally:
                threads.shutdown(cancel_futures=True)

    def _listed(self, study: Study) -> "Sequence[str]":
        """The keys of a study; one that cannot be read stands for them where the server fails on this study alone."""
        try:
            return self._queries.instances(study)
        except DicomwebFailure as failure:
            if failure.cause.may_be_the_store:
                self.check()
            return [unlisted_key(study.uid)]

    def _whole(self, key: str) -> Whole:
        instance = parse_key(key)
        if instance is None:
            return ReadFailure(QuarantineReason.READ_FAILED)
        try:
            return self._metadata.read_one(instance)
        except DicomwebFailure as failure:
            if failure.cause.may_be_the_store:
                raise store_error(self.location, failure) from None
            return ReadFailure(QuarantineReason.READ_FAILED)

    def _read_window(self, window: Sequence[RangeRequest], concurrency: int) -> Sequence[ReadResult]:
        keys = [parse_key(request.key) for request in window]
        wanted: dict[SeriesKey, list[str]] = {}
        for key in keys:
            if key is not None:
                wanted.setdefault(key.series, []).append(key.instance)
        with ThreadPoolExecutor(max(1, min(concurrency, len(wanted)))) as threads:
            try:
                found = dict(zip(wanted, threads.map(self._metadata.read, wanted, wanted.values()), strict=True))
            finally:
                threads.shutdown(cancel_futures=True)
        return [_part(_of(found, key), request) for key, request in zip(keys, window, strict=True)]


def _of(found: "dict[SeriesKey, dict[str, Whole]]", key: InstanceKey | None) -> Whole:
    return ReadFailure(QuarantineReason.READ_FAILED) if key is None else found[key.series][key.instance]


def _part(whole: Whole, request: RangeRequest) -> ReadResult:
    return whole if isinstance(whole, ReadFailure) else whole[request.start : request.start + max(0, request.length)]


def _may_match(study: str, folder: str, after: str, until: str | None) -> bool:
    """Whether a study whose keys begin with ``study`` can have keys that are asked for."""
    inside = study.startswith(folder) or folder.startswith(study)
    return inside and (after < study or after.startswith(study)) and (until is None or study <= until)
