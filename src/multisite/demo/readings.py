"""What the readers of a hospital say of its cases: three of four read each case, and at most one of them errs.

So the majority of the three is the simulated truth, always, and the errors of a reader are as many as planted: within
the cases with the finding, and within those without, they are spread evenly (see ``scores``).
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from multisite.demo.batches import CaseRow, SiteBatch
from multisite.demo.plan import FINDING
from multisite.demo.scores import even_ranks

__all__ = ["LEAD_READER", "NEGATIVE_WORD", "OVER_CALLING", "POSITIVE_WORD", "reading_frame"]

POSITIVE_WORD, NEGATIVE_WORD = "present", "absent"
"""Ratings, as the study file maps them."""

LEAD_READER = "reader 1"
"""What the first reader is called beyond the site: who reads every case has most readings."""

OVER_CALLING = 0.30
"""Share of the cases without the finding that the planted reader calls positive."""

_FALSE_POSITIVE, _FALSE_NEGATIVE = 0.05, 0.07
_OTHERS = 3


@dataclass(frozen=True, slots=True)
class _Read:
    """One reading of a case; the first reader reads every case, two of the other three share it."""

    case_id: str
    reader: int
    positive: bool


def reading_frame(batch: SiteBatch) -> pl.DataFrame:
    """Rows of the table of readings.

    Of a case without a truth there are two readings, which contradict each other: no majority of three.
    """
    rows = list(batch.rows.values())
    rng = np.random.default_rng(batch.reading_seed)
    wrong = _wrong_reader(batch, rows, rng)
    read = [one for place, row in enumerate(rows) for one in _readings(row, place, int(wrong[place]))]
    return pl.DataFrame(
        {
            "case_id": [one.case_id for one in read],
            "reader": [f"{batch.hospital.code}-reader-{one.reader + 1}" for one in read],
            "finding": [FINDING] * len(read),
            "rating": [POSITIVE_WORD if one.positive else NEGATIVE_WORD for one in read],
            "blinded": [True] * len(read),
        }
    )


def _wrong_reader(batch: SiteBatch, rows: list[CaseRow], rng: np.random.Generator) -> np.ndarray:
    """Per case, which of its three readers errs, the first being 0; 3 where none does."""
    wrong = np.full(len(rows), _OTHERS)
    for truth, usual in ((False, _FALSE_POSITIVE), (True, _FALSE_NEGATIVE)):
        members = np.array([i for i, row in enumerate(rows) if row.reference is truth], dtype=np.int64)
        first = OVER_CALLING if batch.over_calls and not truth else usual
        edges = np.cumsum([first, usual, usual])
        wrong[members] = np.searchsorted(edges, even_ranks(rng.random(members.size), rng))
    return wrong


def _readings(row: CaseRow, place: int, wrong: int) -> list[_Read]:
    shared = [1 + (place + step) % _OTHERS for step in (0, 1)]
    if row.reference is None:
        return [_Read(row.case_id, 0, True), _Read(row.case_id, shared[0], False)]
    return [
        _Read(row.case_id, reader, row.reference is not (position == wrong))
        for position, reader in enumerate((0, *shared))
    ]
