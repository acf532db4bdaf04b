"""Faults that the pipeline finds by counting: checks, exclusions, quarantine, studies without a case."""

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from multisite.demo.planted import Planted
from multisite.schemas.cohort import COHORT_IDENTITY, FLOW
from multisite.schemas.integrity import CHECK_RESULTS
from multisite.schemas.provenance import HEADER_COUNTS

__all__ = ["Reader", "Sighting", "in_check", "in_flow", "in_header_counts", "in_identity"]

Reader = Callable[[str, str], pl.DataFrame]
"""Site (or ``ALL_SITES``) and name of an artefact → its rows."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """Whether a fault was found, the number that says so, and where it stands."""

    found: bool
    number: str
    where: str


def in_check(planted: Planted, read: Reader) -> Sighting:
    """The number that an integrity check found at the site."""
    rows = read(planted.site, CHECK_RESULTS.name).filter(pl.col("check") == planted.expected["name"])
    return _counted(planted, rows, "n_found", f"{CHECK_RESULTS.name}, {planted.expected['name']}")


def in_flow(planted: Planted, read: Reader) -> Sighting:
    """The cases that an exclusion rule took out at the site."""
    rows = read(planted.site, FLOW.name).filter(pl.col("rule") == planted.expected["name"])
    return _counted(planted, rows, "excluded_cases", f"{FLOW.name}, {planted.expected['name']}")


def in_header_counts(planted: Planted, read: Reader) -> Sighting:
    """The objects that went into quarantine for a reason at the site."""
    rows = read(planted.site, HEADER_COUNTS.name).filter(pl.col("outcome") == planted.expected["name"])
    return _counted(planted, rows, "n_objects", f"{HEADER_COUNTS.name}, {planted.expected['name']}")


def in_identity(planted: Planted, read: Reader) -> Sighting:
    """The studies at the site that have images and no case."""
    rows = read(planted.site, COHORT_IDENTITY.name)
    return _counted(planted, rows, str(planted.expected["name"]), COHORT_IDENTITY.name)


def _counted(planted: Planted, rows: pl.DataFrame, column: str, place: str) -> Sighting:
    where = f"{place}, {planted.site}"
    if rows.is_empty():
        return Sighting(False, "0", where)
    number = int(rows[column].sum())
    return Sighting(number == planted.expected["number"], f"{number}", where)
