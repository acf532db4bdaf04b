"""Whether train and test share no value of what the protocol says they do not share, such as a scanner."""

from dataclasses import dataclass

import polars as pl

from multisite.integrity.check import Check, CheckFrames, Outcome, insufficient, not_applicable, nothing_found
from multisite.vocabulary import Severity, Split, Verdict

__all__ = ["DISJOINTNESS_CHECKS"]

_SIDES = (Split.TRAIN.value, Split.TEST.value)


@dataclass(frozen=True, slots=True)
class _Answer:
    """What one column showed: its values, those on both sides, cases without one, and whether each side has any."""

    column: str
    n_values: int
    shared: pl.DataFrame
    n_missing: int
    is_known: bool

    @property
    def words(self) -> str:
        if not self.is_known:
            return f"`{self.column}` is not known on both sides"
        missing = f" ({self.n_missing:,} cases without one)" if self.n_missing else ""
        return f"{self.shared.height:,} of {self.n_values:,} values of `{self.column}`{missing}"


def declared_disjoint(frames: CheckFrames) -> Outcome:
    """Values of the declared columns that stand in train and in test."""
    if not frames.claims.disjoint:
        return not_applicable("The protocol declares no column whose values train and test do not share.")
    sides = frames.included.filter(pl.col("split").is_in(_SIDES))
    n_sides = sides["split"].n_unique()
    # Of what two sites may share, one side alone says nothing; of the site itself it says all.
    columns = [column for column in frames.claims.disjoint if n_sides == 2 or (n_sides and column == "site")]
    if not columns:
        return not_applicable("Train or test holds no case here, so nothing can be shared within the site.")
    answers = [_answer(sides, column) for column in columns]
    n_examined = sum(answer.n_values for answer in answers)
    found = pl.concat([nothing_found(), *(answer.shared for answer in answers)])
    told = "; ".join(answer.words for answer in answers)
    if found.height:
        return Outcome(Verdict.FAIL, n_examined, found.height, f"In both train and test: {told}.", found)
    if not all(answer.is_known for answer in answers):
        return insufficient(f"In both train and test: {told}.", n_examined)
    return Outcome(Verdict.PASS, n_examined, 0, f"In both train and test: {told}.", found)


def _answer(sides: pl.DataFrame, column: str) -> _Answer:
    known = sides.select("split", pl.col(column).cast(pl.String).alias("value")).drop_nulls()
    shared = (
        known.group_by("value")
        .agg(*((pl.col("split") == split).sum().alias(split) for split in _SIDES))
        .filter(pl.all_horizontal(pl.col(split) > 0 for split in _SIDES))
        .sort("value")
        .select(
            pl.lit(column).alias("entity"),
            pl.col("value").alias("pseudonym"),
            pl.format("cases: {} in train, {} in test", *_SIDES).alias("detail"),
        )
    )
    is_known = known["split"].n_unique() == sides["split"].n_unique()
    return _Answer(column, known["value"].n_unique(), shared, sides.height - known.height, is_known)


DISJOINTNESS_CHECKS = (
    Check(
        id="declared_disjoint",
        title="Train and test share no value of what the protocol declares as disjoint",
        family="disjointness",
        severity=Severity.CRITICAL,
        method="Splits per value of each column under `disjoint` of the study file, over the included cases of the "
        "site; other sites are not looked at.",
        unit="values",
        run=declared_disjoint,
    ),
)
