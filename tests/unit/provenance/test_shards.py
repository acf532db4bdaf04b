from collections.abc import Iterator
from datetime import UTC, datetime

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from multisite.provenance.shards import cut_into_shards, describe_shard

_NOW = datetime(2025, 1, 1, tzinfo=UTC)


def listing(n: int, *, store: str = "archive", etag: str = "e") -> pl.DataFrame:
    return pl.DataFrame(
        {
            "store": [store] * n,
            "object_key": [f"study-{i // 7:05}/image-{i:06}.dcm" for i in range(n)],
            "size_bytes": [1000 + i for i in range(n)],
            "etag": [etag] * n,
            "modified_at": [_NOW] * n,
        },
        schema_overrides={"object_key": pl.String},
    )


def batches(rows: pl.DataFrame, length: int = 300) -> Iterator[pl.DataFrame]:
    for begin in range(0, rows.height, length):
        yield rows[begin : begin + length]


def cut(rows: pl.DataFrame, *, target: int = 100, batch: int = 300) -> list[pl.DataFrame]:
    return list(cut_into_shards(batches(rows, batch), target_cost=target))


def names(shards: list[pl.DataFrame]) -> set[str]:
    return {shard["shard"][0] for shard in shards}


def test_every_object_is_in_exactly_one_shard_in_the_order_of_the_listing() -> None:
    rows = listing(5000)
    assert pl.concat(cut(rows)).drop("shard").equals(rows)


def test_shards_are_of_like_length() -> None:
    lengths = [shard.height for shard in cut(listing(20_000))[:-1]]
    assert 90 < sum(lengths) / len(lengths) < 110
    assert min(lengths) >= 50
    assert max(lengths) <= 200


@given(st.integers(1, 40), st.integers(1, 400))
def test_how_the_listing_came_in_does_not_matter(batch: int, n: int) -> None:
    assert names(cut(listing(n), target=20, batch=batch)) == names(cut(listing(n), target=20, batch=1000))


@pytest.mark.slow
@given(st.text("0123456789/-abcé", min_size=1, max_size=12))
def test_a_new_object_changes_the_shards_around_it_and_no_others(key: str) -> None:
    before = names(cut(listing(5000)))
    new = listing(1).with_columns(pl.lit(f"study-00300/{key}").alias("object_key"))
    after = names(cut(pl.concat([listing(5000), new]).sort("object_key")))
    assert 1 <= len(after - before) <= 6
    assert len(before - after) <= 6


def test_a_changed_object_changes_its_shard() -> None:
    rows = listing(1000)
    changed = rows.with_columns(
        pl.when(pl.col("object_key") == rows["object_key"][500]).then(pl.lit("other")).otherwise("etag").alias("etag")
    )
    assert len(names(cut(rows)) ^ names(cut(changed))) == 2


def test_an_archive_weighs_what_reading_its_members_costs() -> None:
    rows = listing(1000).with_columns(
        pl.when(pl.int_range(pl.len()) % 10 == 0)
        .then(pl.col("object_key").str.replace("dcm", "zip"))
        .otherwise("object_key")
        .alias("object_key"),
        pl.lit(20 * 2**20).alias("size_bytes"),
    )
    shards = cut(rows.sort("object_key"))
    costs = [describe_shard(shard)["cost"] for shard in shards]
    assert sum(int(cost) for cost in costs) == 900 + 100 * 40
    assert max(shard.height for shard in shards) < 80


def test_a_shard_is_described_by_the_keys_that_it_spans() -> None:
    first, *_ = cut(listing(1000))
    assert describe_shard(first) == {
        "store": "archive",
        "shard": first["shard"][0],
        "first_key": "study-00000/image-000000.dcm",
        "last_key": first["object_key"][-1],
        "n_objects": first.height,
        "cost": first.height,
    }


def test_an_empty_store_has_no_shard() -> None:
    assert cut(listing(0)) == []
