"""Failure modes over sites: counts of levels and pairs of levels inside each site, added and searched."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import polars as pl

from multisite.performance.failure_modes.search import FailureModesParameters, error_sets
from multisite.performance.failure_modes.slice_columns import CodedColumn
from multisite.performance.failure_modes.slice_confirmation import CandidateSlice, confirmed_rows, slice_and_rest
from multisite.schemas.failure_modes import SITE_FAILURE_MODES, SLICE_COUNTS, SLICE_SUMS
from multisite.stats import LEAST_Z, CodedCases, SliceSums, slice_sums
from multisite.vocabulary import ALL_SITES, OVERALL

__all__ = ["MOST_CONDITIONS", "failure_modes_over_sites", "slice_counts"]

MOST_CONDITIONS = 2
"""Strata that describe a slice over sites: counts of more would be of very few patients."""

_SAME_FROM = 0.9
_KEYS = ("stratum", "level", "other_stratum", "other_level")
_ERROR = ("finding", "model", "kind")


def slice_counts(scored: pl.DataFrame, *, site: str, parameters: FailureModesParameters) -> pl.DataFrame:
    """Rows of SLICE_COUNTS: of each half, all cases, every level of every stratum and every pair that holds a case.

    With S strata of up to L ≤ 20 levels these are at most 1 + SL + S(S − 1)/2 · L² rows for each finding, model, kind
    of error and half; single levels only, where the protocol asks for one condition.
    """
    columns, sets = error_sets(scored, parameters.strata, parameters)
    parts = [SLICE_COUNTS.empty()]
    for errors in sets:
        names = {"site": site, "finding": errors.finding, "model": errors.model, "kind": errors.kind.value}
        for half in (1, 2):
            counted = _cells(errors.coded(columns, half=half), columns, pairs=parameters.max_conditions > 1)
            parts += [
                part.with_columns(
                    *(pl.lit(value).alias(name) for name, value in names.items()),
                    pl.lit(half, pl.Int64).alias("half"),
                ).select(SLICE_COUNTS.schema.names())
                for part in counted
            ]
    return pl.concat(parts)


def failure_modes_over_sites(counts: pl.DataFrame, parameters: FailureModesParameters) -> pl.DataFrame:
    """Rows of SITE_FAILURE_MODES of all sites together.

    Parameters
    ----------
    counts
        Rows of SLICE_COUNTS of every site; their patients are different ones.
    parameters
        As inside the sites.

    Returns
    -------
    pl.DataFrame
        Every level and pair of levels competes, by the z of the first half. What narrows a slice that stood out more,
        or holds the same cases as far as counts tell, is left out.
    """
    rows: list[dict[str, Any]] = []
    summed = counts.group_by(*_ERROR, "half", *_KEYS).agg(pl.col(SLICE_SUMS).sum())
    for (finding, model, kind), part in sorted(summed.group_by(_ERROR), key=lambda held: str(held[0])):
        found = confirmed_rows(_candidates(part, parameters), parameters.rules)
        names = {"site": ALL_SITES, "finding": finding, "model": model, "kind": kind}
        rows += [names | row for row in found]
    return pl.DataFrame(rows, schema=SITE_FAILURE_MODES.schema)


def _cells(cases: CodedCases, columns: Sequence[CodedColumn], *, pairs: bool) -> Iterator[pl.DataFrame]:
    n = np.bincount(cases.patient)
    y = np.bincount(cases.patient[cases.error], minlength=n.size)

    def counted(cell: np.ndarray, n_cells: int) -> SliceSums:
        return slice_sums(cell, cases.error, cases.patient, n_cells=n_cells, patient_errors=y, patient_cases=n)

    yield _frame(counted(np.zeros(cases.error.size, dtype=np.int64), 1), OVERALL, (OVERALL,), OVERALL, (OVERALL,))
    for place, column in enumerate(columns):
        own = cases.levels[:, place]
        yield _frame(counted(own, len(column.levels)), column.name, column.levels, OVERALL, (OVERALL,))
    for first, second in combinations(range(len(columns)), 2) if pairs else ():
        one, other = columns[first], columns[second]
        cell = cases.levels[:, first] * len(other.levels) + cases.levels[:, second]
        sums = counted(cell, len(one.levels) * len(other.levels))
        yield _frame(sums, one.name, one.levels, other.name, other.levels)


def _frame(
    sums: SliceSums, stratum: str, levels: Sequence[str], other_stratum: str, other_levels: Sequence[str]
) -> pl.DataFrame:
    cells: dict[str, Any] = {
        "stratum": stratum,
        "level": np.repeat(np.asarray(levels, dtype=object), len(other_levels)).tolist(),
        "other_stratum": other_stratum,
        "other_level": list(other_levels) * len(levels),
    }
    cells |= {name: getattr(sums, name) for name in SLICE_SUMS}
    schema = {name: SLICE_COUNTS.schema[name] for name in cells}
    return pl.DataFrame(cells, schema=schema).filter(pl.col("sum_n") > 0)


def _candidates(part: pl.DataFrame, parameters: FailureModesParameters) -> list[CandidateSlice]:
    overall = {row["half"]: row for row in part.filter(stratum=OVERALL).iter_rows(named=True)}
    if overall.keys() != {1, 2}:
        return []
    everyone = {half: _sums([row]).moments(0) for half, row in overall.items()}
    singles_and_pairs = part.filter(pl.col("stratum") != OVERALL).sort(_KEYS)
    if parameters.max_conditions == 1:
        singles_and_pairs = singles_and_pairs.filter(other_stratum=OVERALL)
    searched = singles_and_pairs.filter(half=1).to_dicts()
    held = {_key(row): row for row in singles_and_pairs.filter(half=2).iter_rows(named=True)}
    if not searched:
        return []
    sums = _sums(searched)
    outside = everyone[1].n_patients - sums.n_patients_only
    enough = (sums.n_patients >= parameters.minimum_patients) & (outside >= parameters.minimum_patients)
    z = np.where(enough, sums.z(everyone[1]), -np.inf)
    conditions = [_conditions(row) for row in searched]
    ranked = sorted(
        (place for place in range(len(searched)) if z[place] >= LEAST_Z),
        key=lambda place: (-round(float(z[place]), 9), len(conditions[place]), conditions[place]),
    )
    chosen: list[int] = []
    for place in ranked:
        if len(chosen) >= parameters.candidates:
            break
        if not any(_repeats(searched, conditions, place, other) for other in chosen):
            chosen.append(place)
    return [
        CandidateSlice(
            axes=tuple(name for name, _ in conditions[place]),
            levels=tuple(level for _, level in conditions[place]),
            found_by="counts",
            z=float(z[place]),
            first=slice_and_rest(sums, place, everyone[1]),
            second=slice_and_rest(
                _sums([held.get(_key(searched[place]), dict.fromkeys(SLICE_SUMS, 0))]), 0, everyone[2]
            ),
        )
        for place in chosen
    ]


def _repeats(
    rows: Sequence[Mapping[str, Any]], conditions: Sequence[tuple[tuple[str, str], ...]], new: int, chosen: int
) -> bool:
    """Whether ``new`` narrows ``chosen``, widens it by few cases, or counts the same as it."""
    inner, outer = set(conditions[new]), set(conditions[chosen])
    if inner >= outer:
        return True
    if inner < outer:
        return bool(rows[chosen]["sum_n"] > _SAME_FROM * rows[new]["sum_n"])
    return all(rows[new][name] == rows[chosen][name] for name in SLICE_SUMS)


def _conditions(row: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    one, other = (row["stratum"], row["level"]), (row["other_stratum"], row["other_level"])
    return (one,) if row["other_stratum"] == OVERALL else (one, other)


def _key(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in _KEYS)


def _sums(rows: Sequence[Mapping[str, Any]]) -> SliceSums:
    return SliceSums(*(np.array([row[name] for row in rows], dtype=np.int64) for name in SLICE_SUMS))
