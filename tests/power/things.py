"""What a fault has planted, by name, and whether a check names it."""

from collections.abc import Iterable, Sequence

import polars as pl

from multisite.dicom import ATTRIBUTES, Pseudonymiser
from multisite.schemas.site_tables import SITE_TABLES

__all__ = ["Thing", "all_named"]

Thing = frozenset[str]
"""One thing that was planted: every identifier, column or value by which a check may name it."""

_KINDS = sorted(
    {attribute.pseudonym for attribute in ATTRIBUTES if attribute.pseudonym}
    | {column.pseudonym_kind for table in SITE_TABLES.values() for column in table.columns if column.pseudonym_kind}
)
_DIGITS_OF_INSTANCE = 16
"""Incidents of instances name them by the first digits of the pseudonym."""


def all_named(things: Sequence[Thing], findings: pl.DataFrame, pseudonyms: Pseudonymiser) -> bool:
    """Whether ``findings`` (rows of FINDINGS) name every one of ``things``."""
    found = set(findings["pseudonym"])
    return bool(things) and all(not found.isdisjoint(_as_written(thing, pseudonyms)) for thing in things)


def _as_written(names: Iterable[str], pseudonyms: Pseudonymiser) -> set[str]:
    names = set(names)
    hashed = {known for kind in _KINDS for known in pseudonyms.known(names, kind=kind).values() if known is not None}
    return names | hashed | {name[:_DIGITS_OF_INSTANCE] for name in hashed}
