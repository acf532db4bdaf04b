"""The same cases under other truths: what the result would be held against, had the rule been another one."""

from collections.abc import Iterator

import polars as pl

from multisite.reference.independence import INDEPENDENCE, case_independence
from multisite.reference.readers import reader_numbers, reader_word
from multisite.reference.rules import FindingRule, label_of_judgement
from multisite.schemas.reference_variants import REFERENCE_VARIANTS
from multisite.vocabulary import TruthVariant

__all__ = ["variant_table"]

_AT_LEAST = 2


def variant_table(
    readings: pl.DataFrame,
    before: pl.DataFrame,
    probable: pl.DataFrame,
    reference: pl.DataFrame,
    rule: FindingRule,
    *,
    site: str,
) -> pl.DataFrame:
    """REFERENCE_VARIANTS of one finding: a row for each case and truth that gives it a label.

    Parameters
    ----------
    readings : as adjudicated
    before : those before adjudication, once per case and reader
    probable : ``case_id`` and ``posterior`` by a latent class model of these
    reference : REFERENCE of the finding
    rule : the declared rule, which also says what an unclear judgement is taken for
    """
    parts = [
        frame.select("case_id", pl.lit(name).alias("variant"), "label")
        for name, frame in _variants(readings, before, probable, reference, rule)
    ]
    labels = pl.concat(parts).drop_nulls("label")
    named = labels.with_columns(pl.lit(site).alias("site"), pl.lit(rule.finding).alias("finding"))
    return named.select(REFERENCE_VARIANTS.schema.names())


def _variants(
    readings: pl.DataFrame, before: pl.DataFrame, probable: pl.DataFrame, reference: pl.DataFrame, rule: FindingRule
) -> Iterator[tuple[str, pl.DataFrame]]:
    declared = reference.select("case_id", pl.col("decision").alias("label"))
    yield TruthVariant.DECLARED.value, declared
    said = pl.col("judgement").replace_strict(label_of_judgement(rule), default=None, return_dtype=pl.Boolean)
    labelled = before.with_columns(said.alias("label"))
    votes = (
        labelled.drop_nulls("label")
        .group_by("case_id", maintain_order=True)
        .agg(
            pl.len().alias("n"),
            pl.col("label").sum().alias("n_yes"),
            (~pl.col("label")).sum().alias("n_no"),
        )
    )
    votes = votes.filter(pl.col("n") >= _AT_LEAST)
    yield (
        TruthVariant.UNANIMOUS.value,
        votes.select("case_id", _where(pl.col("n_yes") == pl.col("n"), pl.col("n_no") == pl.col("n"))),
    )
    most = _where(pl.col("n_yes") * 2 > pl.col("n"), pl.col("n_no") * 2 > pl.col("n"))
    yield TruthVariant.MAJORITY.value, votes.select("case_id", most)
    likelier = _where(pl.col("posterior") > 0.5, pl.col("posterior") < 0.5)
    yield TruthVariant.LATENT_CLASS.value, probable.select("case_id", likelier)
    told = case_independence(readings, rule)
    sound = told.filter(pl.col("independence").is_in(INDEPENDENCE[:2])).select("case_id")
    yield TruthVariant.INDEPENDENT.value, declared.join(sound, on="case_id", how="semi")
    for reader, number in reader_numbers(before).items():
        yield reader_word(number), labelled.filter(pl.col("reader") == reader).select("case_id", "label")


def _where(yes: pl.Expr, no: pl.Expr) -> pl.Expr:
    return pl.when(yes).then(pl.lit(True)).when(no).then(pl.lit(False)).alias("label")
