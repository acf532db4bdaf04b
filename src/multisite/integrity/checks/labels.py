"""Whether labels can be told without an image: from the order of the site's table, or from a column of the case."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from multisite.integrity.cases import CLINICAL
from multisite.integrity.check import Check, CheckFrames, Outcome, insufficient, judged
from multisite.integrity.checks.labelled import ALPHA, FLOOR, REFERENCE, Labelled, labelled_patients
from multisite.schemas.column import Column
from multisite.schemas.series import ACQUISITION
from multisite.stats import rank_sum_test, runs_test
from multisite.vocabulary import ColumnPrivacy, Severity

__all__ = ["LABEL_CHECKS"]

_LEAST_AREA = 0.1
"""Distance of the area from ½ below which an order is too weak to matter."""

_LEAST_RUNS = 0.2
"""Share of the expected runs by which their number must differ."""

_FLOOR_WITH_EXCEPTIONS = 30
"""Patients of each label from which on a few exceptions are no chance."""

_LEAST_YOUDEN = 0.8
_LEAST_SEPARATION = 0.95
"""Youden's index of the rule that a level has its commoner label, and AUC of a number (or of its reverse)."""

_PATIENTS_PER_LEVEL = 5
_MOST_LEVELS = 50


def _describes(column: Column) -> bool:
    return column.privacy is not ColumnPrivacy.PSEUDONYM and not column.dtype.is_temporal()


_DESCRIBING = tuple(column.name for column in ACQUISITION if _describes(column))


def label_order(frames: CheckFrames) -> Outcome:
    """Pairs of finding and split whose labels depend on the order of the site's table."""
    groups = list(labelled_patients(frames.included))
    if not groups:
        return insufficient(f"No finding has {FLOOR} patients with and {FLOOR} without it in one split.")
    # Two tests of each group share what the check may err in.
    told = [words for group in groups if (words := _order(group, ALPHA / (2 * len(groups)))) is not None]
    found = pl.DataFrame(told, schema={"entity": pl.String, "pseudonym": pl.String, "detail": pl.String}, orient="row")
    n_patients = sum(group.patients.height for group in groups)
    looked_at = f"{len(groups):,} pairs of finding and split ({n_patients:,} labels of patients)"
    return judged(
        found,
        len(groups),
        failed=f"The label depends on the order of the table in {found.height:,} of {looked_at}.",
        passed=f"The label depends on the order of the table in none of {looked_at}.",
    )


def _order(group: Labelled, alpha: float) -> tuple[str, str, str] | None:
    """The finding about one group, if its order tells the label."""
    label = group.patients["label"].to_numpy().astype(np.bool_)
    ranks = rank_sum_test(label, np.arange(label.size, dtype=np.float64))
    runs = runs_test(label)
    if ranks.area is None or ranks.p_value is None or runs.expected is None or runs.p_value is None:
        return None
    by_rank = ranks.p_value < alpha and abs(ranks.area - 0.5) >= _LEAST_AREA
    by_runs = runs.p_value < alpha and abs(runs.n_runs / runs.expected - 1.0) >= _LEAST_RUNS
    if not by_rank and not by_runs:
        return None
    detail = (
        f"in {group.split}, {label.size} patients: AUC of the row for the label {ranks.area:.2f} (p = "
        f"{ranks.p_value:.0e}), {runs.n_runs} runs of labels where {runs.expected:.0f} are expected (p = "
        f"{runs.p_value:.0e})"
    )
    return "column", f"{REFERENCE}{group.finding}", detail


@dataclass(frozen=True, slots=True)
class _Pair:
    """A column that could tell a finding, and how many patients of each label it was asked for."""

    column: str
    finding: str
    tells: bool
    n_positive: int
    n_negative: int
    exceptions: str = ""

    @property
    def told(self) -> str:
        """What the column does, in words and counts."""
        patients = f"{self.n_positive} patients with and {self.n_negative} without it"
        return f"tells {REFERENCE}{self.finding} of {patients}{self.exceptions}"


def label_in_column(frames: CheckFrames) -> Outcome:
    """Columns of the case from which the label of a finding follows."""
    pairs = list(_pairs(frames.included))
    if not pairs:
        return insufficient(f"No column can be held against {FLOOR} patients with and {FLOOR} without a finding.")
    telling = [pair for pair in pairs if pair.tells]
    found = pl.DataFrame(
        {
            "entity": ["column"] * len(telling),
            "pseudonym": [pair.column for pair in telling],
            "detail": [pair.told for pair in telling],
        },
        schema={"entity": pl.String, "pseudonym": pl.String, "detail": pl.String},
    )
    n_columns = len({pair.column for pair in pairs})
    looked_at = f"{len(pairs):,} pairs of column and finding ({n_columns:,} columns)"
    return judged(
        found,
        len(pairs),
        failed=f"The label follows from the column in {len(telling):,} of {looked_at}.",
        passed=f"The label follows from the column in none of {looked_at}.",
    )


def _pairs(included: pl.DataFrame) -> Iterator[_Pair]:
    columns = sorted(name for name in included.columns if name.startswith(CLINICAL) or name in _DESCRIBING)
    for reference in sorted(name for name in included.columns if name.startswith(REFERENCE)):
        for column in columns:
            value = pl.col(column)
            if included.schema[column].is_float():
                value = value.fill_nan(None)
            known = included.select("patient_id", pl.col(reference).alias("label"), value.alias("value")).drop_nulls()
            pair = _pair(known, column, reference.removeprefix(REFERENCE))
            if pair is not None:
                yield pair


def _pair(known: pl.DataFrame, column: str, finding: str) -> _Pair | None:
    """What ``column`` says about the label; None where it has one value, or too few patients, or is text of all sorts.

    A number is held against the label by its order, and by its levels where it has few.
    """
    n_levels, is_number = known["value"].n_unique(), known.schema["value"].is_numeric()
    if n_levels < 2 or (n_levels > _MOST_LEVELS and not is_number):
        return None
    positives, negatives = _patients(known)
    if min(positives, negatives) < FLOOR:
        return None
    if is_number and _separates(known):
        return _Pair(column, finding, True, positives, negatives)
    if n_levels <= _MOST_LEVELS:
        sized = known.filter(pl.col("patient_id").n_unique().over("value") >= _PATIENTS_PER_LEVEL)
        pure = sized.select((pl.col("label").n_unique().over("value") == 1).all()).item()
        in_levels = _patients(sized)
        if pure and min(in_levels) >= FLOOR:
            return _Pair(column, finding, True, *in_levels)
    if min(positives, negatives) >= _FLOOR_WITH_EXCEPTIONS:
        patients = known.unique("patient_id", keep="first", maintain_order=True)
        for exceptions in (_in_levels(patients) if n_levels <= _MOST_LEVELS else "", _in_order(patients)):
            if exceptions:
                return _Pair(column, finding, True, positives, negatives, exceptions)
    return _Pair(column, finding, False, positives, negatives)


def _in_levels(patients: pl.DataFrame) -> str:
    """How often the label is not the commoner one of its level, if that is seldom among either label; else empty."""
    counted = (
        patients.group_by("value", "label")
        .agg(pl.len().alias("n"))
        .with_columns(
            pl.col("n").sum().over("value").alias("n_level"), pl.col("n").sum().over("label").alias("n_label")
        )
        .filter(pl.col("n_level") >= _PATIENTS_PER_LEVEL)
    )
    right = counted.filter(2 * pl.col("n") > pl.col("n_level"))
    youden = right.select((pl.col("n") / pl.col("n_label")).sum()).item() - 1
    if youden < _LEAST_YOUDEN:
        return ""
    return f", but for {patients.height - int(right['n'].sum())} of them"


def _in_order(patients: pl.DataFrame) -> str:
    """The AUC of a number, if it is near 1 or 0; else empty."""
    if not patients.schema["value"].is_numeric():
        return ""
    label, value = patients["label"].to_numpy(), patients["value"].cast(pl.Float64).to_numpy()
    area = rank_sum_test(label.astype(np.bool_), value).area
    return f" with an AUC of {area:.2f}" if area is not None and max(area, 1 - area) >= _LEAST_SEPARATION else ""


def _patients(known: pl.DataFrame) -> tuple[int, int]:
    """Patients with and without the label; who has cases of both kinds is counted in both."""
    return (
        known.filter(pl.col("label"))["patient_id"].n_unique(),
        known.filter(~pl.col("label"))["patient_id"].n_unique(),
    )


def _separates(known: pl.DataFrame) -> bool:
    """Whether every positive has a larger number than every negative, or every one a smaller."""
    ends = known.group_by("label").agg(pl.col("value").min().alias("low"), pl.col("value").max().alias("high"))
    positive, negative = ends.filter("label").row(0, named=True), ends.filter(~pl.col("label")).row(0, named=True)
    return bool(positive["low"] > negative["high"] or negative["low"] > positive["high"])


LABEL_CHECKS = (
    Check(
        id="label_order",
        title="The order of the table does not tell the label",
        family="labels",
        severity=Severity.MINOR,
        method=(
            "Rank-sum test of the row for the label and runs test, one row per patient, within each split; fails at p "
            f"< {ALPHA:g} over all tests with an AUC {_LEAST_AREA:g} from 0.5 or {_LEAST_RUNS:.0%} fewer or more runs."
        ),
        unit="pairs of finding and split",
        run=label_order,
    ),
    Check(
        id="label_in_column",
        title="The label does not follow from a column of the case",
        family="labels",
        severity=Severity.MAJOR,
        method=(
            f"Acquisition and clinical columns: each level of {_PATIENTS_PER_LEVEL} patients has one label only, or a "
            f"number parts the labels without overlap; {FLOOR} patients of each label at least. From "
            f"{_FLOOR_WITH_EXCEPTIONS} on with exceptions: Youden's index {_LEAST_YOUDEN:g}, AUC {_LEAST_SEPARATION:g}."
        ),
        unit="pairs of column and finding",
        run=label_in_column,
    ),
)
