"""Whether a level is miscalibrated, and whether its prevalence alone would explain that."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from multisite.performance.calibration.levels import (
    CalibrationParameters,
    Tested,
    endpoints,
    leaves_out,
    levels_of,
    state_of,
)
from multisite.performance.calibration.tuning import area_between, tuning_shortage, tuning_sums
from multisite.schemas.calibration_strata import CALIBRATION_CAUSES
from multisite.stats import (
    ClusterMoments,
    Estimate,
    ScoreCounts,
    design_effect_of,
    prevalence_shift,
    squared_calibration_error,
)
from multisite.vocabulary import ALL_SITES, OVERALL, CalibrationState, EstimateStatus, MiscalibrationCause, Split

__all__ = ["Signs", "calibration_causes", "cause_of"]

_LARGE, _SLOPE = "calibration_in_the_large", "calibration_slope"
_CLASSES = 2


@dataclass(frozen=True, slots=True)
class Signs:
    """What is known of a level.

    States of calibration in the large and of the slope; ``in_doubt`` where only one of a level's two intervals, its own
    and the shrunken one, leaves out the ideal; whether the prevalence differs from that of the tuning cases;
    the state of what that leaves of the calibration in the large; and whether the scores of either class lie elsewhere
    than those of the tuning cases. ``None``: not known. ``shortage`` says why one cannot compare with tuning cases.
    """

    in_the_large: CalibrationState
    slope: CalibrationState
    in_doubt: bool = False
    shortage: str | None = None
    prevalence_differs: bool | None = None
    remaining: CalibrationState | None = None
    scores_differ: bool | None = None
    undefined: str | None = None


def cause_of(signs: Signs) -> tuple[MiscalibrationCause, str | None]:
    """The word, and what led to it.

    Another prevalence moves all scores' logits by one number: it leaves the slope at 1 and the scores of each class
    where they were. What departs must therefore be the calibration in the large alone, the shift of the prevalence must
    be there and be shown to leave nothing over, and neither class may score otherwise than among the tuning cases.
    Neither that, nor that nothing is off, follows from an interval that is merely wide.
    """
    if signs.undefined is not None:
        return MiscalibrationCause.INSUFFICIENT, signs.undefined
    if signs.slope is CalibrationState.DEPARTS:
        return MiscalibrationCause.OTHER, "the slope departs from 1, which no prevalence explains"
    return _of_a_shift(signs) if signs.in_the_large is CalibrationState.DEPARTS else _of_no_departure(signs)


def _of_no_departure(signs: Signs) -> tuple[MiscalibrationCause, str | None]:
    if signs.in_the_large is CalibrationState.MEETS and signs.slope is CalibrationState.MEETS:
        return MiscalibrationCause.NONE, None
    if signs.in_doubt:
        return MiscalibrationCause.INSUFFICIENT, "of the own and the shrunken interval only one leaves the ideal out"
    return MiscalibrationCause.INSUFFICIENT, "neither miscalibration nor its absence is shown"


def _of_a_shift(signs: Signs) -> tuple[MiscalibrationCause, str | None]:
    if signs.shortage is not None:
        return MiscalibrationCause.INSUFFICIENT, f"no prevalence to compare with: {signs.shortage}"
    if signs.remaining is CalibrationState.DEPARTS:
        return MiscalibrationCause.OTHER, "the prevalence leaves a part of the calibration in the large unexplained"
    if signs.scores_differ:
        return MiscalibrationCause.OTHER, "cases of one class score otherwise than among the tuning cases"
    if not signs.prevalence_differs:
        return MiscalibrationCause.INSUFFICIENT, "the prevalence is not shown to differ from that of the tuning cases"
    if signs.scores_differ is None:
        return MiscalibrationCause.INSUFFICIENT, "scores within a class cannot be compared with the tuning cases"
    if signs.remaining is not CalibrationState.MEETS:
        return (
            MiscalibrationCause.INSUFFICIENT,
            "compatible with prevalence, but that it leaves nothing over is not shown",
        )
    return MiscalibrationCause.PREVALENCE, "the slope is not shown to depart, and the prevalence leaves nothing over"


def calibration_causes(tested: Tested, levels: pl.DataFrame, parameters: CalibrationParameters) -> pl.DataFrame:
    """Rows of CALIBRATION_CAUSES, one for each level.

    ``levels`` are the rows of CALIBRATION_BY_LEVEL of the same cases: their states say what departs.
    """
    found = []
    states = {
        (row["finding"], row["model"], row["stratum"], row["level"], row["metric"]): row
        for row in levels.iter_rows(named=True)
    }
    over_sites = tested.moments.over_sites()
    for finding, model in endpoints(tested.estimates):
        of = finding, model
        test = tested.counts(*of, split=Split.TEST.value)
        tune = tested.counts(*of, split=Split.TUNE.value).get((ALL_SITES, OVERALL, OVERALL))
        sums = tuning_sums(over_sites, *of)
        effects, prevalences = tested.effects(*of), tested.prevalence_effects(*of)
        own = tested.estimates.filter(finding=finding, model=model)
        for stratum, level, site, rows in levels_of(own, parameters.strata):
            place = (site, OVERALL if site != ALL_SITES else stratum, OVERALL if site != ALL_SITES else level)
            of_level = {m: states[*of, stratum, level, m] for m in (_LARGE, _SLOPE) if m in rows}
            if len(of_level) < _CLASSES or place not in test:
                continue
            of_level_effects = {m: effects.get((*place, m), 1.0) for m in (_LARGE, "auc")}
            compared = _compared(
                test[place], tune, sums, of_level_effects | {"prevalence": prevalences.get(place, 1.0)}
            )
            found.append(
                {"finding": finding, "model": model, "stratum": stratum, "level": level}
                | _row(rows, of_level, test[place], compared, sums, parameters)
            )
    return pl.DataFrame(found, schema=CALIBRATION_CAUSES.schema)


@dataclass(frozen=True, slots=True, eq=False)
class _Compared:
    """A level's counts beside those of the tuning cases of all sites."""

    counts: ScoreCounts
    tune: ScoreCounts | None
    effect: float
    prevalence_effect: float
    area_effect: float
    tuning_effect: float


def _compared(
    counts: ScoreCounts,
    tune: ScoreCounts | None,
    sums: Mapping[str, ClusterMoments],
    effects: Mapping[str, float],
) -> _Compared:
    there = design_effect_of(sums["prevalence"]) if "prevalence" in sums else None
    return _Compared(
        counts,
        tune,
        effect=max(1.0, effects[_LARGE]),
        prevalence_effect=effects["prevalence"],
        area_effect=max(1.0, effects["auc"]),
        tuning_effect=there or 1.0,
    )


def _row(
    rows: Mapping[str, Any],
    states: Mapping[str, Mapping[str, Any]],
    counts: ScoreCounts,
    compared: _Compared,
    sums: Mapping[str, ClusterMoments],
    parameters: CalibrationParameters,
) -> dict[str, Any]:
    large, slope = states[_LARGE], states[_SLOPE]
    withheld = next((row["reason"] for row in (large, slope) if row["status"] != EstimateStatus.OK), None)
    shortage = tuning_shortage(sums, parameters)
    columns: dict[str, Any] = {}
    doubts = (
        row["state"] == CalibrationState.INSUFFICIENT
        and any(leaves_out(row[f"{of}_low"], row[f"{of}_high"], ideal=row["ideal"]) for of in ("ci", "shrunken"))
        for row in (large, slope)
    )
    signs = Signs(
        CalibrationState(large["state"]),
        CalibrationState(slope["state"]),
        in_doubt=any(doubts),
        shortage=shortage,
        undefined=withheld,
    )
    if withheld is None and shortage is None and compared.tune is not None:
        columns, signs = _held_against_tuning(compared, compared.tune, signs, parameters)
    cause, reason = cause_of(signs)
    prevalence = sums.get("prevalence")
    error = squared_calibration_error(counts, n_bins=parameters.reliability_bins)
    ece, null = (rows.get(name) for name in ("ece", "ece_null_95"))
    n = counts.positives + counts.negatives
    return columns | {
        "n_patients": large["n_patients"],
        "n_cases": large["n_cases"],
        "n_positive": counts.positives,
        "ece": None if ece is None else ece["estimate"],
        "ece_null_95": None if null is None else null["estimate"],
        "debiased_error": None if withheld is not None else error.root,
        "prevalence": counts.positives / n if n else None,
        "tuning_prevalence": None
        if shortage is not None or prevalence is None
        else prevalence.sum_y / prevalence.sum_n,
        "n_tuning_patients": 0 if prevalence is None else prevalence.n_patients,
        "n_tuning_cases": 0 if prevalence is None else prevalence.sum_n,
        "ci_level": parameters.ci_level,
        "in_the_large_state": large["state"],
        "slope_state": slope["state"],
        "cause": cause.value,
        "reason": reason,
    }


def _held_against_tuning(
    compared: _Compared, tune: ScoreCounts, signs: Signs, parameters: CalibrationParameters
) -> tuple[dict[str, Any], Signs]:
    moved = prevalence_shift(
        compared.counts,
        n_positive=tune.positives,
        n_negative=tune.negatives,
        design_effect=compared.effect,
        design_effect_prevalence=compared.prevalence_effect,
        design_effect_there=compared.tuning_effect,
        level=parameters.ci_level,
    )
    here = compared.counts
    # Two tests, of either class: each may be wrong half as often.
    level = 1.0 - (1.0 - parameters.ci_level) / _CLASSES
    areas = [
        area_between(here.score, n, tune.score, m, level, compared.area_effect)
        for n, m in ((here.n_positive, tune.n_positive), (here.n_negative, tune.n_negative))
    ]
    remaining = state_of(
        moved.remaining.ci_low,
        moved.remaining.ci_high,
        ideal=0.0,
        tolerance=parameters.in_the_large_tolerance,
    )
    excluded = [_leaves_out(area, 0.5) for area in areas]
    columns = {
        **_columns("shift", moved.shift),
        **_columns("remaining", moved.remaining),
        "remaining_state": remaining.value,
        **_columns("shifted_observed_expected", moved.observed_expected),
        **_columns("area_positive", areas[0]),
        **_columns("area_negative", areas[1]),
    }
    differ = True if True in excluded else None if None in excluded else False
    return columns, replace(
        signs,
        prevalence_differs=_leaves_out(moved.shift, 0.0),
        remaining=remaining,
        scores_differ=differ,
    )


def _leaves_out(found: Estimate, ideal: float) -> bool | None:
    return None if found.ci_low is None else leaves_out(found.ci_low, found.ci_high, ideal=ideal)


def _columns(name: str, found: Estimate) -> dict[str, float | None]:
    return {name: found.estimate, f"{name}_low": found.ci_low, f"{name}_high": found.ci_high}
