"""Frames written as small text tables, so that a reviewer can check the arithmetic by eye."""

import polars as pl

__all__ = ["table"]


def table(text: str, **dtypes: pl.DataType) -> pl.DataFrame:
    """A frame from lines of ``|``-separated cells under a header line; an empty cell or ``-`` is missing.

    Columns are text unless ``dtypes`` says otherwise.
    """
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    head, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    columns = {
        name: pl.Series(name, [None if row[i] in ("", "-") else row[i] for row in rows], dtype=pl.String)
        for i, name in enumerate(head)
    }
    return pl.DataFrame(columns).with_columns(_cast(name, dtype) for name, dtype in dtypes.items())


def _cast(name: str, dtype: pl.DataType) -> pl.Expr:
    if dtype == pl.Boolean():
        return pl.col(name).replace_strict({"true": True, "false": False}, default=None, return_dtype=pl.Boolean)
    if dtype == pl.Date():
        return pl.col(name).str.to_date("%Y-%m-%d")
    return pl.col(name).cast(dtype)
