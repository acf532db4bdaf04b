"""Faults of labels, scores and splits that can be told from the table or the equipment."""

from dataclasses import replace

import numpy as np
import polars as pl
from scipy.special import logit

from multisite.demo.plan import FINDING
from multisite.demo.scores import scores_of
from multisite.vocabulary import Split
from tests.power.sites import SimulatedSite
from tests.power.things import Thing

__all__ = [
    "column_that_is_the_label",
    "label_goes_with_scanner",
    "score_goes_with_scanner",
    "software_of_train",
    "table_in_order_of_label",
]

_REFERENCE = f"reference_{FINDING}"
_SPREAD = 4.0
_WITH, _WITHOUT = 0.7, 0.2
_SHIFT, _UPDATED = 2.5, 0.6


def table_in_order_of_label(site: SimulatedSite, number: int) -> list[Thing]:
    """Positives stand late in the table: the row tells the label with an AUC of 0.72.

    A place is uniform on 0 to w = 4, and a positive stands 1 later: AUC = 1 − (w − 1)² / 2w².
    """

    def reorder(cases: pl.DataFrame) -> pl.DataFrame:
        place = site.rng.uniform(0.0, _SPREAD, cases.height) + _labels(site, cases)
        return cases[np.argsort(place)]

    site.in_cases.append(reorder)
    return [frozenset({_REFERENCE})]


def column_that_is_the_label(site: SimulatedSite, number: int) -> list[Thing]:
    """A clinical column has two values, one for positives and one for negatives."""

    def with_code(cases: pl.DataFrame) -> pl.DataFrame:
        return cases.with_columns(pl.Series("clinical_code", np.where(_labels(site, cases), "D38.1", "Z00.0")))

    site.in_cases.append(with_code)
    return [frozenset({"clinical_code"})]


def _labels(site: SimulatedSite, cases: pl.DataFrame) -> np.ndarray:
    """Whether each case of the table has the finding; its readings say so, and no column does."""
    return np.array([bool(site.batch.rows[case].reference) for case in cases["case_id"]])


def label_goes_with_scanner(site: SimulatedSite, number: int) -> list[Thing]:
    """On the commonest scanner 70 % have the finding, elsewhere 20 %."""
    for name, row in site.batch.rows.items():
        chance = _WITH if row.study.scanner_number == _commonest(site) else _WITHOUT
        site.batch.rows[name] = replace(row, reference=bool(site.rng.random() < chance))
    return [_names_of_scanner(site) | {"device", "model", "manufacturer_model_name", "software_versions"}]


def score_goes_with_scanner(site: SimulatedSite, number: int) -> list[Thing]:
    """On the commonest scanner the logit of the score is 2.5 higher, whatever the label."""
    for name, score in site.batch.scores.items():
        if site.batch.rows[name].study.scanner_number == _commonest(site):
            site.batch.scores[name] = float(scores_of(np.array([logit(score)]), shift=_SHIFT)[0])
    return [_names_of_scanner(site)]


def software_of_train(site: SimulatedSite, number: int) -> list[Thing]:
    """Every scanner ran an earlier software in 60 % of the training cases, and never in a test case."""
    for row in list(site.batch.rows.values()):
        if row.split == Split.TRAIN.value and site.rng.random() < _UPDATED:
            site.change(row, replace(row.study, software="earlier"))
    return [frozenset({"software_versions"})]


def _commonest(site: SimulatedSite) -> int:
    return int(np.argmax(site.place.fleet.shares))


def _names_of_scanner(site: SimulatedSite) -> Thing:
    scanner = site.place.fleet.scanners[_commonest(site)]
    return frozenset({scanner.model, scanner.software})
