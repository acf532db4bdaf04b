"""Cohorts and predictions of a site, as the performance stage receives them."""

import numpy as np
import polars as pl

from multisite.performance import EvaluationParameters

__all__ = ["PARAMETERS", "cohort_and_predictions"]

PARAMETERS = EvaluationParameters(
    threshold=0.5,
    ci_level=0.95,
    reliability_bins=10,
    minimum_denominator=10,
    score_grid_steps=1000,
    null_replicates=200,
    seed=4,
)


def cohort_and_predictions(
    site: str, *, n: int = 400, cases_per_patient: int = 1, seed: int = 9
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Calibrated scores of one finding and two models; vendor ``Rare`` has four cases, sex is sometimes missing."""
    rng = np.random.default_rng(seed)
    score = rng.beta(1, 2, n).round(4)
    cohort = pl.DataFrame(
        {
            "site": site,
            "case_id": [f"{site}-c{i:05}" for i in range(n)],
            "patient_id": [f"{site}-p{i // cases_per_patient:05}" for i in range(n)],
            "split": ["tune" if i % 5 == 0 else "test" for i in range(n)],
            "included": True,
            "stratum_vendor": ["Rare" if i in (1, 2, 3, 4) else ("GE", "Canon")[i // 7 % 2] for i in range(n)],
            "stratum_sex": [None if i % 50 == 1 else "FM"[i // 3 % 2] for i in range(n)],
            "reference_nodule": rng.random(n) < score,
        }
    )
    models = [
        cohort.select("site", "case_id", finding=pl.lit("nodule"), model=pl.lit(model), score=pl.Series(values))
        for model, values in (("m1", score), ("m2", np.sqrt(score).round(4)))
    ]
    return cohort, pl.concat(models)
