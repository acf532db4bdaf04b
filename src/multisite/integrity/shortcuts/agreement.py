"""How the model does where the headers point to the label, and where they point away from it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from multisite.integrity.shortcuts.header_scores import HEADERS_ALONE
from multisite.integrity.shortcuts.rows import interval_columns
from multisite.schemas.shortcut_use import HEADER_AGREEMENT
from multisite.stats import (
    ClusterMoments,
    Estimate,
    auc_by_segment,
    auc_within_groups,
    clustered_proportion,
    independent_difference,
)
from multisite.tallies import ProportionMoments, ScoreTally, Thresholds, tally_at_thresholds, tally_scores
from multisite.vocabulary import ALL_SITES

__all__ = [
    "AGREEING",
    "AGREEMENT",
    "DISAGREEING",
    "agreement_moments",
    "agreement_table",
    "agreement_tally",
    "with_agreement",
]

AGREEMENT = "header_agreement"
"""The stratum under which the cases of both parts are counted."""

AGREEING, DISAGREEING = "agreeing", "disagreeing"
_COLUMN = f"stratum_{AGREEMENT}"
_PARTS = (AGREEING, DISAGREEING)
_METRICS = ("sensitivity", "specificity")

_Keys = tuple[str, str, str]
"""Finding, model and site."""


def with_agreement(scored: pl.DataFrame, made: pl.DataFrame) -> pl.DataFrame:
    """Scored cases of one site that carry ``case_id``, each with its part.

    ``made`` comes from ``header_scores``. The headers say that a case has the finding where its score from all headers
    lies above the site's share of positives, and that it has not elsewhere. Cases without such a score are left out.
    """
    headers = made.filter(model=HEADERS_ALONE)
    says = pl.col("score") > pl.col("reference").mean().over("finding")
    part = pl.when(says == pl.col("reference")).then(pl.lit(AGREEING)).otherwise(pl.lit(DISAGREEING))
    parts = headers.select("case_id", "finding", part.alias(_COLUMN))
    return scored.join(parts, on=["case_id", "finding"], how="inner")


def agreement_tally(parted: pl.DataFrame) -> ScoreTally:
    """Positives and negatives at each score in both parts; ``parted`` comes from :func:`with_agreement`."""
    return tally_scores(parted, strata=[_COLUMN]).filter(pl.col("stratum") == AGREEMENT)


def agreement_moments(
    parted: pl.DataFrame, *, threshold: float, own_thresholds: tuple[tuple[str, str, float], ...] = ()
) -> ProportionMoments:
    """Sums over patients of sensitivity and specificity in both parts."""
    moments = tally_at_thresholds(parted, strata=[_COLUMN], thresholds=Thresholds(threshold, own_thresholds)).frame
    wanted = (pl.col("stratum") == AGREEMENT) & pl.col("metric").is_in(list(_METRICS))
    return ProportionMoments.from_frame(moments.filter(wanted))


@dataclass(frozen=True, slots=True)
class _Part:
    """A metric of one part and the patients behind it: of the AUC, those of the rarer label."""

    found: Estimate
    n_patients: int


def agreement_table(
    tally: ScoreTally, moments: ProportionMoments, *, minimum_patients: int, ci_level: float
) -> pl.DataFrame:
    """Rows of HEADER_AGREEMENT of every site and over all sites, from their tallies and moments of both parts.

    Over all sites the AUC is that within sites, because what the headers say is said in terms of the site's own share.
    """
    sums = _sums(moments)
    areas = _areas(tally, ci_level)
    rows = [
        {"finding": finding, "model": model, "site": site} | row
        for finding, model, site in sorted(areas)
        for row in _rows(areas[finding, model, site], sums[finding, model, site], minimum_patients, ci_level)
    ]
    return pl.DataFrame(rows, schema=HEADER_AGREEMENT.schema).sort(HEADER_AGREEMENT.key)


def _areas(tally: ScoreTally, ci_level: float) -> dict[_Keys, dict[str, Estimate]]:
    parted = tally.filter(pl.col("stratum") == AGREEMENT)
    found: dict[_Keys, dict[str, Estimate]] = {}
    of_sites: dict[tuple[str, str, str], list[Any]] = {}
    keys = parted.keys.select("finding", "model", "site", "level").rows()
    for (finding, model, site, part), area in zip(keys, auc_by_segment(parted.counts, level=ci_level), strict=True):
        found.setdefault((finding, model, site), {})[part] = area
        of_sites.setdefault((finding, model, part), []).append(area)
    for (finding, model, part), areas in of_sites.items():
        found.setdefault((finding, model, ALL_SITES), {})[part] = auc_within_groups(areas, level=ci_level)
    return found


def _sums(moments: ProportionMoments) -> dict[_Keys, dict[tuple[str, str], ClusterMoments]]:
    """Moments by finding, model and site, then by part and metric."""
    found: dict[_Keys, dict[tuple[str, str], ClusterMoments]] = {}
    for part in (moments, moments.over_sites()):
        for row, sums in part.rows():
            keys = (row["finding"], row["model"], row["site"])
            found.setdefault(keys, {})[row["level"], row["metric"]] = sums
    return found


def _rows(
    areas: Mapping[str, Estimate],
    sums: Mapping[tuple[str, str], ClusterMoments],
    minimum_patients: int,
    ci_level: float,
) -> Iterator[dict[str, Any]]:
    none = ClusterMoments(0, 0, 0, 0, 0, 0)
    empty = auc_within_groups([], level=ci_level)
    held = {(part, metric): sums.get((part, metric), none) for part in _PARTS for metric in _METRICS}
    fewest = {part: min(held[part, metric].n_patients for metric in _METRICS) for part in _PARTS}
    yield {"metric": "auc"} | _compared(
        [_Part(areas.get(part, empty), fewest[part]) for part in _PARTS], minimum_patients
    )
    for metric in _METRICS:
        both = [held[part, metric] for part in _PARTS]
        shares = [_Part(clustered_proportion(one, level=ci_level), one.n_patients) for one in both]
        yield {"metric": metric} | _compared(shares, minimum_patients)


def _compared(parts: list[_Part], minimum_patients: int) -> dict[str, Any]:
    difference = independent_difference(parts[0].found, parts[1].found)
    thin = any(part.n_patients < minimum_patients for part in parts)
    reason = f"fewer than {minimum_patients} patients of a label in a part" if thin else None
    columns = interval_columns(difference, withheld=reason)
    row = {"difference": columns.pop("estimate"), **columns}
    for name, part in zip(_PARTS, parts, strict=True):
        shown = interval_columns(part.found, withheld=reason if part.n_patients < minimum_patients else None)
        row |= {
            name: shown["estimate"],
            f"{name}_low": shown["ci_low"],
            f"{name}_high": shown["ci_high"],
            f"n_patients_{name}": part.n_patients,
        }
    return row
