"""Faults of the reference standard: labels that can be told from the table or the equipment."""

from dataclasses import replace

import numpy as np
import polars as pl

from multisite.demo.plan import FINDING
from tests.power.sites import SimulatedSite
from tests.power.things import Thing

__all__ = ["column_that_is_the_label", "label_goes_with_scanner", "table_in_order_of_label"]

_REFERENCE = f"reference_{FINDING}"
_SPREAD = 4.0
_WITH, _WITHOUT = 0.7, 0.2


def table_in_order_of_label(site: SimulatedSite, number: int) -> list[Thing]:
    """Positives stand late in the table: the row tells the label with an AUC of 0.72.

    A place is uniform on 0 to w = 4, and a positive stands 1 later: AUC = 1 − (w − 1)² / 2w².
    """

    def reorder(cases: pl.DataFrame) -> pl.DataFrame:
        place = site.rng.uniform(0.0, _SPREAD, cases.height) + cases[_REFERENCE].to_numpy()
        return cases[np.argsort(place)]

    site.in_cases.append(reorder)
    return [frozenset({_REFERENCE})]


def column_that_is_the_label(site: SimulatedSite, number: int) -> list[Thing]:
    """A clinical column has two values, one for positives and one for negatives."""
    code = pl.when(_REFERENCE).then(pl.lit("D38.1")).otherwise(pl.lit("Z00.0"))
    site.in_cases.append(lambda cases: cases.with_columns(code.alias("clinical_code")))
    return [frozenset({"clinical_code"})]


def label_goes_with_scanner(site: SimulatedSite, number: int) -> list[Thing]:
    """On the commonest scanner 70 % have the finding, elsewhere 20 %."""
    commonest = int(np.argmax(site.place.fleet.shares))
    for name, row in site.batch.rows.items():
        chance = _WITH if row.study.scanner_number == commonest else _WITHOUT
        site.batch.rows[name] = replace(row, reference=bool(site.rng.random() < chance))
    scanner = site.place.fleet.scanners[commonest]
    return [frozenset({scanner.model, scanner.software})]
