"""From contrasts to verdicts: margins, Holm for primary strata, false discovery and shrinkage for exploratory ones.

A primary row meets its margin when its interval lies wholly inside, and fails when it lies wholly outside and the
p-value of the truth lying inside, adjusted by Holm over all primary rows of the finding, model and metric, is at most
1 − the level of the intervals: were no truth outside its margin, one or more of these rows would fail in at most that
share of studies. All else is insufficient evidence. An exploratory row gets no verdict.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from multisite.performance.estimates.metrics import METRICS, SegmentRules
from multisite.performance.verdicts.contrasts import COMPARED, Contrast, Counted, contrasts
from multisite.performance.verdicts.margins import Acceptance, Judged, MarginParameters, judge
from multisite.schemas.verdicts import VERDICTS
from multisite.stats import FloatArray, PartialPooling, benjamini_hochberg, holm, interval_p_value, partial_pooling
from multisite.vocabulary import OVERALL, EstimateStatus, MarginVerdict, StratumRole

__all__ = ["VerdictParameters", "verdict_rows"]

_ADJUST = {StratumRole.PRIMARY: ("holm", holm), StratumRole.EXPLORATORY: ("benjamini-hochberg", benjamini_hochberg)}


@dataclass(frozen=True, slots=True)
class VerdictParameters:
    """``roles``: each stratum, crossing and the axis of sites with its role, in the order of the report."""

    roles: tuple[tuple[str, StratumRole], ...]
    margins: tuple[MarginParameters, ...]
    ci_level: float
    minimum_denominator: int


def verdict_rows(counted: Counted, parameters: VerdictParameters) -> pl.DataFrame:
    """The rows of VERDICTS: for every finding and model, metric, stratum and level, and margin of it.

    Metrics that levels are compared in have a row whether or not a margin is declared; the others only with one.
    """
    rows: list[dict[str, Any]] = []
    for finding, model in counted.estimates.select("finding", "model").unique().sort("finding", "model").rows():
        margins = [margin for margin in parameters.margins if margin.applies_to(finding, model)]
        named = {margin.metric for margin in margins}
        for metric in (name for name in METRICS if name in COMPARED or name in named):
            of_metric = [margin for margin in margins if margin.metric == metric]
            found = _metric_rows(counted, finding, model, metric, of_metric, parameters)
            rows += [{"finding": finding, "model": model, "metric": metric} | row for row in found]
    return pl.DataFrame(rows, schema=VERDICTS.schema)


@dataclass(frozen=True, slots=True)
class _Line:
    """A row to be: the contrast, its role, its margin where one applies, and what the margin makes of it."""

    contrast: Contrast
    role: StratumRole
    margin: Acceptance | None
    judged: Judged | None


def _metric_rows(
    counted: Counted,
    finding: str,
    model: str,
    metric: str,
    margins: Sequence[MarginParameters],
    parameters: VerdictParameters,
) -> Iterator[dict[str, Any]]:
    roles = dict(parameters.roles)
    rules = SegmentRules(parameters.ci_level, parameters.minimum_denominator, bins=2)
    found = list(contrasts(counted, finding=finding, model=model, metric=metric, strata=tuple(roles), rules=rules))
    lines = [
        _Line(contrast, role, margin, judge(contrast, margin, parameters.ci_level) if margin else None)
        for contrast in found
        for role in [roles.get(contrast.stratum, StratumRole.PRIMARY)]
        for margin in _margins(contrast, margins)
    ]
    apart = {(c.stratum, c.level): interval_p_value(c.difference_at, 0.0) if c.difference_at else None for c in found}
    adjusted: dict[tuple[str, str], float | None] = {}
    of_margin: dict[int, float | None] = {}
    for role, (_, adjust) in _ADJUST.items():
        # A level is one test of a difference, however many margins it has.
        places = [place for place in apart if roles.get(place[0], StratumRole.PRIMARY) is role]
        adjusted |= zip(places, _adjusted(adjust, [apart[place] for place in places]), strict=True)
        held = [number for number, line in enumerate(lines) if line.role is role and line.judged]
        tested = [judged.p_value for number in held if (judged := lines[number].judged)]
        of_margin |= zip(held, _adjusted(adjust, tested), strict=True)
    drawn = _shrunken(found, parameters.ci_level)
    for number, line in enumerate(lines):
        place = line.contrast.stratum, line.contrast.level
        tests = {"p_difference": apart[place], "p_difference_adjusted": adjusted[place]}
        yield (
            _level_columns(line, parameters)
            | tests
            | drawn.get(place, {})
            | _margin_columns(line, of_margin.get(number), parameters)
        )


def _margins(contrast: Contrast, margins: Sequence[MarginParameters]) -> list[Acceptance | None]:
    held = [a for margin in margins if (a := margin.value_of(overall=contrast.stratum == OVERALL)) is not None]
    if contrast.stratum != OVERALL:
        held += [a for margin in margins if (a := margin.gap) is not None]
    return [*held] or [None]


def _level_columns(line: _Line, parameters: VerdictParameters) -> dict[str, Any]:
    contrast, row = line.contrast, line.contrast.row
    apart = contrast.difference_at(parameters.ci_level) if contrast.difference_at else None
    same = ("n_patients", "n_cases", "numerator", "denominator", "estimate", "ci_low", "ci_high", "ci_level")
    return {
        "stratum": contrast.stratum,
        "level": contrast.level,
        "role": line.role.value,
        **{name: row[name] for name in (*same, "ci_method", "status", "reason")},
        "rest": contrast.rest,
        "n_patients_rest": contrast.n_patients_rest,
        "n_patients_both": contrast.n_patients_both,
        "difference": apart.estimate if apart else None,
        "difference_low": apart.ci_low if apart else None,
        "difference_high": apart.ci_high if apart else None,
        "difference_method": apart.ci_method if apart else None,
        "adjustment": _ADJUST[line.role][0],
        "detectable_gap": contrast.detectable_gap,
        "n_needed_minimum": (parameters.minimum_denominator if row["status"] == EstimateStatus.INSUFFICIENT else None),
    }


def _margin_columns(line: _Line, adjusted: float | None, parameters: VerdictParameters) -> dict[str, Any]:
    if line.margin is None or line.judged is None:
        return {}
    verdict, undecided, needed = line.judged.verdict, line.judged.undecided, line.judged.n_needed
    if verdict is MarginVerdict.FAILS and (adjusted is None or adjusted > 1.0 - parameters.ci_level):
        verdict, needed = MarginVerdict.INSUFFICIENT, None
        undecided = f"the interval lies outside the margin, but not after {_ADJUST[line.role][0]}"
    column = "verdict" if line.role is StratumRole.PRIMARY else "points_to"
    return {
        "margin_kind": line.margin.kind.value,
        "margin_low": line.margin.low,
        "margin_high": line.margin.high,
        "p_margin": line.judged.p_value,
        "p_margin_adjusted": adjusted,
        column: verdict.value,
        "undecided": undecided,
        "n_needed_decision": needed,
    }


def _shrunken(found: Sequence[Contrast], level: float) -> dict[tuple[str, str], dict[str, Any]]:
    """Each stratum's levels drawn towards their mean; a level that is withheld neither draws nor is drawn."""
    drawn: dict[tuple[str, str], dict[str, Any]] = {}
    for stratum in dict.fromkeys(contrast.stratum for contrast in found if contrast.stratum != OVERALL):
        held = [(c.level, c.effect) for c in found if c.stratum == stratum and c.effect is not None]
        pooled: PartialPooling = partial_pooling(
            [value for _, (value, _) in held], [error**2 for _, (_, error) in held], level=level
        )
        for (name, _), one in zip(held, pooled.strata, strict=True):
            drawn[stratum, name] = {
                "shrunken": one.shrunken.estimate,
                "shrunken_low": one.shrunken.ci_low,
                "shrunken_high": one.shrunken.ci_high,
                "weight_of_own": one.weight_of_own,
            }
    return drawn


def _adjusted(adjust: Callable[[FloatArray], FloatArray], p_values: Sequence[float | None]) -> list[float | None]:
    """The adjusted p-values. A test that has none had too few patients, whatever its cases were called."""
    adjusted = adjust(np.array([np.nan if p is None else p for p in p_values]))
    return [None if np.isnan(p) else float(p) for p in adjusted]
