"""``python -m tests.benchmarks.many_sites``: the months of very many sites as Ray tasks, as an operator runs them.

Made-up sites (of :mod:`tests.power`) bring headers as tables, so that reading images takes no part. Every site has a
year of validated cases and ``--months`` months of routine use. Then, by the commands: everything up to the baseline;
all months of all sites; one more run, in which nothing may be done; one site with other data; and a site whose table
has lost a column, which must be GREY beside sites that are judged. ``--without-pictures`` leaves Evidently out, as
where it is not installed.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl

from tests.power.drift_frames import MODEL, deployment_table, predictions, series_of_studies
from tests.power.drift_site import FINDINGS, NUMBERS, THRESHOLDS, Studies, draw_studies

__all__ = ["main"]

SEED = 20_261_128
_STUDY = f"""
study: many-sites
title: Many made-up sites
intended_use: {{task: none, population: none, setting: none, human_role: none}}
findings: [{", ".join(f"{{id: {name}, title: {name.capitalize()}}}" for name in FINDINGS)}]
models: [{{id: {MODEL}, title: AI, version: "1"}}]
cohort:
  modalities: [CT]
  strata: [{{id: vendor, title: Vendor, column: vendor, when_missing: level}}]
performance: {{threshold: {THRESHOLDS[FINDINGS[0]]}, seed: 1, null_replicates: 100}}
drift:
  acquisition:
    numbers: [{", ".join(name for name in NUMBERS if name != "age_years")}]
    categories:
      [vendor, manufacturer_model_name, software_versions, convolution_kernel, kernel_class, body_part_examined]
  population: {{numbers: [age_years], categories: [patient_sex, view_position]}}
  subgroups: [vendor, patient_sex]
"""
_KEYWORDS = {
    "series_instance_uid": "SeriesInstanceUID", "study_instance_uid": "StudyInstanceUID", "patient_id": "PatientID",
    "modality": "Modality", "manufacturer_model_name": "ManufacturerModelName", "vendor": "Manufacturer",
    "software_versions": "SoftwareVersions", "convolution_kernel": "ConvolutionKernel",
    "slice_thickness_mm": "SliceThickness", "pixel_spacing_mm": "PixelSpacing", "tube_voltage_kv": "KVP",
    "body_part_examined": "BodyPartExamined", "view_position": "ViewPosition", "study_date": "StudyDate",
    "age_years": "PatientAge", "patient_sex": "PatientSex", "device": "DeviceSerialNumber",
}  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Run and tell."""
    options = argparse.ArgumentParser(prog="python -m tests.benchmarks.many_sites", description=__doc__)
    options.add_argument("--sites", type=int, default=200)
    options.add_argument("--months", type=int, default=24)
    options.add_argument("--studies", type=int, default=200, help="a month and site")
    options.add_argument("--workers", type=int, default=2)
    options.add_argument("--without-pictures", action="store_true")
    chosen = options.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        return _measured(Path(folder), chosen)


def _measured(folder: Path, chosen: argparse.Namespace) -> int:
    (folder / "sites").mkdir()
    (folder / "study.yaml").write_text(_STUDY, encoding="utf-8")
    for number in range(chosen.sites):
        _write_site(folder, number, chosen.studies, chosen.months)
    environment = {**os.environ, "MANY_KEY": "a key of made-up sites", "POLARS_MAX_THREADS": "1", "PYTHONPATH": "src"}
    if chosen.without_pictures:
        (folder / "absent/evidently").mkdir(parents=True)
        (folder / "absent/evidently/__init__.py").write_text("raise ImportError\n")
        environment["PYTHONPATH"] = f"{folder / 'absent'}:src"

    def timed(what: str, verb: str, *, code: int = 0) -> None:
        common = ["--sites", folder / "sites", "--workspace", folder / "workspace"]
        ray = ["--runner", "ray", "--address", "local", "--workers", str(chosen.workers)]
        command = [Path(sys.executable).parent / "multisite", verb, folder / "study.yaml", *common, *ray]
        start = time.monotonic()
        finished = subprocess.run(list(map(str, command)), env=environment, capture_output=True, text=True)
        seconds = time.monotonic() - start
        print(f"{what}: {seconds:.0f} s, exit code {finished.returncode}", flush=True)
        if verb == "monitor":
            print("\n".join(line for line in finished.stdout.splitlines() if _is_told(line)), flush=True)
        if finished.returncode != code:
            raise SystemExit(finished.stdout[-3000:] + finished.stderr[-3000:])

    for verb in ("extract", "cohort", "evaluate", "baseline"):
        timed(verb, verb)
    timed(f"monitor, {chosen.sites} sites, {chosen.months} months", "monitor")
    timed("the same again", "monitor")
    table = folder / "data" / _name(0) / "deployment.parquet"
    pl.read_parquet(table)[1:].write_parquet(table)
    timed("one site with one row less", "monitor")
    broken = folder / "data" / _name(1) / "deployment.parquet"
    pl.read_parquet(broken).drop("score").write_parquet(broken)
    timed("another site whose table has lost a column", "monitor", code=23)
    return 0


def _is_told(line: str) -> bool:
    return line.startswith(("stage", "Collect", "Count a", "Draw a", "Estimate performance in r", "Judge")) or (
        "failed" in line
    )


def _name(number: int) -> str:
    return f"site-{number:03d}"


def _write_site(folder: Path, number: int, n: int, months: int) -> None:
    name = _name(number)
    data = folder / "data" / name
    data.mkdir(parents=True)
    studies = draw_studies(np.random.default_rng([SEED, number]), n, months=months)
    before, later = studies.kept(studies.month < 0), studies.kept(studies.month >= 0)
    # Studies are numbered from 0 in each part, and are others in each.
    pl.concat([_headers(before, "1"), _headers(later, "2")]).write_parquet(data / "series.parquet")
    _cases(before, "1").write_parquet(data / "cases.parquet")
    scores = predictions(before).rename({"case_id": "study_instance_uid"})
    _renamed(scores, "1").select(
        pl.col("study_instance_uid").alias("case_id"), "finding", "model", "score"
    ).write_parquet(data / "predictions.parquet")
    _renamed(deployment_table(later), "2").write_parquet(data / "deployment.parquet")
    tables = "".join(
        f"  {table}: {{path: ../data/{name}/{table}.parquet}}\n"
        for table in ("series", "cases", "predictions", "deployment")
    )
    text = f"site: {name}\ntitle: {name}\npseudonym_key_env: MANY_KEY\ntables:\n{tables}"
    (folder / "sites" / f"{name}.yaml").write_text(text, encoding="utf-8")


def _renamed(frame: pl.DataFrame, prefix: str) -> pl.DataFrame:
    number = pl.col("study_instance_uid").str.extract(r"(\d+)$").cast(pl.Int64).cast(pl.String)
    return frame.with_columns((pl.lit(f"1.2.826.0.{prefix}.") + number).alias("study_instance_uid"))


def _headers(studies: Studies, prefix: str) -> pl.DataFrame:
    made = _renamed(series_of_studies(studies), prefix).with_columns(
        (pl.col("study_instance_uid") + ".1").alias("series_instance_uid"),
        pl.col("body_part_examined").str.to_uppercase(),
    )
    return made.select(pl.col(ours).alias(theirs) for ours, theirs in _KEYWORDS.items()).with_columns(
        pl.lit(100, pl.Int64).alias("NumberOfSeriesRelatedInstances")
    )


def _cases(studies: Studies, prefix: str) -> pl.DataFrame:
    made = _renamed(series_of_studies(studies), prefix)
    truths = [pl.Series(f"reference_{finding}", studies.positive[finding].astype(np.int64)) for finding in FINDINGS]
    return made.select(
        pl.col("study_instance_uid").alias("case_id"), "patient_id", "study_instance_uid",
        pl.lit("test").alias("split"), pl.col("study_date").alias("case_date"),
    ).with_columns(truths)  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
