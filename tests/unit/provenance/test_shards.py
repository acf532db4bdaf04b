from datetime import UTC, datetime

import polars as pl

from multisite.provenance.shards import cut_into_shards

_NOW = datetime(2025, 1, 1, tzinfo=UTC)


def listing(n: int, *, store: str = "archive", etag: str = "e") -> pl.DataFrame:
    return pl.DataFrame(
        {
            "store": [store] * n,
            "object_key": [f"study-{i // 7:05}/image-{i:06}.dcm" for i in range(n)],
            "size_bytes": [1000 + i for i in range(n)],
            "etag": [etag] * n,
            "modified_at": [_NOW] * n,
        }
    )


def cut(rows: pl.DataFrame, *, target: int = 100, version: int = 1) -> pl.DataFrame:
    return cut_into_shards(rows, target_objects=target, reader_version=version)


def test_every_object_is_in_exactly_one_shard() -> None:
    rows = cut(listing(5000))
    assert rows.height == 5000
    assert rows["object_key"].n_unique() == 5000
    assert rows["shard"].null_count() == 0


def test_shards_have_about_the_aimed_size_and_never_four_times_it() -> None:
    sizes = cut(listing(20_000)).group_by("shard").len()["len"]
    assert 60 < sizes.mean() < 140  # type: ignore[operator]  # a non-empty column has a mean
    assert sizes.max() <= 400  # type: ignore[operator]  # and a maximum


def test_the_order_of_the_listing_does_not_matter() -> None:
    rows = listing(3000)
    assert cut(rows.sample(fraction=1, shuffle=True, seed=1)).equals(cut(rows))


def test_a_new_object_changes_the_shard_it_falls_into_and_no_other() -> None:
    before = set(cut(listing(5000))["shard"])
    new = listing(1).with_columns(pl.lit("study-00300/new.dcm").alias("object_key"))
    after = set(cut(pl.concat([listing(5000), new]))["shard"])
    assert len(before - after) <= 2
    assert len(after & before) >= len(before) - 2


def test_a_changed_object_changes_its_shard() -> None:
    rows = listing(1000)
    changed = rows.with_columns(
        pl.when(pl.col("object_key") == rows["object_key"][500]).then(pl.lit("other")).otherwise("etag").alias("etag")
    )
    assert len(set(cut(rows)["shard"]) ^ set(cut(changed)["shard"])) == 2


def test_a_changed_reader_reads_every_shard_again() -> None:
    assert not set(cut(listing(1000))["shard"]) & set(cut(listing(1000), version=2)["shard"])


def test_a_shard_holds_objects_of_one_store() -> None:
    both = pl.concat([listing(300), listing(300, store="backup")])
    assert cut(both).group_by("shard").agg(pl.col("store").n_unique())["store"].max() == 1


def test_an_empty_store_has_no_shard() -> None:
    assert cut(listing(0)).height == 0
    assert cut(listing(0))["shard"].dtype == pl.String
