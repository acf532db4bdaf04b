"""Aggregates of readings of two hospitals, made by the stages themselves from simulated readers."""

from functools import lru_cache

import numpy as np
import polars as pl

from multisite.performance.truths.sensitivity import TruthParameters
from multisite.performance.truths.stage import TornadoParameters, hold_against, pool_truths
from multisite.reference.agreement import AgreementRules
from multisite.reference.agreement_by_stratum import agreement_across_sites, agreement_by_stratum
from multisite.reference.rules import FindingRule, Majority
from multisite.reference.stage import ReferenceParameters, make_reference
from multisite.schemas import StageInputs
from multisite.schemas.site_tables import READINGS
from multisite.tallies import Thresholds
from multisite.vocabulary import ALL_SITES
from tests.lib.report_frames import FINDING, MODEL

__all__ = ["READ_SITES", "reading_frames"]

READ_SITES = ("amstel", "borealis")
_N = 160
_RIGHT = {"a": (0.92, 0.95), "b": (0.85, 0.9), "c": (0.7, 0.97), "d": (0.8, 0.85)}
"""Sensitivity and specificity of each reader."""


@lru_cache(maxsize=1)
def reading_frames() -> dict[str, pl.DataFrame]:
    """Frames of the report's artefacts on readings, by name."""
    parts: dict[str, list[pl.DataFrame]] = {}
    for seed, site in enumerate(READ_SITES):
        for name, frame in _site(site, np.random.default_rng(seed)).items():
            parts.setdefault(name, []).append(frame)
    frames = {name: pl.concat(of_sites) for name, of_sites in parts.items()}
    pooled = pool_truths(StageInputs(site=ALL_SITES, frames=frames), TornadoParameters(0.95)).frames
    frames["agreement_across_sites"] = agreement_across_sites(frames["agreement_by_stratum"], ci_level=0.95)
    return frames | {name: frame for name, frame in pooled.items() if isinstance(frame, pl.DataFrame)}


def _site(site: str, rng: np.random.Generator) -> dict[str, pl.DataFrame]:
    truth = rng.random(_N) < 0.35
    names = [f"{site}-{number}" for number in range(_N)]
    cases = pl.DataFrame({"case_id": names, "patient_id": [f"p{number // 2}" for number in range(_N)]})
    rows = [
        {"case_id": name, "reader": reader, "rating": "yes" if has == (rng.random() < right[0 if has else 1]) else "no"}
        | {"finding": FINDING, "blinded": reader != "d" or rng.random() < 0.7}
        | {"qualification": "trainee" if reader == "d" else "board_certified"}
        for name, has in zip(names, truth.tolist(), strict=True)
        for reader, right in _RIGHT.items()
        if rng.random() < 0.9
    ]
    written = pl.DataFrame(rows)
    missing = [pl.lit(None, c.dtype).alias(c.name) for c in READINGS.columns if c.name not in written.columns]
    rule = FindingRule(
        FINDING,
        2,
        "majority",
        (("yes", "positive"), ("no", "negative")),
        Majority(3),
        "exclude",
        "exclude",
        ("board_certified", "trainee"),
    )
    made = make_reference(
        StageInputs(site=site, tables={"cases": cases, "readings": written.with_columns(missing)}),
        ReferenceParameters((rule,), AgreementRules(0.95, 10)),
    ).frames
    frames = {name: frame for name, frame in made.items() if isinstance(frame, pl.DataFrame)}
    cohort = cases.with_columns(pl.lit(site).alias("site"), pl.lit(True).alias("included"), split=pl.lit("test"))
    cohort = cohort.with_columns(stratum_sex=pl.Series(["F", "F", "M", "M", None, None, "M", "M"] * (_N // 8)))
    score = 1 / (1 + np.exp(-(np.where(truth, 1.6, -1.6) + rng.normal(0, 1.4, _N))))
    predictions = cases.select("case_id", finding=pl.lit(FINDING), model=pl.lit(MODEL)).with_columns(
        score=pl.Series(score)
    )
    held = hold_against(
        StageInputs(site=site, frames=frames | {"cohort": cohort, "predictions": predictions}),
        TruthParameters((FINDING,), Thresholds(0.5), 0.95, 10),
    ).frames
    rules = AgreementRules(0.95, 10)
    frames["agreement_by_stratum"] = agreement_by_stratum(frames["readings"], cohort, rule, rules, site=site)
    kept = ("reading_counts", "agreement", "reader_bias", "agreement_by_stratum")
    return {name: frames[name] for name in kept} | {n: f for n, f in held.items() if isinstance(f, pl.DataFrame)}
