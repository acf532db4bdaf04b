"""Sites with two models, as the stages that compare models receive them."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl

from multisite.performance import MODEL_DIFFERENCES_STAGE, MODEL_PAIRS_STAGE
from multisite.performance.models.differences import Margins, ModelDifferencesParameters
from multisite.performance.models.pairs import DataRule, ModelPair, ModelPairsParameters
from multisite.schemas import StageInputs
from multisite.tallies import Thresholds
from multisite.vocabulary import ALL_SITES

__all__ = ["DATE", "PAIR", "compared", "over_sites", "pairs_parameters", "site_frames"]

DATE = date(2024, 4, 1)
PAIR = ModelPair("v2", "v1", ("nodule",), Thresholds(0.5))


def pairs_parameters(*pairs: ModelPair, minimum: int = 5) -> ModelPairsParameters:
    return ModelPairsParameters(pairs=pairs or (PAIR,), ci_level=0.95, minimum_denominator=minimum)


def site_frames(
    site: str,
    *,
    n: int = 240,
    cases_per_patient: int = 2,
    findings: tuple[str, ...] = ("nodule",),
    models: tuple[str, ...] = ("v1", "v2"),
    seed: int = 5,
) -> dict[str, pl.DataFrame]:
    """Cohort and predictions; later models score a little better. One case in six is of the tune split."""
    rng = np.random.default_rng(seed)
    cohort: dict[str, Any] = {
        "site": site,
        "case_id": [f"{site}-c{i:05}" for i in range(n)],
        "patient_id": [f"{site}-p{i // cases_per_patient:05}" for i in range(n)],
        "split": ["tune" if i // cases_per_patient % 6 == 0 else "test" for i in range(n)],
        "case_date": [date(2024, 1, 1) + timedelta(days=i * 180 // n) for i in range(n)],
        "included": True,
        "stratum_vendor": [("GE", "Canon")[i // 7 % 2] for i in range(n)],
        "stratum_sex": [None if i % 50 == 1 else "FM"[i // 3 % 2] for i in range(n)],
    }
    scores = []
    for finding in findings:
        truth = rng.random(n) < 0.4
        cohort[f"reference_{finding}"] = truth
        held = rng.normal(size=n)
        for number, model in enumerate(models):
            latent = 0.7 * held + 0.7 * rng.normal(size=n) + (1.2 + 0.4 * number) * truth - 0.6
            values = (1 / (1 + np.exp(-latent))).round(4)
            scores.append(
                pl.DataFrame({"site": site, "case_id": cohort["case_id"], "score": values}).with_columns(
                    finding=pl.lit(finding), model=pl.lit(model)
                )
            )
    return {"cohort": pl.DataFrame(cohort), "predictions": pl.concat(scores)}


def compared(
    frames: Mapping[str, pl.DataFrame], parameters: ModelPairsParameters | None = None
) -> dict[str, pl.DataFrame]:
    """What the stage inside the site writes, after its schemas have been checked."""
    site = frames["cohort"]["site"][0]
    found = MODEL_PAIRS_STAGE.run(StageInputs(site=site, frames=frames), parameters or pairs_parameters()).frames
    return {artefact.name: artefact.conform(found[artefact.name]) for artefact in MODEL_PAIRS_STAGE.writes}


def over_sites(sites: list[dict[str, pl.DataFrame]], *margins: Margins, level: float = 0.95) -> pl.DataFrame:
    """What the stage over the sites writes."""
    frames = {name: pl.concat([site[name] for site in sites]) for name in sites[0]}
    declared = margins or (Margins("v2", "v1", ("auc",), {"auc": 0.05}),)
    parameters = ModelDifferencesParameters(margins=declared, ci_level=level)
    found = MODEL_DIFFERENCES_STAGE.run(StageInputs(site=ALL_SITES, frames=frames), parameters)
    (artefact,) = MODEL_DIFFERENCES_STAGE.writes
    return artefact.conform(found.frames[artefact.name])


def by_date(pair: ModelPair = PAIR) -> ModelPair:
    """The pair with old data before ``DATE``."""
    return ModelPair(pair.new, pair.old, pair.findings, Thresholds(0.5), DataRule(new_from=DATE))
