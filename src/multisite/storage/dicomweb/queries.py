"""Listing by QIDO-RS: the studies of a service, and the instances of a study.

What servers do differently is met here: some answer 204 where there is nothing, and some an empty array; some refuse
a high `limit`, or any; some give fewer results at a time than they are asked for, and not all of them say so.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from multisite.dicom import dicom_json
from multisite.storage.dicomweb.client import Answer, Cause, DicomwebClient, DicomwebFailure
from multisite.storage.dicomweb.errors import incomplete_error
from multisite.storage.dicomweb.keys import InstanceKey, SeriesKey, study_prefix
from multisite.storage.location import StoreLocation

__all__ = ["DicomwebQueries", "Study"]

_LIMITS: Final[tuple[int | None, ...]] = (1000, 100, None)
"""How many results are asked for at a time; the next one where a server refuses."""

_STUDY: Final = "0020000D"
_SERIES: Final = "0020000E"
_INSTANCE: Final = "00080018"
_INSTANCES_OF_STUDY: Final = "00201208"
_REFUSALS: Final = ("400", "413")

_Found = TypeVar("_Found", bound=object)


@dataclass(frozen=True, slots=True)
class Study:
    """A study by its UID, and how many instances the server says that it has; None where it does not say."""

    uid: str
    n_instances: int | None


class DicomwebQueries:
    """Asks one service what it has. Safe for use by several threads."""

    def __init__(self, client: DicomwebClient, location: StoreLocation) -> None:
        self._client = client
        self._location = location
        self._limits = _LIMITS

    def studies(self) -> list[Study]:
        """Every study, in the order of the keys of their objects.

        Raises
        ------
        DicomwebFailure
            When there is no usable answer.
        StoreError
            When the service holds studies back.
        """
        found: dict[str, Study] = {}
        for page in self._pages("studies", {}, _study):
            found.update((study.uid, study) for study in page)
        return sorted(found.values(), key=lambda study: study_prefix(study.uid))

    def instances(self, study: Study) -> list[str]:
        """The keys of the study's instances, rising. Raises as for ``studies``; a study that is gone has none."""
        found: set[str] = set()
        try:
            for page in self._pages(
                f"{study_prefix(study.uid)}instances", {"includefield": _SERIES}, lambda record: _key(study.uid, record)
            ):
                found.update(page)
                if study.n_instances is not None and len(found) >= study.n_instances:
                    # One request less for each study, where the server says how many there are.
                    break
        except DicomwebFailure as failure:
            if failure.cause is not Cause.MISSING:
                raise
        return sorted(found)

    def first_study(self) -> Study | None:
        """Some study; None when the service has none.

        A service that refuses a limit is asked without: an address beside the service's refuses both, or answers with
        something else than studies.

        Raises
        ------
        DicomwebFailure
            When there is no usable answer.
        """
        try:
            answer = self._ask("studies", {}, offset=0, limit=1)
        except DicomwebFailure as failure:
            if failure.detail not in _REFUSALS:
                raise
            answer = self._ask("studies", {}, offset=0, limit=None)
        return next(map(_study, _records(answer)), None)

    def _pages(
        self, path: str, query: Mapping[str, str], read: Callable[[dict[str, Any]], _Found]
    ) -> Iterator[list[_Found]]:
        """What ``read`` makes of each result, page by page, until a page brings nothing new.

        A page that is shorter than asked for need not be the last: some servers have a limit of their own.
        """
        seen: set[_Found] = set()
        offset = 0
        while True:
            limit = self._limits[0]
            try:
                answer = self._ask(path, query, offset=offset, limit=limit)
            except DicomwebFailure as failure:
                if failure.detail not in _REFUSALS or limit is None or offset:
                    raise
                self._limits = _LIMITS[_LIMITS.index(limit) + 1 :]
                continue
            page = [read(record) for record in _records(answer)]
            fresh = [found for found in page if found not in seen]
            if not fresh:
                if page and (answer.is_cut or len(page) == limit):
                    raise incomplete_error(self._location)
                return
            yield fresh
            if limit is None:
                if answer.is_cut:
                    raise incomplete_error(self._location)
                return
            seen.update(fresh)
            offset += len(page)

    def _ask(self, path: str, query: Mapping[str, str], *, offset: int, limit: int | None) -> Answer:
        paging = {} if limit is None else {"limit": str(limit), "offset": str(offset)}
        return self._client.get(path, {**query, **paging})


def _records(answer: Answer) -> Iterator[dict[str, Any]]:
    if not answer.body.strip():
        return
    try:
        yield from dicom_json.instances_of(answer.body.decode("utf-8"))
    except ValueError:
        raise DicomwebFailure(Cause.UNUSABLE, "broken JSON") from None


def _study(record: dict[str, Any]) -> Study:
    uid = dicom_json.uid_in(record, _STUDY)
    if uid is None:
        raise DicomwebFailure(Cause.UNUSABLE, "a study without its UID")
    count = dicom_json.uid_in(record, _INSTANCES_OF_STUDY)
    return Study(uid, int(count) if count and count.isascii() and count.isdigit() else None)


def _key(study: str, record: dict[str, Any]) -> str:
    series, instance = dicom_json.uid_in(record, _SERIES), dicom_json.uid_in(record, _INSTANCE)
    if series is None or instance is None:
        raise DicomwebFailure(Cause.UNUSABLE, "an instance without its UIDs")
    return InstanceKey(SeriesKey(study, series), instance).path
