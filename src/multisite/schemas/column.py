"""One column of an artefact: what it holds, in which unit, and what must be true of it."""

from dataclasses import dataclass

import polars as pl

from multisite.vocabulary import ColumnPrivacy

__all__ = ["Column", "ColumnFamily", "Constraint", "at_least", "between", "one_of"]


@dataclass(frozen=True, slots=True)
class Constraint:
    """A predicate over a column, true for every allowed value, and the sentence that says so in words.

    Nulls are judged by ``Column.nullable``, so a predicate need not mention them.
    """

    sentence: str
    predicate: pl.Expr

    def violations(self, column: str) -> pl.Expr:
        """Count of the non-null values of ``column`` for which the predicate is false."""
        allowed = self.predicate.fill_null(False)
        return (~allowed & pl.col(column).is_not_null()).sum()


@dataclass(frozen=True, slots=True)
class Column:
    """Name, dtype, meaning, unit, nullability, privacy class and constraint of one column.

    ``is_label`` as of a family.
    """

    name: str
    dtype: pl.DataType
    description: str
    unit: str | None = None
    nullable: bool = False
    privacy: ColumnPrivacy = ColumnPrivacy.SAFE
    constraint: Constraint | None = None
    is_label: bool = False


@dataclass(frozen=True, slots=True)
class ColumnFamily:
    """Columns that a study adds by declaration: every one starts with ``prefix`` and has the same dtype.

    ``is_label`` says that they hold what a case is taken to have, which is read by those stages only that say so.
    """

    prefix: str
    dtype: pl.DataType
    description: str
    nullable: bool = False
    privacy: ColumnPrivacy = ColumnPrivacy.SAFE
    is_label: bool = False


def one_of(column: str, values: list[str]) -> Constraint:
    """The value belongs to a closed list."""
    return Constraint(f"one of: {', '.join(values)}", pl.col(column).is_in(values))


def between(column: str, low: float, high: float) -> Constraint:
    """The value lies in the closed interval [low, high]; NaN does not."""
    return Constraint(f"from {low:g} to {high:g}", pl.col(column).is_between(low, high))


def at_least(column: str, low: float) -> Constraint:
    """The value is ``low`` or more; NaN is not."""
    return Constraint(f"{low:g} or more", (pl.col(column) >= low) & ~pl.col(column).cast(pl.Float64).is_nan())
