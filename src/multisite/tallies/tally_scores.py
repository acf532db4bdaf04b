"""From cases to a score tally: one sort of the scores, then one linear pass per stratum."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from multisite.stats import FloatArray, IntegerArray, SegmentedScoreCounts
from multisite.tallies.score_tally import ScoreTally
from multisite.tallies.segments import CASE_KEYS, KEYS, Axis, axes, check_cases
from multisite.vocabulary import OVERALL

__all__ = ["tally_scores"]


def tally_scores(cases: pl.DataFrame, *, strata: Sequence[str]) -> ScoreTally:
    """Count positives and negatives at every distinct score, overall and in every level of every stratum.

    Parameters
    ----------
    cases
        One row per case, finding and model with the columns ``site``, ``finding``, ``model``, ``split``,
        ``reference`` (boolean), ``score`` in [0, 1], and those named in ``strata``.
    strata
        Columns of levels; a ``stratum_`` prefix is not part of the stratum's name. A null is the level
        ``unknown``.

    Returns
    -------
    ScoreTally
        Only segments that hold a case; the overall stratum is always among them. Time grows with
        cases × (strata + 1), memory with the distinct scores, and neither with the metrics made from it.

    Raises
    ------
    ValueError
        See :func:`multisite.tallies.segments.check_cases`.
    """
    check_cases(cases, strata=strata, needed=("reference", "score"))
    if cases.is_empty():
        return ScoreTally.empty()
    encoded = axes(cases, columns=(*CASE_KEYS, *strata))
    ranked = _rank(cases, encoded[: len(CASE_KEYS)])
    strata_axes = (Axis(OVERALL, (OVERALL,)), *encoded[len(CASE_KEYS) :])
    segments = [found for axis in strata_axes for found in _count(ranked, axis)]
    segments.sort(key=lambda segment: segment.key)
    starts = np.append(0, np.cumsum([segment.rank.size for segment in segments]))
    score = np.empty(starts[-1])
    counted = np.int32 if cases.height < 1 << 31 else np.int64
    n_positive, n_negative = np.empty(starts[-1], dtype=counted), np.empty(starts[-1], dtype=counted)
    for segment, start in zip(segments, starts.tolist(), strict=False):
        rows = slice(start, start + segment.rank.size)
        np.take(ranked.distinct, segment.rank, out=score[rows], mode="clip")
        n_positive[rows] = segment.n_positive
        np.subtract(segment.n_cases, n_positive[rows], out=n_negative[rows], casting="unsafe")
    keys = pl.DataFrame([segment.key for segment in segments], schema={k: pl.String for k in KEYS}, orient="row")
    return ScoreTally(keys, SegmentedScoreCounts(score, n_positive, n_negative, starts))


@dataclass(frozen=True, slots=True)
class _Ranked:
    """The cases in the order of their scores: rank of the score, truth, and group (site, finding, model, split)."""

    order: npt.NDArray[np.intp]
    rank: IntegerArray
    positive: npt.NDArray[np.bool_]
    distinct: FloatArray
    group: IntegerArray | None
    group_names: list[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class _Segment:
    key: tuple[str, ...]
    rank: IntegerArray
    n_positive: npt.NDArray[Any]
    n_cases: IntegerArray


def _rank(cases: pl.DataFrame, columns: Sequence[Axis]) -> _Ranked:
    # Adding zero makes -0.0 and 0.0 one score, bit for bit.
    score = cases["score"].cast(pl.Float64).to_numpy() + 0.0
    order = np.argsort(score)
    score = score[order]
    fresh = _fresh(score)
    rank = np.cumsum(fresh, dtype=_integers(score.size)) - 1
    group: IntegerArray | None = None
    names: list[tuple[str, ...]] = [()]
    for column in columns:
        names = [(*name, level) for name in names for level in column.levels]
        if column.position is not None:
            group = _crossed(group, column.position, width=len(column.levels), n_names=len(names))
    return _Ranked(
        order=order,
        rank=rank,
        positive=cases["reference"].to_numpy()[order],
        distinct=score[fresh],
        group=None if group is None else group[order],
        group_names=names,
    )


def _count(ranked: _Ranked, axis: Axis) -> list[_Segment]:
    """Positives and cases at each score in every level of ``axis`` that holds a case."""
    rank, positive, width = ranked.rank, ranked.positive, len(axis.levels)
    segment = _segment_of_case(ranked, axis)
    edges = np.zeros(0, dtype=np.intp)
    if segment is not None:
        # A stable sort of short integers is a radix sort: linear, and it leaves the scores in their order.
        moved = np.argsort(segment, kind="stable")
        segment, rank, positive = segment[moved], rank[moved], positive[moved]
        edges = np.flatnonzero(_fresh(segment)[1:]) + 1
    starts = np.append(0, edges)
    names = [
        (*ranked.group_names[number // width], axis.name, axis.levels[number % width])
        for number in ([0] if segment is None else segment[starts].tolist())
    ]
    fresh = _fresh(rank)
    fresh[edges] = True
    n_positive: npt.NDArray[Any] = positive
    n_cases: IntegerArray = np.broadcast_to(np.uint8(1), rank.shape)
    if not fresh.all():
        first = np.flatnonzero(fresh)
        starts = np.searchsorted(first, starts)
        # Sums of ones up to each row, differenced: exact, and faster than adding up very many short runs.
        running = np.cumsum(positive, dtype=np.int64)
        n_positive = np.diff(np.append(running[first[1:] - 1], running[-1]), prepend=0)
        n_cases = np.diff(first, append=rank.size)
        rank = rank[first]
    rows = [slice(*pair) for pair in pairwise([*starts.tolist(), rank.size])]
    return [_Segment(name, rank[r], n_positive[r], n_cases[r]) for name, r in zip(names, rows, strict=True)]


def _segment_of_case(ranked: _Ranked, axis: Axis) -> IntegerArray | None:
    """Number of the segment of each case in the order of the scores; ``None`` where there is one segment only."""
    if axis.position is None:
        return ranked.group
    width = len(axis.levels)
    level = axis.position[ranked.order]
    return _crossed(ranked.group, level, width=width, n_names=len(ranked.group_names) * width)


def _crossed(group: IntegerArray | None, position: IntegerArray, *, width: int, n_names: int) -> IntegerArray:
    if group is None:
        return position
    crossed: IntegerArray = group.astype(_integers(n_names)) * _integers(n_names)(width) + position
    return crossed


def _fresh(values: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Whether each value differs from the one before it; the first one does."""
    fresh = np.empty(values.size, dtype=np.bool_)
    fresh[0] = True
    np.not_equal(values[1:], values[:-1], out=fresh[1:])
    return fresh


def _integers(n: int) -> type[np.integer[Any]]:
    """The smallest of three integer types that holds 0 to ``n``."""
    if n < 1 << 16:
        return np.uint16
    return np.int32 if n < 1 << 31 else np.int64
