"""How far parts of the set lie apart, and which patients it says nothing about: functions of the composition."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import polars as pl

from multisite.schemas.representation import COVERAGE, REPRESENTATION
from multisite.stats import StandardisedDifference, standardised_difference, standardised_difference_to
from multisite.vocabulary import ALL_SITES, OVERALL, UNKNOWN, Split

__all__ = ["OTHER_SITES", "TARGET", "TargetShares", "coverage_table", "representation_table"]

OTHER_SITES = "other sites"
"""The second side where one site is compared with all the others together."""

TARGET = "target"
"""The second side where the test split is compared with the target population."""

TargetShares = Mapping[str, Mapping[str, float]]
"""Stratum → level → share of the target population."""

_Sizes = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class _Pair:
    comparison: str
    site: str
    first: str
    second: str
    of_first: _Sizes
    of_second: _Sizes | Mapping[str, float]


def representation_table(composition: pl.DataFrame, *, strata: Sequence[str], target: TargetShares) -> pl.DataFrame:
    """Rows of REPRESENTATION: splits with each other, each site with the others, and the test split with the target.

    ``composition`` holds rows of COMPOSITION of every site. Patients are added over the sites: one who was seen at two
    counts twice. A target is compared over the known levels only, for nobody's share of ``unknown`` is a target.
    """
    # Patients do not depend on the finding: any one stands for all.
    counted = composition.filter(pl.col("finding") == pl.col("finding").min())
    rows = [
        _row(pair, stratum)
        for stratum in strata
        for pair in _pairs(counted.filter(stratum=stratum), target.get(stratum, {}))
    ]
    return pl.DataFrame(rows, schema=REPRESENTATION.schema)


def _pairs(counted: pl.DataFrame, target: Mapping[str, float]) -> Iterator[_Pair]:
    sites = sorted(counted["site"].unique().to_list())
    for site in (*sites, ALL_SITES):
        here = counted if site == ALL_SITES else counted.filter(site=site)
        parts = {split.value: _sizes(here.filter(split=split.value)) for split in Split}
        held = [name for name, sizes in parts.items() if sizes]
        for first, second in combinations(held, 2):
            yield _Pair("splits", site, first, second, parts[first], parts[second])
        if target:
            known = {level: n for level, n in parts[Split.TEST.value].items() if level != UNKNOWN}
            yield _Pair("target", site, Split.TEST.value, TARGET, known, target)
    tested = counted.filter(split=Split.TEST.value)
    if len(sites) > 1:
        for site in sites:
            others = _sizes(tested.filter(pl.col("site") != site))
            yield _Pair("sites", ALL_SITES, site, OTHER_SITES, _sizes(tested.filter(site=site)), others)


def _sizes(counted: pl.DataFrame) -> dict[str, int]:
    summed = counted.group_by("level").agg(pl.col("n_patients").sum())
    return {level: n for level, n in summed.rows() if n}


def _row(pair: _Pair, stratum: str) -> dict[str, Any]:
    levels = sorted({*pair.of_first, *pair.of_second})
    first = np.array([pair.of_first.get(level, 0) for level in levels], dtype=np.int64)
    second = np.array([pair.of_second.get(level, 0) for level in levels])
    found = _difference(first, second, is_target=pair.second == TARGET)
    most = _most_different(levels, first, second)
    return {
        "comparison": pair.comparison,
        "site": pair.site,
        "first": pair.first,
        "second": pair.second,
        "stratum": stratum,
        "n_patients_first": int(first.sum()),
        "n_patients_second": None if pair.second == TARGET else int(second.sum()),
        "n_levels": found.n_levels,
        "difference": found.difference,
        "floor": found.floor,
        **most,
        "status": found.status.value,
        "reason": found.reason,
    }


def _difference(first: Any, second: Any, *, is_target: bool) -> StandardisedDifference:
    if is_target:
        return standardised_difference_to(first, second.astype(np.float64))
    return standardised_difference(first, second.astype(np.int64))


def _most_different(levels: Sequence[str], first: Any, second: Any) -> dict[str, Any]:
    """The level whose shares lie furthest apart; the first by name of equal ones."""
    if not first.sum() or not second.sum():
        return {"level": None, "share_first": None, "share_second": None}
    p, q = first / first.sum(), second / second.sum()
    at = int(np.argmax(np.abs(p - q)))
    return {"level": levels[at], "share_first": float(p[at]), "share_second": float(q[at])}


def coverage_table(
    composition: pl.DataFrame, *, strata: Sequence[str], target: TargetShares, minimum_patients: int
) -> pl.DataFrame:
    """Rows of COVERAGE: every level that was tested or that the target population has, of every finding.

    A level of the target without a tested patient is a row of zeros: it is what the set is silent about.
    """
    tested = composition.filter((pl.col("split") == Split.TEST.value) & (pl.col("stratum") != OVERALL))
    counted = tested.group_by("finding", "stratum", "level").agg(
        pl.col("level_order").min(), pl.col("n_patients").sum(), pl.col("n_positive_patients").sum()
    )
    meant = pl.DataFrame(
        [(stratum, level, share) for stratum, shares in target.items() for level, share in shares.items()],
        schema={"stratum": pl.String, "level": pl.String, "target_share": pl.Float64},
        orient="row",
    )
    rows = (
        composition.select("finding")
        .unique()
        .join(pl.concat([counted.select("stratum", "level"), meant.select("stratum", "level")]).unique(), how="cross")
        .join(counted, on=["finding", "stratum", "level"], how="left")
        .join(meant, on=["stratum", "level"], how="left")
        .filter(pl.col("stratum").is_in(list(strata)))
    )
    # A level that nobody has stands behind those that somebody has.
    last = pl.col("level_order").max().fill_null(-1).over("finding", "stratum") + 1
    return (
        rows.with_columns(
            pl.col("level_order").fill_null(last),
            pl.col("n_patients", "n_positive_patients").fill_null(0),
            pl.lit(minimum_patients, pl.Int64).alias("minimum_patients"),
        )
        .with_columns((pl.col("n_positive_patients") >= minimum_patients).alias("enough"))
        .select(COVERAGE.schema.names())
        .sort("finding", "stratum", pl.col("level") == UNKNOWN, "level_order", "level")
    )
