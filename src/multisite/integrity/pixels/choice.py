"""Which instances of a series are looked at: some that lie apart, and the same ones of every copy of the series."""

import polars as pl

__all__ = ["chosen", "smallest"]

_SERIES = "series_instance_uid"

_MULTIPLIER, _MODULUS = 2_654_435_761, 1 << 32
"""Knuth's multiplicative hash: neighbouring numbers land far apart."""

_ORDER = ("place", "content_fingerprint", "sop_instance_uid", "is_member", "store", "object_key", "member_name")


def chosen(headers: pl.DataFrame, wanted: pl.DataFrame, *, per_series: int | None) -> pl.DataFrame:
    """The rows of ``headers`` that are to be looked at, of the series in ``wanted``; all of theirs for None."""
    return smallest(headers.join(wanted, on=_SERIES, how="semi"), per_series=per_series)


def smallest(rows: pl.DataFrame, *, per_series: int | None) -> pl.DataFrame:
    """The first ``per_series`` instances of each series in an order that depends on what they are alone; all for None.

    The order is that of a hash of InstanceNumber, then of the content fingerprint, then of the UID. So a series that
    was sent again under other UIDs has the same images chosen, even with other dates, for its numbers are the same; and
    the images lie apart. What is chosen of some of the rows holds all that would be chosen of them among all rows, so
    that parts can be chosen from apart. An instance that is stored several times counts once, and not as a member of an
    archive where there is another.
    """
    number = pl.col("instance_number") % (1 << 31)
    ordered = (
        rows.with_columns(
            (number * _MULTIPLIER % _MODULUS).alias("place"), pl.col("member_name").is_not_null().alias("is_member")
        )
        .sort(_SERIES, *_ORDER, nulls_last=True)
        .unique([_SERIES, "sop_instance_uid"], keep="first", maintain_order=True)
        .drop("place", "is_member")
    )
    return ordered if per_series is None else ordered.group_by(_SERIES, maintain_order=True).head(per_series)
