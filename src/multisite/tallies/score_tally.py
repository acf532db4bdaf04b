"""The score tally: for every segment, the positives and negatives at each score. Everything else follows from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from multisite.stats import FloatArray, IntegerArray, SegmentedScoreCounts, equal_width_cell
from multisite.tallies.segments import KEYS
from multisite.vocabulary import ALL_SITES

__all__ = ["ScoreTally", "combine_score_tallies"]

_KEY_SCHEMA = {name: pl.String for name in KEYS}


@dataclass(frozen=True, slots=True, eq=False)
class ScoreTally:
    """Counts per segment and distinct score, in one canonical order.

    ``keys`` names the segments, one row each, sorted by (site, finding, model, split, stratum, level);
    ``counts`` holds their scores in the same order, rising inside each segment. Two tallies of the same
    cases are therefore equal to the bit, however the cases were ordered or divided.
    """

    keys: pl.DataFrame
    counts: SegmentedScoreCounts

    @classmethod
    def empty(cls) -> "ScoreTally":
        """The tally of no case: adding it changes nothing."""
        none = np.zeros(0, dtype=np.int64)
        counts = SegmentedScoreCounts(np.zeros(0), none, none, np.zeros(1, dtype=np.int64))
        return cls(pl.DataFrame(schema=_KEY_SCHEMA), counts)

    @classmethod
    def from_frame(cls, frame: pl.DataFrame) -> "ScoreTally":
        """The tally that :meth:`to_frame` wrote; rows in any order, and rows of the same key and score are added."""
        keys = frame.select(KEYS).unique().sort(KEYS)
        numbered = keys.with_row_index("segment")
        segment = frame.join(numbered, on=KEYS, how="left", maintain_order="left")["segment"]
        return _tally(
            keys,
            segment.to_numpy().astype(np.int64),
            frame["score"].to_numpy().astype(np.float64),
            frame["n_positive"].to_numpy().astype(np.int64),
            frame["n_negative"].to_numpy().astype(np.int64),
        )

    def to_frame(self) -> pl.DataFrame:
        """One row per segment and score: the keys, ``score``, ``n_positive``, ``n_negative``."""
        return self.keys[self._segment_of_row()].with_columns(
            pl.Series("score", self.counts.score, dtype=pl.Float64),
            pl.Series("n_positive", self.counts.n_positive, dtype=pl.Int64),
            pl.Series("n_negative", self.counts.n_negative, dtype=pl.Int64),
        )

    def equals(self, other: "ScoreTally") -> bool:
        """Whether both hold the same counts under the same keys."""
        return self.keys.equals(other.keys) and all(
            np.array_equal(getattr(self.counts, name), getattr(other.counts, name))
            for name in ("starts", "score", "n_positive", "n_negative")
        )

    def filter(self, predicate: pl.Expr) -> "ScoreTally":
        """The segments whose keys satisfy ``predicate``."""
        segments = self.keys.with_row_index("segment").filter(predicate)["segment"].to_numpy()
        kept = np.zeros(self.counts.n_segments, dtype=np.bool_)
        kept[segments] = True
        rows = kept[self._segment_of_row()]
        lengths = np.diff(self.counts.starts)[kept]
        counts = SegmentedScoreCounts(
            self.counts.score[rows],
            self.counts.n_positive[rows],
            self.counts.n_negative[rows],
            np.append(0, np.cumsum(lengths)),
        )
        return ScoreTally(self.keys[segments], counts)

    def on_grid(self, steps: int = 1000) -> "ScoreTally":
        """Move every score to the middle of its cell [k/steps, (k + 1)/steps); the last cell also holds 1.

        The middle lies on the same side of every k/steps as the score itself, so counts at a threshold on
        the grid stay exact; a score moves by half a cell at most. Moving twice is moving once.

        Raises
        ------
        ValueError
            If ``steps`` is below 1.
        """
        middle = (equal_width_cell(self.counts.score, steps) + 0.5) / steps
        rows = (self._segment_of_row(), middle, self.counts.n_positive, self.counts.n_negative)
        return _added(self.keys, *rows)

    def over_sites(self) -> "ScoreTally":
        """The tally of all sites' cases as one set, under the site ``all sites``."""
        moved = ScoreTally(self.keys.with_columns(pl.lit(ALL_SITES).alias("site")), self.counts)
        return combine_score_tallies([moved])

    def _segment_of_row(self) -> npt.NDArray[np.int64]:
        return np.repeat(np.arange(self.counts.n_segments), np.diff(self.counts.starts))


def combine_score_tallies(tallies: Sequence[ScoreTally]) -> ScoreTally:
    """Add tallies of disjoint cases: exact, and the same in every order and grouping.

    ``combine(tally(a), tally(b)) == tally(a ∪ b)`` to the bit, for the counts are whole numbers. Tallies on
    a grid add to a tally on the same grid.
    """
    if not tallies:
        return ScoreTally.empty()
    keys = pl.concat([tally.keys for tally in tallies])
    union = keys.unique().sort(KEYS)
    target = keys.join(union.with_row_index("segment"), on=KEYS, how="left", maintain_order="left")["segment"]
    lengths = np.concatenate([np.diff(tally.counts.starts) for tally in tallies])
    return _tally(
        union,
        np.repeat(target.to_numpy().astype(np.int64), lengths),
        np.concatenate([tally.counts.score for tally in tallies]),
        np.concatenate([tally.counts.n_positive for tally in tallies]),
        np.concatenate([tally.counts.n_negative for tally in tallies]),
    )


def _tally(
    keys: pl.DataFrame,
    segment: npt.NDArray[np.int64],
    score: FloatArray,
    n_positive: IntegerArray,
    n_negative: IntegerArray,
) -> ScoreTally:
    """Sort rows by segment and score and add up the equal ones."""
    order = np.lexsort((score, segment))
    return _added(keys, segment[order], score[order], n_positive[order], n_negative[order])


def _added(
    keys: pl.DataFrame,
    segment: npt.NDArray[np.int64],
    score: FloatArray,
    n_positive: IntegerArray,
    n_negative: IntegerArray,
) -> ScoreTally:
    """Add up the rows of equal segment and score; they lie beside each other already."""
    if not score.size:
        return ScoreTally.empty()
    first = np.flatnonzero(_fresh(segment) | _fresh(score))
    counts = SegmentedScoreCounts(
        score[first],
        np.add.reduceat(n_positive, first, dtype=np.int64),
        np.add.reduceat(n_negative, first, dtype=np.int64),
        np.searchsorted(segment[first], np.arange(keys.height + 1)),
    )
    return ScoreTally(keys, counts)


def _fresh(values: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Whether each value differs from the one before it."""
    return np.concatenate(([True], values[1:] != values[:-1]))
