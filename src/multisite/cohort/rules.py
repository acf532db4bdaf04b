"""A rule of the cohort: an expression that is true for the cases it excludes, and the reason in words."""

from dataclasses import dataclass
from typing import Literal

import polars as pl

from multisite.errors import SchemaError

__all__ = ["EligibilityParameters", "Rule", "case_column", "eligibility_rule"]

Operator = Literal["==", "!=", "<", "<=", ">", ">=", "in", "not in", "is known"]
Scalar = str | float | int | bool


@dataclass(frozen=True, slots=True)
class Rule:
    """``excludes`` is a boolean expression over the cases; null counts as false.

    It may use ``included``: whether no earlier rule excludes the case.
    """

    id: str
    reason: str
    excludes: pl.Expr


@dataclass(frozen=True, slots=True)
class EligibilityParameters:
    """A declared rule: a case is eligible when ``column operator value`` holds."""

    id: str
    column: str
    operator: Operator
    value: Scalar | tuple[Scalar, ...] | None
    when_missing: Literal["exclude", "keep", "fail"]
    reason: str


def case_column(cases: pl.DataFrame, name: str, *, place: str) -> pl.Expr:
    """A column that the study file names at ``place``; a number that is none (NaN) is missing.

    Raises
    ------
    SchemaError
        When ``cases`` have no such column.
    """
    if name not in cases.columns:
        raise SchemaError(
            f"the cases have no column `{name}`",
            place=place,
            remedy="Name a column of the cohort, or a `clinical_…` column that the site's table maps.",
        )
    # NaN compares as larger than every number, and is not one.
    return pl.col(name).fill_nan(None) if cases.schema[name].is_float() else pl.col(name)


def eligibility_rule(declared: EligibilityParameters, cases: pl.DataFrame) -> Rule:
    """The rule as an expression over ``cases``.

    Raises
    ------
    SchemaError
        When the column does not exist, does not compare with the declared value, or has missing values although the
        rule says ``fail``.
    """
    place = f"cohort.eligibility `{declared.id}`"
    column = case_column(cases, declared.column, place=place)
    missing = int(cases.select(column.null_count()).item())
    if missing and declared.when_missing == "fail":
        raise SchemaError(
            f"column `{declared.column}` is missing in {missing} cases, and the rule says `when_missing: fail`",
            place=place,
            remedy="Complete the column, or declare `exclude` or `keep`.",
        )
    eligible = _comparison(column, declared.operator, declared.value)
    try:
        cases.head(1).select(eligible)
    except pl.exceptions.PolarsError:
        raise SchemaError(
            f"column `{declared.column}` ({cases.schema[declared.column]}) cannot be compared with the declared value",
            place=place,
            remedy="Give a value of the column's type.",
        ) from None
    lost = ~eligible.fill_null(False) if declared.when_missing == "exclude" else ~eligible.fill_null(True)
    return Rule(declared.id, declared.reason, lost)


def _comparison(column: pl.Expr, operator: Operator, value: Scalar | tuple[Scalar, ...] | None) -> pl.Expr:
    if operator == "is known":
        return column.is_not_null()
    if isinstance(value, tuple):
        found = column.is_in(list(value))
        return found if operator == "in" else ~found
    other = pl.lit(value)
    expressions = {
        "==": column == other,
        "!=": column != other,
        "<": column < other,
        "<=": column <= other,
        ">": column > other,
        ">=": column >= other,
    }
    return expressions[operator]
