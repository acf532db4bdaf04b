"""The split of a case by a rule of the study file, instead of the site's table."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

import polars as pl

from multisite.cohort.draws import Shares, draw_levels, draw_patients
from multisite.cohort.rules import Rule, case_column
from multisite.errors import ConfigError
from multisite.vocabulary import Split

__all__ = [
    "SplitByDrawnLevels",
    "SplitByLevels",
    "SplitByPatient",
    "SplitBySite",
    "SplitByTime",
    "SplitParameters",
    "make_splits",
    "split_in_words",
    "split_rules",
]

Straddling = Literal["exclude_later", "keep"]
"""What becomes of the cases of a patient that are in another split than the patient's earliest case."""

_PLACE = "study file, `cohort.split`"


@dataclass(frozen=True, slots=True)
class SplitByPatient:
    """Whole patients are drawn, within each combination of levels of ``strata`` and ``references`` (columns)."""

    shares: Shares
    seed: int
    strata: tuple[str, ...]
    references: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SplitByTime:
    """Each date is the first day of its split; what is earlier is of the split before."""

    tune_from: date | None
    test_from: date
    straddling: Straddling


@dataclass(frozen=True, slots=True)
class SplitBySite:
    """All cases of the site are in one split; ``None`` where the study file gives the site none."""

    split: str | None


@dataclass(frozen=True, slots=True)
class SplitByLevels:
    """Each (level, split) of a column as named, and the levels that are not named are in ``otherwise``."""

    column: str
    levels: tuple[tuple[str, str], ...]
    otherwise: str
    straddling: Straddling


@dataclass(frozen=True, slots=True)
class SplitByDrawnLevels:
    """Whole levels of a column are drawn until the shares of the cases are reached."""

    column: str
    shares: Shares
    seed: int
    straddling: Straddling


SplitParameters = SplitByPatient | SplitByTime | SplitBySite | SplitByLevels | SplitByDrawnLevels


def make_splits(cases: pl.DataFrame, rule: SplitParameters, *, site: str) -> pl.DataFrame:
    """``case_id`` and ``split`` of every case, null where the rule gives it none; the order of rows never matters.

    ``cases`` are those that no other rule excludes, so that shares are shares of the cohort.

    Raises
    ------
    ConfigError
        When the study file puts sites into splits, and this one into none.
    SchemaError
        When the rule's column does not exist.
    """
    match rule:
        case SplitByPatient():
            drawn = draw_patients(cases, rule.shares, seed=rule.seed, strata=rule.strata, references=rule.references)
            return cases.select("case_id", "patient_id").join(drawn, on="patient_id", how="left").drop("patient_id")
        case SplitByTime():
            return cases.select("case_id", _by_time(rule).alias("split"))
        case SplitBySite():
            return cases.select("case_id", pl.lit(_of_site(rule, site)).alias("split"))
        case SplitByLevels() | SplitByDrawnLevels():
            level = case_column(cases, rule.column, place=_PLACE).cast(pl.String)
            return cases.select("case_id", _by_level(rule, cases.select(level).to_series()))


def split_rules(rule: SplitParameters) -> list[Rule]:
    """The rules that exclude because of the split that was made, in their order; they look at ``split``.

    A patient's earliest case is the one with the earliest date among the cases that no earlier rule excludes, undated
    ones last, ties by id.
    """
    rules = []
    if not isinstance(rule, SplitByPatient | SplitBySite):
        reason = "The case has no date" if isinstance(rule, SplitByTime) else f"Column `{rule.column}` has no value"
        rules.append(Rule("no_split", f"{reason}, by which the split is made", pl.col("split").is_null()))
        if rule.straddling == "exclude_later":
            ordered = pl.col("split").sort_by(~pl.col("included"), "case_date", "case_id", nulls_last=True)
            rules.append(
                Rule(
                    "straddles_splits",
                    "The patient's earliest case is in another split",
                    pl.col("split") != ordered.first().over("patient_id"),
                )
            )
    return rules


def split_in_words(rule: SplitParameters) -> str:
    """By what the rule makes the split."""
    match rule:
        case SplitByPatient():
            return "patient"
        case SplitByTime():
            return "date"
        case SplitBySite():
            return "site"
        case SplitByLevels() | SplitByDrawnLevels():
            return f"column `{rule.column}`"


def _by_time(rule: SplitByTime) -> pl.Expr:
    day = pl.col("case_date")
    tune_from = rule.test_from if rule.tune_from is None else rule.tune_from
    return (
        pl.when(day < tune_from)
        .then(pl.lit(Split.TRAIN.value))
        .when(day < rule.test_from)
        .then(pl.lit(Split.TUNE.value))
        .when(day >= rule.test_from)
        .then(pl.lit(Split.TEST.value))
    )


def _of_site(rule: SplitBySite, site: str) -> str:
    if rule.split is None:
        raise ConfigError(
            "the study file puts this site into no split",
            place=f"site {site}, `cohort.split.sites`",
            remedy="Name the site under one of the splits, or leave it out of the run.",
        )
    return rule.split


def _by_level(rule: SplitByLevels | SplitByDrawnLevels, levels: pl.Series) -> pl.Series:
    if isinstance(rule, SplitByLevels):
        named, otherwise = dict(rule.levels), rule.otherwise
        split = {level: named.get(level, otherwise) for level in levels.drop_nulls().unique()}
    else:
        split = draw_levels(levels, rule.shares, seed=rule.seed)
    return levels.replace_strict(split, default=None, return_dtype=pl.String).alias("split")
