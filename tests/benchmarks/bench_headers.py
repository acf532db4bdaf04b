"""Header rows against a pydicom loop on the same files, and ranged reads against whole objects over S3."""

import os
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import polars as pl
import pydicom
import s3fs

from multisite.demo import DemoPlan, generate
from multisite.dicom import ATTRIBUTES, Pseudonymiser, RawHeader, decode_headers, read_header
from multisite.provenance.headers import read_shard
from multisite.runners.site_io import SiteObjects
from multisite.schemas.objects import OBJECT_COLUMNS
from multisite.schemas.provenance import HEADERS
from multisite.storage.artefacts import parquet_bytes
from multisite.study import Credentials, Site, Store
from tests.benchmarks.ratio import Ratio, in_turn

__all__ = ["bench"]

_ROUNDS = 3
_PSEUDONYMS = Pseudonymiser(b"no secret, only a benchmark")
_FIRST_READ = 8192
_LONGEST = 1 << 24


def bench() -> list[Ratio]:
    """The ratio for local files, and two for 500 KB objects over S3."""
    with tempfile.TemporaryDirectory() as folder:
        return [*_local(Path(folder) / "small"), *_over_s3(Path(folder) / "large")]


_FEW = (
    "SOPInstanceUID",
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "PatientID",
    "Modality",
    "Manufacturer",
    "ManufacturerModelName",
    "SoftwareVersions",
    "ConvolutionKernel",
    "SliceThickness",
    "PixelSpacing",
    "KVP",
    "BodyPartExamined",
    "ViewPosition",
    "StudyDate",
    "PatientAge",
    "PatientSex",
    "DeviceSerialNumber",
    "StationName",
    "InstanceNumber",
)
"""What a team would ask for that wants the least; ours reads all of its attributes all the same."""


def _local(folder: Path) -> list[Ratio]:
    files = _objects(folder, DemoPlan(patients_per_site=900, sites=1, months=0))
    site = _site(folder / "data")
    listing = _listing(site, len(files))
    root = Path(site.stores[0].url)
    paths = [str(root / key) for key in listing["object_key"]]
    every = [a.tags[0] for a in ATTRIBUTES if len(a.tags) == 1]

    def ours() -> int:
        return _read(site, listing).height

    def loop(tags: Sequence[int | str]) -> int:
        rows = []
        for path in paths:
            try:
                dataset = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=list(tags))
                rows.append({element.keyword: str(element.value) for element in dataset})
            except Exception:  # the planted damaged objects: a plain loop would have to catch what comes, too
                continue
        return len(rows)

    (fast, all_tags, few_tags), counts = in_turn([ours, lambda: loop(every), lambda: loop(_FEW)], _ROUNDS)
    assert max(counts) - min(counts) <= 0.01 * len(paths), "the loops read different files"
    what = f"header rows, {len(paths):,} local files, one core, against a pydicom loop"
    return [
        Ratio(f"{what}, same {len(every)} attributes", fast, all_tags, 12),
        Ratio(f"{what} over {len(_FEW)} attributes only", fast, few_tags, None),
    ]


def _over_s3(folder: Path) -> list[Ratio]:
    plan = DemoPlan(patients_per_site=100, sites=1, months=0, pixels_per_side=512)
    files = [file for file in _objects(folder, plan) if file.stat().st_size > 400_000][:300]
    bucket = folder / "served" / "bucket"
    bucket.mkdir(parents=True)
    for number, file in enumerate(files):
        file.rename(bucket / f"{number:05}.dcm")
    with _served(bucket.parent) as endpoint:
        site = _site("s3://bucket", endpoint)
        keys = [f"{number:05}.dcm" for number in range(len(files))]
        sizes = [(bucket / key).stat().st_size for key in keys]
        listing = pl.DataFrame({"store": "images", "object_key": keys, "size_bytes": sizes}).with_columns(
            pl.lit(None, OBJECT_COLUMNS[name]).alias(name) for name in ("etag", "modified_at")
        )
        client = s3fs.S3FileSystem(
            key="any", secret="any", client_kwargs={"endpoint_url": endpoint, "region_name": "us-east-1"}
        )
        sent: list[int] = []

        def ours() -> int:
            before = _sent(endpoint)
            rows = _read(site, listing).height
            sent.append(_sent(endpoint) - before)
            return rows

        def theirs() -> int:
            before = _sent(endpoint)
            whole = client.cat([f"bucket/{key}" for key in keys])
            raw = [read_header(content, object_size=len(content)) for content in whole.values()]
            rows = decode_headers([r for r in raw if isinstance(r, RawHeader)], _PSEUDONYMS).height
            sent.append(_sent(endpoint) - before)
            return rows

        (fast, slow), (n_ours, n_theirs) = in_turn([ours, theirs], _ROUNDS)
        assert n_ours == n_theirs == len(keys)
    return [
        Ratio(f"objects over S3, {len(keys)} of 500 KB, against whole objects through s3fs", fast, slow, 5),
        Ratio("bytes read over S3, same objects", sent[-2], sent[-1], 0.10, unit="B", at_most=True),
    ]


def _read(site: Site, listing: pl.DataFrame) -> pl.DataFrame:
    """What one shard costs, from the requests to the bytes of its Parquet part."""
    rows = read_shard(
        listing,
        site=site.site,
        objects=SiteObjects.of(site),
        pseudonyms=_PSEUDONYMS,
        first_read_bytes=_FIRST_READ,
        max_header_bytes=_LONGEST,
        max_archive_bytes=_LONGEST,
        earlier={},
    )
    parquet_bytes(HEADERS.conform(rows.headers))
    return rows.headers


def _objects(folder: Path, plan: DemoPlan) -> list[Path]:
    generate(folder, plan)
    tables = {".csv", ".parquet", ".json"}
    return sorted(p for p in folder.rglob("*") if p.is_file() and p.suffix not in tables)


def _listing(site: Site, n: int) -> pl.DataFrame:
    batches = SiteObjects.of(site).listing(site.stores[0].name)
    return pl.concat(batches).head(n).select(pl.lit(site.stores[0].name).alias("store"), pl.all())


def _site(url: str | Path, endpoint: str | None = None) -> Site:
    credentials = Credentials(access_key_env="BENCH_KEY", secret_key_env="BENCH_KEY") if endpoint else None
    os.environ["BENCH_KEY"] = "any"
    region = "us-east-1" if endpoint else None
    store = Store(name="images", url=str(url), endpoint=endpoint, region=region, credentials=credentials)
    return Site(site="bench", title="Bench", stores=(store,), pseudonym_key_env="UNUSED")


@contextmanager
def _served(folder: Path) -> Iterator[str]:
    command = [sys.executable, "-m", "tests.benchmarks.range_server", str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        finally:
            process.terminate()


def _sent(endpoint: str) -> int:
    with urllib.request.urlopen(f"{endpoint}/_sent") as answer:
        return int(answer.read())
