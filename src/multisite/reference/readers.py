"""Who read before anybody decided, once per case and reader, and the number that each reader goes by."""

import polars as pl

from multisite.reference.readings import latest
from multisite.reference.rules import FindingRule, is_before_adjudication

__all__ = ["before_adjudication", "reader_numbers", "reader_word"]


def before_adjudication(readings: pl.DataFrame, patients: pl.DataFrame, rule: FindingRule) -> pl.DataFrame:
    """Readings that :func:`is_before_adjudication` says, the latest of each case and reader, with ``patient_id``.

    ``patients`` has ``case_id`` and ``patient_id``; a case without patient is left out.
    """
    asked = readings.filter(is_before_adjudication(rule.rule))
    once = latest(asked, ("case_id", "reader"), used="used").filter(pl.col("outcome") == "used")
    return once.join(patients.drop_nulls("patient_id"), on="case_id", how="inner").sort("case_id", "reader")


def reader_numbers(before: pl.DataFrame) -> dict[str, int]:
    """Reader to number, of those who share a case with another reader: reader 1 has most readings of such cases."""
    shared = before.filter(pl.len().over("case_id") > 1)
    order = shared.group_by("reader").agg(pl.len().alias("n")).sort("n", "reader", descending=[True, False])
    return {reader: number for number, reader in enumerate(order["reader"].to_list(), 1)}


def reader_word(number: int) -> str:
    """How a reader is called beyond the site."""
    return f"reader {number}"
