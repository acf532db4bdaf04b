"""Planted → found: what the pipeline's own artefacts say about every planted fault."""

from collections.abc import Iterable
from dataclasses import dataclass

from multisite.demo.alarmed import in_planned_change, in_verdict
from multisite.demo.counted import Reader, Sighting, in_check, in_flow, in_header_counts, in_identity
from multisite.demo.measured import in_calibration, in_drift, in_readers, in_sensitivity
from multisite.demo.planted import Planted
from multisite.errors import ArtefactMissingError

__all__ = ["Reader", "ScoreLine", "score"]

_FINDERS = {
    "check": in_check,
    "rule": in_flow,
    "objects": in_header_counts,
    "unclaimed": in_identity,
    "sensitivity": in_sensitivity,
    "calibration": in_calibration,
    "drift": in_drift,
    "alarm": in_verdict,
    "planned": in_planned_change,
    "reader": in_readers,
}
"""Kind of a planted fault → where it is looked for."""


@dataclass(frozen=True, slots=True)
class ScoreLine:
    """A planted fault, whether the pipeline found it, the number that says so, and the artefact that holds it."""

    planted: str
    found: bool
    number: str
    where: str


def score(planted: Iterable[Planted], read: Reader) -> list[ScoreLine]:
    """One line per planted fault, in order.

    ``read(site, artefact)`` gives the rows of an artefact: those of one site, or with ``ALL_SITES`` those of every site
    (and of the study). A fault counts as found by what is written there alone; an artefact that has not been made finds
    nothing.
    """
    return [_line(record, read) for record in planted]


def _line(record: Planted, read: Reader) -> ScoreLine:
    try:
        seen = _FINDERS[record.kind](record, read)
    except ArtefactMissingError as error:
        seen = Sighting(False, "—", error.fact)
    return ScoreLine(record.sentence, seen.found, seen.number, seen.where)
