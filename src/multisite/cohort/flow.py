"""The flow of cases through the rules, in counts of cases, patients and studies."""

import polars as pl

from multisite.cohort.rules import Rule
from multisite.schemas.cohort import FLOW

__all__ = ["apply_rules", "flow_table"]


def apply_rules(cases: pl.DataFrame, rules: list[Rule]) -> pl.DataFrame:
    """``cases`` with ``exclusion_rule`` (the first rule that excludes the case, or null) and ``included``.

    Cases that have been judged before keep the rule that excluded them.
    """
    judged = cases
    if "exclusion_rule" not in cases.columns:
        judged = cases.with_columns(pl.lit(None, pl.String).alias("exclusion_rule"), pl.lit(True).alias("included"))
    for rule in rules:
        excluded = pl.col("included") & rule.excludes.fill_null(False)
        judged = judged.with_columns(
            pl.when(excluded).then(pl.lit(rule.id)).otherwise("exclusion_rule").alias("exclusion_rule"),
            (pl.col("included") & ~excluded).alias("included"),
        )
    return judged


def flow_table(
    judged: pl.DataFrame, rules: list[Rule], *, site: str, n_rows_without_id: int, start_reason: str
) -> pl.DataFrame:
    """One row per step in order, from every case of the table to the included ones; FLOW's columns.

    ``start_reason`` says in words what the first row counts.
    """
    start = _numbers(judged)
    first = {**_none(), "excluded_cases": n_rows_without_id}
    rows = [
        {"rule": "table", "reason": start_reason, **_none(), **_left(start, n_rows_without_id)},
        {"rule": "no_case_id", "reason": "The row has no case id", **first, **_left(start)},
    ]
    left = judged
    for rule in rules:
        lost = left.filter(pl.col("exclusion_rule") == rule.id)
        left = left.filter((pl.col("exclusion_rule") != rule.id) | pl.col("exclusion_rule").is_null())
        excluded = {f"excluded_{name}": number for name, number in _numbers(lost).items()}
        rows.append({"rule": rule.id, "reason": rule.reason, **excluded, **_left(_numbers(left))})
    return pl.DataFrame([{"site": site, "order": i, **row} for i, row in enumerate(rows)], schema=FLOW.schema)


def _numbers(cases: pl.DataFrame) -> dict[str, int]:
    return {
        "cases": cases.height,
        "patients": cases["patient_id"].drop_nulls().n_unique(),
        "studies": cases["study_instance_uid"].drop_nulls().n_unique(),
    }


def _left(numbers: dict[str, int], more_cases: int = 0) -> dict[str, int]:
    remaining = {f"remaining_{name}": number for name, number in numbers.items()}
    remaining["remaining_cases"] += more_cases
    return remaining


def _none() -> dict[str, int]:
    return {"excluded_cases": 0, "excluded_patients": 0, "excluded_studies": 0}
