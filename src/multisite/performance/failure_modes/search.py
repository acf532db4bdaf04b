"""Where the model fails at a site: slices of its misses and false alarms, and the cases behind them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from multisite.performance.failure_modes.slice_columns import CodedColumn, SearchedColumn, coded_columns, level_words
from multisite.performance.failure_modes.slice_confirmation import (
    CandidateSlice,
    ConfirmationRules,
    SliceAndRest,
    confirmed_rows,
    slice_and_rest,
)
from multisite.schemas.failure_modes import ERROR_CASES, SITE_FAILURE_MODES
from multisite.stats import (
    ClusterMoments,
    CodedCases,
    Slice,
    beam_search,
    chosen_slices,
    patient_halves,
    slice_members,
    slice_sums,
    tree_search,
)
from multisite.stats.estimate import BooleanArray, IntegerArray
from multisite.tallies import Thresholds
from multisite.vocabulary import ErrorKind, SliceOutcome, Split

__all__ = ["ErrorSet", "FailureModesParameters", "SiteFailures", "error_sets", "site_failures"]


@dataclass(frozen=True, slots=True)
class FailureModesParameters:
    """What is searched, and how. ``asked`` is false where the protocol does without.

    ``minimum_denominator``: patients of the second half without whom a slice is neither confirmed nor not.
    """

    asked: bool
    columns: tuple[SearchedColumn, ...]
    thresholds: Thresholds
    max_conditions: int
    beam_width: int
    minimum_patients: int
    candidates: int
    minimum_denominator: int
    ci_level: float
    seed: int

    @property
    def strata(self) -> tuple[SearchedColumn, ...]:
        """The columns that mean the same at every site."""
        return tuple(column for column in self.columns if column.is_stratum)

    @property
    def rules(self) -> ConfirmationRules:
        """When a slice is confirmed."""
        return ConfirmationRules(self.ci_level, self.minimum_denominator)


@dataclass(frozen=True, slots=True, eq=False)
class ErrorSet:
    """The cases of one finding and model that could be one kind of error: all positives, or all negatives.

    ``rows`` holds ``case_id`` and ``score``; arrays have its order. ``place`` is the case's row in the coded columns.
    """

    finding: str
    model: str
    kind: ErrorKind
    threshold: float
    rows: pl.DataFrame
    place: IntegerArray
    patient: IntegerArray
    error: BooleanArray
    second_half: BooleanArray

    def coded(self, columns: Sequence[CodedColumn], *, half: int) -> CodedCases:
        """The cases of one half, 1 or 2, on ``columns``."""
        kept = self.second_half if half == 2 else ~self.second_half
        levels = [column.codes[self.place[kept]] for column in columns]
        shape = (int(kept.sum()), len(columns))
        return CodedCases.of(
            np.column_stack(levels) if levels else np.empty(shape, dtype=np.int64),
            [len(column.levels) for column in columns],
            self.error[kept],
            self.patient[kept],
        )


@dataclass(frozen=True, slots=True, eq=False)
class SiteFailures:
    """Rows of SITE_FAILURE_MODES and of ERROR_CASES."""

    modes: pl.DataFrame
    cases: pl.DataFrame


def error_sets(
    scored: pl.DataFrame, columns: Sequence[SearchedColumn], parameters: FailureModesParameters
) -> tuple[tuple[CodedColumn, ...], Iterator[ErrorSet]]:
    """The coded columns of a site's test cases, and the cases of each finding, model and kind of error.

    Parameters
    ----------
    scored
        Rows of :func:`multisite.tallies.scored_cases` with ``case_id`` and the sources of ``columns``.
    columns
        What is coded.
    parameters
        Thresholds and the seed of the halves.
    """
    tested = scored.filter(split=Split.TEST.value).sort("finding", "model", "case_id")
    cases = tested.unique("case_id").sort("case_id")
    second = patient_halves(cases["patient_id"].to_list(), seed=parameters.seed)
    patient = np.unique(cases["patient_id"].to_numpy(), return_inverse=True)[1].astype(np.int64)
    coded = coded_columns(cases, columns, second_half=second)
    place = {case: row for row, case in enumerate(cases["case_id"].to_list())}

    def sets() -> Iterator[ErrorSet]:
        for (finding, model), rows in tested.group_by(["finding", "model"], maintain_order=True):
            threshold = parameters.thresholds.of(str(finding), str(model))
            for kind in ErrorKind:
                missed = kind is ErrorKind.MISS
                own = rows.filter(pl.col("reference") if missed else ~pl.col("reference"))
                where = np.array([place[case] for case in own["case_id"].to_list()], dtype=np.int64)
                called = own["score"].to_numpy() >= threshold
                yield ErrorSet(
                    str(finding),
                    str(model),
                    kind,
                    threshold,
                    own.select("case_id", "score"),
                    where,
                    patient[where],
                    ~called if missed else called,
                    second[where],
                )

    return coded, sets()


def site_failures(scored: pl.DataFrame, *, site: str, parameters: FailureModesParameters) -> SiteFailures:
    """Slices that half of the site's patients points to, held against the other half, and every error by case.

    Parameters
    ----------
    scored
        As for :func:`error_sets`.
    site
        Name of the site.
    parameters
        What is searched.

    Returns
    -------
    SiteFailures
        No slice where no half has enough patients, or no error.
    """
    columns, sets = error_sets(scored, parameters.columns, parameters)
    modes: list[dict[str, Any]] = []
    cases: list[pl.DataFrame] = [ERROR_CASES.empty()]
    for errors in sets:
        searched, held = errors.coded(columns, half=1), errors.coded(columns, half=2)
        slices = _searched(searched, columns, parameters)
        candidates = [_candidate(one, columns, searched, held) for one in slices]
        rows = confirmed_rows(candidates, parameters.rules)
        names = {"site": site, "finding": errors.finding, "model": errors.model, "kind": errors.kind.value}
        modes += [names | row for row in rows]
        confirmed = [
            (row["slice"], one)
            for row, one in zip(rows, slices, strict=True)
            if row["outcome"] == SliceOutcome.CONFIRMED.value
        ]
        cases.append(_error_cases(errors, columns, confirmed, names))
    return SiteFailures(pl.DataFrame(modes, schema=SITE_FAILURE_MODES.schema), pl.concat(cases))


def _searched(
    cases: CodedCases, columns: Sequence[CodedColumn], parameters: FailureModesParameters
) -> tuple[Slice, ...]:
    beam = beam_search(
        cases,
        max_conditions=parameters.max_conditions,
        beam_width=parameters.beam_width,
        minimum_patients=parameters.minimum_patients,
    )
    leaves = tree_search(
        cases,
        max_conditions=parameters.max_conditions,
        minimum_patients=parameters.minimum_patients,
        ordered=tuple(column.ordered for column in columns),
    )
    return chosen_slices(cases, (*beam, *leaves), most=parameters.candidates)


def _candidate(one: Slice, columns: Sequence[CodedColumn], searched: CodedCases, held: CodedCases) -> CandidateSlice:
    return CandidateSlice(
        axes=tuple(columns[column].name for column, _ in one.conditions),
        levels=tuple(level_words(columns[column], levels) for column, levels in one.conditions),
        found_by=one.found_by,
        z=one.z,
        first=_against_the_rest(searched, one),
        second=_against_the_rest(held, one),
    )


def _against_the_rest(cases: CodedCases, one: Slice) -> SliceAndRest:
    n = np.bincount(cases.patient)
    y = np.bincount(cases.patient[cases.error], minlength=n.size)
    inside = slice_members(cases.levels, one.conditions).astype(np.int64)
    sums = slice_sums(inside, cases.error, cases.patient, n_cells=2, patient_errors=y, patient_cases=n)
    return slice_and_rest(sums, 1, ClusterMoments.from_clusters(y, n))


def _error_cases(
    errors: ErrorSet,
    columns: Sequence[CodedColumn],
    confirmed: Sequence[tuple[str, Slice]],
    names: dict[str, str],
) -> pl.DataFrame:
    place = errors.place[errors.error]
    levels = np.column_stack([column.codes[place] for column in columns])
    members = [(words, slice_members(levels, one.conditions)) for words, one in confirmed]
    holding = [[words for words, inside in members if inside[row]] for row in range(place.size)]
    return errors.rows.filter(pl.Series(errors.error)).select(
        *(pl.lit(names[name]).alias(name) for name in ("site",)),
        "case_id",
        *(pl.lit(names[name]).alias(name) for name in ("finding", "model", "kind")),
        "score",
        pl.lit(errors.threshold).alias("threshold"),
        pl.Series("slices", holding, dtype=pl.List(pl.String)),
    )
