"""Which patients a segment's cases belong to, for intervals that count patients. Rows of one site: they stay there."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from multisite.stats import BooleanArray, FloatArray, IntegerArray, ScoreCounts
from multisite.tallies.segments import CASE_KEYS, Axis, axes
from multisite.vocabulary import OVERALL

__all__ = ["SegmentCases", "SegmentPatients"]

_Positions = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class SegmentCases:
    """The cases of a segment one by one: row of the score in its counts, truth, and number of the patient from 0."""

    row: IntegerArray
    positive: BooleanArray
    patient: IntegerArray


@dataclass(frozen=True, slots=True, eq=False)
class _Group:
    """Cases of one site, finding, model and split in the order of their patients; ``rank`` points into ``distinct``."""

    key: tuple[str, ...]
    distinct: FloatArray
    rank: IntegerArray
    positive: BooleanArray
    patient: IntegerArray
    axes: dict[str, Axis]


@dataclass(slots=True, eq=False)
class SegmentPatients:
    """Looks up the cases of segments; quick where they are asked for in the order of a tally's keys.

    Parameters
    ----------
    cases
        As for :func:`multisite.tallies.tally_scores`, with a ``patient_id``.
    strata
        Columns of levels.
    """

    cases: pl.DataFrame
    strata: Sequence[str]
    _group: _Group | None = field(default=None, init=False, repr=False)
    _members: tuple[str, dict[str, _Positions]] = field(default=("", {}), init=False, repr=False)

    def of(self, key: tuple[str, ...], counts: ScoreCounts) -> SegmentCases:
        """The cases of the segment ``key``, whose tally is ``counts``.

        Raises
        ------
        ValueError
            If ``counts`` are not those of these cases.
        """
        group = self._group_of(key[: len(CASE_KEYS)])
        stratum, level = key[len(CASE_KEYS) :]
        members = self._members_of(group, stratum)[level]
        rank = group.rank[members]
        held = np.zeros(group.distinct.size, dtype=np.bool_)
        held[rank] = True
        if counts.positives + counts.negatives != rank.size or not np.array_equal(group.distinct[held], counts.score):
            raise ValueError("The tally and the cases of a segment differ.")
        place = np.cumsum(held) - 1
        owner = group.patient[members]
        fresh = np.append(False, owner[1:] != owner[:-1]) if owner.size else np.zeros(0, dtype=np.bool_)
        return SegmentCases(place[rank], group.positive[members], np.cumsum(fresh))

    def _group_of(self, key: tuple[str, ...]) -> _Group:
        if self._group is None or self._group.key != key:
            self._group, self._members = _grouped(self.cases, key, self.strata), ("", {})
        return self._group

    def _members_of(self, group: _Group, stratum: str) -> dict[str, _Positions]:
        if self._members[0] != stratum:
            self._members = (stratum, _by_level(group, stratum))
        return self._members[1]


def _grouped(cases: pl.DataFrame, key: tuple[str, ...], strata: Sequence[str]) -> _Group:
    rows = cases.filter(**dict(zip(CASE_KEYS, key, strict=True)))
    number = rows["patient_id"].cast(pl.Categorical).to_physical().to_numpy()
    order = np.argsort(number, kind="stable")
    rows = rows[order]
    # Adding zero makes -0.0 and 0.0 one score, as in the tally.
    distinct, rank = np.unique(rows["score"].to_numpy() + 0.0, return_inverse=True)
    return _Group(
        key=key,
        distinct=distinct,
        rank=rank,
        positive=rows["reference"].to_numpy(),
        patient=number[order],
        axes={axis.name: axis for axis in axes(rows, columns=strata)} if rows.height else {},
    )


def _by_level(group: _Group, stratum: str) -> dict[str, _Positions]:
    if stratum == OVERALL:
        return {OVERALL: np.arange(group.rank.size)}
    axis = group.axes[stratum]
    if axis.position is None:
        return {axis.levels[0]: np.arange(group.rank.size)}
    # Stable: inside a level the cases stay in the order of their patients.
    order = np.argsort(axis.position, kind="stable")
    edges = np.searchsorted(axis.position[order], np.arange(1, len(axis.levels)))
    return dict(zip(axis.levels, np.split(order, edges), strict=True))
