"""Agreement of readers before adjudication: of each pair, and of all, with intervals that count patients."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from multisite.reference.readers import reader_numbers, reader_word
from multisite.reference.rules import FindingRule
from multisite.schemas.reference import AGREEMENT
from multisite.stats import (
    Estimate,
    cohen_kappa,
    gwet_ac1,
    jackknife_over_patients,
    krippendorff_alpha,
    observed_agreement,
)
from multisite.tallies import shortage
from multisite.vocabulary import EstimateStatus, Judgement

__all__ = ["ALL_READERS", "AgreementRules", "agreement_of_all", "agreement_table"]

ALL_READERS = "all readers"
"""What stands in the place of two readers where all are compared."""

_BOUNDS = {"observed_agreement": (0.0, 1.0)}
"""Of statistics that are shares; the others are coefficients from -1 to 1."""

_NUMBERS = {judgement.value: float(number) for number, judgement in enumerate(Judgement)}
"""Numbers for the words of judgements, without a meaning of their own: agreement is worked out many times over."""

_Rows = npt.NDArray[np.int64]
_Matrix = npt.NDArray[np.float64]
_Statistic = Callable[[_Matrix], Estimate]


@dataclass(frozen=True, slots=True)
class AgreementRules:
    """How sure an interval is, and of how few patients a number is withheld."""

    ci_level: float
    minimum_patients: int


@dataclass(frozen=True, slots=True, eq=False)
class _Compared:
    """Judgements of some readers by number, shape (n_cases, n_readers), NaN for none; and whose the cases are."""

    first: str
    second: str
    judgements: _Matrix
    patients: npt.NDArray[np.object_]


def agreement_table(before: pl.DataFrame, rule: FindingRule, rules: AgreementRules, *, site: str) -> pl.DataFrame:
    """AGREEMENT of one finding.

    ``before`` are the readings before adjudication, one per case and reader, with ``patient_id``. Judgements are
    compared as categories without order, all that the study file maps a rating to, used or not.

    Observed agreement and Cohen's kappa of each pair with a case in common; observed agreement, Gwet's AC1 and
    Krippendorff's alpha of all. Where a patient has several cases the interval is a jackknife over patients, else that
    of the statistic.
    """
    rows = [
        {"site": site, "finding": rule.finding, "first": compared.first, "second": compared.second, **row}
        for compared in _comparisons(before)
        for row in _rows(compared, rule, rules)
    ]
    return pl.DataFrame(rows, schema=AGREEMENT.schema)


def agreement_of_all(before: pl.DataFrame, rule: FindingRule, rules: AgreementRules) -> list[dict[str, Any]]:
    """Rows of all readers together, of some of the readings that :func:`agreement_table` takes."""
    return list(_rows(next(_comparisons(before)), rule, rules))


def _rows(compared: _Compared, rule: FindingRule, rules: AgreementRules) -> Iterator[dict[str, Any]]:
    used = {judgement for _, judgement in rule.judgements}
    categories = [number for name, number in _NUMBERS.items() if name in used]
    for name, statistic in _statistics(compared, categories, rules.ci_level).items():
        yield {"statistic": name, **_row(name, statistic, compared, rules)}


def _comparisons(readings: pl.DataFrame) -> Iterator[_Compared]:
    shared = readings.filter(pl.len().over("case_id") > 1)
    numbers = reader_numbers(readings)
    wide = shared.pivot("reader", index=["case_id", "patient_id"], values="judgement", maintain_order=True)
    present = [reader for reader in numbers if reader in wide.columns]
    columns = {
        reader: wide[reader].replace_strict(_NUMBERS, default=None, return_dtype=pl.Float64).to_numpy()
        for reader in present
    }
    patients = wide["patient_id"].to_numpy().astype(np.object_)
    matrix = np.stack(list(columns.values()), axis=1) if present else np.empty((0, 0))
    yield _Compared(ALL_READERS, ALL_READERS, matrix, patients)
    for one, other in combinations(present, 2):
        both = _given(columns[one]) & _given(columns[other])
        if both.any():
            pair = np.stack([columns[one][both], columns[other][both]], axis=1)
            yield _Compared(reader_word(numbers[one]), reader_word(numbers[other]), pair, patients[both])


def _statistics(compared: _Compared, categories: list[float], level: float) -> dict[str, _Statistic]:
    observed = partial(observed_agreement, level=level)
    if compared.first != ALL_READERS:
        kappa = partial(_kappa, categories=categories, level=level)
        return {"observed_agreement": observed, "cohen_kappa": kappa}
    return {
        "observed_agreement": observed,
        "gwet_ac1": partial(gwet_ac1, categories=categories, method="wilson", level=level),
        "krippendorff_alpha": partial(
            krippendorff_alpha, metric="nominal", categories=categories, method="jackknife", level=level
        ),
    }


def _kappa(pair: _Matrix, *, categories: list[float], level: float) -> Estimate:
    return cohen_kappa(pair[:, 0], pair[:, 1], categories=categories, method="wilson", level=level)


def _row(name: str, statistic: _Statistic, compared: _Compared, rules: AgreementRules) -> dict[str, Any]:
    n_patients = len(set(compared.patients.tolist()))
    found = _estimate(name, statistic, compared, n_patients, rules.ci_level)
    short = shortage(n_patients, rules.minimum_patients)
    withheld = short is not None and found.status is not EstimateStatus.UNDEFINED
    status, reason = (EstimateStatus.INSUFFICIENT, short) if withheld else (found.status, found.reason)
    given = _given(compared.judgements)
    return {
        "estimate": None if withheld else found.estimate,
        "ci_low": None if withheld else found.ci_low,
        "ci_high": None if withheld else found.ci_high,
        "ci_level": found.ci_level,
        "ci_method": found.ci_method,
        "n_patients": n_patients,
        "n_cases": compared.judgements.shape[0],
        "n_readers": int(given.any(axis=0).sum()),
        "n_readings": int(given.sum()),
        "status": status.value,
        "reason": reason,
    }


def _estimate(name: str, statistic: _Statistic, compared: _Compared, n_patients: int, level: float) -> Estimate:
    if n_patients == compared.judgements.shape[0]:
        return statistic(compared.judgements)
    return jackknife_over_patients(
        _once_per_pattern(statistic, compared.judgements),
        compared.patients,
        level=level,
        bounds=_BOUNDS.get(name, (-1.0, 1.0)),
    )


def _once_per_pattern(statistic: _Statistic, judgements: _Matrix) -> Callable[[_Rows], Estimate]:
    """``statistic`` of some rows of ``judgements``, worked out once for all choices that hold the same judgements.

    Thousands of patients have a few dozen patterns between them, and without one patient of a pattern it is as without
    another.
    """
    codes = np.where(_given(judgements), judgements, -1.0)
    patterns, pattern = np.unique(codes, axis=0, return_inverse=True)
    pattern = pattern.ravel()
    known: dict[bytes, Estimate] = {}

    def remembered(rows: _Rows) -> Estimate:
        key = np.bincount(pattern[rows], minlength=patterns.shape[0]).tobytes()
        if key not in known:
            known[key] = statistic(judgements[rows])
        return known[key]

    return remembered


def _given(judgements: _Matrix) -> npt.NDArray[np.bool_]:
    return np.asarray(~np.isnan(judgements), dtype=np.bool_)
