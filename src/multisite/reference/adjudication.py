"""The reference standard of one finding, from its readings, with the lineage of every label."""

from dataclasses import dataclass

import polars as pl

from multisite.errors import SchemaError
from multisite.reference.latent import posteriors
from multisite.reference.readings import latest
from multisite.reference.rules import (
    LATENT_CLASS,
    FindingRule,
    ballot_of,
    label_of_judgement,
    outcome_column,
    outcome_of_ballot,
    resolve,
)
from multisite.vocabulary import Judgement, ReferenceState

__all__ = ["Adjudicated", "adjudicate"]

_JUDGEMENTS = tuple(one.value for one in Judgement)
_SETTLED = (Judgement.POSITIVE.value, Judgement.NEGATIVE.value)


@dataclass(frozen=True, slots=True, eq=False)
class Adjudicated:
    """``reference``: a row per case. ``readings``: each with ``ballot``, ``outcome`` and whether it ``decided``."""

    reference: pl.DataFrame
    readings: pl.DataFrame


def adjudicate(readings: pl.DataFrame, cases: pl.Series, rule: FindingRule, *, site: str) -> Adjudicated:
    """Decide every case of ``cases``, in expressions over all of them at once.

    ``readings`` has one row per case, reader, arm and session. A reader has one vote per ballot: of several sessions
    the latest.

    Raises
    ------
    SchemaError
        When a case is ambiguous or non-diagnostic, and the study file says ``fail`` of it.
    """
    counted = _counted(readings, rule)
    votes = counted.filter(pl.col("outcome") == "counted")
    probable = posteriors(votes.filter(pl.col("ballot") == LATENT_CLASS))
    wide = cases.unique().sort().to_frame("case_id").join(_totals(votes), on="case_id", how="left")
    wide = wide.join(probable, on="case_id", how="left", maintain_order="left")
    for ballot, outcome in outcome_of_ballot(rule.rule).items():
        column = outcome_column(ballot)
        tally = _tally(votes.filter(pl.col("ballot") == ballot)).join(probable, on="case_id", how="left")
        found = tally.select("case_id", outcome.alias(column))
        wide = wide.join(found, on="case_id", how="left", maintain_order="left")
    resolved = resolve(rule.rule)
    decided = wide.select(
        "case_id",
        "n",
        "n_positive",
        "n_negative",
        "n_said",
        "posterior",
        resolved.outcome.alias("came_out"),
        resolved.ballot.alias("ballot"),
    )
    _refuse(decided, rule, site)
    return Adjudicated(_reference(decided, rule), _mark_deciding(counted, decided))


def _counted(readings: pl.DataFrame, rule: FindingRule) -> pl.DataFrame:
    placed = readings.with_columns(ballot_of(rule.rule).alias("ballot"))
    inside = latest(placed.filter(pl.col("ballot").is_not_null()), ("case_id", "reader", "ballot"), used="counted")
    outside = placed.filter(pl.col("ballot").is_null()).with_columns(pl.lit("in no arm of the rule").alias("outcome"))
    return pl.concat([inside, outside])


def _tally(votes: pl.DataFrame) -> pl.DataFrame:
    return votes.group_by("case_id").agg(
        pl.len().cast(pl.Int64).alias("n"),
        *((pl.col("judgement") == one).sum().cast(pl.Int64).alias(f"n_{one}") for one in _JUDGEMENTS),
        pl.col("judgement").n_unique().cast(pl.Int64).alias("n_said"),
    )


def _totals(votes: pl.DataFrame) -> pl.DataFrame:
    return _tally(votes).select("case_id", "n", "n_positive", "n_negative", "n_said")


def _refuse(decided: pl.DataFrame, rule: FindingRule, site: str) -> None:
    for judgement, then in ((Judgement.AMBIGUOUS, rule.ambiguous), (Judgement.NON_DIAGNOSTIC, rule.non_diagnostic)):
        n = decided.filter(pl.col("came_out") == judgement.value).height
        if then == "fail" and n:
            raise SchemaError(
                f"{n} cases are {judgement.value} for `{rule.finding}`, and the study file refuses them",
                place=f"site {site}, table `readings`",
                remedy="Have them read again, or declare under `reference` what becomes of such cases.",
            )


def _reference(decided: pl.DataFrame, rule: FindingRule) -> pl.DataFrame:
    said = pl.col("came_out")
    return decided.select(
        "case_id",
        pl.lit(rule.finding).alias("finding"),
        said.replace_strict(label_of_judgement(rule), default=None, return_dtype=pl.Boolean).alias("decision"),
        pl.when(said.is_in(_SETTLED)).then(pl.lit(ReferenceState.DECIDED.value)).otherwise(said).alias("state"),
        pl.lit(rule.name).alias("rule"),
        pl.lit(rule.version, pl.Int64).alias("rule_version"),
        pl.when(said.is_in(_JUDGEMENTS)).then("ballot").alias("decided_by"),
        pl.col("n").fill_null(0).alias("n_readings"),
        pl.col("n_positive").fill_null(0),
        pl.col("n_negative").fill_null(0),
        pl.when(pl.col("n") > 1).then(pl.col("n_said") == 1).alias("unanimous"),
        "posterior",
    )


def _mark_deciding(counted: pl.DataFrame, decided: pl.DataFrame) -> pl.DataFrame:
    deciding = decided.filter(pl.col("came_out").is_in(_JUDGEMENTS)).select("case_id", "ballot")
    deciding = deciding.with_columns(pl.lit(True).alias("is_deciding"))
    marked = counted.join(deciding, on=["case_id", "ballot"], how="left", maintain_order="left")
    took_part = pl.col("is_deciding").fill_null(False) & (pl.col("outcome") == "counted")
    return marked.with_columns(took_part.alias("decided")).drop("is_deciding")
