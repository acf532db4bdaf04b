"""The rows of calibration by level and of recalibration as lookups, with their words and marks."""

from collections.abc import Mapping
from typing import Any

from multisite.pack.evidence import Endpoint, Evidence
from multisite.pack.marks import Mark
from multisite.pack.verdicts import level_words
from multisite.schemas.calibration_strata import CALIBRATION_BY_LEVEL, CALIBRATION_CAUSES, RECALIBRATION
from multisite.vocabulary import OVERALL, SITE_AXIS, CalibrationState, MiscalibrationCause

__all__ = [
    "Line",
    "cause_mark",
    "causes",
    "gains",
    "levels",
    "place_words",
    "state_mark",
    "strata_in_order",
]

Line = Mapping[str, Any]

_STATES = {
    CalibrationState.MEETS: ("●", "pass"),
    CalibrationState.DEPARTS: ("▲", "fail"),
    CalibrationState.INSUFFICIENT: ("◇", "thin"),
}
_CAUSES = {
    MiscalibrationCause.NONE: ("●", "pass"),
    MiscalibrationCause.PREVALENCE: ("▲", "fail"),
    MiscalibrationCause.OTHER: ("▲", "fail"),
    MiscalibrationCause.INSUFFICIENT: ("◇", "thin"),
}


def levels(evidence: Evidence, endpoint: Endpoint) -> dict[tuple[str, str, str], Line]:
    """Stratum, level and metric to the row of CALIBRATION_BY_LEVEL."""
    rows = endpoint.rows(evidence.frame(CALIBRATION_BY_LEVEL)).iter_rows(named=True)
    return {(row["stratum"], row["level"], row["metric"]): row for row in rows}


def causes(evidence: Evidence, endpoint: Endpoint) -> dict[tuple[str, str], Line]:
    """Stratum and level to the row of CALIBRATION_CAUSES; all test cases first, then the sites."""
    rows = endpoint.rows(evidence.frame(CALIBRATION_CAUSES)).to_dicts()
    order = {OVERALL: 0, SITE_AXIS: 1}
    rows.sort(key=lambda row: (order.get(row["stratum"], 2), row["stratum"], row["level"]))
    return {(row["stratum"], row["level"]): row for row in rows}


def gains(evidence: Evidence, endpoint: Endpoint) -> dict[tuple[str, str, str, str], Line]:
    """Site, whose tuning cases, method and metric to the row of RECALIBRATION."""
    rows = endpoint.rows(evidence.frame(RECALIBRATION)).iter_rows(named=True)
    return {(row["site"], row["fitted_on"], row["method"], row["metric"]): row for row in rows}


def strata_in_order(evidence: Evidence) -> list[tuple[str, str, tuple[str, ...]]]:
    """(stratum, heading, levels in the order of the report) of all cases, of the sites, and of each stratum."""
    found = [(OVERALL, "", (OVERALL,)), (SITE_AXIS, "Site", evidence.sites)]
    for stratum in evidence.parameters.strata:
        heading = f"{stratum.title}, {stratum.unit}" if stratum.unit else stratum.title
        found.append((stratum.id, heading, evidence.levels(stratum)))
    return found


def place_words(evidence: Evidence, row: Line) -> str:
    """A row's level in a sentence."""
    return str(row["level"]) if row["stratum"] == SITE_AXIS else level_words(evidence, row)


def state_mark(state: str) -> Mark:
    """The word with its shape."""
    return Mark(state, *_STATES[CalibrationState(state)])


def cause_mark(cause: str) -> Mark:
    """The word with its shape."""
    return Mark(cause, *_CAUSES[MiscalibrationCause(cause)])
