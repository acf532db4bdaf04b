"""Each reader beside a truth that the reader had no part in."""

import polars as pl

from multisite.reference.readers import reader_numbers, reader_word
from multisite.reference.rules import FindingRule, Independent, Panel, Rule, label_of_judgement
from multisite.schemas.reference_variants import HELD_OUT_READINGS

__all__ = ["held_out_table"]

_OTHERS = 2


def held_out_table(
    readings: pl.DataFrame, before: pl.DataFrame, reference: pl.DataFrame, rule: FindingRule, *, site: str
) -> pl.DataFrame:
    """HELD_OUT_READINGS of one finding: a row per case and reader for which there is such a truth.

    Where a panel or an independent source has decided the case without a reading of the reader, that decision; else
    the majority of the others whose reading before adjudication has a label, two or more. An adjudication is not used:
    it exists only where readers differ, and would choose the cases by what the reader said.

    Parameters
    ----------
    readings : as adjudicated
    before : those before adjudication, once per case and reader
    reference : REFERENCE of the finding
    rule : the declared rule, which also says what an unclear judgement is taken for
    """
    numbers = {reader: reader_word(number) for reader, number in reader_numbers(before).items()}
    label = pl.col("judgement").replace_strict(label_of_judgement(rule), default=None, return_dtype=pl.Boolean)
    said = before.with_columns(label.alias("said")).with_columns(
        _of_others(pl.col("said").is_not_null()).alias("others"),
        _of_others(pl.col("said")).alias("others_yes"),
        _of_others(~pl.col("said")).alias("others_no"),
    )
    enough = pl.col("others") >= _OTHERS
    of_others = (
        pl.when(enough & (pl.col("others_yes") * 2 > pl.col("others")))
        .then(pl.lit(True))
        .when(enough & (pl.col("others_no") * 2 > pl.col("others")))
        .then(pl.lit(False))
    )
    standing = reference.filter(pl.col("decided_by").is_in(_standing(rule.rule))).drop_nulls("decision")
    own = readings.filter("decided").select("case_id", "reader").unique().with_columns(pl.lit(True).alias("took_part"))
    joined = said.join(standing.select("case_id", "decision"), on="case_id", how="left").join(
        own, on=["case_id", "reader"], how="left"
    )
    apart = pl.col("decision").is_not_null() & pl.col("took_part").is_null()
    rows = joined.filter(pl.col("reader").is_in(list(numbers)), pl.col("said").is_not_null()).select(
        pl.lit(site).alias("site"),
        "case_id",
        pl.lit(rule.finding).alias("finding"),
        pl.col("reader").replace_strict(numbers, default=None, return_dtype=pl.String).alias("reader_number"),
        "said",
        pl.when(apart).then("decision").otherwise(of_others).alias("truth"),
    )
    return rows.drop_nulls("truth").select(HELD_OUT_READINGS.schema.names())


def _of_others(holds: pl.Expr) -> pl.Expr:
    own = holds.cast(pl.Int64).fill_null(0)
    return own.sum().over("case_id") - own


def _standing(rule: Rule) -> list[str]:
    """Arms whose decision does not depend on what the readers before them said."""
    match rule:
        case Panel(arm=arm):
            return [arm]
        case Independent(sources=sources, otherwise=otherwise):
            return [*sources, *(_standing(otherwise) if otherwise else ())]
        case _:
            return []
