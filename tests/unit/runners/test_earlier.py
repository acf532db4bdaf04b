import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from multisite.runners.earlier import overlapping

Span = tuple[str, str, str, str]


def spans(*rows: Span) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=["store", "first_key", "last_key", "shard"], orient="row")


def test_a_shard_meets_the_old_shards_that_share_a_key_with_it() -> None:
    before = spans(("a", "k00", "k09", "one"), ("a", "k10", "k19", "two"), ("a", "k20", "k29", "three"))
    now = spans(("a", "k00", "k05", "x"), ("a", "k07", "k20", "y"), ("a", "k295", "k40", "z"))
    assert overlapping(now, before) == {"x": ("one",), "y": ("one", "two", "three"), "z": ()}


def test_shards_of_another_store_are_never_met() -> None:
    assert overlapping(spans(("b", "k00", "k99", "x")), spans(("a", "k00", "k99", "one"))) == {"x": ()}


keys = st.lists(st.text("abc/é", min_size=1, max_size=3), unique=True, min_size=2, max_size=12).map(sorted)


def cut(found: list[str], name: str) -> list[Span]:
    pairs = list(zip(found[::2], found[1::2], strict=False))
    return [("s", first, last, f"{name}{i}") for i, (first, last) in enumerate(pairs)]


@given(keys, keys)
def test_the_overlap_is_that_of_comparing_every_pair(new: list[str], old: list[str]) -> None:
    now, before = cut(new, "n"), cut(old, "o")
    expected = {
        shard: tuple(other for _, first, last, other in before if first <= to and last >= begin)
        for _, begin, to, shard in now
    }
    assert overlapping(spans(*now), spans(*before)) == expected
