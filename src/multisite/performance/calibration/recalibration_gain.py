"""What a recalibration that was fitted on tuning cases would change on test cases: advice, applied to nothing."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import polars as pl

from multisite.performance.calibration.levels import Tested, endpoints
from multisite.performance.calibration.recalibration_fit import RecalibrationParameters, Tuned, fits_of_counts
from multisite.performance.estimates.spread import widened_by
from multisite.schemas.calibration_strata import RECALIBRATION_METRICS, SITE_RECALIBRATION
from multisite.stats import (
    ClusterMoments,
    Estimate,
    Recalibration,
    ScoreCounts,
    brier,
    brier_difference,
    brier_fall_of_counts,
    calibration_line,
    clustered_calibration_line,
    clustered_observed_expected,
    observed_expected,
    recalibrated_counts,
)
from multisite.tallies import ProportionMoments, numbered_patients
from multisite.vocabulary import ALL_SITES, OVERALL, EstimateStatus, Split

__all__ = ["gains_at_site", "gains_over_sites"]

_TEST = Split.TEST.value
_NO_COUNTS = ScoreCounts.from_cases([], [])
_Numbers = Mapping[str, Estimate]


def gains_at_site(
    cases: pl.DataFrame,
    fits: Mapping[tuple[str, str, str], Tuned],
    parameters: RecalibrationParameters,
    *,
    site: str,
) -> pl.DataFrame:
    """Rows of SITE_RECALIBRATION: the site's own fits on its own test cases, patients as clusters.

    Parameters
    ----------
    cases
        As :func:`multisite.tallies.scored_cases` makes them; only those of the split ``test`` are looked at.
    fits
        Of the site's tuning cases, by finding, model and method.
    parameters
        What the protocol says.
    site
        Its identifier.

    Undefined cases
    ---------------
        Without a fit, that one's status and reason. With a class of too few patients: insufficient.
    """
    rows: list[dict[str, Any]] = []
    for (finding, model, method), tuned in sorted(fits.items()):
        own = cases.filter(split=_TEST, finding=finding, model=model)
        positive, score = own["reference"].to_numpy(), own["score"].to_numpy()
        patient = numbered_patients(own)
        with_class = dict(own.group_by("reference").agg(pl.col("patient_id").n_unique()).rows())
        names = {
            "site": site,
            "fitted_on": site,
            "finding": finding,
            "model": model,
            "method": method,
            "n_tuning_patients": tuned.n_patients,
            "n_patients": own["patient_id"].n_unique(),
            "n_cases": own.height,
        }
        fit = tuned.recalibration
        why = _why_not(fit, parameters.shortage(with_class.get(True, 0), with_class.get(False, 0), split=_TEST))
        if why is not None:
            rows += _missing(names, fit, why, parameters)
            continue
        moved = fit(score)
        repeated = own["patient_id"].n_unique() < own.height
        level = parameters.ci_level
        fall = brier_difference(positive, score, moved, patient=patient if repeated else None, level=level)
        before, after = (_of_cases(positive, s, patient, repeated=repeated, level=level) for s in (score, moved))
        rows += _told(names, fit, before, after, fall, parameters)
    return pl.DataFrame(rows, schema=SITE_RECALIBRATION.schema)


def gains_over_sites(tested: Tested, parameters: RecalibrationParameters) -> pl.DataFrame:
    """Rows of SITE_RECALIBRATION of the fit on the tuning cases of all sites, at each site and over all.

    All from tallies on the grid; where patients repeat, the intervals are widened by the sites' design effects, that of
    the fall by the Brier score's.
    """
    rows: list[dict[str, Any]] = []
    patients = _patients(tested.moments)
    for finding, model in endpoints(tested.estimates):
        place = (ALL_SITES, OVERALL, OVERALL)
        tune = tested.counts(finding, model, split=Split.TUNE.value).get(place, _NO_COUNTS)
        tuned = patients.get((ALL_SITES, finding, model, Split.TUNE.value), {})
        probabilities = model not in parameters.not_probabilities
        fits = fits_of_counts(
            tune, tune, patients=_with_class(tuned), probabilities=probabilities, parameters=parameters
        )
        effects = tested.effects(finding, model)
        for (site, stratum, _), counts in sorted(tested.counts(finding, model, split=_TEST).items()):
            if stratum != OVERALL:
                continue
            here = patients.get((site, finding, model, _TEST), {})
            own = {m: effects.get((site, OVERALL, OVERALL, m), 1.0) for m in RECALIBRATION_METRICS}
            names = {
                "site": site,
                "fitted_on": ALL_SITES,
                "finding": finding,
                "model": model,
                "n_tuning_patients": _n_patients(tuned),
                "n_patients": _n_patients(here),
                "n_cases": counts.positives + counts.negatives,
            }
            for fit in fits:
                of_fit = names | {"method": fit.method}
                why = _why_not(fit, parameters.shortage(*_with_class(here), split=_TEST))
                if why is not None:
                    rows += _missing(of_fit, fit, why, parameters)
                    continue
                rows += _told(of_fit, fit, *_of_counts(counts, fit, own, parameters.ci_level), parameters)
    return pl.DataFrame(rows, schema=SITE_RECALIBRATION.schema)


def _of_cases(positive: Any, score: Any, patient: Any, *, repeated: bool, level: float) -> _Numbers:
    counts = ScoreCounts.from_cases(positive, score)
    if repeated:
        line = clustered_calibration_line(positive, score, patient, level=level)
        ratio: Estimate = clustered_observed_expected(positive, score, patient, level=level)
    else:
        line, ratio = calibration_line(counts, level=level), observed_expected(counts, level=level)
    return {
        # Its own interval is not told: that of the fall is the narrower and the one that is asked for.
        "brier": replace(brier(counts, level=level), ci_low=None, ci_high=None),
        "calibration_in_the_large": line.in_the_large,
        "calibration_slope": line.slope,
        "observed_expected": ratio,
    }


def _of_counts(
    counts: ScoreCounts, fit: Recalibration, effects: Mapping[str, float], level: float
) -> tuple[_Numbers, _Numbers, Estimate]:
    repeated = any(effect != 1.0 for effect in effects.values())
    told: list[_Numbers] = []
    for held in (counts, recalibrated_counts(counts, fit)):
        line = calibration_line(held, level=level)
        numbers = {
            "calibration_in_the_large": line.in_the_large,
            "calibration_slope": line.slope,
            "observed_expected": observed_expected(held, level=level),
        }
        if repeated:
            numbers = {metric: widened_by(e, effects.get(metric), metric=metric) for metric, e in numbers.items()}
        told.append({"brier": replace(brier(held, level=level), ci_low=None, ci_high=None), **numbers})
    fall = brier_fall_of_counts(counts, fit, design_effect=max(1.0, effects["brier"]), level=level)
    return told[0], told[1], fall


def _told(
    names: Mapping[str, Any],
    fit: Recalibration,
    before: _Numbers,
    after: _Numbers,
    fall: Estimate,
    parameters: RecalibrationParameters,
) -> Iterator[dict[str, Any]]:
    for metric in RECALIBRATION_METRICS:
        one, other = before[metric], after[metric]
        shown = fall if metric == "brier" else other
        fine = one.estimate is not None and other.estimate is not None
        yield {
            **names,
            **_fitted(fit, parameters),
            "metric": metric,
            **_columns("before", one),
            **_columns("after", other),
            **(_columns("fall", fall) if metric == "brier" else {}),
            "ci_method": shown.ci_method,
            "status": (EstimateStatus.OK if fine else EstimateStatus.UNDEFINED).value,
            "reason": None if fine else other.reason or one.reason,
        }


def _missing(
    names: Mapping[str, Any],
    fit: Recalibration,
    why: tuple[EstimateStatus, str | None],
    parameters: RecalibrationParameters,
) -> Iterator[dict[str, Any]]:
    for metric in RECALIBRATION_METRICS:
        yield {**names, **_fitted(fit, parameters), "metric": metric, "status": why[0].value, "reason": why[1]}


def _fitted(fit: Recalibration, parameters: RecalibrationParameters) -> dict[str, Any]:
    return {
        "intercept": fit.intercept,
        "slope": fit.slope,
        "n_tuning_cases": fit.n_positive + fit.n_negative,
        "ci_level": parameters.ci_level,
    }


def _why_not(fit: Recalibration, shortage: str | None) -> tuple[EstimateStatus, str | None] | None:
    if fit.status is not EstimateStatus.OK:
        return fit.status, fit.reason
    return None if shortage is None else (EstimateStatus.INSUFFICIENT, shortage)


def _columns(name: str, found: Estimate) -> dict[str, float | None]:
    return {name: found.estimate, f"{name}_low": found.ci_low, f"{name}_high": found.ci_high}


def _patients(moments: ProportionMoments) -> dict[tuple[str, ...], dict[str, ClusterMoments]]:
    """Site (also all of them), finding, model and split to the moments of all its cases by metric."""
    found: dict[tuple[str, ...], dict[str, ClusterMoments]] = {}
    own = ProportionMoments(moments.frame.filter(stratum=OVERALL))
    for held in (own, own.over_sites()):
        for row, sums in held.rows():
            place = (row["site"], row["finding"], row["model"], row["split"])
            found.setdefault(place, {})[row["metric"]] = sums
    return found


def _with_class(sums: Mapping[str, ClusterMoments]) -> tuple[int, int]:
    positive, negative = (sums[m].n_patients if m in sums else 0 for m in ("sensitivity", "specificity"))
    return positive, negative


def _n_patients(sums: Mapping[str, ClusterMoments]) -> int:
    return sums["prevalence"].n_patients if "prevalence" in sums else 0
