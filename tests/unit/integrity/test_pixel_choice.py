"""Which instances of a series are looked at."""

import polars as pl
import pytest

from multisite.integrity.pixels.choice import chosen, smallest

_SCHEMA = {
    "series_instance_uid": pl.String,
    "sop_instance_uid": pl.String,
    "instance_number": pl.Int64,
    "content_fingerprint": pl.String,
    "store": pl.String,
    "object_key": pl.String,
    "member_name": pl.String,
}


def series(name: str, numbers: list[int | None], *, member: str | None = None) -> pl.DataFrame:
    rows = [(name, f"{name}-{i}", n, f"f{i}", "s", f"{name}/{i:04}", member) for i, n in enumerate(numbers)]
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row")


def numbers(rows: pl.DataFrame) -> list[int]:
    return sorted(rows["instance_number"])


def test_a_few_instances_of_each_wanted_series_are_chosen_and_they_lie_apart() -> None:
    rows = pl.concat([series("a", list(range(1, 301))), series("b", [1, 2]), series("c", [1])])
    made = chosen(rows, pl.DataFrame({"series_instance_uid": ["a", "b"]}), per_series=3)
    assert dict(made.group_by("series_instance_uid").len().rows()) == {"a": 3, "b": 2}
    first, second, third = numbers(made.filter(series_instance_uid="a"))
    assert min(second - first, third - second) > 40


def test_a_series_that_was_sent_again_has_the_same_images_chosen() -> None:
    one, two = (smallest(series(name, list(range(1, 81))), per_series=3) for name in ("a", "sent again"))
    assert numbers(one) == numbers(two)


def test_numbers_that_lack_or_are_odd_do_no_harm() -> None:
    odd = series("a", [None, None, -5, 0, 2**31 + 3, 10**11])
    assert smallest(odd, per_series=2).height == 2
    assert smallest(odd, per_series=None).height == 6


@pytest.mark.parametrize("n_parts", [1, 3, 7])
def test_choosing_from_parts_and_again_from_what_was_chosen_is_choosing_from_all(n_parts: int) -> None:
    rows = pl.concat([series("a", list(range(100))), series("b", list(range(5, 70))), series("c", [3])])
    parts = [smallest(rows.gather_every(n_parts, i), per_series=4) for i in range(n_parts)]
    assert smallest(pl.concat(parts), per_series=4).equals(smallest(rows, per_series=4))


def test_an_instance_that_is_stored_twice_counts_once_and_not_as_a_member_of_an_archive() -> None:
    plain, packed = series("a", [1, 2]), series("a", [1, 2], member="m").with_columns(object_key=pl.lit("a/archive"))
    made = smallest(pl.concat([packed, plain]), per_series=3)
    assert made.height == 2
    assert made["member_name"].is_null().all()
