"""Reading by WADO-RS metadata: one request brings the headers of a whole series, and no pixels.

They are turned into the bytes of files at once and kept for the objects of the same series that are asked for next.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from multisite.dicom import dicom_json
from multisite.storage.dicomweb.client import Cause, DicomwebClient, DicomwebFailure
from multisite.storage.dicomweb.keys import InstanceKey, SeriesKey
from multisite.storage.objects import ReadFailure
from multisite.vocabulary import QuarantineReason

__all__ = ["DicomwebMetadata"]

_KEPT_BYTES: Final = 128 * 2**20
"""More than the headers of a shard: it is read in passes, each over all of its series."""

_NO_ANSWERS: Final = 3
"""Requests without an answer, one after the other, after which a series is given up."""

_INSTANCE: Final = "00080018"
_VANISHED: Final = ReadFailure(QuarantineReason.VANISHED)
_FAILED: Final = ReadFailure(QuarantineReason.READ_FAILED)

Whole = bytes | ReadFailure
"""An instance as the bytes of a file, or why there are none."""


class DicomwebMetadata:
    """Headers of one service. Safe for use by several threads.

    ``check`` raises when the service as a whole is at fault; it is asked before an object is blamed.
    """

    def __init__(self, client: DicomwebClient, check: Callable[[], None]) -> None:
        self._client = client
        self._check = check
        self._kept: OrderedDict[SeriesKey, dict[str, bytes]] = OrderedDict()
        self._kept_bytes = 0
        self._lock = threading.Lock()

    def read(self, series: SeriesKey, instances: Iterable[str]) -> dict[str, Whole]:
        """The instances with these UIDs: from one request for the series, and what that does not bring, one by one.

        Raises
        ------
        StoreError
            From ``check``.
        """
        wanted = list(dict.fromkeys(instances))
        held: Mapping[str, bytes] = self._held(series, wanted)
        missing = [uid for uid in wanted if uid not in held]
        found: dict[str, Whole] = {uid: held[uid] for uid in wanted if uid in held}
        return found | self._one_by_one(series, missing)

    def read_one(self, key: InstanceKey) -> Whole:
        """One instance by a request of its own, unless it is kept. DicomwebFailure when there is no usable answer."""
        with self._lock:
            kept = self._kept.get(key.series, {}).get(key.instance)
        if kept is not None:
            return kept
        try:
            answered = self._ask(key.path)
        except DicomwebFailure as failure:
            if failure.cause is Cause.MISSING:
                return _VANISHED
            raise
        return answered.get(key.instance, _FAILED)

    def _held(self, series: SeriesKey, wanted: list[str]) -> Mapping[str, bytes]:
        with self._lock:
            kept = self._kept.get(series)
            if kept is not None:
                self._kept.move_to_end(series)
        if kept is not None and any(uid in kept for uid in wanted):
            return kept
        try:
            brought = self._ask(series.path)
        except DicomwebFailure as failure:
            if failure.cause.may_be_the_store:
                self._check()
            return {}
        self._keep(series, brought)
        return brought

    def _keep(self, series: SeriesKey, brought: dict[str, bytes]) -> None:
        """Keep a series, and forget those that were not asked for longest; the last one is kept whatever its size."""
        with self._lock:
            if series in self._kept:
                self._kept_bytes -= _size(self._kept.pop(series))
            self._kept[series] = brought
            self._kept_bytes += _size(brought)
            while self._kept_bytes > _KEPT_BYTES and len(self._kept) > 1:
                self._kept_bytes -= _size(self._kept.popitem(last=False)[1])

    def _one_by_one(self, series: SeriesKey, missing: list[str]) -> dict[str, Whole]:
        found: dict[str, Whole] = {}
        n_unanswered = 0
        for uid in missing:
            if n_unanswered >= _NO_ANSWERS:
                found[uid] = _FAILED
                continue
            try:
                found[uid] = self.read_one(InstanceKey(series, uid))
                n_unanswered = 0
            except DicomwebFailure as failure:
                found[uid] = _FAILED
                if failure.cause.may_be_the_store:
                    self._check()
                    n_unanswered += 1
        return found

    def _ask(self, path: str) -> dict[str, bytes]:
        """The instances of an answer, by their UIDs; one that is not of the JSON model is left out."""
        body = self._client.get(f"{path}/metadata").body
        found: dict[str, bytes] = {}
        try:
            text = body.decode("utf-8")
            del body
            for instance in dicom_json.instances_of(text) if text.strip() else ():
                uid = dicom_json.uid_in(instance, _INSTANCE)
                encoded = _encoded(instance)
                if uid is not None and encoded is not None:
                    found.setdefault(uid, encoded)
        except ValueError:
            raise DicomwebFailure(Cause.UNUSABLE, "broken JSON") from None
        return found


def _encoded(instance: dict[str, object]) -> bytes | None:
    try:
        return dicom_json.part10_of(instance)
    except ValueError:
        return None


def _size(instances: Mapping[str, bytes]) -> int:
    return sum(map(len, instances.values()))
