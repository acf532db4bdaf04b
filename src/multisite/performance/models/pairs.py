"""Two models on the same test cases of a site: who has a score of both, and the paired differences per segment."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from multisite.performance.models.paired_metrics import PairedCases, PairRules, paired_rows
from multisite.schemas.model_comparison import MODEL_PAIR_COUNTS, MODEL_PAIRS
from multisite.tallies import Thresholds
from multisite.vocabulary import OVERALL, UNKNOWN, Split

__all__ = ["DataRule", "ModelPair", "ModelPairsParameters", "model_pairs", "paired_cases"]

_STRATUM = "stratum_"


@dataclass(frozen=True, slots=True)
class DataRule:
    """What is new data: a date from which on, or levels of a stratum. Cases that fit neither side are left out."""

    new_from: date | None = None
    stratum: str | None = None
    old: tuple[str, ...] = ()
    new: tuple[str, ...] = ()

    def is_new(self) -> pl.Expr:
        """True for new data, false for old, null for neither."""
        if self.stratum is None:
            return pl.col("case_date") >= self.new_from
        level = pl.col(_STRATUM + self.stratum).cast(pl.String).fill_null(UNKNOWN)
        return (
            pl.when(level.is_in(list(self.new)))
            .then(pl.lit(True))
            .when(level.is_in(list(self.old)))
            .then(pl.lit(False))
        )


@dataclass(frozen=True, slots=True)
class ModelPair:
    """One comparison of the study file, its findings named one by one; each model has its own threshold.

    The Brier score is compared only where the scores of both are ``probabilities``.
    """

    new: str
    old: str
    findings: tuple[str, ...]
    thresholds: Thresholds
    data: DataRule | None = None
    probabilities: bool = True

    def cut(self, cases: pl.DataFrame, finding: str) -> PairedCases:
        """Cases with a score of both models, and where each of these is positive."""
        return PairedCases.of(
            cases,
            new_threshold=self.thresholds.of(finding, self.new),
            old_threshold=self.thresholds.of(finding, self.old),
        )


@dataclass(frozen=True, slots=True)
class ModelPairsParameters:
    """What is compared. ``minimum_denominator``: patients below which a number is withheld."""

    pairs: tuple[ModelPair, ...]
    ci_level: float
    minimum_denominator: int


def paired_cases(scored: pl.DataFrame, pair: ModelPair, finding: str, *, strata: Sequence[str]) -> pl.DataFrame:
    """Test cases with a score of the new or the old model for ``finding``.

    Parameters
    ----------
    scored
        Rows of :func:`multisite.tallies.scored_cases` that carry ``case_id``, ``case_date`` and ``strata``.
    pair, finding
        Whose scores.
    strata
        Columns of levels.

    Returns
    -------
    pl.DataFrame
        ``patient_id``, ``reference``, ``case_date``, the strata, and ``new_score`` and ``old_score``, null where the
        case has none. Sorted by case.
    """
    kept = ["case_id", "patient_id", "reference", "case_date", *strata]
    tested = scored.filter(split=Split.TEST.value, finding=finding)
    cases = tested.filter(pl.col("model").is_in([pair.new, pair.old])).select(kept).unique("case_id")
    for name, model in (("new_score", pair.new), ("old_score", pair.old)):
        own = tested.filter(model=model).select("case_id", pl.col("score").alias(name))
        cases = cases.join(own, on="case_id", how="left")
    return cases.sort("case_id")


def model_pairs(
    scored: pl.DataFrame, *, site: str, strata: Sequence[str], parameters: ModelPairsParameters
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Paired differences, new model minus old, overall and in every level of every stratum.

    Parameters
    ----------
    scored
        As for :func:`paired_cases`.
    site, strata
        Name of the site; columns of levels, whose prefix ``stratum_`` is not part of the name.
    parameters
        What is compared.

    Returns
    -------
    tuple[pl.DataFrame, pl.DataFrame]
        Rows of ``model_pairs`` and of ``model_pair_counts``. Every declared comparison has its rows, also at a site
        that has no score of one of the models; levels have rows where a case has a score of either.
    """
    rows: list[dict[str, Any]] = []
    counts: list[dict[str, Any]] = []
    for pair in parameters.pairs:
        rules = PairRules(parameters.ci_level, parameters.minimum_denominator, pair.probabilities)
        for finding in pair.findings:
            cases = paired_cases(scored, pair, finding, strata=strata)
            names = {"site": site, "new_model": pair.new, "old_model": pair.old, "finding": finding}
            for stratum, level, part in _segments(cases, strata):
                segment = names | {"stratum": stratum, "level": level}
                both = part.filter(pl.col("new_score").is_not_null() & pl.col("old_score").is_not_null())
                counts.append(segment | _counts(part, both, pair.data if stratum == OVERALL else None))
                held = pair.cut(both, finding)
                rows += [segment | row for row in paired_rows(held, rules)]
    return (
        pl.DataFrame(rows, schema=MODEL_PAIRS.schema, orient="row"),
        pl.DataFrame(counts, schema=MODEL_PAIR_COUNTS.schema, orient="row"),
    )


def _segments(cases: pl.DataFrame, strata: Sequence[str]) -> Iterator[tuple[str, str, pl.DataFrame]]:
    yield OVERALL, OVERALL, cases
    for column in strata:
        level = pl.col(column).cast(pl.String).fill_null(UNKNOWN)
        # Sorted by level, and inside it still by case: the order of groups is then that of the levels.
        parts = cases.with_columns(level.alias(column)).sort(column, maintain_order=True)
        for part in parts.partition_by(column, maintain_order=True):
            yield column.removeprefix(_STRATUM), part[column][0], part


def _counts(part: pl.DataFrame, both: pl.DataFrame, rule: DataRule | None) -> dict[str, int | None]:
    frames = {
        "paired": both,
        "only_new": part.filter(pl.col("old_score").is_null()),
        "only_old": part.filter(pl.col("new_score").is_null()),
    }
    found: dict[str, int | None] = {}
    for name, frame in frames.items():
        found |= {f"n_cases_{name}": frame.height, f"n_patients_{name}": frame["patient_id"].n_unique()}
    neither = None if rule is None else both.filter(rule.is_new().is_null())
    found["n_cases_neither_data"] = None if neither is None else neither.height
    found["n_patients_neither_data"] = None if neither is None else neither["patient_id"].n_unique()
    return found
