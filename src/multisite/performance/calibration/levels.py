"""Calibration of each level as it was seen and as it is when drawn towards the mean of its stratum."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import polars as pl

from multisite.performance.estimates.spread import DesignEffects
from multisite.performance.pooling.site_effects import interval_effect, patient_effect
from multisite.schemas.across_sites import POOLED_METRICS
from multisite.schemas.calibration_strata import CALIBRATION_BY_LEVEL, LEVEL_METRICS
from multisite.stats import Scale, ScoreCounts, design_effect_of, holm, partial_pooling, random_effects
from multisite.tallies import ProportionMoments, ScoreTally
from multisite.vocabulary import ALL_SITES, OVERALL, SITE_AXIS, CalibrationState, EstimateStatus, Split

__all__ = ["CalibrationParameters", "Tested", "calibration_levels", "endpoints", "leaves_out", "levels_of", "state_of"]

_IDEAL = {"calibration_in_the_large": 0.0, "calibration_slope": 1.0, "observed_expected": 1.0}


@dataclass(frozen=True, slots=True)
class CalibrationParameters:
    """What the protocol says about calibration: the strata, and the tolerances about its ideal."""

    strata: tuple[str, ...]
    ci_level: float
    minimum_denominator: int
    reliability_bins: int
    slope_tolerance: float
    in_the_large_tolerance: float

    def tolerance(self, metric: str) -> float | None:
        """Half the width of the range about the ideal that counts as good; ``None`` where none is declared."""
        declared = {
            "calibration_slope": self.slope_tolerance,
            "calibration_in_the_large": self.in_the_large_tolerance,
        }
        return declared.get(metric)

    def shortage(self, n_patients: int, unit: str) -> str | None:
        """Why a denominator is too small; ``None`` where it is not."""
        least = self.minimum_denominator
        return None if n_patients >= least else f"fewer than {least} patients with a {unit}"


@dataclass(frozen=True, slots=True, eq=False)
class Tested:
    """Everything that is known of the sites' cases: estimates, tallies on the grid, moments and design effects."""

    estimates: pl.DataFrame
    tally: ScoreTally
    moments: ProportionMoments
    design_effects: pl.DataFrame

    def effects(self, finding: str, model: str, *, split: str = Split.TEST.value) -> dict[tuple[str, ...], float]:
        """Design effects by site, stratum, level and metric; over all sites, their mean."""
        of = {"finding": finding, "model": model, "split": split}
        rows = self.design_effects.filter(**of)
        names = ("site", "stratum", "level", "metric", "design_effect")
        found = {row[:-1]: row[-1] for row in rows.select(names).rows()}
        mean = DesignEffects.of_sites(rows, ProportionMoments(self.moments.frame.filter(**of))).effects
        return found | {(ALL_SITES, *key[3:]): effect for key, effect in mean.items()}

    def prevalence_effects(self, finding: str, model: str) -> dict[tuple[str, str, str], float]:
        """Design effects of the prevalence of test cases by site, stratum and level, also over all sites.

        One patient with several cases alone has none; it is left out.
        """
        of = {"finding": finding, "model": model, "split": Split.TEST.value, "metric": "prevalence"}
        own = ProportionMoments(self.moments.frame.filter(**of))
        return {
            (row["site"], row["stratum"], row["level"]): effect
            for held in (own, own.over_sites())
            for row, sums in held.rows()
            if (effect := design_effect_of(sums)) is not None
        }

    def counts(self, finding: str, model: str, *, split: str) -> dict[tuple[str, str, str], ScoreCounts]:
        """Counts on the grid by site, stratum and level, also over all sites."""
        wanted = (pl.col("finding") == finding) & (pl.col("model") == model) & (pl.col("split") == split)
        own = self.tally.filter(wanted)
        found: dict[tuple[str, str, str], ScoreCounts] = {}
        for tally in (own, own.over_sites()):
            places = tally.keys.select("site", "stratum", "level").rows()
            found |= dict(zip(places, tally.counts, strict=True))
        return found


def endpoints(estimates: pl.DataFrame) -> list[tuple[str, str]]:
    """Every finding and model of the estimates."""
    return estimates.select("finding", "model").unique().sort("finding", "model").rows()


def levels_of(estimates: pl.DataFrame, strata: Sequence[str]) -> Iterator[tuple[str, str, str, Mapping[str, Any]]]:
    """(stratum, level, site, rows by metric) of all test cases, of each stratum over all sites, and of each site."""
    tested = estimates.filter(split=Split.TEST.value)
    for stratum in (OVERALL, *strata, SITE_AXIS):
        if stratum == SITE_AXIS:
            found = tested.filter(pl.col("site") != ALL_SITES, stratum=OVERALL)
        else:
            found = tested.filter(site=ALL_SITES, stratum=stratum)
        for (site, level), rows in sorted(found.partition_by("site", "level", as_dict=True).items()):
            by_metric = {row["metric"]: row for row in rows.iter_rows(named=True)}
            yield stratum, str(site if stratum == SITE_AXIS else level), str(site), by_metric


def state_of(
    low: float | None,
    high: float | None,
    *,
    ideal: float,
    tolerance: float,
    own: tuple[float | None, float | None] | None = None,
) -> CalibrationState:
    """``meets`` where the interval lies within the tolerance, else ``departs`` where it leaves the ideal out.

    A departure that lies within the tolerance as a whole is none: over very many cases every interval leaves the ideal
    out. Of a shrunken interval, ``own`` is the level's own, which must leave the ideal out as well: a level that is
    drawn to others which depart has not departed itself.
    """
    if low is None or high is None:
        return CalibrationState.INSUFFICIENT
    if ideal - tolerance <= low and high <= ideal + tolerance:
        return CalibrationState.MEETS
    departs = all(leaves_out(*ends, ideal=ideal) for ends in ((low, high), own or (low, high)))
    return CalibrationState.DEPARTS if departs else CalibrationState.INSUFFICIENT


def leaves_out(low: float | None, high: float | None, *, ideal: float) -> bool:
    """Whether the interval lies wholly on one side of ``ideal``; without an interval, no."""
    return low is not None and high is not None and not low <= ideal <= high


def calibration_levels(tested: Tested, parameters: CalibrationParameters) -> pl.DataFrame:
    """Rows of CALIBRATION_BY_LEVEL of every finding, model, stratum, level and metric.

    Undefined cases
    ---------------
        A level without an estimate and interval keeps the reason it came with, and neither draws nor is drawn. One
        level alone, and all test cases together, have nothing to be drawn to: their own interval decides.
    """
    found: list[dict[str, Any]] = []
    errors = _errors(tested.design_effects)
    for finding, model in endpoints(tested.estimates):
        own = tested.estimates.filter(finding=finding, model=model)
        levels = list(levels_of(own, parameters.strata))
        for metric in LEVEL_METRICS:
            strata: dict[str, list[tuple[str, str, Mapping[str, Any]]]] = {}
            for stratum, level, site, rows in levels:
                if metric in rows:
                    strata.setdefault(stratum, []).append((level, site, rows[metric]))
            drawn = {
                stratum: _drawn(
                    held, {level: errors.get((finding, model, metric, site)) for level, site, _ in held}, parameters
                )
                for stratum, held in strata.items()
            }
            compared = [stratum for stratum, rows in drawn.items() if stratum != OVERALL and rows]
            p_values = [drawn[stratum][0]["q_p_value"] for stratum in compared]
            adjusted = holm([np.nan if p is None else p for p in p_values])
            of_stratum = {s: None if np.isnan(p) else float(p) for s, p in zip(compared, adjusted, strict=True)}
            found += [
                {"finding": finding, "model": model, "stratum": stratum, "metric": metric}
                | row
                | {"q_p_adjusted": of_stratum.get(stratum)}
                for stratum, rows in drawn.items()
                for row in rows
            ]
    return pl.DataFrame(found, schema=CALIBRATION_BY_LEVEL.schema)


def _drawn(
    held: Sequence[tuple[str, str, Mapping[str, Any]]],
    errors: Mapping[str, float | None],
    parameters: CalibrationParameters,
) -> list[dict[str, Any]]:
    """The rows of one stratum and metric, whose levels share no case."""
    metric = held[0][2]["metric"]
    scale = cast("Scale", POOLED_METRICS[metric])
    effects = {level: _effect(row, errors[level] if site != ALL_SITES else None) for level, site, row in held}
    used = {level: effect for level, effect in effects.items() if effect is not None}
    values, variances = [e[0] for e in used.values()], [e[1] ** 2 for e in used.values()]
    pooled = partial_pooling(values, variances, scale=scale, level=parameters.ci_level)
    differ = random_effects(values, variances, scale=scale, level=parameters.ci_level)
    shrunken = dict(zip(used, pooled.strata, strict=True))
    several = len(used) > 1
    rows = []
    for level, _, row in held:
        one = shrunken.get(level)
        own = {name: row[name] for name in ("ci_low", "ci_high")}
        drawn = one.shrunken if one is not None and several else None
        low, high = (own["ci_low"], own["ci_high"]) if drawn is None else (drawn.ci_low, drawn.ci_high)
        tolerance, sound = parameters.tolerance(metric), row["status"] == EstimateStatus.OK
        state = None
        if tolerance is not None:
            ends = (low, high) if sound else (None, None)
            seen = (own["ci_low"], own["ci_high"])
            state = state_of(*ends, ideal=_IDEAL[metric], tolerance=tolerance, own=seen).value
        names = ("estimate", "ci_low", "ci_high", "ci_level", "ci_method", "n_patients", "n_cases", "status", "reason")
        rows.append(
            {
                "level": level,
                **{name: row[name] for name in names},
                "shrunken": None if drawn is None else drawn.estimate,
                "shrunken_low": None if drawn is None else drawn.ci_low,
                "shrunken_high": None if drawn is None else drawn.ci_high,
                "shrunken_method": None if drawn is None else drawn.ci_method,
                "weight_of_own": None if one is None or not several else one.weight_of_own,
                "tau": None if pooled.tau2 is None else math.sqrt(pooled.tau2),
                "q": differ.q if several else None,
                "q_degrees_of_freedom": differ.q_degrees_of_freedom if several else None,
                "q_p_value": differ.q_p_value if several else None,
                "ideal": _IDEAL[metric],
                "tolerance": tolerance,
                "state": state,
            }
        )
    return rows


def _effect(row: Mapping[str, Any], patient_error: float | None) -> tuple[float, float] | None:
    """The estimate and its standard error on the scale of the metric, patients as clusters where they repeat."""
    if row["status"] != EstimateStatus.OK or row["ci_low"] is None or row["ci_high"] is None:
        return None
    found = interval_effect(row) if patient_error is None else patient_effect(row, patient_error)
    return None if found is None or not found[1] > 0.0 else found[:2]


def _errors(design_effects: pl.DataFrame) -> dict[tuple[str, ...], float]:
    """Standard errors between patients of the sites' overall metrics."""
    own = design_effects.filter(split=Split.TEST.value, stratum=OVERALL)
    return {row[:-1]: row[-1] for row in own.select("finding", "model", "metric", "site", "standard_error").rows()}
