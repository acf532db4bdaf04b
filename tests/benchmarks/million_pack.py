"""A pack of the demo at a million cases: seconds to build, megabytes, and seconds to verify.

``python -m tests.benchmarks.million_pack WORKSPACE STUDY_FILE SITES_FOLDER`` takes a finished demo, repeats its cohort
until there are a million cases, each with patients of its own and a score moved by chance, tallies and estimates those
with the program's own stages, and builds the pack from them. All other evidence stays that of the demo, whose size does
not depend on the number of cases.
"""

import sys
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from multisite.audit.keys import new_key
from multisite.pack.validation.files import pack_files
from multisite.pack.verifying.recomputation import recomputed
from multisite.pack.verifying.verify import verify
from multisite.pack.writing import zipped
from multisite.performance import ESTIMATES_STAGE, PERFORMANCE_STAGE
from multisite.runners.packing import pack_sources
from multisite.runners.work import open_artefacts
from multisite.schemas import StageInputs
from multisite.schemas.cohort import COHORT, PREDICTIONS
from multisite.schemas.performance import (
    DESIGN_EFFECTS,
    ESTIMATES,
    PROPORTION_MOMENTS,
    SCORE_TALLY_GRID,
    SITE_ESTIMATES,
    SITE_RELIABILITY,
)
from multisite.storage.location import StoreLocation
from multisite.study import load_sites, load_study
from multisite.vocabulary import ALL_SITES, Zone

CASES = 1_000_000
_TALLIES = (SCORE_TALLY_GRID, PROPORTION_MOMENTS, DESIGN_EFFECTS)
_OF_SITES = (*_TALLIES, SITE_ESTIMATES, SITE_RELIABILITY)


def main(arguments: list[str]) -> int:
    workspace, study_file, sites_folder = arguments
    study, sites = load_study(Path(study_file)), load_sites([Path(sites_folder)])
    location = StoreLocation("workspace", str(Path(workspace).resolve()))
    store = open_artefacts(location, study, Zone.SITE)
    sources = pack_sources(study, sites, location, built=datetime.now(UTC))
    cohorts = {site.site: store.read(COHORT, site.site) for site in sites}
    times = -(-CASES // sum(frame.height for frame in cohorts.values()))
    rng = np.random.default_rng(20)
    made: dict[str, list[pl.DataFrame]] = {artefact.name: [] for artefact in _OF_SITES}
    n_cases = 0
    for name, cohort in cohorts.items():
        frames = {
            COHORT.name: _repeated(cohort, times),
            PREDICTIONS.name: _moved(store.read(PREDICTIONS, name), times, rng),
        }
        n_cases += frames[COHORT.name].height
        outputs = PERFORMANCE_STAGE.run(
            StageInputs(site=name, frames=frames), PERFORMANCE_STAGE.parameters(study, None)
        )
        for artefact in _OF_SITES:
            frame = outputs.frames[artefact.name]
            assert isinstance(frame, pl.DataFrame)
            made[artefact.name].append(frame)
    whole = {artefact: pl.concat(frames) for artefact, frames in made.items()}
    pooled = ESTIMATES_STAGE.run(StageInputs(site=ALL_SITES, frames=whole), ESTIMATES_STAGE.parameters(study, None))
    frames = dict(sources.evidence.frames) | {ESTIMATES.name: pooled.frames[ESTIMATES.name]}
    tallies = dict(sources.tallies) | {artefact.name: whole[artefact.name] for artefact in _TALLIES}
    evidence: Any = replace(sources.evidence, frames=frames)
    began = time.perf_counter()
    files = pack_files(replace(sources, evidence=evidence, tallies=tallies), key=new_key()).files
    archive = zipped(files, "pack")
    built = time.perf_counter() - began
    steps = [*verify(files), recomputed(files, number=9)]
    checked = time.perf_counter() - began - built
    print(f"{n_cases:,} cases, {whole[SCORE_TALLY_GRID.name].height:,} rows of counts of scores")
    print(f"built in {built:.1f} s; {sum(map(len, files.values())) / 1e6:.1f} MB, as a zip {len(archive) / 1e6:.1f} MB")
    print(f"verified in {checked:.1f} s: {', '.join(f'{step.title} {step.outcome}' for step in steps)}")
    return 0


def _repeated(cohort: pl.DataFrame, times: int) -> pl.DataFrame:
    """The rows ``times`` over, with cases and patients of their own."""
    return pl.concat(
        cohort.with_columns(pl.format("{}-{}", pl.col(name), pl.lit(turn)) for name in ("case_id", "patient_id"))
        for turn in range(times)
    )


def _moved(predictions: pl.DataFrame, times: int, rng: np.random.Generator) -> pl.DataFrame:
    """The scores ``times`` over, each moved on the logit, so that they fill the grid."""
    turns = []
    for turn in range(times):
        score = predictions["score"].to_numpy().clip(1e-6, 1 - 1e-6)
        logit = np.log(score / (1 - score)) + rng.normal(0, 0.2, score.size)
        turns.append(
            predictions.with_columns(
                pl.format("{}-{}", pl.col("case_id"), pl.lit(turn)).alias("case_id"),
                pl.Series("score", 1 / (1 + np.exp(-logit))),
            )
        )
    return pl.concat(turns)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
