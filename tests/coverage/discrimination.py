"""Intervals of discrimination, of scores that are normal in both classes, or cut into five levels."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import integrate, stats

from multisite.stats import ChoiceRule, Estimate, ScoreCounts, auc, chosen_threshold
from multisite.stats.discrimination import (
    auc_difference,
    auc_difference_unpaired,
    clustered_auc,
    partial_auc,
    sensitivity_at_specificity,
    specificity_at_sensitivity,
    youden,
)
from multisite.stats.resampling import WeightedAuc, bootstrap
from tests.coverage.scenario import NOMINAL, Scenario

__all__ = ["DISCRIMINATION_SCENARIOS"]

_CUTS = np.array([-0.3, 0.5, 1.1, 1.8])
# A data set of its own: the draws of its bootstrap shall not be those of another one's.
_SEEDS = 1 << 32
_FEW = 400
"""Replicates of a bootstrap inside a simulation; quantiles of more would cover a little better."""


@dataclass(frozen=True, slots=True)
class _Cases:
    """How a data set is drawn: independent cases by class, or patients of one to ``most`` cases of either class."""

    setting: str
    separation: float
    positives: int = 0
    negatives: int = 0
    patients: int = 0
    most: int = 1
    prevalence: float = 0.3
    ordinal: bool = False

    def draw(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        if self.patients:
            patient = np.repeat(np.arange(self.patients), rng.integers(1, self.most + 1, self.patients))
            positive = rng.random(patient.size) < self.prevalence
            # Half of the variance is between patients; whatever the class, a case is normal with variance 1.
            score = np.sqrt(0.5) * (rng.normal(size=self.patients)[patient] + rng.normal(size=patient.size))
        else:
            patient = np.arange(self.positives + self.negatives)
            positive = patient < self.positives
            score = rng.normal(size=patient.size)
        score = score + self.separation * positive
        return positive, (np.digitize(score, _CUTS).astype(float) if self.ordinal else score), patient

    @property
    def area(self) -> float:
        return self.part(0.0, 1.0)

    def part(self, low: float, high: float) -> float:
        """∫ of sensitivity over specificity from ``low`` to ``high``."""
        if not self.ordinal:
            return float(integrate.quad(self.sensitivity, low, high, limit=200)[0])
        grid = np.unique(np.append(stats.norm.cdf(_CUTS), [0.0, 1.0, low, high]))
        grid = grid[(grid >= low) & (grid <= high)]
        known = np.append(np.append(0.0, stats.norm.cdf(_CUTS)), 1.0)
        height = np.interp(grid, known, np.append(np.append(1.0, stats.norm.sf(_CUTS - self.separation)), 0.0))
        return float(np.trapezoid(height, grid))

    def sensitivity(self, specificity: float) -> float:
        return float(stats.norm.sf(stats.norm.ppf(specificity) - self.separation))

    @property
    def youden(self) -> float:
        cuts = _CUTS if self.ordinal else np.array([self.separation / 2])
        return float((stats.norm.cdf(cuts) - stats.norm.cdf(cuts - self.separation)).max())


_SMALL = _Cases("25 + 80, binormal 1", 1.0, 25, 80)
_HIGH = _Cases("25 + 80, binormal 2.2", 2.2, 25, 80)
_MIDDLE = _Cases("60 + 80, binormal 1.5", 1.5, 60, 80)
_TIES = _Cases("40 + 80, five levels, binormal 1.2", 1.2, 40, 80, ordinal=True)
_TUNING = _Cases("100 + 200, binormal 1.8", 1.8, 100, 200)
_TUNING_CLUSTERS = _Cases("150 patients of 1-3 cases, binormal 1.8", 1.8, patients=150, most=3)
_CLUSTERS = _Cases("40 patients of 1-5 cases, binormal 1", 1.0, patients=40, most=5)
_HIGH_CLUSTERS = _Cases("40 patients of 1-5 cases, binormal 2.2", 2.2, patients=40, most=5)
_FEW_CLUSTERS = _Cases("12 patients of 1-7 cases, binormal 1", 1.0, patients=12, most=7)
_CLUSTERED_TIES = _Cases("60 patients of 1-4 cases, five levels", 1.2, patients=60, most=4, ordinal=True)

_Estimator = Callable[..., Estimate]


def _scenario(
    statistic: str,
    method: str,
    cases: _Cases,
    truth: float,
    estimate: _Estimator,
    *,
    seeded: bool = False,
    expected: tuple[float, float] = NOMINAL,
) -> Scenario:
    def draw(rng: np.random.Generator) -> Estimate:
        positive, score, patient = cases.draw(rng)
        known: dict[str, Any] = {"patient": patient if cases.patients else None}
        if seeded:
            known["seed"] = int(rng.integers(_SEEDS))
        return estimate(positive, score, **known)

    return Scenario(
        statistic=statistic, method=method, setting=cases.setting, truth=truth, draw=draw, expected=expected
    )


def _plain(positive: np.ndarray, score: np.ndarray, *, patient: None) -> Estimate:
    return auc(ScoreCounts.from_cases(positive, score))


def _drawn(method: str, *, by_class: bool = False) -> _Estimator:
    def estimate(positive: np.ndarray, score: np.ndarray, *, patient: np.ndarray | None, seed: int) -> Estimate:
        names = np.arange(positive.size) if patient is None else patient
        stratum = positive if by_class else None
        return bootstrap(
            WeightedAuc(positive, score),
            names,
            seed=seed,
            n_replicates=_FEW,
            method=method,  # type: ignore[arg-type]  # a literal
            stratum=stratum,
        )

    return estimate


def _with(estimator: _Estimator, **fixed: Any) -> _Estimator:
    def estimate(positive: np.ndarray, score: np.ndarray, **known: Any) -> Estimate:
        return estimator(positive, score, **known, **fixed)

    return estimate


def _taken(positive: np.ndarray, score: np.ndarray, **known: Any) -> Estimate:
    """The threshold with a sensitivity of 0.9; the order of the scores is kept, and they lie in [0, 1]."""
    rule = ChoiceRule(by="sensitivity", at_least=0.9)
    return chosen_threshold(positive, stats.norm.cdf(score), rule=rule, n_replicates=_FEW, **known)


def _difference(cases: _Cases, *, unpaired: bool = False) -> Scenario:
    """A second score that has half of the first one's noise and separates less by a third of a standard deviation."""
    weaker = cases.separation - 1 / 3
    truth = cases.area - float(stats.norm.cdf(weaker / np.sqrt(2)))

    def draw(rng: np.random.Generator) -> Estimate:
        positive, first, patient = cases.draw(rng)
        names = patient if cases.patients else None
        noise = first - cases.separation * positive
        if unpaired:
            other, noise, patient = cases.draw(rng)
            second = noise - cases.separation * other + weaker * other
            return auc_difference_unpaired(
                positive, first, other, second, first_patient=names, second_patient=patient if cases.patients else None
            )
        second = np.sqrt(0.5) * (noise + rng.normal(size=noise.size)) + weaker * positive
        return auc_difference(positive, first, second, patient=names)

    kind = "unpaired" if unpaired else "paired"
    method = f"{'obuchowski' if cases.patients else 'delong'} {kind}"
    return Scenario(statistic="auc_difference", method=method, setting=cases.setting, truth=truth, draw=draw)


def _points(
    cases: _Cases, at: float, method: str, *, back_expected: tuple[float, float] = NOMINAL, **fixed: Any
) -> tuple[Scenario, ...]:
    """Sensitivity at a specificity, and the reverse, which for these scores is the same number."""
    truth = cases.sensitivity(at)
    if cases.ordinal:
        cut = _CUTS[np.argmax(stats.norm.cdf(_CUTS) >= at)]
        truth = float(stats.norm.sf(cut - cases.separation))
    known = {"n_replicates": _FEW, "method": method, **fixed}
    there = _with(sensitivity_at_specificity, specificity=at, **known)
    back = _with(specificity_at_sensitivity, sensitivity=at, **known)
    name = f"{method} {fixed.get('point', 'attainable')}"
    scenarios = [_scenario(f"sensitivity at {at:g}", name, cases, truth, there, seeded=True)]
    if not cases.ordinal:
        scenarios.append(
            _scenario(f"specificity at {at:g}", name, cases, truth, back, seeded=True, expected=back_expected)
        )
    return tuple(scenarios)


DISCRIMINATION_SCENARIOS: tuple[Scenario, ...] = (
    *(_scenario("auc", "delong-logit", cases, cases.area, _plain) for cases in (_SMALL, _HIGH, _MIDDLE, _TIES)),
    *(
        _scenario("clustered_auc", "obuchowski-logit", cases, cases.area, clustered_auc)
        for cases in (_CLUSTERS, _HIGH_CLUSTERS, _FEW_CLUSTERS, _CLUSTERED_TIES)
    ),
    *(
        _scenario("auc bootstrap", method, cases, cases.area, _drawn(method), seeded=True, expected=expected)
        for method, expected in (("bca", (0.92, 0.97)), ("percentile", (0.89, 0.97)))
        for cases in (_SMALL, _HIGH, _TIES, _CLUSTERS)
    ),
    *(
        _scenario(
            "auc bootstrap in classes",
            method,
            cases,
            cases.area,
            _drawn(method, by_class=True),
            seeded=True,
            expected=expected,
        )
        for method, expected in (("bca", (0.90, 0.97)), ("percentile", (0.86, 0.97)))
        for cases in (_SMALL, _HIGH)
    ),
    *(_difference(cases) for cases in (_SMALL, _HIGH, _CLUSTERS, _FEW_CLUSTERS)),
    *(_difference(cases, unpaired=True) for cases in (_SMALL, _CLUSTERS)),
    *(
        _scenario("partial auc 0.8-1", "placements", c, c.part(0.8, 1.0), _with(partial_auc, specificity=(0.8, 1.0)))
        for c in (_SMALL, _HIGH, _MIDDLE, _TIES, _CLUSTERS)
    ),
    *(s for c in (_SMALL, _HIGH, _MIDDLE, _CLUSTERS) for s in _points(c, 0.9, "btii")),
    *_points(_TIES, 0.8, "btii"),
    *_points(_HIGH, 0.93, "btii", point="interpolated", back_expected=(0.89, 0.97)),
    *_points(_SMALL, 0.9, "bca"),
    *_points(_SMALL, 0.9, "percentile"),
    *(
        _scenario("youden", "square-and-add", cases, cases.youden, youden)
        for cases in (_SMALL, _HIGH, _MIDDLE, _TIES, _CLUSTERS)
    ),
    *(
        _scenario(
            "youden",
            method,
            _SMALL,
            _SMALL.youden,
            _with(youden, method=method, n_replicates=_FEW),
            seeded=True,
            expected=expected,
        )
        for method, expected in (("bca", (0.83, 0.92)), ("percentile", (0.65, 0.85)))
    ),
    *(
        _scenario(
            "chosen_threshold",
            "percentile",
            cases,
            float(stats.norm.cdf(stats.norm.ppf(0.1) + cases.separation)),
            _taken,
            seeded=True,
            expected=(0.92, 0.97),
        )
        for cases in (_TUNING, _TUNING_CLUSTERS)
    ),
)
