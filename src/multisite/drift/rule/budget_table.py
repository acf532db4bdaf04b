"""The simulated budget of a baseline as a table, for months of several sizes."""

from dataclasses import dataclass

import polars as pl

from multisite.drift.rule.budget import poisson_upper, simulate_budget
from multisite.drift.rule.reading import read_monitors, read_series
from multisite.schemas.drift_baseline import DRIFT_BUDGET

__all__ = ["SIMULATED_SIZES", "Budget", "budget_table"]

SIMULATED_SIZES = (50, 200, 800)
"""Studies a month for which years are simulated."""

_YEARS = 5


@dataclass(frozen=True, slots=True)
class Budget:
    """Accepted false ambers a year and reds in five years, simulated years, and the months that are learnt from."""

    false_ambers_per_year: float
    false_reds_per_five_years: float
    simulated_years: int
    first_months: int


def budget_table(
    registry: pl.DataFrame,
    counts: pl.DataFrame,
    limits: pl.DataFrame,
    *,
    budget: Budget,
    models: tuple[str, ...],
    seed: int,
    site: str,
) -> pl.DataFrame:
    """DRIFT_BUDGET of every model; no row where the reference is empty, for nothing can be simulated from it."""
    monitors = read_monitors(registry)
    empty = counts.filter(pl.lit(False))
    rows = []
    for model in models:
        own = [monitor for monitor in monitors if monitor.model in ("", model)]
        series = read_series(own, baseline=counts, counts=empty, limits=limits, months=())
        known = [one for one in series if one.reference.sum() > 0]
        for size in SIMULATED_SIZES if known else ():
            made = simulate_budget(
                known,
                n_studies=size,
                n_years=budget.simulated_years,
                n_first=budget.first_months,
                false_ambers_per_year=budget.false_ambers_per_year,
                false_reds_per_five_years=budget.false_reds_per_five_years,
                seed=seed,
            )
            years = made.n_years
            rows.append(
                {
                    "site": site,
                    "model": model,
                    "n_studies": size,
                    "n_monitors": made.n_monitors,
                    "n_years": years,
                    "n_ambers": made.n_ambers,
                    "n_reds": made.n_reds,
                    "ambers_per_year": made.n_ambers / years,
                    "ambers_per_year_upper": poisson_upper(made.n_ambers) / years,
                    "reds_per_five_years": _YEARS * made.n_reds / years,
                    "reds_per_five_years_upper": _YEARS * poisson_upper(made.n_reds) / years,
                    "budget_ambers_per_year": budget.false_ambers_per_year,
                    "budget_reds_per_five_years": budget.false_reds_per_five_years,
                }
            )
    return pl.DataFrame(rows, schema=DRIFT_BUDGET.schema)
