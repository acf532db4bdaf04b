"""Patients with their label, as the checks of labels look at them, and what those checks may err in."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from multisite.integrity.cases import TABLE_ROW
from multisite.vocabulary import Split

__all__ = ["ALPHA", "FLOOR", "REFERENCE", "Labelled", "labelled_patients", "random_generator"]

ALPHA = 0.002
"""Chance that a check of labels fails at a site where labels depend on nothing: over all that it tests there."""

FLOOR = 10
"""Patients of each label that a question about labels needs."""

REFERENCE = "reference_"
"""Prefix of the columns that hold the reference standard of a finding."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """The patients of a split who have a reference standard of a finding, in the order of the site's table.

    Each stands there once, with the first of their cases that has one, because what repeats within a patient is no
    evidence. ``label`` is the reference standard.
    """

    finding: str
    split: str
    patients: pl.DataFrame


def labelled_patients(included: pl.DataFrame) -> Iterator[Labelled]:
    """One per finding and split with at least ``FLOOR`` patients of each label.

    Splits are told apart because their prevalences may differ by design, and so may their place in the table.
    """
    rows = included.filter(pl.col("patient_id").is_not_null() & pl.col(TABLE_ROW).is_not_null()).sort(TABLE_ROW)
    for column in sorted(name for name in included.columns if name.startswith(REFERENCE)):
        for split in Split:
            labelled = pl.col(column).is_not_null() & (pl.col("split") == split.value)
            cases = rows.filter(labelled).with_columns(pl.col(column).alias("label"))
            patients = cases.unique("patient_id", keep="first", maintain_order=True)
            positives = int(patients["label"].sum())
            if min(positives, patients.height - positives) >= FLOOR:
                yield Labelled(column.removeprefix(REFERENCE), split.value, patients)


def random_generator(seed: int, *names: str) -> np.random.Generator:
    """A generator that depends on ``seed`` and ``names`` only, so that no draw depends on which others are made."""
    digest = hashlib.sha256(json.dumps([seed, *names]).encode()).digest()
    return np.random.default_rng(int.from_bytes(digest))
