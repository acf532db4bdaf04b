"""One month of a site with 60 watched columns: counted and judged here, and compared by Evidently without a page.

Evidently computes its preset on the same columns of the same studies, and draws nothing. A second row is many months at
once: 24 months of 60 columns through the verdict alone, per site, against what Evidently would take for 24 months.
"""

import os
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl

from multisite.drift.baseline.bins import register_bins
from multisite.drift.baseline.limits import make_limits
from multisite.drift.baseline.registry import Floors, register_monitors
from multisite.drift.monitors import Monitors
from multisite.drift.months.counts import BASELINE_WINDOW, count_on_bins
from multisite.drift.months.stage import CountParameters, count_month
from multisite.drift.rule.segment import Rules
from multisite.drift.rule.stage import VerdictParameters, judge_months
from multisite.schemas import AdoptedBaseline, StageInputs
from multisite.schemas.drift import DEPLOYMENT, DRIFT_COUNTS, DRIFT_COUNTS_BASELINE, DRIFT_REFERENCE
from multisite.schemas.drift_baseline import DRIFT_BASELINE_MONITORS, DRIFT_LIMITS, DRIFT_MOMENTS
from multisite.schemas.drift_feed import DEPLOYMENT_DAYS, DRIFT_EVENTS
from multisite.schemas.drift_performance import DRIFT_PERFORMANCE
from tests.benchmarks.ratio import Ratio, in_turn

__all__ = ["bench"]

SEED = 20_261_128
SITE, MODEL = "north", "ai"
EACH = 30
"""Numbers, and as many categories."""

N_REFERENCE, N_MONTH, N_MONTHS = 3000, 800, 24
AIM = 0.2
_RARE, _LIMIT_DRAWS, _ROUNDS = 5, 1000, 3
_NUMBERS = tuple(f"n{i:02d}" for i in range(EACH))
_CATEGORIES = tuple(f"c{i:02d}" for i in range(EACH))
_COLUMNS = (*(f"number_{name}" for name in _NUMBERS), *(f"category_{name}" for name in _CATEGORIES))
_RULES = Rules(1.0, 1.0, 3, 0, 3, (), ())


def bench(*, n_month: int = N_MONTH, n_months: int = N_MONTHS) -> list[Ratio]:
    """Seconds for a site-month, counts and verdict; and for the verdict on all months of a site."""
    rng = np.random.default_rng(SEED)
    reference = _studies(rng, N_REFERENCE, ["2023-06"] * N_REFERENCE)
    months = [f"{2024 + m // 12}-{m % 12 + 1:02d}" for m in range(n_months)]
    used = _studies(rng, n_month * n_months, np.repeat(months, n_month).tolist())
    baseline = _baseline(reference)
    feed = _feed(used)
    counted = [_count(used, baseline, month) for month in months]
    whole = _tallies(feed, counted)
    first = used.filter(month=months[0])
    feed_of_first = _feed(first)

    def ours() -> pl.DataFrame:
        tallies = _tallies(feed_of_first, [_count(first, baseline, months[0])])
        return _judge(tallies, baseline, months[0])

    theirs = _evidently(reference, first)
    (own, other, all_months), _ = in_turn([ours, theirs, lambda: _judge(whole, baseline, months[-1])], _ROUNDS)
    return [
        Ratio(f"drift, a month of {n_month} studies, 60 columns", own, other, aim=AIM, at_most=True),
        Ratio(f"drift, verdicts on {n_months} months, per site", all_months, n_months * other, aim=None, at_most=True),
    ]


def _studies(rng: np.random.Generator, n: int, months: list[str]) -> pl.DataFrame:
    words = np.array(["one", "two", "three", "four", "five", "six"])
    return pl.DataFrame(
        {
            "site": [SITE] * n,
            "study_instance_uid": [f"s{i}" for i in range(n)],
            "patient_id": [f"p{i}" for i in range(n)],
            "month": months,
            "is_first": [True] * n,
            **{f"number_{name}": rng.normal(size=n) for name in _NUMBERS},
            **{f"category_{name}": words[rng.integers(0, 6, n)] for name in _CATEGORIES},
        }
    ).with_columns(study_date=pl.col("month").add("-15").str.to_date(), failed=pl.lit(False))


def _baseline(reference: pl.DataFrame) -> AdoptedBaseline:
    monitors = Monitors(_NUMBERS, _CATEGORIES)
    bins = register_bins(reference, bins=10, rare=_RARE)
    counts = count_on_bins(reference, bins, reference=reference, rare=_RARE, site=SITE, window=BASELINE_WINDOW)
    floors = Floors(0.02, 0.05, 0.3, 3, watch_missing=False)
    registry = register_monitors(reference, counts, monitors=monitors, floors=floors, site=SITE)
    limits = make_limits(registry, counts, replicates=_LIMIT_DRAWS, seed=SEED, site=SITE)
    frames = {
        DRIFT_REFERENCE.name: reference,
        DRIFT_COUNTS_BASELINE.name: counts,
        DRIFT_BASELINE_MONITORS.name: registry,
        DRIFT_LIMITS.name: limits,
    }
    return AdoptedBaseline("made", "", frames)


def _count(used: pl.DataFrame, baseline: AdoptedBaseline, month: str) -> dict[str, pl.DataFrame]:
    inputs = StageInputs(site=SITE, partition=month, frames={DEPLOYMENT.name: used}, baselines=(baseline,))
    return dict(count_month(inputs, CountParameters(_RARE, ())).frames)


def _feed(used: pl.DataFrame) -> dict[str, pl.DataFrame]:
    days = used.group_by("site", pl.lit(MODEL).alias("model"), pl.col("study_date").alias("date")).agg(
        pl.len().cast(pl.Int64).alias("n_studies"),
        pl.lit(0, pl.Int64).alias("n_failed"),
        pl.lit(0, pl.Int64).alias("n_abstained"),
    )
    return {
        DEPLOYMENT_DAYS.name: days.select(DEPLOYMENT_DAYS.schema.names()),
        DRIFT_EVENTS.name: pl.DataFrame(schema=DRIFT_EVENTS.schema),
        DRIFT_PERFORMANCE.name: DRIFT_PERFORMANCE.empty(),
    }


def _tallies(feed: dict[str, pl.DataFrame], counted: list[dict[str, pl.DataFrame]]) -> dict[str, pl.DataFrame]:
    names = (DRIFT_COUNTS.name, DRIFT_MOMENTS.name)
    return {**feed, **{name: pl.concat([month[name] for month in counted]) for name in names}}


def _judge(tallies: dict[str, pl.DataFrame], baseline: AdoptedBaseline, month: str) -> pl.DataFrame:
    inputs = StageInputs(site=SITE, frames=tallies, baselines=(baseline,), through=month)
    return judge_months(inputs, VerdictParameters((MODEL,), _RULES)).frames["drift_verdicts"]


def _evidently(reference: pl.DataFrame, month: pl.DataFrame) -> Callable[[], Any]:
    """Its preset on the same columns; pages are drawn when they are asked for, and none is."""
    os.environ.update({"DO_NOT_TRACK": "1", "ITERATIVE_DO_NOT_TRACK": "1"})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from evidently import DataDefinition, Dataset, Report
        from evidently.presets import DataDriftPreset

        definition = DataDefinition(
            numerical_columns=[name for name in _COLUMNS if name.startswith("number_")],
            categorical_columns=[name for name in _COLUMNS if name.startswith("category_")],
        )
        before, now = (
            Dataset.from_pandas(frame.select(_COLUMNS).to_pandas(), data_definition=definition)
            for frame in (reference, month)
        )

    def run() -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return Report([DataDriftPreset()]).run(now, before).dict()

    return run
