"""A header table → how many instances have each attribute, and which kind of nothing the others have."""

from typing import Final

import polars as pl

from multisite.dicom import ATTRIBUTES, AgeSource
from multisite.schemas.completeness import ATTRIBUTE_COUNTS

__all__ = ["attributes_of_table"]

_RECORDED: Final = {attribute.keyword: attribute.column for attribute in ATTRIBUTES if attribute.column is not None}
_LISTS: Final = {"n_empty": "empty_attributes", "n_invalid": "invalid_attributes"}
_KIND: Final = ("manufacturer", "modality")
_HELD: Final = ATTRIBUTE_COUNTS.schema["attributes"].inner  # type: ignore[attr-defined]  # the type of a list of structs


def attributes_of_table(table: pl.DataFrame, images: pl.DataFrame, *, site: str) -> pl.DataFrame:
    """One row per Manufacturer and Modality of the table (ATTRIBUTE_COUNTS), without the series that ``images`` have.

    A row that is a series speaks for each of its ``n_instances``. An attribute for which the table has no column is
    unseen. A missing value is absent: whether it was empty is told only by empty text.
    """
    rows = table.filter(pl.col("series_instance_uid").is_not_null()).join(images, on="series_instance_uid", how="anti")
    weight = pl.lit(1, pl.Int64) if "sop_instance_uid" in rows.columns else pl.col("n_instances")
    lacking = [pl.lit(None, pl.String).alias(name) for name in _KIND if name not in rows.columns]
    rows = rows.with_columns(*lacking, weight.alias("weight"))
    brought = [keyword for keyword, column in _RECORDED.items() if column in table.columns]
    sums = [
        (pl.col("weight") * state).sum().alias(f"{name}:{keyword}")
        for keyword in brought
        for name, state in _states(rows, keyword).items()
    ]
    counted = rows.group_by(_KIND, maintain_order=True).agg(pl.col("weight").sum().alias("n_instances"), *sums)
    held = pl.concat([_held(counted, keyword) for keyword in _RECORDED])
    lists = held.group_by("kind", maintain_order=True).agg(pl.struct(_fields()).alias("attributes"))
    return (
        counted.with_row_index("kind")
        .join(lists, on="kind", how="left", maintain_order="left")
        .select(pl.lit(site).alias("site"), *ATTRIBUTE_COUNTS.schema.names()[1:])
    )


def _states(rows: pl.DataFrame, keyword: str) -> dict[str, pl.Expr]:
    """Where the rows have the attribute, or a nothing that is listed."""
    present = pl.col(_RECORDED[keyword]).is_not_null()
    if keyword == "PatientAge":
        present = pl.col("age_source") == AgeSource.PATIENT_AGE.value
    listed = {name: pl.col(column).list.contains(pl.lit(keyword)) for name, column in _LISTS.items()}
    return {"n_present": present, **listed}


def _held(counted: pl.DataFrame, keyword: str) -> pl.DataFrame:
    """What each kind of series holds of one attribute."""
    known = {name: f"{name}:{keyword}" for name in ("n_present", *_LISTS) if f"{name}:{keyword}" in counted.columns}
    nothing = pl.lit(0, pl.Int64)
    counts = {name: pl.col(known[name]) if name in known else nothing for name in _names()}
    if not known:
        counts["n_unseen"] = pl.col("n_instances")
    return counted.with_row_index("kind").select(
        "kind", pl.lit(keyword).alias("attribute"), *(count.alias(name) for name, count in counts.items())
    )


def _names() -> list[str]:
    return [field.name for field in _HELD.fields if field.name != "attribute"]


def _fields() -> list[pl.Expr]:
    return [pl.col(field.name).cast(field.dtype) for field in _HELD.fields]
