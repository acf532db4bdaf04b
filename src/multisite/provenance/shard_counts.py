"""What became of the objects of a shard, and what reading them took: one row per store and outcome."""

from collections.abc import Iterable, Sequence

import polars as pl

from multisite.schemas.provenance import SHARD_COUNTS

__all__ = ["costs_of_carried", "costs_of_read", "sum_costs"]


def costs_of_carried(rows: pl.DataFrame) -> pl.DataFrame:
    """One row for each of HEADERS or QUARANTINE that was taken over."""
    return _costs(rows, pl.lit(True), pl.lit(0, pl.Int64), pl.lit(0, pl.Int64))


def costs_of_read(rows: pl.DataFrame, *, n_requests: Sequence[int], n_bytes_read: Sequence[int]) -> pl.DataFrame:
    """One row for each of HEADERS or QUARANTINE that was read, with what that took."""
    return _costs(
        rows,
        pl.lit(False),
        pl.Series("n_requests", n_requests, dtype=pl.Int64),
        pl.Series("n_bytes_read", n_bytes_read, dtype=pl.Int64),
    )


def sum_costs(costs: Iterable[pl.DataFrame], *, site: str) -> pl.DataFrame:
    """Rows of SHARD_COUNTS, in the order of store and outcome."""
    alone = ~pl.col("carried") & pl.col("member_name").is_null()
    return (
        pl.concat(costs)
        .group_by("store", "outcome")
        .agg(
            pl.len().cast(pl.Int64).alias("n_objects"),
            pl.col("size_bytes").sum().alias("n_bytes_total"),
            pl.col("header_bytes").sum().alias("n_bytes_header"),
            pl.col("carried").sum().cast(pl.Int64).alias("n_carried"),
            (alone & (pl.col("n_requests") == 1)).sum().cast(pl.Int64).alias("n_one_request"),
            (alone & (pl.col("n_requests") > 1)).sum().cast(pl.Int64).alias("n_more_requests"),
            pl.col("n_requests").sum(),
            pl.col("n_bytes_read").sum(),
        )
        .sort("store", "outcome")
        .select(pl.lit(site).alias("site"), *SHARD_COUNTS.schema.names()[1:])
    )


def _costs(
    rows: pl.DataFrame, carried: pl.Expr, n_requests: pl.Expr | pl.Series, n_bytes_read: pl.Expr | pl.Series
) -> pl.DataFrame:
    is_header = "parsed_by" in rows.columns
    return rows.select(
        "store",
        "member_name",
        "size_bytes",
        pl.col("parsed_by" if is_header else "reason").alias("outcome"),
        pl.col("header_bytes") if is_header else pl.lit(0, pl.Int64).alias("header_bytes"),
        carried.alias("carried"),
        n_requests.alias("n_requests"),
        n_bytes_read.alias("n_bytes_read"),
    )
