"""Cohorts and tables of measurements of a site, and the two stages run on them."""

from typing import Any, Literal

import numpy as np
import polars as pl

from multisite.performance import MEASURES_OVER_SITES_STAGE, MEASURES_STAGE
from multisite.performance.measures.evaluation import MeasureParameters, MeasureRules
from multisite.schemas import StageInputs, StageOutputs
from multisite.vocabulary import ALL_SITES

__all__ = ["DICE", "HD95", "PARAMETERS", "TABLE", "VOLUME", "at_site", "cohort", "over_sites", "table"]

DICE = MeasureRules("dice", "quality", ("m1",), bounds=(0.0, 1.0), case_limit=0.7, margin=0.6)
HD95 = MeasureRules("hd95", "quality", ("m1",), higher_is_better=False, bounds=(0.0, 50.0), top_coded=True)
VOLUME = MeasureRules("volume", "paired", ("m1",), case_limit=3.0, margin=40.0)
PARAMETERS = MeasureParameters((DICE, HD95, VOLUME), ci_level=0.95, minimum_denominator=5)
TABLE = {"case_id": pl.String, "measure": pl.String, "model": pl.String, "value": pl.Float64, "reference": pl.Float64}


def cohort(site: str, *, n: int = 120, cases_per_patient: int = 2) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "site": site,
            "case_id": [f"{site}-c{i:04}" for i in range(n)],
            "patient_id": [f"{site}-p{i // cases_per_patient:04}" for i in range(n)],
            "split": ["tune" if i % 10 == 9 else "test" for i in range(n)],
            "included": [i % 20 != 8 for i in range(n)],
            "stratum_vendor": [("GE", "Canon", "Rare")[2 if i < 3 else i // 7 % 2] for i in range(n)],
            "stratum_sex": [None if i % 40 == 1 else "FM"[i // 3 % 2] for i in range(n)],
        }
    )


def table(site: str, *, n: int = 120, seed: int = 1, model: str = "m1") -> pl.DataFrame:
    rng = np.random.default_rng([seed, *site.encode()])
    truth = rng.gamma(4, 10, n)
    values = {
        "dice": (rng.beta(9, 2, n), np.full(n, np.nan)),
        "hd95": (np.where(rng.random(n) < 0.1, np.inf, rng.gamma(2, 4, n)), np.full(n, np.nan)),
        "volume": (truth + 1 + 3 * rng.standard_normal(n), truth),
    }
    frames = [
        pl.DataFrame(
            {
                "case_id": [f"{site}-c{i:04}" for i in range(n)],
                "measure": measure,
                "model": model,
                "value": value,
                "reference": reference,
            }
        ).with_columns(pl.col("reference").fill_nan(None))
        for measure, (value, reference) in values.items()
    ]
    return pl.concat(frames)


def at_site(
    site: str,
    parameters: MeasureParameters = PARAMETERS,
    *,
    model: str = "m1",
    measurements: pl.DataFrame | Literal["made"] | None = "made",
) -> StageOutputs:
    """The site's stage; ``measurements`` in the place of those that are made up, ``None`` for no such table."""
    rows = table(site, model=model) if isinstance(measurements, str) else measurements
    tables = {} if rows is None else {"measurements": rows}
    return MEASURES_STAGE.run(StageInputs(site=site, frames={"cohort": cohort(site)}, tables=tables), parameters)


def over_sites(outputs: list[StageOutputs], parameters: MeasureParameters = PARAMETERS) -> dict[str, Any]:
    names = ("measure_moments", "measure_histogram", "site_measures")
    frames = {name: pl.concat([o.frames[name] for o in outputs]) for name in names}
    sites = sorted(set(frames["site_measures"]["site"]))
    split = ["test", "tune", *["test"] * (len(sites) - 2)]
    composition = pl.DataFrame({"site": sites, "split": split, "stratum": "overall", "n_cases": 9})
    inputs = StageInputs(site=ALL_SITES, frames=frames | {"composition": composition})
    return dict(MEASURES_OVER_SITES_STAGE.run(inputs, parameters).frames)
