"""Slices of the errors as lookups: what was held against the second half, what is confirmed, and their words."""

from collections.abc import Mapping
from typing import Any

from multisite.pack.evidence import Endpoint, Evidence
from multisite.pack.numbers import count, share
from multisite.pack.words import attribute_words, listed
from multisite.schemas.failure_modes import FAILURE_MODES, SLICE_COUNTS
from multisite.vocabulary import ALL_SITES, OVERALL, UNKNOWN, ErrorKind, SliceOutcome

__all__ = ["Line", "confirmed", "held", "searched_cases", "share_words", "slice_words"]

Line = Mapping[str, Any]

_KINDS = [kind.value for kind in ErrorKind]


def held(evidence: Evidence, endpoint: Endpoint) -> list[Line]:
    """Every slice that was held against the second half: of all sites first, misses before false alarms."""
    own = endpoint.rows(evidence.frame(FAILURE_MODES)).iter_rows(named=True)
    return sorted(own, key=lambda r: (r["site"] != ALL_SITES, r["site"], _KINDS.index(r["kind"]), r["rank"]))


def confirmed(evidence: Evidence, endpoint: Endpoint) -> list[Line]:
    """Those that the second half confirms, in the same order."""
    return [row for row in held(evidence, endpoint) if row["outcome"] == SliceOutcome.CONFIRMED]


def searched_cases(evidence: Evidence, endpoint: Endpoint, kind: ErrorKind) -> int:
    """Cases of the first half, over all sites, that could be such an error: a slice and the rest share them."""
    own = endpoint.rows(evidence.frame(SLICE_COUNTS)).filter(kind=kind.value, half=1, stratum=OVERALL)
    return int(own["sum_n"].sum())


def slice_words(evidence: Evidence, row: Line) -> str:
    """The slice with the titles and units of its strata: ``Vendor Philips and age ≥75 years``."""
    strata = {stratum.id: stratum for stratum in evidence.parameters.strata}
    said: list[str] = []
    for axis, level in zip(row["axes"], row["levels"], strict=True):
        stratum = strata.get(axis)
        title = attribute_words(axis) if stratum is None else stratum.title
        unit = f" {stratum.unit}" if stratum is not None and stratum.unit and level != UNKNOWN else ""
        # A title is spelt as at the beginning of a sentence; an abbreviation stays.
        if said and title[1:2].islower():
            title = title[0].lower() + title[1:]
        said.append(f"{title} {level}{unit}")
    return listed(said)


def share_words(row: Line, side: str) -> str:
    """Errors among the cases of the second half, inside the slice (``n``) or outside (``rest``): ``31 % (9 of 29)``."""
    errors, cases = row[f"{side}_errors"], row[f"{side}_cases"]
    return f"{share(errors, cases)} ({count(errors)} of {count(cases)})"
