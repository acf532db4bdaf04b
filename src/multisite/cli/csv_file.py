"""Rows into a CSV file that the user named."""

from pathlib import Path

import polars as pl

from multisite.errors import UsageError

__all__ = ["write_csv"]


def write_csv(rows: pl.DataFrame, file: Path) -> None:
    """Write all rows.

    Raises
    ------
    UsageError
        When the file cannot be written.
    """
    try:
        rows.write_csv(file)
    except OSError as error:
        raise UsageError(
            f"the CSV file cannot be written ({type(error).__name__})",
            place="--csv",
            remedy="Name a file in a folder that exists and that this user may write to.",
        ) from None
