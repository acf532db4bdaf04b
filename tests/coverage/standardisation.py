"""Intervals of results carried over to another mix of cells, with and without the error of the target's table."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import stats

from multisite.stats import ClusterMoments, Estimate, ScoreCounts
from multisite.stats.standardisation import (
    TargetMix,
    mix_of_classes,
    mix_of_counts,
    population_shares,
    raked_shares,
    standardised_auc,
    standardised_predictive_values,
    standardised_proportion,
)
from tests.coverage.scenario import NOMINAL, Scenario

__all__ = ["STANDARDISATION_SCENARIOS"]

TOO_LITTLE = (0.80, 0.95)
"""What the docstring of ``mover`` states of many small cells."""

Q = np.array([0.40, 0.10, 0.35, 0.15])
PREVALENCE = np.array([0.30, 0.50, 0.25, 0.40])
SENSITIVITY, SPECIFICITY = np.array([0.80, 0.92, 0.70, 0.95]), np.array([0.85, 0.90, 0.95, 0.80])
UP, DOWN = stats.norm.ppf(SENSITIVITY), -stats.norm.ppf(SPECIFICITY)
TOTAL = float(Q @ PREVALENCE)
U, V = Q * PREVALENCE / TOTAL, Q * (1 - PREVALENCE) / (1 - TOTAL)


def _truths() -> dict[str, float]:
    se, sp = float(U @ SENSITIVITY), float(V @ SPECIFICITY)
    area = float(U @ stats.norm.cdf((UP[:, None] - DOWN[None, :]) / np.sqrt(2)) @ V)
    ppv = se * TOTAL / (se * TOTAL + (1 - sp) * (1 - TOTAL))
    npv = sp * (1 - TOTAL) / (sp * (1 - TOTAL) + (1 - se) * TOTAL)
    return {"sensitivity": se, "specificity": sp, "auc": area, "ppv": ppv, "npv": npv}


TRUTHS = _truths()


def independent(y: int, n: int) -> ClusterMoments:
    """Sums of patients of one case each."""
    return ClusterMoments(n, y, n, y, y, n)


@dataclass(frozen=True)
class _Drawn:
    sensitivity: list[ClusterMoments]
    specificity: list[ClusterMoments]
    prevalence: list[ClusterMoments]
    scores: list[ScoreCounts]


def _source(rng: np.random.Generator, n: tuple[int, ...]) -> _Drawn:
    drawn = _Drawn([], [], [], [])
    for k, size in enumerate(n):
        positives = int(rng.binomial(size, PREVALENCE[k]))
        up, down = rng.normal(UP[k], 1, positives), rng.normal(DOWN[k], 1, size - positives)
        drawn.sensitivity.append(independent(int((up >= 0).sum()), positives))
        drawn.specificity.append(independent(int((down < 0).sum()), size - positives))
        drawn.prevalence.append(independent(positives, size))
        truth = np.repeat([1, 0], [positives, size - positives])
        drawn.scores.append(ScoreCounts.from_cases(truth, stats.norm.cdf(np.concatenate([up, down]) / 2).round(3)))
    return drawn


def _mix(rng: np.random.Generator, drawn: _Drawn, table: str, size: int) -> TargetMix:
    if table == "census":
        return mix_of_counts(population_shares((Q * 1000).astype(int), census=True), drawn.prevalence)
    if table == "counts":
        return mix_of_counts(population_shares(rng.multinomial(size, Q)), drawn.prevalence)
    counted = rng.multinomial(size, np.concatenate([Q * PREVALENCE, Q * (1 - PREVALENCE)]))
    positives, negatives = counted[: Q.size], counted[Q.size :]
    return mix_of_classes(
        population_shares(positives),
        population_shares(negatives),
        prevalence=positives.sum() / size,
        n_cases=size,
    )


def _estimate(metric: str, drawn: _Drawn, mix: TargetMix) -> Estimate:
    if metric == "sensitivity":
        return standardised_proportion(drawn.sensitivity, mix.positive)
    if metric == "specificity":
        return standardised_proportion(drawn.specificity, mix.negative)
    if metric == "auc":
        return standardised_auc(drawn.scores, mix)
    values = standardised_predictive_values(drawn.sensitivity, drawn.specificity, mix)
    return values.ppv if metric == "ppv" else values.npv


def _of_metric(metric: str, n: tuple[int, ...], table: str, size: int) -> Scenario:
    def draw(rng: np.random.Generator) -> Estimate:
        drawn = _source(rng, n)
        return _estimate(metric, drawn, _mix(rng, drawn, table, size))

    sample = "" if table == "census" else f" of {size}"
    setting = f"cells of {'/'.join(map(str, n))}, {table}{sample}"
    return Scenario(
        statistic=f"standardised {metric}", method="default", setting=setting, truth=TRUTHS[metric], draw=draw
    )


def _small_cells(n_cells: int, size: int, p: float, method: str, expected: tuple[float, float]) -> Scenario:
    w = np.arange(1, n_cells + 1) / np.arange(1, n_cells + 1).sum()
    truths = p + np.linspace(-0.05, 0.05, n_cells)
    shares = population_shares(np.arange(1, n_cells + 1), census=True)

    def draw(rng: np.random.Generator) -> Estimate:
        cells = [independent(int(y), size) for y in rng.binomial(size, truths)]
        return standardised_proportion(cells, shares, method=method)

    setting = f"{n_cells} cells of {size}, weights 1 to {n_cells}, p about {p:g}"
    return Scenario(
        statistic="standardised_proportion",
        method=method,
        setting=setting,
        truth=float(w @ truths),
        draw=draw,
        expected=expected,
    )


def _clustered() -> Scenario:
    patients, truths = (30, 20, 40), np.array([0.8, 0.9, 0.7])
    q = np.array([0.5, 0.3, 0.2])

    def draw(rng: np.random.Generator) -> Estimate:
        cells = []
        for k, n_patients in enumerate(patients):
            n = rng.integers(1, 4, n_patients)
            y = rng.binomial(n, rng.beta(3 * truths[k], 3 * (1 - truths[k]), n_patients))
            cells.append(ClusterMoments.from_clusters(y, n))
        return standardised_proportion(cells, population_shares(rng.multinomial(200, q)))

    setting = "30/20/40 patients of 1-3 cases, table of 200"
    return Scenario(
        statistic="standardised_proportion",
        method="stratified-wilson",
        setting=setting,
        truth=float(q @ truths),
        draw=draw,
    )


def _raked() -> Scenario:
    """Two strata of two levels; source and target have the odds ratio 3, and other margins."""
    source = np.array([0.45, 0.15, 0.20, 0.20])
    levels = np.array([[0, 0, 1, 1], [0, 1, 0, 1]])
    big = raked_shares((source * 10_000).astype(int), levels, [[400, 600], [350, 650]], census=True).found
    assert big is not None
    target, truths = big.share, np.array([0.9, 0.8, 0.7, 0.5])

    def draw(rng: np.random.Generator) -> Estimate:
        seen = rng.multinomial(400, source)
        hers = rng.multinomial(150, target)
        found = raked_shares(seen, levels, [[hers[:2].sum(), hers[2:].sum()], [hers[::2].sum(), hers[1::2].sum()]])
        cells = [independent(int(rng.binomial(n, p)), int(n)) for n, p in zip(seen, truths, strict=True)]
        assert found.found is not None
        return standardised_proportion(cells, found.found)

    return Scenario(
        statistic="standardised_proportion",
        method="raked, stratified-wilson",
        setting="400 cases in 2 × 2 cells, margins of 150",
        truth=float(target @ truths),
        draw=draw,
    )


def _all() -> list[Scenario]:
    single: Callable[..., Scenario] = _of_metric
    of_metrics = [
        single(metric, n, table, size)
        for metric in TRUTHS
        for n, table, size in (
            ((150, 200, 120, 250), "census", 0),
            ((150, 200, 120, 250), "counts", 300),
            ((150, 200, 120, 250), "classes", 300),
            ((60, 60, 60, 60), "counts", 200),
        )
    ]
    small = [
        _small_cells(n_cells, size, p, method, expected)
        for n_cells, size, p in ((5, 20, 0.85), (10, 12, 0.9), (30, 10, 0.9))
        for method, expected in (("stratified-wilson", NOMINAL), ("mover", TOO_LITTLE))
    ]
    return [*of_metrics, *small, _clustered(), _raked()]


STANDARDISATION_SCENARIOS: tuple[Scenario, ...] = tuple(_all())
