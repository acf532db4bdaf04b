"""Intervals of proportions, of their differences, and of what is made of a table of results and findings."""

from collections.abc import Callable

import numpy as np

from multisite.stats import Estimate
from multisite.stats.proportions import (
    ClusterMoments,
    DiagnosticAccuracy,
    PairedClusterMoments,
    PairedCounts,
    PairedPredictiveValues,
    clustered_proportion,
    clustered_proportion_difference,
    clustered_proportion_gee,
    diagnostic_accuracy,
    paired_clustered_proportion_difference,
    paired_predictive_values,
    paired_proportion_difference,
    proportion,
    proportion_difference,
)
from tests.coverage.scenario import NOMINAL, Scenario

__all__ = ["PROPORTION_SCENARIOS"]

AT_LEAST = (0.93, 1.0)
"""What a method promises that would rather cover too much."""

SINGLE = {
    "wilson": NOMINAL,
    "wilson-cc": AT_LEAST,
    "clopper-pearson": AT_LEAST,
    "mid-p": AT_LEAST,
    "agresti-coull": AT_LEAST,
}


def _independent(n: int, truth: float, method: str, expected: tuple[float, float]) -> Scenario:
    def draw(rng: np.random.Generator) -> Estimate:
        return proportion(int(rng.binomial(n, truth)), n, method=method)

    setting = f"n = {n}, p = {truth:g}"
    return Scenario(statistic="proportion", method=method, setting=setting, truth=truth, draw=draw, expected=expected)


def _difference(n: tuple[int, int], p: tuple[float, float], method: str, expected: tuple[float, float]) -> Scenario:
    def draw(rng: np.random.Generator) -> Estimate:
        return proportion_difference(
            int(rng.binomial(n[0], p[0])), n[0], int(rng.binomial(n[1], p[1])), n[1], method=method
        )

    setting = f"n = {n[0]} and {n[1]}, p = {p[0]:g} and {p[1]:g}"
    return Scenario(
        statistic="proportion_difference",
        method=method,
        setting=setting,
        truth=p[0] - p[1],
        draw=draw,
        expected=expected,
    )


def _paired(n: int, cells: tuple[float, float, float, float], method: str) -> Scenario:
    def draw(rng: np.random.Generator) -> Estimate:
        return paired_proportion_difference(*rng.multinomial(n, cells).tolist(), method=method)

    setting = f"n = {n}, cells {' '.join(f'{cell:g}' for cell in cells)}"
    truth = cells[1] - cells[2]
    return Scenario(statistic="paired_difference", method=method, setting=setting, truth=truth, draw=draw)


def _clusters(rng: np.random.Generator, patients: int, a: float, b: float) -> tuple[np.ndarray, np.ndarray]:
    cases = rng.integers(1, 8, patients)
    return rng.binomial(cases, rng.beta(a, b, patients)), cases


def _clustered(patients: int, method: str, expected: tuple[float, float] = NOMINAL) -> Scenario:
    def draw(rng: np.random.Generator) -> Estimate:
        return clustered_proportion(ClusterMoments.from_clusters(*_clusters(rng, patients, 1.4, 0.6)), method=method)

    setting = f"{patients} patients of 1-7 cases, beta(1.4, 0.6)"
    return Scenario(
        statistic="clustered_proportion", method=method, setting=setting, truth=0.7, draw=draw, expected=expected
    )


def _gee(patients: int, working: str, variance: str, expected: tuple[float, float] = NOMINAL) -> Scenario:
    def draw(rng: np.random.Generator) -> Estimate:
        hits, cases = _clusters(rng, patients, 1.4, 0.6)
        patient = np.repeat(np.arange(patients), cases)
        place = np.arange(patient.size) - np.repeat(np.cumsum(cases) - cases, cases)
        return clustered_proportion_gee(place < np.repeat(hits, cases), patient, working=working, variance=variance)

    return Scenario(
        statistic="clustered_proportion_gee",
        method=f"{working}, {variance}",
        setting=f"{patients} patients of 1-7 cases, beta(1.4, 0.6)",
        truth=0.7,
        draw=draw,
        expected=expected,
    )


def _clustered_difference(first: int, second: int, method: str) -> Scenario:
    def draw(rng: np.random.Generator) -> Estimate:
        one = ClusterMoments.from_clusters(*_clusters(rng, first, 1.6, 0.4))
        other = ClusterMoments.from_clusters(*_clusters(rng, second, 1.2, 0.8))
        return clustered_proportion_difference(one, other, method=method)

    setting = f"{first} and {second} patients, 0.8 and 0.6"
    return Scenario(statistic="clustered_difference", method=method, setting=setting, truth=0.2, draw=draw)


def _paired_clustered(patients: int, method: str, expected: tuple[float, float] = NOMINAL) -> Scenario:
    def draw(rng: np.random.Generator) -> Estimate:
        cases = rng.integers(1, 8, patients)
        chance = rng.beta(2.8, 1.2, patients)
        # Each case is found by both with a patient's chance, and by the first alone with half of what is left.
        both = rng.binomial(cases, chance)
        first = both + rng.binomial(cases - both, 0.5)
        second = both + rng.binomial(cases - both, 0.25)
        return paired_clustered_proportion_difference(
            PairedClusterMoments.from_clusters(first, second, cases), method=method
        )

    return Scenario(
        statistic="paired_clustered_difference",
        method=method,
        setting=f"{patients} patients of 1-7 cases, 0.85 and 0.775",
        truth=0.3 * 0.25,
        draw=draw,
        expected=expected,
    )


SENSITIVITY, SPECIFICITY = 0.85, 0.8


def _table(
    statistic: str, method: str, n: tuple[int, int], truth: float, of: Callable[[DiagnosticAccuracy], Estimate]
) -> Scenario:
    def draw(rng: np.random.Generator) -> Estimate:
        tp, tn = int(rng.binomial(n[0], SENSITIVITY)), int(rng.binomial(n[1], SPECIFICITY))
        adjusted = "adjusted-logit" if method == "adjusted-logit" else "logit"
        return of(diagnostic_accuracy(tp, n[1] - tn, n[0] - tp, tn, prevalence=0.05, predictive_method=adjusted))

    setting = f"{n[0]} with, {n[1]} without, 0.85 and 0.8"
    expected = (0.90, 0.95) if method == "adjusted-logit" else NOMINAL
    return Scenario(statistic=statistic, method=method, setting=setting, truth=truth, draw=draw, expected=expected)


def _at_prevalence() -> tuple[Scenario, ...]:
    ppv = 0.85 * 0.05 / (0.85 * 0.05 + 0.2 * 0.95)
    npv = 0.8 * 0.95 / (0.8 * 0.95 + 0.15 * 0.05)
    return tuple(
        _table(f"{name} at 5 %", method, (60, 100), truth, of)
        for name, truth, of in (
            ("ppv", ppv, lambda found: found.at_prevalence.ppv),
            ("npv", npv, lambda found: found.at_prevalence.npv),
        )
        for method in ("logit", "adjusted-logit")
    )


WITH_FINDING, WITHOUT_FINDING = (0.70, 0.15, 0.10, 0.05), (0.10, 0.12, 0.08, 0.70)


def _relative(n: int, statistic: str, truth: float, of: Callable[[PairedPredictiveValues], Estimate]) -> Scenario:
    def draw(rng: np.random.Generator) -> Estimate:
        cells = np.concatenate([0.3 * np.array(WITH_FINDING), 0.7 * np.array(WITHOUT_FINDING)])
        x = rng.multinomial(n, cells).tolist()
        names = ("both", "first_only", "second_only", "neither")
        groups = (PairedCounts(**dict(zip(names, x[at : at + 4], strict=True))) for at in (0, 4))
        return of(paired_predictive_values(*groups))

    return Scenario(
        statistic=statistic, method="log, multinomial", setting=f"{n} cases, 30 % with", truth=truth, draw=draw
    )


def _relative_truths() -> tuple[float, float]:
    (a, b, c, d), (e, f, g, h) = 0.3 * np.array(WITH_FINDING), 0.7 * np.array(WITHOUT_FINDING)
    ppv = (a + b) / (a + b + e + f) / ((a + c) / (a + c + e + g))
    npv = (h + g) / (h + g + d + c) / ((h + f) / (h + f + d + b))
    return float(ppv), float(npv)


def _relatives() -> tuple[Scenario, ...]:
    ppv, npv = _relative_truths()
    return tuple(
        scenario
        for n in (100, 400)
        for scenario in (
            _relative(n, "relative ppv", ppv, lambda found: found.ppv.ratio),
            _relative(n, "relative npv", npv, lambda found: found.npv.ratio),
        )
    )


PROPORTION_SCENARIOS = (
    *(
        _independent(n, p, method, expected)
        for n, p in ((20, 0.5), (50, 0.9), (200, 0.92))
        for method, expected in SINGLE.items()
    ),
    *(_independent(n, p, "jeffreys", NOMINAL) for n, p in ((20, 0.5), (50, 0.9), (200, 0.92))),
    *(
        _difference(n, p, method, expected)
        for n, p in (((20, 30), (0.9, 0.7)), ((60, 60), (0.95, 0.85)), ((200, 100), (0.5, 0.5)))
        for method, expected in (
            ("newcombe", NOMINAL),
            ("newcombe-cc", AT_LEAST),
            ("miettinen-nurminen", NOMINAL),
            ("agresti-caffo", AT_LEAST),
        )
    ),
    *(
        _paired(n, cells, method)
        for n, cells in ((40, (0.6, 0.2, 0.1, 0.1)), (100, (0.8, 0.1, 0.05, 0.05)))
        for method in ("newcombe", "newcombe-8", "tango")
    ),
    *(_clustered(k, method) for k in (12, 40) for method in ("wilson", "korn-graubard")),
    _clustered(12, "rao-scott", expected=(0.91, 0.95)),
    _clustered(40, "rao-scott"),
    *(
        _gee(k, working, variance, expected=(0.90, 0.95) if (k, variance) == (12, "robust") else NOMINAL)
        for k in (12, 25)
        for working in ("exchangeable", "independence")
        for variance in ("robust", "bias-reduced")
    ),
    *(
        _clustered_difference(first, second, method)
        for first, second in ((12, 15), (40, 60))
        for method in ("square-and-add", "wald")
    ),
    *(_paired_clustered(k, "square-and-add") for k in (12, 40)),
    _paired_clustered(12, "wald", expected=(0.91, 0.95)),
    _paired_clustered(40, "wald"),
    _table("youden_index", "square-and-add of wilson", (60, 100), 0.65, lambda found: found.youden_index),
    _table("lr+", "log", (60, 100), 0.85 / 0.2, lambda found: found.positive_likelihood_ratio),
    _table("lr-", "log", (60, 100), 0.15 / 0.8, lambda found: found.negative_likelihood_ratio),
    _table("diagnostic_odds_ratio", "log", (60, 100), 17 / 3 * 4, lambda found: found.diagnostic_odds_ratio),
    *_at_prevalence(),
    *_relatives(),
)
