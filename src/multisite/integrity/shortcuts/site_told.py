"""Whether the site can be told from the model's score, among patients of the same label."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl

from multisite.integrity.checks.labelled import random_generator
from multisite.integrity.shortcuts.rows import interval_columns, thin_reason
from multisite.schemas.shortcut_use import SITE_TOLD
from multisite.stats import CountArray, FloatArray, ScoreCounts, auc, groups_told
from multisite.vocabulary import OVERALL

__all__ = ["site_told_table"]

_PERMUTATIONS = 1_999


def site_told_table(patients: pl.DataFrame, *, minimum_patients: int, ci_level: float, seed: int) -> pl.DataFrame:
    """Rows of SITE_TOLD from rows of SHORTCUT_PATIENTS of every site.

    The p-value belongs to finding and model and stands in each of their rows.
    """
    overall = patients.filter(attribute=OVERALL).sort("finding", "model", "reference", "site", "score")
    rows = [
        names | row
        for (finding, model), scores in overall.group_by(["finding", "model"], maintain_order=True)
        for names in ({"finding": str(finding), "model": str(model)},)
        for row in _of_model(scores, random_generator(seed, "site_told", *names.values()), minimum_patients, ci_level)
    ]
    return pl.DataFrame(rows, schema=SITE_TOLD.schema).sort(SITE_TOLD.key)


def _of_model(
    scores: pl.DataFrame, rng: np.random.Generator, minimum_patients: int, ci_level: float
) -> Iterator[dict[str, Any]]:
    sites = sorted(scores["site"].unique().to_list())
    tables = {label: _table(scores.filter(reference=label), sites) for label in (False, True)}
    told = groups_told([counts for _, counts in tables.values()], rng=rng, n_permutations=_PERMUTATIONS)
    overall = {"p_value": told.p_value, "n_permutations": told.n_permutations}
    for label, (score, counts) in tables.items():
        everyone = counts.sum(axis=0)
        for site, here in zip(sites, counts, strict=True):
            yield overall | {"site": site, "reference": label} | _row(score, here, everyone, minimum_patients, ci_level)


def _table(scores: pl.DataFrame, sites: list[str]) -> tuple[FloatArray, CountArray]:
    """The scores, rising, and the patients of each site at each of them."""
    score, position = np.unique(scores["score"].to_numpy(), return_inverse=True)
    counts = np.zeros((len(sites), score.size), dtype=np.int64)
    site = scores["site"].replace_strict({name: i for i, name in enumerate(sites)}, return_dtype=pl.Int64).to_numpy()
    np.add.at(counts, (site, position), scores["n_patients"].to_numpy())
    return score, counts


def _row(
    score: FloatArray, here: CountArray, everyone: CountArray, minimum_patients: int, ci_level: float
) -> dict[str, Any]:
    n_patients, n_others = int(here.sum()), int(everyone.sum() - here.sum())
    sizes = {"n_patients": n_patients, "n_patients_others": n_others}
    area = auc(ScoreCounts(score, here, everyone - here), level=ci_level)
    thin = thin_reason(n_patients, n_others, minimum_patients, "at the other sites")
    return sizes | interval_columns(area, withheld=thin)
