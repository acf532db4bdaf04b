"""The index of the Imaging Data Commons, 1.04 million series, from its Parquet file to series, studies and log.

Everything runs in a process of its own on two cores, interpreter and imports included; its wall time and its peak of
memory are held against ten seconds and three gigabytes. The file is that of the package ``idc-index-data`` where it is
installed, or the one that ``MULTISITE_BENCH_IDC`` names.
"""

import importlib.util
import io
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import polars as pl

from tests.benchmarks.ratio import Ratio

__all__ = ["bench", "idc_index"]

_VARIABLE = "MULTISITE_BENCH_IDC"
_ROUNDS = 3
_CORES = 2
_LIMIT_S = 10.0
_LIMIT_BYTES = 3e9


def bench() -> list[Ratio]:
    """The shares of the ten seconds and of the three gigabytes that the best of three runs takes."""
    path = idc_index()
    if path is None:
        sys.stderr.write(f"IDC table: skipped; install idc-index-data, or name its Parquet file in {_VARIABLE}\n")
        return []
    # The ratios of the other benchmarks are per core, and say so to Polars.
    environment = {**os.environ, "POLARS_MAX_THREADS": str(_CORES)}
    seconds, peak, told = float("inf"), 0.0, {}
    for _ in range(_ROUNDS):
        began = time.perf_counter()
        command = [sys.executable, "-m", __name__, str(path)]
        finished = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True)
        seconds = min(seconds, time.perf_counter() - began)
        told = json.loads(finished.stdout)
        peak = max(peak, told["peak_bytes"])
    what = f"IDC table, {told['n_series']:,} series of {told['n_studies']:,} studies, two cores"
    return [
        Ratio(f"{what}, of {_LIMIT_S:g} s", seconds, _LIMIT_S, 1.0, at_most=True),
        Ratio(f"{what}, of {_LIMIT_BYTES / 1e9:g} GB", peak, _LIMIT_BYTES, 1.0, unit="B", at_most=True),
    ]


def idc_index() -> Path | None:
    """The index where it is installed or named, or None."""
    named = os.environ.get(_VARIABLE)
    if named:
        return Path(named)
    package = importlib.util.find_spec("idc_index_data")
    if package is None or package.origin is None:
        return None
    return Path(package.origin).parent / "idc_index.parquet"


def _enter(path: Path) -> dict[str, int]:
    """What the series stage does at a site with no store, to the bytes of the Parquet parts."""
    from multisite.dicom import Pseudonymiser
    from multisite.provenance.series_stage import SERIES_STAGE, SeriesParameters
    from multisite.runners.site_tables import read_site_table
    from multisite.schemas import Artefact, StageInputs
    from multisite.schemas.site_tables import SERIES_TABLE

    table = read_site_table(
        path,
        SERIES_TABLE,
        columns={"n_instances": "instanceCount"},
        date_format="%Y-%m-%d",
        pseudonyms=Pseudonymiser(b"no secret, only a benchmark"),
        site="idc",
    )
    no_images = {artefact.name: artefact.empty() for artefact in SERIES_STAGE.reads if isinstance(artefact, Artefact)}
    inputs = StageInputs(site="idc", frames=no_images, tables={SERIES_TABLE.name: table})
    made = SERIES_STAGE.run(inputs, SeriesParameters(modalities=("CT", "MR"))).frames
    heights = {}
    for artefact in SERIES_STAGE.writes:
        frame = made[artefact.name]
        assert isinstance(artefact, Artefact)
        assert isinstance(frame, pl.DataFrame)
        artefact.conform(frame).write_parquet(io.BytesIO(), compression="zstd", statistics=True)
        heights[f"n_{artefact.name}"] = frame.height
    assert heights["n_series"] == table["series_instance_uid"].n_unique()
    return heights


if __name__ == "__main__":
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:_CORES])
    entered = _enter(Path(sys.argv[1]))
    # Kibibytes, but bytes on macOS.
    unit = 1 if sys.platform == "darwin" else 1024
    print(json.dumps({**entered, "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit}))
