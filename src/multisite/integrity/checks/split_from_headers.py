"""Whether the acquisition tells train from test: a split that was not drawn as the protocol says, inside one site."""

import math
from dataclasses import dataclass

import numpy as np
import polars as pl

from multisite.integrity.cases import TABLE_ROW
from multisite.integrity.check import Check, CheckFrames, Outcome, insufficient, judged, not_applicable
from multisite.integrity.checks.header_levels import HeaderLevels, carriers, drawn_patients, header_levels
from multisite.integrity.checks.labelled import ALPHA, random_generator
from multisite.stats import AreaFromLevels, area_from_levels
from multisite.vocabulary import Severity, Split

__all__ = ["BY_TIME", "SPLIT_FROM_HEADERS_CHECKS"]

BY_TIME = "time"
"""Stands among the columns that a split follows for the date of the case."""

_LEAST_AREA = 0.6
_LEAST_PATIENTS = 25
_IS_TESTED = "is_tested"


@dataclass(frozen=True, slots=True)
class _Told:
    """The levels of the acquisition of the patients looked at, and how well they tell who is tested."""

    headers: HeaderLevels
    of_split: AreaFromLevels

    @property
    def is_told(self) -> bool:
        return self.of_split.p_value is not None and self.of_split.p_value < ALPHA


def split_told_from_headers(frames: CheckFrames) -> Outcome:
    """Attributes of the acquisition that tell the tested patients from those of train, beyond what was declared."""
    patients = _patients(frames.included)
    n_tested = int(patients[_IS_TESTED].sum())
    n_trained = patients.height - n_tested
    if min(n_tested, n_trained) == 0:
        return not_applicable("Train or test holds no patient of its own here, so there is no split to tell.")
    if min(n_tested, n_trained) < _LEAST_PATIENTS:
        return insufficient(f"Train or test holds fewer than {_LEAST_PATIENTS} patients of its own.")
    drawn = drawn_patients(patients, side=_IS_TESTED, rng=random_generator(frames.seed, "split_told_from_headers"))
    told = _told(drawn, frames.seed)
    if not told.headers.n_known:
        return insufficient("No attribute of the acquisition is known.")
    if told.of_split.area is None:
        return not_applicable(
            "Every attribute of the acquisition that is known has one value, so none can tell a split."
        )
    looked_at = f"{n_trained:,} patients of train and {n_tested:,} of test"
    whole = f"Headers tell {looked_at} apart with an AUC of {told.of_split.area:.2f}"
    follows = [name for name in frames.claims.split_follows if name == BY_TIME or name in drawn.columns]
    if not told.is_told or not follows:
        return _judged(told, failed=f"{whole}: {{}}.", passed=f"{whole}.")
    planned = f"{whole}, and the split follows {' and '.join(follows)}, as declared"
    shared = _of_mixed_levels(patients, follows)
    mixed = drawn_patients(
        shared, side=_IS_TESTED, rng=random_generator(frames.seed, "split_told_from_headers", "within")
    )
    if mixed[_IS_TESTED].sum() < _LEAST_PATIENTS or (~mixed[_IS_TESTED]).sum() < _LEAST_PATIENTS:
        return not_applicable(f"{planned}; too few patients of both share a level of it.", len(told.headers.names))
    within = _told(mixed, frames.seed)
    if within.of_split.area is None:
        return not_applicable(f"{planned}; within its levels nothing is left to compare.", len(told.headers.names))
    sentence = f"{planned}; among {mixed.height:,} patients within its levels the AUC is {within.of_split.area:.2f}"
    return _judged(within, failed=f"{sentence}: {{}}.", passed=f"{sentence}.")


def _patients(included: pl.DataFrame) -> pl.DataFrame:
    """The first case of each patient who is in train or in test, and not in both."""
    is_tested = pl.col("split") == Split.TEST.value
    sides = included.filter(pl.col("patient_id").is_not_null() & (is_tested | (pl.col("split") == Split.TRAIN.value)))
    return (
        sides.with_columns(is_tested.alias(_IS_TESTED))
        .filter(pl.col(_IS_TESTED).n_unique().over("patient_id") == 1)
        .sort(TABLE_ROW, "case_id")
        .unique("patient_id", keep="first", maintain_order=True)
    )


def _of_mixed_levels(patients: pl.DataFrame, follows: list[str]) -> pl.DataFrame:
    """The patients who share their level of what the split follows with some of the other side, and that ``level``."""
    parts = [
        pl.col("case_date").dt.strftime("%Y-%m") if name == BY_TIME else pl.col(name).cast(pl.String)
        for name in follows
    ]
    level = pl.concat_str([part.fill_null("") for part in parts], separator="\x00").rank("dense").cast(pl.Int64)
    return patients.with_columns(level.alias("level")).filter(pl.col(_IS_TESTED).n_unique().over("level") == 2)


def _told(patients: pl.DataFrame, seed: int) -> _Told:
    """Within each ``level``, where there is such a column."""
    headers = header_levels(patients)
    told = area_from_levels(
        headers.numbers,
        patients[_IS_TESTED].to_numpy().astype(np.bool_),
        stratum=patients["level"].to_numpy() if "level" in patients.columns else None,
        rng=random_generator(seed, "split_told_from_headers", "folds"),
        n_permutations=math.ceil(4 / ALPHA),
        least_area=_LEAST_AREA,
    )
    return _Told(headers, told)


def _judged(told: _Told, *, failed: str, passed: str) -> Outcome:
    telling = carriers(told.headers.names, told.of_split) if told.is_told else []
    together = f"all attributes together {told.of_split.area:.2f}, p = {told.of_split.p_value or 1:.0e}"
    found = pl.DataFrame(
        [
            ("column", name, f"alone tells train from test with an AUC of {area:.2f} ({together})")
            for name, area in telling
        ],
        schema={"entity": pl.String, "pseudonym": pl.String, "detail": pl.String},
        orient="row",
    )
    named = ", ".join(f"`{name}`" for name, _ in telling)
    return judged(found, len(told.headers.names), failed=failed.format(named), passed=passed)


SPLIT_FROM_HEADERS_CHECKS = (
    Check(
        id="split_told_from_headers",
        title="The acquisition does not tell train from test",
        family="shortcuts",
        severity=Severity.MAJOR,
        method=(
            "AUC of a cross-fitted linear score for test against train from the levels of all acquisition attributes, "
            f"one row per patient; fails at {_LEAST_AREA:g} or more and p < {ALPHA:g} by permuted membership, within "
            "the levels of what the split is declared to follow."
        ),
        unit="attributes of the acquisition",
        run=split_told_from_headers,
    ),
)
