"""Whether the label goes with the equipment: a shortcut that a model can take instead of the finding."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from multisite.integrity.check import Check, CheckFrames, Outcome, insufficient, not_applicable, nothing_found
from multisite.integrity.checks.header_levels import text_levels
from multisite.integrity.checks.labelled import ALPHA, FLOOR, Labelled, labelled_patients, random_generator
from multisite.stats import Association, association, holm
from multisite.vocabulary import Severity, Verdict

__all__ = ["LABEL_ASSOCIATION_CHECKS"]

_COLUMNS = (
    "device",
    "model",
    "station_name",
    "software_versions",
    "protocol_name",
    "convolution_kernel",
    "view_position",
)
"""Columns that say on what, and how, a case was acquired."""

_LEAST_V = 0.3
_LEAST_PERMUTATIONS = 2_000


@dataclass(frozen=True, slots=True)
class _Question:
    """One finding, split and column: patients with and without the finding per level, in order of the levels."""

    finding: str
    split: str
    column: str
    levels: pl.DataFrame

    @property
    def is_known(self) -> bool:
        return bool(self.levels["n_positive"].sum() >= FLOOR and self.levels["n_negative"].sum() >= FLOOR)


def label_association(frames: CheckFrames) -> Outcome:
    """Findings whose label goes with a column of the acquisition; each level is a row of what was found."""
    groups = list(labelled_patients(frames.included))
    if not groups:
        return insufficient(f"No finding has {FLOOR} patients with and {FLOOR} without it in one split.")
    made = [_question(group, column) for group in groups for column in _COLUMNS]
    known = [question for question in made if question.is_known]
    asked = [question for question in known if question.levels.height > 1]
    if not known:
        return insufficient(f"No column of the acquisition is known for {FLOOR} patients with and {FLOOR} without.")
    if not asked:
        return not_applicable("Every column of the acquisition that is known has one level, so nothing can go with it.")
    found = [(q, a) for q, a in zip(asked, _associations(asked, frames.seed), strict=True) if a is not None]
    n_patients = sum(group.patients.height for group in groups)
    looked_at = f"{len(asked):,} pairings of a finding, a split and a column ({n_patients:,} labels of patients)"
    if not found:
        sentence = f"The label goes with the acquisition in none of {looked_at}."
        return Outcome(Verdict.PASS, len(asked), 0, sentence, nothing_found())
    columns = ", ".join(f"`{name}`" for name in _COLUMNS if name in {question.column for question, _ in found})
    sentence = f"The label goes with the acquisition in {len(found):,} of {looked_at}: {columns}."
    rows = pl.concat([_by_level(question, v) for question, v in found])
    return Outcome(Verdict.FAIL, len(asked), len(found), sentence, rows)


def _question(group: Labelled, column: str) -> _Question:
    known = group.patients.select("label", pl.col(column).alias("level")).drop_nulls()
    levels = (
        known.with_columns(text_levels(known["level"]))
        .group_by("level")
        .agg(
            pl.col("label").sum().cast(pl.Int64).alias("n_positive"),
            (~pl.col("label")).sum().cast(pl.Int64).alias("n_negative"),
        )
        .sort("level")
    )
    return _Question(group.finding, group.split, column, levels)


def _associations(asked: Sequence[_Question], seed: int) -> list[float | None]:
    """Cramér's V of each question whose label goes with its column, else None."""
    # Enough for the smallest p-value that can come out to stay below the level after Holm.
    n_permutations = max(_LEAST_PERMUTATIONS, math.ceil(4 * len(asked) / ALPHA))
    made = [_association(question, seed, n_permutations) for question in asked]
    adjusted = holm(np.array([a.p_value for a in made], dtype=np.float64))
    return [
        a.v if a.v is not None and a.v >= _LEAST_V and p_value < ALPHA else None
        for a, p_value in zip(made, adjusted.tolist(), strict=True)
    ]


def _association(question: _Question, seed: int, n_permutations: int) -> Association:
    return association(
        question.levels["n_positive"].to_numpy(),
        question.levels["n_negative"].to_numpy(),
        rng=random_generator(seed, question.finding, question.split, question.column),
        n_permutations=n_permutations,
    )


def _by_level(question: _Question, v: float) -> pl.DataFrame:
    n = pl.col("n_positive") + pl.col("n_negative")
    return question.levels.select(
        pl.lit(question.column).alias("entity"),
        pl.col("level").alias("pseudonym"),
        pl.format(
            f"{{}} of {{}} patients in {question.split} have {question.finding}; Cramér's V over the levels {v:.2f}",
            "n_positive",
            n,
        ).alias("detail"),
    )


LABEL_ASSOCIATION_CHECKS = (
    Check(
        id="label_association",
        title="The label does not go with the equipment or protocol",
        family="labels",
        severity=Severity.MINOR,
        method=(
            f"Bias-corrected Cramér's V of {len(_COLUMNS)} columns with the label, one row per patient, within each "
            f"split; fails at V of {_LEAST_V:g} or more and p < {ALPHA:g} by permuted labels, adjusted by Holm."
        ),
        unit="pairings of finding, split and column",
        run=label_association,
    ),
)
