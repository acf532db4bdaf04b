"""Whether what an attribute says of the finding at some sites holds at another: learnt there, tried here."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace

import polars as pl

from multisite.integrity.shortcuts.levels import LOCAL, OTHER
from multisite.stats import LevelCounts, ScoreEstimate, auc, auc_within_groups, learnt_elsewhere
from multisite.vocabulary import ALL_SITES, EstimateStatus

__all__ = ["learnt_at_other_sites"]

_METHOD = "pairs within sites, twice delong's variance, logit scale"


def learnt_at_other_sites(
    counts: pl.DataFrame, *, ci_level: float
) -> dict[tuple[str, str], Mapping[str, ScoreEstimate]]:
    """By finding and attribute, then by site: AUC of the shares of positives that its levels have at the other sites.

    ``counts`` holds rows of ATTRIBUTE_LABEL_COUNTS of every site. A site where an attribute has one level only has
    nothing to rank and is left out, and an attribute that varies nowhere has no entry. Under ``all sites`` stands the
    AUC within the sites at which the scores differ at all. Its interval doubles the variance, because each pair of
    sites counts twice, as teacher and as taught; without a signal that makes it right, and with one too wide.
    """
    compared = counts.filter(~pl.col("attribute").is_in(list(LOCAL))).sort("finding", "attribute", "site", "level")
    found: dict[tuple[str, str], Mapping[str, ScoreEstimate]] = {}
    for (finding, attribute), rows in compared.group_by(["finding", "attribute"], maintain_order=True):
        areas = dict(_at_each_site(rows, ci_level))
        if areas:
            found[str(finding), str(attribute)] = areas | {ALL_SITES: _combined(areas, ci_level)}
    return found


def _at_each_site(rows: pl.DataFrame, ci_level: float) -> Iterator[tuple[str, ScoreEstimate]]:
    levels = rows.select("level").unique().sort("level")
    sites = rows["site"].unique(maintain_order=True).to_list()
    for site in sites:
        here = _counts(rows.filter(site=site), levels)
        # The rare values of one site are others than those of the next: nothing is learnt from them.
        elsewhere = _counts(rows.filter(pl.col("site") != site, pl.col("level") != OTHER), levels)
        if int(((here.n_positive + here.n_negative) > 0).sum()) < 2:
            continue
        area = auc(learnt_elsewhere(here, elsewhere), level=ci_level)
        known = bool(elsewhere.n_positive.sum() and elsewhere.n_negative.sum())
        yield site, area if known else _undefined(ci_level, "no other site has cases with and without the finding")


def _counts(rows: pl.DataFrame, levels: pl.DataFrame) -> LevelCounts:
    """The rows' counts per level of ``levels``, added over sites."""
    summed = rows.group_by("level").agg(pl.col("n_positive", "n_negative").sum())
    per_level = levels.join(summed, on="level", how="left", maintain_order="left").fill_null(0)
    return LevelCounts(per_level["n_positive"].to_numpy(), per_level["n_negative"].to_numpy())


def _combined(areas: Mapping[str, ScoreEstimate], ci_level: float) -> ScoreEstimate:
    ranked = [area for area in areas.values() if area.status is EstimateStatus.OK]
    if ranked:
        # Two sites teach each other, so that what they share by chance counts twice: that doubles the variance.
        wider = [replace(area, standard_error=math.sqrt(2) * (area.standard_error or 0.0)) for area in ranked]
        return replace(auc_within_groups(wider, level=ci_level), ci_method=_METHOD)
    if all(area.estimate is None for area in areas.values()):
        return _undefined(ci_level, next(iter(areas.values())).reason)
    return _undefined(ci_level, "no site has levels that the others tell apart")


def _undefined(ci_level: float, reason: str | None) -> ScoreEstimate:
    return replace(auc_within_groups([], level=ci_level), reason=reason)
