"""Sites with errors along known lines, as the stages of failure modes receive them."""

from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl

from multisite.performance import FAILURE_MODES_OVER_SITES_STAGE, FAILURE_MODES_STAGE
from multisite.performance.failure_modes.search import FailureModesParameters
from multisite.performance.failure_modes.slice_columns import SearchedColumn
from multisite.schemas import StageInputs
from multisite.tallies import Thresholds
from multisite.vocabulary import ALL_SITES

__all__ = ["COLUMNS", "PARAMETERS", "over_sites", "searched", "site_frames"]

COLUMNS = (
    SearchedColumn("vendor", "stratum_vendor"),
    SearchedColumn("sex", "stratum_sex"),
    SearchedColumn("age_years", "age_years"),
    SearchedColumn("software_versions", "software_versions"),
    SearchedColumn("model", "model"),
)
PARAMETERS = FailureModesParameters(
    asked=True,
    columns=COLUMNS,
    thresholds=Thresholds(0.5),
    max_conditions=2,
    beam_width=20,
    minimum_patients=20,
    candidates=10,
    minimum_denominator=10,
    ci_level=0.95,
    seed=20,
)


def site_frames(
    site: str, *, n: int = 1600, gap: float = 0.0, cases_per_patient: int = 1, seed: int = 7
) -> dict[str, pl.DataFrame]:
    """Half positive; 15 % of positives missed, ``gap`` more at Philips, and 10 % of negatives called."""
    rng = np.random.default_rng(seed)
    vendor = rng.choice(["GE", "Philips", "Siemens"], size=n, p=[0.4, 0.25, 0.35])
    truth = rng.random(n) < 0.5
    wrong = rng.random(n) < np.where(truth, 0.15 + gap * (vendor == "Philips"), 0.1)
    cohort: dict[str, Any] = {
        "site": site,
        "case_id": [f"{site}-c{i:05}" for i in range(n)],
        "patient_id": [f"{site}-p{i // cases_per_patient:05}" for i in range(n)],
        "split": "test",
        "included": True,
        "stratum_vendor": vendor,
        "stratum_sex": rng.choice(["F", "M"], size=n),
        "age_years": np.where(rng.random(n) < 0.05, np.nan, rng.integers(20, 90, n).astype(float)),
        "software_versions": rng.choice(["A1", "A2", "B1", "B2"], size=n),
        "model": rng.choice(["Ingenuity", "Force"], size=n),
        "reference_nodule": truth,
    }
    scores = {
        "site": site,
        "case_id": cohort["case_id"],
        "finding": "nodule",
        "model": "v1",
        "score": np.where(truth != wrong, 0.9, 0.1),
    }
    return {"cohort": pl.DataFrame(cohort), "predictions": pl.DataFrame(scores)}


def searched(frames: dict[str, pl.DataFrame], **changed: Any) -> dict[str, pl.DataFrame]:
    """What the stage inside the site writes, after its schemas have been checked."""
    inputs = StageInputs(site=frames["cohort"]["site"][0], frames=frames)
    found = FAILURE_MODES_STAGE.run(inputs, replace(PARAMETERS, **changed)).frames
    return {artefact.name: artefact.conform(found[artefact.name]) for artefact in FAILURE_MODES_STAGE.writes}


def over_sites(sites: list[dict[str, pl.DataFrame]], **changed: Any) -> pl.DataFrame:
    """What the stage over the sites writes."""
    frames = {name: pl.concat([site[name] for site in sites]) for name in ("site_failure_modes", "slice_counts")}
    inputs = StageInputs(site=ALL_SITES, frames=frames)
    found = FAILURE_MODES_OVER_SITES_STAGE.run(inputs, replace(PARAMETERS, **changed)).frames
    (artefact,) = FAILURE_MODES_OVER_SITES_STAGE.writes
    return artefact.conform(found[artefact.name])
