"""The headline metrics under every truth that the readings could give: at a site, and over the sites."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from multisite.performance.site_effects import proportion_effect
from multisite.performance.truth_cases import tested_scores
from multisite.schemas.truth_sensitivity import TRUTH_METRICS, TRUTH_SENSITIVITY, TRUTH_TORNADO
from multisite.stats import ClusterMoments, Estimate, clustered_auc, clustered_proportion, common_effect
from multisite.vocabulary import EstimateStatus, TruthVariant

__all__ = ["TruthParameters", "tornado", "truth_sensitivity"]

_READER = "reader "
_Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class TruthParameters:
    """``threshold``: a score from it on is a call of positive. ``minimum_patients``: of fewer, no number is given.

    ``findings`` are those whose labels come from readings.
    """

    findings: tuple[str, ...]
    threshold: float
    ci_level: float
    minimum_patients: int


@dataclass(frozen=True, slots=True, eq=False)
class _Cases:
    positive: npt.NDArray[np.bool_]
    score: npt.NDArray[np.float64]
    patient: npt.NDArray[np.int64]

    @classmethod
    def of(cls, frame: pl.DataFrame) -> "_Cases":
        patient = frame["patient_id"].rank("dense").to_numpy().astype(np.int64) - 1
        return cls(frame["label"].to_numpy().astype(np.bool_), frame["score"].to_numpy(), patient)

    def moments(self, right: npt.NDArray[np.bool_], among: npt.NDArray[np.bool_]) -> ClusterMoments:
        n = np.bincount(self.patient[among])
        return ClusterMoments.from_clusters(np.bincount(self.patient[among & right], minlength=n.size), n)


def truth_sensitivity(
    cohort: pl.DataFrame, predictions: pl.DataFrame, variants: pl.DataFrame, rules: TruthParameters, *, site: str
) -> pl.DataFrame:
    """TRUTH_SENSITIVITY: metrics of a site's test cases under each truth, on the cases to which it gives a label.

    Intervals count patients. Of fewer patients than asked for, of either class for an AUC, the number is withheld and
    the row stays.
    """
    scored = tested_scores(cohort, predictions, variants)
    rows = [
        {"site": site, "finding": finding, "model": model, "variant": variant, **row}
        for (finding, model, variant), frame in sorted(
            scored.partition_by("finding", "model", "variant", as_dict=True).items()
        )
        for row in _metrics(_Cases.of(frame), rules)
    ]
    return pl.DataFrame(rows, schema=TRUTH_SENSITIVITY.schema)


def _metrics(cases: _Cases, rules: TruthParameters) -> Iterator[_Row]:
    called = cases.score >= rules.threshold
    n_of_class = [len(np.unique(cases.patient[of])) for of in (cases.positive, ~cases.positive)]
    n_patients = len(np.unique(cases.patient))
    area = clustered_auc(cases.positive, cases.score, cases.patient, level=rules.ci_level)
    scaled: tuple[float, float] | None = None
    if area.estimate is not None and 0.0 < area.estimate < 1.0 and area.standard_error:
        spread = area.estimate * (1.0 - area.estimate)
        scaled = math.log(area.estimate / (1.0 - area.estimate)), area.standard_error / spread
    yield _row("auc", area, scaled, rules, n_patients=n_patients, fewest=min(n_of_class))
    for metric, among, right, n in (
        ("sensitivity", cases.positive, called, n_of_class[0]),
        ("specificity", ~cases.positive, ~called, n_of_class[1]),
    ):
        moments = cases.moments(right, among)
        effect = proportion_effect(moments)
        found = clustered_proportion(moments, level=rules.ci_level)
        yield _row(metric, found, effect[:2] if effect else None, rules, n_patients=n, fewest=n)


def _row(
    metric: str,
    found: Estimate,
    scaled: tuple[float, float] | None,
    rules: TruthParameters,
    *,
    n_patients: int,
    fewest: int,
) -> _Row:
    withheld = fewest < rules.minimum_patients and found.status is not EstimateStatus.UNDEFINED
    short = EstimateStatus.INSUFFICIENT, f"fewer than {rules.minimum_patients} patients"
    status, reason = short if withheld else (found.status, found.reason)
    return {
        "metric": metric,
        "estimate": None if withheld else found.estimate,
        "ci_low": None if withheld else found.ci_low,
        "ci_high": None if withheld else found.ci_high,
        "ci_level": found.ci_level,
        "ci_method": found.ci_method,
        "scaled_estimate": None if withheld or scaled is None else scaled[0],
        "standard_error": None if withheld or scaled is None else scaled[1],
        "n_patients": n_patients,
        "n_cases": found.n_cases,
        "status": status.value,
        "reason": reason,
    }


def tornado(sensitivity: pl.DataFrame, *, ci_level: float) -> pl.DataFrame:
    """TRUTH_TORNADO, from TRUTH_SENSITIVITY of every site.

    The sites' values are pooled on the logit scale, each weighing by its precision: the question is what the truth
    does to the result at these sites, not what other sites would show. Of one site its own value stands. A single
    reader replaces the declared truth at that reader's site alone, for nobody reads at all of them.
    """
    rows: list[_Row] = []
    for (finding, model), of_endpoint in sorted(sensitivity.partition_by("finding", "model", as_dict=True).items()):
        for metric in TRUTH_METRICS:
            found = {(r["variant"], r["site"]): r for r in of_endpoint.filter(metric=metric).iter_rows(named=True)}
            known = {"finding": finding, "model": model, "metric": metric}
            rows += [known | row for row in _variants(found, ci_level)]
    return pl.DataFrame(rows, schema=TRUTH_TORNADO.schema)


def _variants(found: Mapping[tuple[str, str], _Row], ci_level: float) -> Iterator[_Row]:
    declared_name = TruthVariant.DECLARED.value
    declared = {site: row for (variant, site), row in found.items() if variant == declared_name}
    of_declared = _pooled(list(declared.values()), ci_level)
    for variant in TruthVariant:
        own = [row for (name, _), row in found.items() if name == variant.value]
        if own:
            yield _changed(variant.value, None, _pooled(own, ci_level), of_declared)
    for (name, site), row in sorted(found.items()):
        if name.startswith(_READER):
            replaced = list((declared | {site: row}).values())
            yield _changed(name, site, _pooled(replaced, ci_level), of_declared)


def _changed(variant: str, site: str | None, row: _Row, declared: _Row) -> _Row:
    ends = row["estimate"], declared["estimate"]
    change = None if None in ends else ends[0] - ends[1]
    return {"variant": variant, "reader_site": site, "change": change, **row}


def _pooled(rows: Sequence[_Row], ci_level: float) -> _Row:
    used = [row for row in rows if row["scaled_estimate"] is not None and row["standard_error"]]
    counts = {name: sum(row[name] for row in used) for name in ("n_patients", "n_cases")}
    if len(rows) == 1 or len(used) == 1:
        # The interval of a mean over sites does not exist; that of the site itself does.
        (only,) = used or rows
        names = ("estimate", "ci_low", "ci_high", "ci_level", "ci_method", "n_patients", "n_cases", "status", "reason")
        return {"n_sites": int(only["estimate"] is not None)} | {name: only[name] for name in names}
    pooled = common_effect(
        [row["scaled_estimate"] for row in used],
        [row["standard_error"] ** 2 for row in used],
        scale="logit",
        level=ci_level,
    )
    return {
        "estimate": pooled.estimate,
        "ci_low": pooled.ci_low,
        "ci_high": pooled.ci_high,
        "ci_level": pooled.ci_level,
        "ci_method": pooled.ci_method,
        "n_sites": len(used),
        **counts,
        "status": pooled.status.value,
        "reason": "no site has an estimate with an interval" if not used else pooled.reason,
    }
