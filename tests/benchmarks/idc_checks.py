"""Every integrity check over the index of the Imaging Data Commons, over its collections as sites, and at three sizes.

``python -m tests.benchmarks.idc_checks`` prints seconds and verdict of each check, total and peak of memory. Each part
runs in a process of its own on two cores, one after the other. The index is the one that ``bench_series_table`` finds;
labels, scores and splits are made up, so that verdicts about labels say nothing about the archive. Seconds are of the
wall and of the processor (without those of further processes): on a machine that is shared, look at the second.
"""

import multiprocessing
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from multisite.cohort.splits import SplitByPatient
from multisite.cohort.stage import COHORT_STAGE, CohortParameters
from multisite.dicom import Pseudonymiser
from multisite.integrity import CHECKS, INTEGRITY_STAGE
from multisite.integrity.check import CheckFrames, Claims
from multisite.integrity.pixels.stage import PixelParameters
from multisite.integrity.scorecard import run_checks
from multisite.integrity.stage import IntegrityParameters, check_frames
from multisite.provenance.series_stage import SERIES_STAGE, SeriesParameters
from multisite.runners.site_tables import read_site_table
from multisite.schemas import Artefact, StageInputs
from multisite.schemas.pixels import PIXELS
from multisite.schemas.series import SERIES
from multisite.schemas.site_tables import CASES, PREDICTIONS, SERIES_TABLE, SiteTable
from tests.benchmarks.bench_series_table import idc_index
from tests.benchmarks.synthetic_series import integrity_inputs

_CORES = 2
_SIZES = (1_000_000, 3_000_000, 10_000_000)
_SEED = 20


def main() -> int:
    """Run every part and print what it took."""
    path = idc_index()
    parts = [] if path is None else [["idc", str(path)]]
    if path is None:
        sys.stderr.write("IDC index: skipped; install idc-index-data, or name its Parquet file (bench_series_table)\n")
    for part in [*parts, *(["synthetic", str(n)] for n in _SIZES)]:
        environment = {**os.environ, "POLARS_MAX_THREADS": str(_CORES)}
        command = [sys.executable, "-m", "tests.benchmarks.idc_checks", *part]
        finished = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True, text=True)
        print(finished.stdout)
    return 0


@contextmanager
def _timed(rows: list[tuple[str, float, float, str]], name: str) -> Iterator[list[str]]:
    """Adds a row with the seconds of the wall and of the processor, and what the body has noted."""
    noted: list[str] = []
    wall, busy = time.perf_counter(), time.process_time()
    yield noted
    rows.append((name, time.perf_counter() - wall, time.process_time() - busy, "; ".join(noted)))


def _print(title: str, rows: list[tuple[str, float, float, str]]) -> None:
    # Kibibytes, but bytes on macOS.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    print(f"{title}\n{'':32}{'wall s':>9}{'cpu s':>9}")
    total = ("total", *(sum(row[i] for row in rows) for i in (1, 2)), f"peak {peak / 1e9:.2f} GB")
    for name, wall, busy, noted in [*rows, total]:
        print(f"{name:32}{wall:9.2f}{busy:9.2f}  {noted}")


def _ask_each(frames: CheckFrames, rows: list[tuple[str, float, float, str]]) -> pl.DataFrame:
    """Every check by itself; the findings of all."""
    findings = []
    for check in CHECKS:
        with _timed(rows, check.id) as noted:
            result, found = run_checks(frames, [check], site="idc", blocking=[])
            row = result.row(0, named=True)
            noted.append(f"{row['verdict']}, {row['n_found']:,} of {row['n_examined']:,} {row['unit']}")
        findings.append(found)
    return pl.concat(findings)


def _idc(path: Path) -> None:
    """A case per imaging study; the collection as ``clinical_collection``; splits by patient."""
    rows: list[tuple[str, float, float, str]] = []
    inputs = _site_of_index(path, rows)
    with _timed(rows, "what the checks look at") as noted:
        frames = check_frames(inputs, _parameters("clinical_collection"))
        noted.append(f"{frames.series.height:,} series, {frames.included.height:,} included cases")
    del inputs
    findings = _ask_each(frames, rows)
    _print(f"\nIDC, a case per imaging study, {_CORES} cores", rows)
    crossing = findings.filter(check="patient_across_groups")["detail"].value_counts(sort=True)
    print(f"\nPatientIDs that stand in more than one collection: {crossing['count'].sum()}")
    for detail, n in crossing.sort("count", "detail", descending=[True, False]).rows():
        print(f"{n:5}  {detail.removeprefix('clinical_collection: ')}")
    of_sites: list[tuple[str, float, float, str]] = []
    with _timed(of_sites, "all checks at each") as noted:
        n_sites, verdicts = _collections_as_sites(frames)
        noted.append(f"{n_sites} sites; " + ", ".join(f"{n:,} {verdict}" for verdict, n in verdicts.rows()))
    _print("\nIDC, its collections as sites", of_sites)


def _collections_as_sites(frames: CheckFrames) -> tuple[int, pl.DataFrame]:
    """Every check at every collection, each with its own cases and series; how many sites, and verdicts.

    A process per core takes every second site, as two workers of a run would.
    """
    named = "clinical_collection"
    assert frames.predictions is not None
    of_studies = frames.included.select("study_instance_uid", named).unique("study_instance_uid")
    series = frames.series.join(of_studies, on="study_instance_uid").partition_by(named, as_dict=True)
    scored = frames.predictions.join(frames.included.select("case_id", named), on="case_id")
    predictions = scored.partition_by(named, as_dict=True)
    included = frames.included.partition_by(named, as_dict=True)
    largest_first = sorted(included, key=lambda site: -included[site].height)
    sites = [
        replace(frames, included=included[site], series=series[site], predictions=predictions[site])
        for site in largest_first
    ]
    with ProcessPoolExecutor(_CORES, multiprocessing.get_context("spawn")) as pool:
        verdicts = pl.concat(pool.map(_verdicts, sites))
    return len(sites), verdicts["verdict"].value_counts(sort=True)


def _verdicts(site: CheckFrames) -> pl.DataFrame:
    return run_checks(site, CHECKS, site="site", blocking=[])[0].select("verdict")


def _site_of_index(path: Path, rows: list[tuple[str, float, float, str]]) -> StageInputs:
    """The inputs of the integrity stage at a site with the index as its header table."""

    def read(file: Path, table: SiteTable, **columns: str) -> pl.DataFrame:
        pseudonyms = Pseudonymiser(b"no secret, only a benchmark")
        return read_site_table(file, table, columns=columns, date_format="%Y-%m-%d", pseudonyms=pseudonyms, site="idc")

    with _timed(rows, "reading the tables"), tempfile.TemporaryDirectory() as folder:
        _write_tables(path, Path(folder))
        table = read(path, SERIES_TABLE, n_instances="instanceCount")
        tables = {t.name: read(Path(folder) / f"{t.name}.parquet", t) for t in (CASES, PREDICTIONS)}
    modalities = tuple(table["modality"].drop_nulls().unique().sort())
    with _timed(rows, "series"):
        no_images = {a.name: a.empty() for a in SERIES_STAGE.reads if isinstance(a, Artefact)}
        inputs = StageInputs(site="idc", frames=no_images, tables={SERIES_TABLE.name: table})
        made = SERIES_STAGE.run(inputs, SeriesParameters(modalities)).frames
    with _timed(rows, "cohort"):
        split = SplitByPatient((("train", 0.6), ("tune", 0.2), ("test", 0.2)), _SEED, strata=(), references=())
        parameters = CohortParameters(modalities, ("finding",), ("model",), eligibility=(), strata=(), split=split)
        inputs = StageInputs(site="idc", frames=_frames(made), tables=tables)
        cohort = COHORT_STAGE.run(inputs, parameters).frames
    frames = {**_frames(made), **_frames(cohort), PIXELS.name: PIXELS.empty()}
    # As a runner reads them: what the checks look at, and no more.
    read = {artefact.name: frames[artefact.name] for artefact in INTEGRITY_STAGE.reads}
    read[SERIES.name] = read[SERIES.name].select(INTEGRITY_STAGE.projection[SERIES.name])
    return StageInputs(site="idc", frames=read, tables={CASES.name: tables[CASES.name]})


def _frames(made: Any) -> dict[str, pl.DataFrame]:
    return {name: frame for name, frame in made.items() if isinstance(frame, pl.DataFrame)}


def _write_tables(path: Path, folder: Path) -> None:
    """Cases and predictions as a site would bring them: labels and scores by seed, the rest from the index."""
    rng = np.random.default_rng(_SEED)
    index = pl.read_parquet(path, columns=["StudyInstanceUID", "PatientID", "collection_id"])
    studies = index.unique("StudyInstanceUID", keep="first", maintain_order=True)
    cases = studies.select(
        pl.col("StudyInstanceUID").alias("case_id"),
        pl.col("PatientID").alias("patient_id"),
        pl.col("StudyInstanceUID").alias("study_instance_uid"),
        pl.col("collection_id").alias("clinical_collection"),
        pl.Series("reference_finding", rng.random(studies.height) < 0.3),
    )
    cases.write_parquet(folder / "cases.parquet")
    cases.select(
        "case_id",
        pl.lit("finding").alias("finding"),
        pl.lit("model").alias("model"),
        pl.Series("score", rng.random(cases.height)),
    ).write_parquet(folder / "predictions.parquet")


def _synthetic(n: int) -> None:
    rows: list[tuple[str, float, float, str]] = []
    inputs = integrity_inputs(n, columns=INTEGRITY_STAGE.projection[SERIES.name], seed=_SEED)
    with _timed(rows, "what the checks look at"):
        frames = check_frames(inputs, _parameters("clinical_ward"))
    _ask_each(frames, rows)
    _print(f"\nSynthetic, {n:,} series of 50 instances, {_CORES} cores", rows)
    per_million = sum(row[2] for row in rows) / (n / 1e6)
    print(f"{'cpu s per million series':41}{per_million:9.2f}")


def _parameters(group: str) -> IntegrityParameters:
    claims = Claims(disjoint=("device",), patients_stay_within=(group,))
    pixels = PixelParameters(asked_for=False, instances_per_series=None, max_object_bytes=0)
    return IntegrityParameters(blocking=(), severity=(), claims=claims, plugins=(), pixels=pixels, seed=_SEED)


_PARTS: dict[str, Callable[[str], None]] = {
    "idc": lambda path: _idc(Path(path)),
    "synthetic": lambda n: _synthetic(int(n)),
}

if __name__ == "__main__":
    if len(sys.argv) == 1:
        raise SystemExit(main())
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:_CORES])
    _PARTS[sys.argv[1]](sys.argv[2])
