"""The cells of an endpoint from the pack's tallies: all sites' test cases together."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from multisite.errors import PackError
from multisite.pack.portability.facts import PackEndpoint, Source
from multisite.pack.reading import csv_bytes
from multisite.performance.estimates.spread import DesignEffects
from multisite.schemas.artefact import Artefact
from multisite.schemas.performance import DESIGN_EFFECTS, PROPORTION_MOMENTS, SCORE_TALLY_GRID
from multisite.stats import ClusterMoments, ScoreCounts
from multisite.tallies import KEYS, ProportionMoments, ScoreTally, combine_score_tallies
from multisite.vocabulary import ALL_SITES, OVERALL, Split

__all__ = ["Cells", "PackTallies", "endpoint_cells", "pack_tallies"]

_NOBODY = ClusterMoments(0, 0, 0, 0, 0, 0)


@dataclass(frozen=True, slots=True, eq=False)
class PackTallies:
    """The pack's tallies of the test split, over all sites; design effects are those of all cases."""

    scores: ScoreTally
    moments: ProportionMoments
    effects: DesignEffects


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Cells of one endpoint by their levels, in the order of ``keys``; one without a case is empty.

    ``everyone`` are all cases of the endpoint, whatever their cell.
    """

    keys: tuple[tuple[str, ...], ...]
    sensitivity: tuple[ClusterMoments, ...]
    specificity: tuple[ClusterMoments, ...]
    prevalence: tuple[ClusterMoments, ...]
    scores: tuple[ScoreCounts, ...]
    everyone: Mapping[str, ClusterMoments]
    all_scores: ScoreCounts
    design_effect: float


def pack_tallies(files: Mapping[str, bytes]) -> PackTallies:
    """Read ``tallies/*.csv``.

    Raises
    ------
    PackError
        If one is missing or lacks a column.
    """
    scores, moments = (_frame(files, artefact) for artefact in (SCORE_TALLY_GRID, PROPORTION_MOMENTS))
    effects = _frame(files, DESIGN_EFFECTS) if f"tallies/{DESIGN_EFFECTS.name}.csv" in files else DESIGN_EFFECTS.empty()
    try:
        by_site = ProportionMoments.from_frame(moments)
        overall = ProportionMoments.from_frame(moments.filter(pl.col("stratum") == OVERALL))
        return PackTallies(
            ScoreTally.from_frame(scores).over_sites(),
            by_site.over_sites(),
            DesignEffects.of_sites(effects.filter(pl.col("stratum") == OVERALL), overall),
        )
    except ValueError:
        raise _unreadable("tallies") from None


def endpoint_cells(
    tallies: PackTallies, endpoint: PackEndpoint, source: Source, extra: Sequence[tuple[str, ...]]
) -> Cells:
    """The cells of ``source`` that hold a case, and those of ``extra`` besides; sorted.

    Raises
    ------
    PackError
        If the sums of a row contradict each other.
    """
    found: dict[tuple[str, ...], dict[str, ClusterMoments]] = {}
    everyone: dict[str, ClusterMoments] = {}
    mine = (pl.col("finding") == endpoint.finding) & (pl.col("model") == endpoint.model)
    threshold = pl.col("threshold").is_null() | ((pl.col("threshold") - endpoint.threshold).abs() < 1e-9)
    frame = tallies.moments.frame.filter(mine & threshold & pl.col("stratum").is_in([OVERALL, source.stratum]))
    try:
        for row, moments in ProportionMoments(frame).rows():
            if row["stratum"] == OVERALL:
                everyone[row["metric"]] = moments
            elif row["level"] in source.cells:
                cell = found.setdefault(source.cells[row["level"]], {})
                cell[row["metric"]] = cell.get(row["metric"], _NOBODY) + moments
    except ValueError:
        raise _unreadable(PROPORTION_MOMENTS.name) from None
    scores = _scores(tallies.scores.filter(mine), source)
    keys = tuple(sorted({*found, *extra, *(key for key in scores if key)}))

    def of(metric: str) -> tuple[ClusterMoments, ...]:
        return tuple(found.get(key, {}).get(metric, _NOBODY) for key in keys)

    effect = tallies.effects.effects.get((endpoint.finding, endpoint.model, Split.TEST, OVERALL, OVERALL, "auc"), 1.0)
    return Cells(
        keys=keys,
        sensitivity=of("sensitivity"),
        specificity=of("specificity"),
        prevalence=of("prevalence"),
        scores=tuple(scores.get(key, _no_scores()) for key in keys),
        everyone=everyone,
        all_scores=scores.get((), _no_scores()),
        design_effect=effect,
    )


def _scores(tally: ScoreTally, source: Source) -> dict[tuple[str, ...], ScoreCounts]:
    """Counts by cell; all cases under the empty one."""
    renamed = []
    for stratum, cells in ((OVERALL, {OVERALL: ()}), (source.stratum, source.cells)):
        part = tally.filter((pl.col("stratum") == stratum) & pl.col("level").is_in(list(cells)))
        order = {cell: str(number) for number, cell in enumerate(sorted(set(cells.values())))}
        level = pl.col("level").replace_strict(
            {level: order[cell] for level, cell in cells.items()}, return_dtype=pl.String
        )
        keys = part.keys.with_columns(level.alias("level")) if part.keys.height else part.keys
        renamed.append((ScoreTally(keys, part.counts), {number: cell for cell, number in order.items()}))
    found: dict[tuple[str, ...], ScoreCounts] = {}
    for part, names in renamed:
        added = combine_score_tallies([part])
        at = KEYS.index("level")
        for key, counts in zip(added.keys.iter_rows(), added.counts, strict=True):
            found[names[key[at]]] = counts
    return found


def _no_scores() -> ScoreCounts:
    none = np.zeros(0, dtype=np.int64)
    return ScoreCounts(np.zeros(0), none, none)


def _frame(files: Mapping[str, bytes], artefact: Artefact) -> pl.DataFrame:
    name = f"tallies/{artefact.name}.csv"
    try:
        content = csv_bytes(files, name)
    except KeyError:
        raise PackError(
            "a tally that the check needs is missing", place=name, remedy="Ask for the whole pack."
        ) from None
    schema = artefact.schema
    try:
        text = pl.read_csv(io.BytesIO(content), infer_schema=False).select(schema.names())
        frame = text.select(pl.col(column).cast(dtype) for column, dtype in schema.items())
    except pl.exceptions.PolarsError:
        raise _unreadable(artefact.name) from None
    test = (pl.col("split") == Split.TEST) & (pl.col("site") != ALL_SITES)
    return frame.filter(test)


def _unreadable(name: str) -> PackError:
    return PackError(
        "a tally is not of the known form", place=f"tallies/{name}.csv", remedy="Ask for the pack again, whole."
    )
