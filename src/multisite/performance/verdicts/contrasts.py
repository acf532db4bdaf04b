"""Each level held against all other cases: what is compared, with an interval at any level of confidence."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from multisite.performance.estimates.metrics import UNITS, SegmentRules, segment_proportion
from multisite.performance.estimates.spread import DESIGN_EFFECT_NAMED, DesignEffects
from multisite.performance.pooling.site_effects import interval_effect, patient_effect, proportion_effect
from multisite.performance.verdicts.intervals import Scaled, area_at, counts_without, interval_of_row
from multisite.stats import (
    ClusterMoments,
    Estimate,
    ScoreCounts,
    auc,
    clustered_proportion,
    detectable_auc_difference,
    detectable_proportion_difference,
    independent_difference,
    overlapping_proportion_difference,
)
from multisite.tallies import KEYS, LevelAndRest, ProportionMoments, ScoreTally, level_and_rest
from multisite.vocabulary import ALL_SITES, OVERALL, SITE_AXIS, EstimateStatus, Split

__all__ = ["COMPARED", "Contrast", "Counted", "contrasts"]

COMPARED = ("auc", "sensitivity", "specificity", "ppv", "npv")
"""Metrics of which more is better, and of which level and rest are compared."""

_INDEPENDENT = "; level and rest taken as independent"


@dataclass(frozen=True, slots=True)
class Counted:
    """What the sites counted of the test split, over all sites and at each; ``estimates`` are those of the study."""

    estimates: pl.DataFrame
    moments: ProportionMoments
    cross: pl.DataFrame
    tally: ScoreTally
    design_effects: pl.DataFrame


@dataclass(frozen=True, slots=True, eq=False)
class Contrast:
    """A level and all other cases.

    ``row`` is the level's row of the estimates, and ``estimate_at`` gives that estimate with its interval at a level
    of confidence. ``difference_at`` does so for level minus rest, and is missing, with ``missing`` as the reason, where
    a side has too few patients. ``effect`` is the level on the logit scale with its standard error, where it has one.
    """

    stratum: str
    level: str
    row: Mapping[str, Any]
    estimate_at: Callable[[float], Estimate] | None = None
    rest: float | None = None
    n_patients_rest: int | None = None
    n_patients_both: int | None = None
    difference_at: Callable[[float], Estimate] | None = None
    missing: str | None = None
    detectable_gap: float | None = None
    effect: tuple[float, float] | None = None


def contrasts(
    counted: Counted, *, finding: str, model: str, metric: str, strata: tuple[str, ...], rules: SegmentRules
) -> Iterator[Contrast]:
    """All test cases first, then every level of every stratum of ``strata``, and every site, in that order."""
    of = {"finding": finding, "model": model, "split": Split.TEST.value}
    rows = counted.estimates.filter(metric=metric, **of)
    held = _Held(counted, of, metric, rules)
    for stratum in (OVERALL, *strata):
        if stratum == SITE_AXIS:
            found = rows.filter(pl.col("site") != ALL_SITES, stratum=OVERALL).sort("site")
        else:
            found = rows.filter(site=ALL_SITES, stratum=stratum).sort("level")
        for row in found.iter_rows(named=True):
            level = row["site"] if stratum == SITE_AXIS else row["level"]
            yield held.contrast(stratum, level, row)


class _Held:
    """The counts of one finding, model and metric by segment."""

    def __init__(self, counted: Counted, of: Mapping[str, str], metric: str, rules: SegmentRules) -> None:
        self._metric, self._rules = metric, rules
        self._moments: dict[tuple[str, str, str, str], ClusterMoments] = {}
        own = ProportionMoments(counted.moments.frame.filter(**of))
        for moments in (own, own.over_sites()):
            for row, sums in moments.rows():
                self._moments[row["metric"], row["site"], row["stratum"], row["level"]] = sums
        sums_of_cross = [c for c in counted.cross.columns if c.startswith(("sum_", "n_patients"))]
        cross = counted.cross.filter(**of).group_by("metric", "stratum", "level").agg(pl.col(sums_of_cross).sum())
        self._cross = {(row["metric"], row["stratum"], row["level"]): row for row in cross.iter_rows(named=True)}
        self._counts: dict[tuple[str, str, str], ScoreCounts] = {}
        self._design_effects: Mapping[tuple[str, str, str], float] = {}
        if metric == "auc":
            tested = counted.tally.filter(
                (pl.col("finding") == of["finding"])
                & (pl.col("model") == of["model"])
                & (pl.col("split") == of["split"])
            )
            for tally in (tested, tested.over_sites()):
                names = tally.keys.select(KEYS).iter_rows(named=True)
                self._counts |= {
                    (key["site"], key["stratum"], key["level"]): counts
                    for key, counts in zip(names, tally.counts, strict=True)
                }
            self._design_effects = _area_effects(counted, of)
        between = counted.design_effects.filter(metric=metric, **of)
        places = between.select("site", "stratum", "level", "standard_error", "degrees_of_freedom").rows()
        self._between_patients = {place[:3]: (place[3], place[4]) for place in places}

    def contrast(self, stratum: str, level: str, row: Mapping[str, Any]) -> Contrast:
        """The level with what can be said of it; without a rest, the contrast of all cases is its row alone."""
        sound = row["status"] == EstimateStatus.OK
        found = Contrast(
            stratum,
            level,
            row,
            estimate_at=self._estimate_at(row) if sound else None,
            missing=row["reason"] or row["status"],
            effect=self._effect(row) if sound else None,
        )
        if self._metric not in COMPARED:
            return replace(found, missing=f"levels are not compared in {self._metric}" if sound else found.missing)
        if stratum == OVERALL:
            return replace(found, detectable_gap=self._detectable(row, None))
        if self._metric == "auc":
            return self._auc(found, sound)
        pair = self._pair(self._metric, stratum, level)
        shortage = self._rules.shortage(pair.rest.n_patients, UNITS[self._metric])
        found = replace(
            found, n_patients_rest=pair.rest.n_patients, n_patients_both=pair.shared.n_patients if sound else None
        )
        found = replace(found, detectable_gap=self._detectable(row, pair.rest.sum_n))
        if not sound or shortage:
            return replace(found, missing=found.missing if not sound else f"{shortage} among all other cases")
        return replace(
            found,
            rest=pair.rest.sum_y / pair.rest.sum_n,
            difference_at=lambda at: overlapping_proportion_difference(pair.level, pair.rest, pair.shared, level=at),
        )

    def _auc(self, found: Contrast, sound: bool) -> Contrast:
        pairs = [self._pair(metric, found.stratum, found.level) for metric in ("sensitivity", "specificity")]
        shortages = [
            self._rules.shortage(pair.rest.n_patients, UNITS[metric])
            for metric, pair in zip(("sensitivity", "specificity"), pairs, strict=True)
        ]
        shortage = next((one for one in shortages if one), None)
        own = self._counts[self._place(found.stratum, found.level)]
        rest = counts_without(self._counts[ALL_SITES, OVERALL, OVERALL], own)
        found = replace(found, detectable_gap=self._detectable_auc(own, rest))
        if not sound or shortage:
            return replace(found, missing=found.missing if not sound else f"{shortage} among all other cases")

        own_at = self._area_of(found.row)
        rest_effect = self._rest_effect(found.stratum, found.level, own, rest)
        patients = pairs[0].rest.n_patients, pairs[1].rest.n_patients
        rest_at = area_at(rest, self._rules.level, rest_effect, patients)

        def difference_at(at: float) -> Estimate:
            apart = independent_difference(own_at(at), rest_at(at))
            widened = f"; {DESIGN_EFFECT_NAMED}" if self._design_effects else ""
            return replace(apart, ci_method=f"{apart.ci_method}{_INDEPENDENT}{widened}")

        shown = difference_at(self._rules.level)
        if shown.ci_low is None:
            return replace(found, missing=shown.reason)
        return replace(found, rest=rest_at(self._rules.level).estimate, difference_at=difference_at)

    def _pair(self, metric: str, stratum: str, level: str) -> LevelAndRest:
        everyone = self._moments[metric, ALL_SITES, OVERALL, OVERALL]
        own = self._moments[(metric, *self._place(stratum, level))]
        # A patient belongs to one site: at a site, a patient's cases are all of that patient's cases.
        alone = (own.n_patients, own.sum_yy, own.sum_yn, own.sum_yn, own.sum_nn)
        names = ("n_patients_only", "sum_yy", "sum_yn", "sum_ny", "sum_nn")
        cross = dict(zip(names, alone, strict=True)) if stratum == SITE_AXIS else self._cross[metric, stratum, level]
        return level_and_rest(own, everyone, cross)

    @staticmethod
    def _place(stratum: str, level: str) -> tuple[str, str, str]:
        return (level, OVERALL, OVERALL) if stratum == SITE_AXIS else (ALL_SITES, stratum, level)

    def _estimate_at(self, row: Mapping[str, Any]) -> Callable[[float], Estimate] | None:
        """The row's estimate with its interval at any level; at the row's own level, the interval that it shows."""
        place = row["site"], row["stratum"], row["level"]
        if self._metric == "auc":
            return self._area_of(row)
        if self._metric in COMPARED:
            return lambda at: segment_proportion(self._moments[(self._metric, *place)], UNITS[self._metric], at)
        found = self._scaled_effect(row)
        return None if found is None else lambda at: interval_of_row(row, found, at)

    def _area_of(self, row: Mapping[str, Any]) -> Callable[[float], Estimate]:
        found = self._scaled_effect(row)
        if found is not None:
            return lambda at: interval_of_row(row, found, at)
        place = row["site"], row["stratum"], row["level"]
        positive, negative = (self._moments[(metric, *place)].n_patients for metric in ("sensitivity", "specificity"))
        repeats = self._moments[("prevalence", *place)].clustered
        return area_at(self._counts[place], self._rules.level, 1.0, (positive, negative) if repeats else None)

    def _scaled_effect(self, row: Mapping[str, Any]) -> Scaled | None:
        between = self._between_patients.get((row["site"], row["stratum"], row["level"]))
        if between is not None and (found := patient_effect(row, between[0])) is not None:
            return Scaled(found[0], found[1], between[1])
        plain = interval_effect(row) if row["ci_low"] is not None else None
        return None if plain is None else Scaled(plain[0], plain[1])

    def _effect(self, row: Mapping[str, Any]) -> tuple[float, float] | None:
        if self._metric not in COMPARED:
            return None
        if self._metric == "auc":
            found = self._scaled_effect(row)
            return None if found is None else (found.value, found.error)
        share = proportion_effect(self._moments[self._metric, row["site"], row["stratum"], row["level"]])
        return None if share is None else share[:2]

    def _rest_effect(self, stratum: str, level: str, own: ScoreCounts, rest: ScoreCounts) -> float:
        """What is left of the design effect of all cases without the level's, each weighed by its cases."""
        n_own, n_rest = (counts.positives + counts.negatives for counts in (own, rest))
        everyone = self._design_effect(ALL_SITES, OVERALL, OVERALL)
        left = (everyone * (n_own + n_rest) - self._design_effect(*self._place(stratum, level)) * n_own) / n_rest
        return max(1.0, left)

    def _design_effect(self, site: str, stratum: str, level: str) -> float:
        return self._design_effects.get((site, stratum, level), 1.0)

    def _detectable(self, row: Mapping[str, Any], n_rest: int | None) -> float | None:
        """At the share and the design effect of all cases: what this n could have shown, not what was seen."""
        if self._metric == "auc":
            return self._detectable_auc(self._counts[ALL_SITES, OVERALL, OVERALL], None)
        everyone = self._moments[self._metric, ALL_SITES, OVERALL, OVERALL]
        if everyone.sum_n == 0:
            return None
        effect = clustered_proportion(everyone).design_effect if everyone.clustered else None
        return detectable_proportion_difference(
            everyone.sum_y / everyone.sum_n,
            row["denominator"],
            n_rest,
            design_effect=max(1.0, effect or 1.0),
            level=self._rules.level,
        ).difference

    def _detectable_auc(self, own: ScoreCounts, rest: ScoreCounts | None) -> float | None:
        area = auc(self._counts[ALL_SITES, OVERALL, OVERALL]).estimate
        effect = max(1.0, self._design_effect(ALL_SITES, OVERALL, OVERALL))
        sides = [own, *([rest] if rest else [])]
        sizes = [int(n / effect) for side in sides for n in (side.positives, side.negatives)]
        if area is None or not math.isfinite(area):
            return None
        return detectable_auc_difference(area, *sizes, level=self._rules.level).difference


def _area_effects(counted: Counted, of: Mapping[str, str]) -> dict[tuple[str, str, str], float]:
    """Design effects of the AUC by site, stratum and level; over all sites, their mean."""
    rows = counted.design_effects.filter(metric="auc", **of)
    found = {row[:-1]: row[-1] for row in rows.select("site", "stratum", "level", "design_effect").rows()}
    mean = DesignEffects.of_sites(rows, ProportionMoments(counted.moments.frame.filter(**of))).effects
    return found | {(ALL_SITES, key[3], key[4]): effect for key, effect in mean.items()}
