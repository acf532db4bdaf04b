"""How the objects of a DICOMweb server are called: by the path of the instance under the address of the service.

Keys are ``studies/<uid>/series/<uid>/instances/<uid>``, and sort as text, so a study whose UID begins with another's
comes before it: the full stop sorts before the slash. ``studies/<uid>/series`` stands for the instances of a study
that the server could not list.
"""

from dataclasses import dataclass
from urllib.parse import quote, unquote

__all__ = ["InstanceKey", "SeriesKey", "parse_key", "study_prefix", "unlisted_key"]


@dataclass(frozen=True, slots=True, order=True)
class SeriesKey:
    """A series by its UIDs."""

    study: str
    series: str

    @property
    def path(self) -> str:
        """Where the series is, under the address of the service."""
        return f"{study_prefix(self.study)}series/{_segment(self.series)}"


@dataclass(frozen=True, slots=True)
class InstanceKey:
    """An instance by its UIDs."""

    series: SeriesKey
    instance: str

    @property
    def path(self) -> str:
        """Where the instance is, under the address of the service; the key of the object."""
        return f"{self.series.path}/instances/{_segment(self.instance)}"


def study_prefix(study: str) -> str:
    """How the keys of all objects of a study begin, and of no other."""
    return f"studies/{_segment(study)}/"


def unlisted_key(study: str) -> str:
    """What stands in a listing for the instances of a study that could not be listed."""
    return f"{study_prefix(study)}series"


def parse_key(key: str) -> InstanceKey | None:
    """The instance that a key names; None when it names none."""
    parts = key.split("/")
    if len(parts) != 6 or parts[::2] != ["studies", "series", "instances"] or not all(parts):
        return None
    study, series, instance = (unquote(part) for part in parts[1::2])
    return InstanceKey(SeriesKey(study, series), instance)


def _segment(uid: str) -> str:
    """A UID as one segment of a path, whatever a server calls a UID."""
    return quote(uid, safe="") if uid.strip(".") else uid.replace(".", "%2E")
