import random

import polars as pl
import pytest

from multisite.provenance.first_read import REQUEST_COST_BYTES, HeaderLengths, folder_of
from multisite.schemas import RangeRequest
from tests.lib.instances import instance
from tests.lib.shelf import Shelf
from tests.unit.provenance.reading import read

IMAGE = 1 << 19


def seen(needed: list[int], *, folder: str = "a/b", size: int = IMAGE) -> HeaderLengths:
    lengths = HeaderLengths(8192)
    for length in needed:
        lengths.learn(folder, size, length)
    return lengths


def test_a_folder_is_the_key_up_to_its_last_slash() -> None:
    assert folder_of("patient/series/1.dcm") == "patient/series"
    assert folder_of("1.dcm") == ""


def test_the_first_read_is_as_configured_until_headers_were_seen() -> None:
    assert HeaderLengths(8192).first("a/b", IMAGE) == 8192
    assert seen([900]).first("a/b", IMAGE) == 8192


def test_no_more_is_asked_for_than_the_object_has_and_never_nothing() -> None:
    assert HeaderLengths(8192).first("a/b", 300) == 300
    assert HeaderLengths(8192).first("a/b", 0) == 1
    assert HeaderLengths(8192).first("a/b", None) == 8192


def test_a_series_of_like_headers_is_read_with_little_more_than_they_need() -> None:
    length = seen([5000 + 2 * i for i in range(40)]).first("a/b", IMAGE)
    assert 5078 <= length <= 5500


def test_the_margin_is_wide_while_few_headers_were_seen() -> None:
    assert seen([5000] * 3).first("a/b", IMAGE) > seen([5000] * 40).first("a/b", IMAGE) > 5000


def test_one_very_long_header_among_many_is_left_to_a_second_request() -> None:
    # Covering it would cost the other 99 more than a request is worth.
    assert seen([5000] * 99 + [900_000]).first("a/b", IMAGE) < 6000


def test_headers_that_are_often_longer_are_covered_by_the_first_request() -> None:
    assert seen([5000] * 50 + [9000] * 50).first("a/b", IMAGE) > 9000


def test_the_length_chosen_is_the_one_that_would_have_cost_least() -> None:
    rng = random.Random(11)
    needed = [rng.choice([2000, 5000, 40_000, 200_000]) for _ in range(47)]
    chosen = seen(needed).first("a/b", IMAGE)

    def cost(length: int) -> int:
        return sum(length if n <= length else n + REQUEST_COST_BYTES for n in needed)

    assert cost(chosen) <= min(cost(n + n // 32 + 64) for n in needed)


def test_a_new_folder_is_read_as_its_neighbours_were_and_then_as_the_shard_was() -> None:
    lengths = seen([5000] * 9, folder="patient/one")
    assert lengths.first("patient/two", IMAGE) == lengths.first("patient/one", IMAGE)
    for _ in range(9):
        lengths.learn("elsewhere/one", IMAGE, 20_000)
    assert lengths.first("patient/two", IMAGE) < 20_000 < lengths.first("unheard/of", IMAGE)


def test_reports_beside_images_do_not_change_how_images_are_read() -> None:
    lengths = seen([5000] * 20)
    before = lengths.first("a/b", IMAGE)
    for _ in range(20):
        lengths.learn("a/b", 30_000, 30_000)
    assert lengths.first("a/b", IMAGE) == before
    assert lengths.first("a/b", 31_000) == 31_000


def test_a_second_request_asks_for_what_longer_headers_nearby_took() -> None:
    lengths = seen([5000] * 30 + [60_000] * 9)
    assert 60_000 <= lengths.further("a/b", IMAGE, have=5200, at_least=5300) < 70_000


def test_a_second_request_is_generous_where_no_longer_header_was_seen() -> None:
    assert seen([5000] * 30).further("a/b", IMAGE, have=5200, at_least=5300) == max(5300 + 16_384, 4 * 5200)


class Series(Shelf):
    """Series of images with pixels that are not kept: zeros, as many as the listing says."""

    def __init__(self, seed: int) -> None:
        super().__init__({})
        rng = random.Random(seed)
        self.pixels: dict[str, int] = {}
        made: dict[tuple[int, bool], bytes] = {}
        for study in range(25):
            for modality in rng.choice(["CT", "CT", "MR MR MR", "CR", "US", "CR SR", "CT SR", "ENHANCED"]).split():
                series = f"patient{study:02}/study/{modality}{rng.randrange(10_000)}"
                base, spread, count, pixels = {
                    "CT": (rng.randint(1500, 6000), 40, rng.randint(20, 80), 1 << 19),
                    "MR": (rng.choice([3000, 6000, 12_000, 30_000]), 80, rng.randint(10, 40), 1 << 17),
                    "CR": (2500, 800, rng.randint(1, 4), 8 << 20),
                    "US": (2000, 500, rng.randint(10, 30), rng.choice([80_000, 900_000, 20 << 20])),
                    "SR": (12_000, 5000, rng.randint(1, 3), 0),
                    "ENHANCED": (60_000, 5000, 2, 30 << 20),
                }[modality]
                for number in range(count):
                    outlier = 40_000 if rng.random() < 0.01 else 0
                    padding = 2 * ((base + rng.randint(0, spread) + outlier) // 2)
                    kind = (padding, pixels > 0)
                    if kind not in made:
                        whole = instance(padding=padding, pixels=2 * (pixels > 0))
                        made[kind] = whole[:-2] if pixels else whole
                    self.objects[f"{series}/{number:03}.dcm"] = made[kind]
                    self.pixels[f"{series}/{number:03}.dcm"] = pixels
        self.answer = self.ranged

    def shard_with_pixels(self) -> pl.DataFrame:
        """The listing, with the sizes that the objects would have."""
        sizes = {key: len(header) + self.pixels[key] for key, header in self.objects.items()}
        return self.shard().with_columns(pl.col("object_key").replace_strict(sizes).alias("size_bytes"))

    def ranged(self, request: RangeRequest) -> bytes:
        header = self.objects[request.key]
        length = max(0, min(request.length, len(header) + self.pixels[request.key] - request.start))
        return header[request.start : request.start + length].ljust(length, b"\0")


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1])
@pytest.mark.parametrize("first_read_bytes", [2048, 65_536])
def test_on_a_real_shaped_mix_nearly_every_object_takes_one_request_and_little_is_read_in_vain(
    seed: int, first_read_bytes: int
) -> None:
    shelf = Series(seed)
    rows = read(shelf, first=first_read_bytes, longest=1 << 24, listing=shelf.shard_with_pixels())
    (counts,) = rows.counts.rows(named=True)
    n = counts["n_objects"]
    assert n == len(shelf.objects)
    assert counts["n_one_request"] >= 0.95 * n
    assert counts["n_requests"] <= 1.05 * n
    assert counts["n_bytes_read"] <= 1.5 * counts["n_bytes_header"] + 4096 * n


def test_windows_grow_so_that_little_is_asked_for_before_anything_is_known() -> None:
    shelf = Shelf({f"series/{i:04}.dcm": instance(i, padding=3000) for i in range(300)})
    read(shelf, first=65_536)
    assert shelf.windows[0] == 1
    assert sum(shelf.windows) == 300
    assert max(shelf.windows) > 100
    assert sum(request.length > 4500 for request in shelf.requests) <= 4


def test_the_many_folders_of_a_shard_are_probed_together() -> None:
    shelf = Shelf({f"series{s:03}/{i}.dcm": instance(i, padding=3000) for s in range(60) for i in range(5)})
    read(shelf)
    assert len(shelf.windows) <= 8
