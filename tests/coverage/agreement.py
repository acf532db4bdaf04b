"""Intervals of agreement: raters who see the truth of a case with one probability, and else say what comes."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import stats

from multisite.stats import Estimate
from multisite.stats.agreement import (
    IccForm,
    LimitsMethod,
    LimitsOfAgreement,
    cohen_kappa,
    conger_kappa,
    dawid_skene_intervals,
    fleiss_kappa,
    gwet_ac1,
    gwet_ac2,
    icc,
    jackknife_over_patients,
    krippendorff_alpha,
    light_kappa,
    limits_of_agreement,
    limits_of_agreement_repeated,
    observed_agreement,
    specific_agreement,
)
from tests.coverage.scenario import NOMINAL, Scenario

__all__ = ["AGREEMENT_SCENARIOS"]

Ratings = npt.NDArray[Any]


def _draw(rng: np.random.Generator, n: int, m: int, shares: Sequence[float], seen: float) -> Ratings:
    truth = rng.choice(len(shares), n, p=shares)
    return np.where(rng.random((n, m)) < seen, truth[:, None], rng.choice(len(shares), (n, m), p=shares))


def _chance(shares: Sequence[float]) -> float:
    return float(np.square(shares).sum())


def _categorical(
    statistic: str,
    method: str,
    n: int,
    m: int,
    kappa: float,
    shares: Sequence[float],
    estimate: Callable[[Ratings, np.random.Generator], Estimate],
    truth: float | None = None,
    missing: float = 0.0,
    expected: tuple[float, float] = NOMINAL,
) -> Scenario:
    def draw(rng: np.random.Generator) -> Estimate:
        ratings = _draw(rng, n, m, shares, np.sqrt(kappa)).astype(np.float64)
        ratings[rng.random(ratings.shape) < missing] = np.nan
        return estimate(ratings, rng)

    return Scenario(
        statistic=statistic,
        method=method,
        setting=f"{n} x {m}, kappa {kappa:g}, {'/'.join(f'{s:g}' for s in shares)}" + (", missing" if missing else ""),
        truth=kappa if truth is None else truth,
        draw=draw,
        expected=expected,
    )


EVEN, RARE, THREE = (0.5, 0.5), (0.2, 0.8), (0.5, 0.3, 0.2)


def _cohen(n: int, kappa: float, shares: Sequence[float], method: Any, expected: tuple[float, float]) -> Scenario:
    names = range(len(shares))
    return _categorical(
        "cohen_kappa",
        method,
        n,
        2,
        kappa,
        shares,
        lambda r, _: cohen_kappa(r[:, 0], r[:, 1], categories=names, method=method),
        expected=expected,
    )


def _weighted(n: int, method: Any) -> Scenario:
    return _categorical(
        "cohen_kappa quadratic",
        method,
        n,
        2,
        0.5,
        THREE,
        lambda r, _: cohen_kappa(r[:, 0], r[:, 1], categories=range(3), weights="quadratic", method=method),
    )


def _fleiss(
    n: int,
    kappa: float,
    shares: Sequence[float],
    method: Any,
    missing: float = 0.0,
    expected: tuple[float, float] = NOMINAL,
) -> Scenario:
    return _categorical(
        "fleiss_kappa",
        method,
        n,
        4,
        kappa,
        shares,
        lambda r, _: fleiss_kappa(r, categories=range(len(shares)), method=method),
        missing=missing,
        expected=expected,
    )


def _many(n: int, kappa: float, shares: Sequence[float], which: str) -> Scenario:
    statistic = conger_kappa if which == "conger" else light_kappa
    return _categorical(
        f"{which}_kappa",
        "jackknife",
        n,
        3,
        kappa,
        shares,
        lambda r, _: statistic(r, categories=range(len(shares))),
    )


def _gwet(
    n: int,
    kappa: float,
    shares: Sequence[float],
    method: Any,
    missing: float = 0.0,
    expected: tuple[float, float] = NOMINAL,
) -> Scenario:
    observed = kappa + (1 - kappa) * _chance(shares)
    by_chance = (1 - _chance(shares)) / (len(shares) - 1)
    return _categorical(
        "gwet_ac1",
        method,
        n,
        4,
        kappa,
        shares,
        lambda r, _: gwet_ac1(r, categories=range(len(shares)), method=method),
        truth=(observed - by_chance) / (1 - by_chance),
        missing=missing,
        expected=expected,
    )


def _gwet_linear(n: int, kappa: float) -> Scenario:
    weights = np.array([[1, 0.5, 0], [0.5, 1, 0.5], [0, 0.5, 1]])
    share = np.array(THREE)
    observed = kappa + (1 - kappa) * float(share @ weights @ share)
    by_chance = float(weights.sum()) / 6 * (1 - _chance(THREE))
    return _categorical(
        "gwet_ac2 linear",
        "wilson",
        n,
        4,
        kappa,
        THREE,
        lambda r, _: gwet_ac2(r, categories=range(3), weights="linear", method="wilson"),
        truth=(observed - by_chance) / (1 - by_chance),
    )


def _alpha(n: int, metric: Any, method: Any, expected: tuple[float, float], missing: float = 0.0) -> Scenario:
    return _categorical(
        f"krippendorff_alpha {metric}",
        method,
        n,
        3,
        0.6,
        THREE,
        lambda r, rng: krippendorff_alpha(r, metric=metric, method=method, rng=rng, n_resamples=400),
        missing=missing,
        expected=expected,
    )


def _observed(kind: Any, n: int) -> Scenario:
    p = 0.6 + 0.4 * _chance(EVEN)
    seen = np.sqrt(0.6)
    each = (1 + seen) / 2
    unanimous = each**4 + (1 - each) ** 4
    return _categorical(
        f"observed_agreement {kind}",
        "wilson",
        n,
        4,
        0.6,
        EVEN,
        lambda r, _: observed_agreement(r, kind=kind),
        truth=p if kind == "pairwise" else unanimous,
    )


def _specific(n: int, m: int) -> Scenario:
    # Of a rater's yes (0.2 of all), the other says yes with probability kappa + (1 − kappa) · 0.2.
    return _categorical(
        "specific_agreement",
        "wilson",
        n,
        m,
        0.6,
        RARE,
        lambda r, _: specific_agreement(r, categories=(0, 1))[0],
        truth=0.6 + 0.4 * 0.2,
    )


def _patients(n_patients: int) -> Scenario:
    def draw(rng: np.random.Generator) -> Estimate:
        # Cases of a patient share their truth, and three of four times the readers' slips.
        cases = rng.integers(1, 5, n_patients)
        patient = np.repeat(np.arange(n_patients), cases)
        whole = _draw(rng, n_patients, 2, EVEN, np.sqrt(0.6))[patient]
        ratings = np.where(rng.random((patient.size, 1)) < 0.75, whole, _draw(rng, patient.size, 2, EVEN, np.sqrt(0.6)))
        return jackknife_over_patients(
            lambda rows: cohen_kappa(ratings[rows, 0], ratings[rows, 1], categories=(0, 1)), patient
        )

    return Scenario(
        statistic="jackknife_over_patients",
        method="cohen_kappa",
        setting=f"{n_patients} patients of 1-4 cases, kappa 0.6",
        truth=0.6,
        draw=draw,
    )


def _icc(form: IccForm, n: int, k: int, truth: float, expected: tuple[float, float] = NOMINAL) -> Scenario:
    # Variances: cases 1, raters 0.3 (none for 1, fixed for 3), residual 0.4.
    def draw(rng: np.random.Generator) -> Estimate:
        rater = {"1": np.zeros(k), "2": rng.normal(0, np.sqrt(0.3), k), "3": np.linspace(-1, 1, k)}[form[0]]
        return icc(rng.normal(size=(n, 1)) + rater + rng.normal(0, np.sqrt(0.4), (n, k)), form=form)

    return Scenario(
        statistic=f"icc({form})", method="F", setting=f"{n} x {k}, normal", truth=truth, draw=draw, expected=expected
    )


def _limits(part: str, method: LimitsMethod, n: int) -> Scenario:
    truth = {"bias": 0.5, "upper": 0.5 + 2 * float(stats.norm.ppf(0.975)), "lower": 0.5 - 2 * stats.norm.ppf(0.975)}

    def draw(rng: np.random.Generator) -> Estimate:
        found = limits_of_agreement(rng.normal(0.5, 2, n), np.zeros(n), method=method)
        return getattr(found, part)

    return Scenario(
        statistic=f"limits_of_agreement {part}", method=method, setting=f"n = {n}", truth=float(truth[part]), draw=draw
    )


def _repeated(part: str, n_patients: int, between: float) -> Scenario:
    z = float(stats.norm.ppf(0.975))
    truth = {"bias": 0.5, "upper": 0.5 + z * np.sqrt(between + 1)}[part]

    def draw(rng: np.random.Generator) -> Estimate:
        patient = np.repeat(np.arange(n_patients), rng.integers(2, 7, n_patients))
        d = 0.5 + rng.normal(0, np.sqrt(between), n_patients)[patient] + rng.normal(size=patient.size)
        found: LimitsOfAgreement = limits_of_agreement_repeated(d, np.zeros(d.size), patient)
        return getattr(found, part)

    setting = f"{n_patients} patients of 2-6, between {between:g}, within 1"
    return Scenario(statistic=f"limits_repeated {part}", method="mover", setting=setting, truth=float(truth), draw=draw)


def _latent(part: str, n_patients: int, expected: tuple[float, float] = NOMINAL) -> Scenario:
    """Three readers of patients with two cases; the share of positives, or the sensitivity of the first reader."""
    sensitivity, specificity, share = [0.85, 0.8, 0.75], [0.9, 0.85, 0.9], 0.4

    def draw(rng: np.random.Generator) -> Estimate:
        truth = np.repeat(rng.random(n_patients) < share, 2)
        right = rng.random((truth.size, 3)) < np.where(truth[:, None], sensitivity, specificity)
        ratings = np.where(right, truth[:, None], ~truth[:, None]).astype(np.int64)
        patient = np.repeat(np.arange(n_patients), 2)
        found = dawid_skene_intervals(ratings, patient, seed=int(rng.integers(1 << 31)), n_replicates=200)
        return found.prevalence[1] if part == "prevalence" else found.accuracy[0, 1]

    return Scenario(
        statistic=f"dawid_skene {part}",
        method="bootstrap",
        setting=f"{n_patients} patients of 2, three readers",
        truth=share if part == "prevalence" else sensitivity[0],
        draw=draw,
        expected=expected,
    )


AGREEMENT_SCENARIOS = (
    _cohen(50, 0.4, EVEN, "wald", NOMINAL),
    _cohen(100, 0.6, EVEN, "wald", NOMINAL),
    _cohen(100, 0.6, RARE, "wald", (0.92, 0.97)),
    _cohen(100, 0.9, EVEN, "wald", (0.86, 0.93)),
    _cohen(20, 0.6, EVEN, "wald", (0.89, 0.95)),
    _cohen(20, 0.6, EVEN, "wilson", NOMINAL),
    _cohen(20, 0.4, RARE, "wald", (0.80, 0.93)),
    _cohen(20, 0.4, RARE, "wilson", (0.80, 0.93)),
    _cohen(50, 0.4, EVEN, "wilson", NOMINAL),
    _cohen(50, 0.6, RARE, "wilson", NOMINAL),
    _cohen(100, 0.9, EVEN, "wilson", NOMINAL),
    _weighted(100, "wald"),
    _weighted(50, "wilson"),
    _fleiss(50, 0.6, THREE, "wald"),
    _fleiss(50, 0.4, RARE, "wald", expected=(0.90, 0.95)),
    _fleiss(20, 0.4, RARE, "wilson", expected=(0.83, 0.92)),
    _fleiss(50, 0.8, EVEN, "wilson"),
    _fleiss(100, 0.6, THREE, "wald", missing=0.3),
    *(_many(n, kappa, THREE, which) for n, kappa in ((30, 0.4), (60, 0.6)) for which in ("conger", "light")),
    _gwet(20, 0.6, THREE, "wald"),
    _gwet(20, 0.6, THREE, "wilson"),
    _gwet(50, 0.6, RARE, "wald"),
    _gwet(50, 0.8, RARE, "wald", expected=(0.90, 0.95)),
    _gwet(50, 0.8, RARE, "wilson"),
    _gwet(50, 0.6, THREE, "wald", missing=0.3),
    _gwet_linear(50, 0.6),
    _alpha(20, "nominal", "bootstrap", (0.92, 0.97)),
    _alpha(10, "nominal", "bootstrap", (0.88, 0.94)),
    _alpha(10, "nominal", "jackknife", NOMINAL),
    _alpha(60, "nominal", "bootstrap", NOMINAL),
    _alpha(60, "ordinal", "bootstrap", NOMINAL),
    _alpha(60, "interval", "jackknife", NOMINAL),
    _alpha(60, "nominal", "jackknife", NOMINAL, missing=0.3),
    _observed("pairwise", 40),
    _observed("unanimous", 40),
    _specific(100, 2),
    _specific(60, 4),
    _patients(40),
    _icc("1,1", 20, 3, 1 / 1.4),
    _icc("2,1", 30, 4, 1 / 1.7),
    _icc("2,1", 50, 3, 1 / 1.7, expected=(0.88, 0.94)),
    _icc("3,1", 20, 3, 1 / 1.4),
    _icc("1,k", 20, 3, 1 / (1 + 0.4 / 3)),
    _icc("2,k", 30, 4, 1 / (1 + 0.7 / 4)),
    _icc("3,k", 20, 3, 1 / (1 + 0.4 / 3)),
    _limits("bias", "exact", 15),
    _limits("upper", "exact", 15),
    _limits("lower", "exact", 15),
    _limits("upper", "approximate", 15),
    _limits("upper", "approximate", 60),
    _repeated("bias", 15, 1.0),
    _repeated("upper", 15, 1.0),
    _repeated("upper", 30, 0.25),
    _latent("prevalence", 100),
    _latent("sensitivity", 100, expected=(0.90, 0.96)),
)
