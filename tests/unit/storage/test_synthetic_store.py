"""Stores of any number of objects: listed in order, as frames, in bounded memory, by processes started anew."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pydicom
import pytest

from multisite.schemas.objects import RangeRequest
from multisite.storage.location import StoreLocation
from multisite.storage.objects import ObjectStore
from multisite.storage.opening import open_store
from tests.lib import synthetic_store
from tests.lib.synthetic_store import key_of, worker_environment

MOST_GROWTH_MB = 300

LISTING = """
import json, resource, sys
from multisite.runners.site_io import SiteObjects
from multisite.study import Site, Store

def peak_mb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

store = Store(name="ct", url=f"synthetic://{sys.argv[1]}")
objects = SiteObjects.of(Site(site="north", title="North", stores=(store,), pseudonym_key_env="KEY"))
before, n, last, is_rising, longest = peak_mb(), 0, "", True, 0
for frame in objects.listing("ct"):
    keys = frame["object_key"]
    is_rising = is_rising and keys.is_sorted() and keys.n_unique() == len(keys) and keys[0] > last
    n, last, longest = n + frame.height, keys[-1], max(longest, frame.height)
points = objects.split_points("ct", parts=16)
print(json.dumps([n, is_rising, longest, peak_mb() - before, len(points)]))
"""


def store_of(n: int) -> ObjectStore:
    synthetic_store.register()
    return open_store(StoreLocation("ct", f"synthetic://{n}"))


def listed(n: int, folder: Path) -> tuple[int, bool, int, float, int]:
    """By a new process: number of keys, whether they rose, rows of the longest frame, growth in MB, split points."""
    environment = {**os.environ, **worker_environment(folder)}
    command = [sys.executable, "-c", LISTING, str(n)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=250, env=environment)
    assert ended.returncode == 0, ended.stderr
    n_keys, is_rising, longest, growth_mb, n_points = json.loads(ended.stdout)
    return n_keys, is_rising, longest, growth_mb, n_points


def test_the_instances_follow_from_their_numbers() -> None:
    keys = [info.key for batch in store_of(2350).list() for info in batch]
    assert keys == [key_of(number) for number in range(2350)]
    store = store_of(2350)
    infos = [info for batch in store.list(after=key_of(1233), until=key_of(1234)) for info in batch]
    assert [info.key for info in infos] == [key_of(1234)]
    read = pydicom.dcmread(io.BytesIO(store.read(key_of(1234))))
    assert len(store.read(key_of(1234))) == infos[0].size_bytes
    assert (read.SOPInstanceUID, read.SeriesInstanceUID) == ("2.25.10000000001234", "2.25.20000000000012")
    assert (read.PatientID, read.Manufacturer) == ("PAT0000001", "GE MEDICAL SYSTEMS")
    assert read.ImagePositionPatient[2] == 10_000 + 34 * 1.25
    [begin] = store.read_prefixes([RangeRequest(key_of(1234), 0, 4096)])
    assert begin == store.read(key_of(1234))[:4096]


def test_a_larger_store_holds_all_that_a_smaller_one_holds() -> None:
    small = [info for batch in store_of(1100).list() for info in batch]
    large = [info for batch in store_of(1200).list() for info in batch]
    assert large[:1100] == small
    assert store_of(1100).head(key_of(1100)) is None


@pytest.mark.slow
def test_a_process_started_anew_lists_a_million_keys_in_bounded_memory(tmp_path: Path) -> None:
    n, is_rising, longest, growth_mb, n_points = listed(1_000_000, tmp_path)
    assert (n, is_rising, longest, n_points) == (1_000_000, True, 1000, 15)
    assert growth_mb < MOST_GROWTH_MB


def test_a_listing_comes_as_frames_of_the_declared_columns() -> None:
    from multisite.runners.site_io import SiteObjects
    from multisite.schemas.objects import OBJECT_COLUMNS
    from multisite.study import Site, Store

    synthetic_store.register()
    stores = (Store(name="ct", url="synthetic://1500"), Store(name="other", url="synthetic://1"))
    objects = SiteObjects.of(Site(site="north", title="North", stores=stores, pseudonym_key_env="KEY"))
    assert objects.stores() == ["ct", "other"]
    [first, second] = objects.listing("ct", after=key_of(99))
    assert first.schema == second.schema == OBJECT_COLUMNS
    assert pl.concat([first, second])["object_key"].to_list() == [key_of(number) for number in range(100, 1500)]
    assert objects.prefixes("other", [RangeRequest(key_of(0), 128, 4)]) == [b"DICM"]
    assert objects.split_points("ct", parts=2) == ["P0000000/ST1/SE2/"]
