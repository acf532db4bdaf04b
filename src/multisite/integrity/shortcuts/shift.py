"""Whether the scores of patients without the finding go with how the image was acquired."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import polars as pl

from multisite.integrity.checks.labelled import random_generator
from multisite.integrity.shortcuts.levels import LOCAL, OTHER
from multisite.integrity.shortcuts.rows import interval_columns, thin_reason
from multisite.schemas.shortcut_use import SCORE_SHIFT
from multisite.stats import ScoreCounts, ScoreShift, holm, score_shift
from multisite.vocabulary import ALL_SITES, OVERALL, EstimateStatus

__all__ = ["score_shift_table"]

_NOTABLE_P, _NOTABLE_SHIFT = 0.01, 0.1

_Keys = tuple[str, str, str, str]
"""Finding, model, attribute and level."""


@dataclass(frozen=True, slots=True)
class _Compared:
    """The patients of a level (as positives) and of the other levels at one site, and why that may be too few."""

    counts: ScoreCounts
    thin: str | None


def score_shift_table(patients: pl.DataFrame, *, minimum_patients: int, ci_level: float, seed: int) -> pl.DataFrame:
    """Rows of SCORE_SHIFT from rows of SHORTCUT_PATIENTS of every site.

    At each site every level is compared with the attribute's other levels. Over all sites a level is compared within
    the sites at which there are enough patients on both sides, where these are two or more; not a device, whose number
    means something at its site only, nor the rare values together. A shift that is too small to be notable is not
    tested, but counts among the comparisons.
    """
    levels = patients.filter(~pl.col("reference"), pl.col("attribute") != OVERALL)
    compared: dict[_Keys, dict[str, _Compared]] = {}
    for (finding, model, attribute, site), scores in levels.group_by(
        ["finding", "model", "attribute", "site"], maintain_order=True
    ):
        for level, counts in _against_others(scores):
            thin = thin_reason(counts.positives, counts.negatives, minimum_patients, "in the other levels")
            keys = (str(finding), str(model), str(attribute), level)
            compared.setdefault(keys, {})[str(site)] = _Compared(counts, thin)
    most = sum(len(sites) + 1 for sites in compared.values())
    # Enough for the smallest p-value that can come out to be half of what is asked for after Holm.
    n_permutations = math.ceil(2 * most / _NOTABLE_P)
    rows = [
        dict(zip(("finding", "model", "attribute", "level"), keys, strict=True)) | row
        for keys, sites in compared.items()
        for row in _rows(keys, sites, ci_level, random_generator(seed, "score_shift", *keys), n_permutations)
    ]
    return _adjusted(pl.DataFrame(rows, schema=SCORE_SHIFT.schema)).sort(SCORE_SHIFT.key)


def _against_others(scores: pl.DataFrame) -> Iterator[tuple[str, ScoreCounts]]:
    """For each level of an attribute at a site, the patients at each score in it and in the other levels."""
    score, position = np.unique(scores["score"].to_numpy(), return_inverse=True)
    n_patients = scores["n_patients"].to_numpy()
    everyone = np.bincount(position, weights=n_patients, minlength=score.size).astype(np.int64)
    name = scores["level"].to_numpy()
    for level in sorted(scores["level"].unique().to_list()):
        here = name == level
        own = np.bincount(position[here], weights=n_patients[here], minlength=score.size).astype(np.int64)
        yield level, ScoreCounts(score, own, everyone - own)


def _rows(
    keys: _Keys, sites: Mapping[str, _Compared], ci_level: float, rng: np.random.Generator, n_permutations: int
) -> Iterator[dict[str, Any]]:
    _, _, attribute, level = keys
    compare = partial(score_shift, rng=rng, n_permutations=n_permutations, level=ci_level)
    for site, found in sites.items():
        # Where a number is withheld, nothing is drawn for it either.
        shift = compare([found.counts], least_shift=_NOTABLE_SHIFT if found.thin is None else 1.0)
        yield {"site": site} | _row([found.counts], shift, found.thin)
    enough = [found.counts for found in sites.values() if found.thin is None]
    if len(enough) > 1 and attribute not in LOCAL and level != OTHER:
        yield {"site": ALL_SITES} | _row(enough, compare(enough, least_shift=_NOTABLE_SHIFT), None)


def _row(groups: list[ScoreCounts], shift: ScoreShift, thin: str | None) -> dict[str, Any]:
    return {
        **interval_columns(shift.area, withheld=thin),
        "mean_difference": None if thin else shift.mean_difference,
        "n_sites": len(groups),
        "n_patients": sum(group.positives for group in groups),
        "n_patients_others": sum(group.negatives for group in groups),
        "p_value": None if thin else shift.p_value,
        "p_adjusted": None,
        "n_comparisons": 0,
        "notable": False,
    }


def _adjusted(rows: pl.DataFrame) -> pl.DataFrame:
    """Holm's adjustment over all rows that are judged, and which of them are notable."""
    judged = rows["status"] == EstimateStatus.OK.value
    # A shift that is sure and small moves few calls: it was not tested, and is none of those that are notable.
    adjusted = holm(rows.filter(judged)["p_value"].fill_null(1.0).to_numpy())
    per_row = np.full(rows.height, np.nan)
    per_row[judged.to_numpy()] = adjusted
    p_adjusted = pl.when(pl.col("p_value").is_not_null()).then(pl.Series("p_adjusted", per_row).fill_nan(None))
    return rows.with_columns(
        p_adjusted.alias("p_adjusted"), pl.lit(adjusted.size, pl.Int64).alias("n_comparisons")
    ).with_columns((pl.col("p_adjusted") < _NOTABLE_P).fill_null(False).alias("notable"))
