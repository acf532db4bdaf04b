"""Small packs in memory for the check of portability, from simulated cases and the program's own tallies."""

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy import stats

from multisite.schemas.performance import DESIGN_EFFECTS
from multisite.storage.canonical import canonical_json
from multisite.tallies import tally_proportions, tally_scores

__all__ = ["THRESHOLD", "Cell", "cases_of", "pack_files", "table", "truth"]

THRESHOLD = 0.5


@dataclass(frozen=True)
class Cell:
    """A cell of the simulation: so many cases, and how prevalent and how easy they are."""

    levels: tuple[str, ...]
    n: int
    prevalence: float
    sensitivity: float
    specificity: float

    @property
    def latent_means(self) -> tuple[float, float]:
        """Of positives and of negatives, on a normal scale on which 0 is the threshold."""
        return float(stats.norm.ppf(self.sensitivity)), -float(stats.norm.ppf(self.specificity))


def cases_of(
    cells: Sequence[Cell], strata: Sequence[str], *, rng: np.random.Generator, per_patient: int = 1
) -> pl.DataFrame:
    """Cases of two sites, with scores of three decimals; ``per_patient`` cases of a patient are of one cell."""
    rows: list[pl.DataFrame] = []
    for number, cell in enumerate(cells):
        positive = rng.random(cell.n) < cell.prevalence
        up, down = cell.latent_means
        latent = np.where(positive, up, down) + rng.normal(size=cell.n)
        index = np.arange(cell.n)
        rows.append(
            pl.DataFrame(
                {
                    "site": np.where(index // per_patient % 2 == 0, "north", "south"),
                    "finding": "nodule",
                    "model": "m1",
                    "split": "test",
                    "patient_id": [f"{number}-{i // per_patient}" for i in index],
                    "reference": positive,
                    "score": stats.norm.cdf(latent).round(3).clip(0.001, 0.999),
                    **{f"stratum_{name}": level for name, level in zip(strata, cell.levels, strict=True)},
                }
            )
        )
    return pl.concat(rows)


def pack_files(
    cases: pl.DataFrame,
    levels: Mapping[str, Sequence[str]],
    crossings: Mapping[str, Sequence[str]] | None = None,
    *,
    design_effects: pl.DataFrame | None = None,
    title: str = "Nodules on chest radiographs",
) -> dict[str, bytes]:
    """The files that the check reads. ``crossings`` name strata to cross, by the id of the crossing."""
    crossed = crossings or {}
    rows = cases.with_columns(
        pl.concat_str([pl.col(f"stratum_{part}") for part in parts], separator=" × ").alias(f"stratum_{name}")
        for name, parts in crossed.items()
    )
    strata = [f"stratum_{name}" for name in (*levels, *crossed)]
    tally = tally_scores(rows, strata=strata).on_grid(1000).to_frame()
    moments = tally_proportions(rows, strata=strata, thresholds=[THRESHOLD]).frame
    effects = DESIGN_EFFECTS.empty() if design_effects is None else design_effects
    described = {
        "format": 1,
        "title": title,
        "endpoints": [
            {
                "finding": "nodule",
                "model": "m1",
                "threshold": THRESHOLD,
                "finding_title": "Nodule",
                "model_title": "Model 1",
            }
        ],
        "strata": [
            {"id": name, "title": name.capitalize(), "unit": "", "levels": list(held), "of": []}
            for name, held in levels.items()
        ]
        + [
            {
                "id": name,
                "title": " × ".join(part.capitalize() for part in parts),
                "unit": "",
                "levels": sorted(rows[f"stratum_{name}"].unique()),
                "of": list(parts),
            }
            for name, parts in crossed.items()
        ],
        "ci_level": 0.95,
        "minimum_denominator": 10,
        "score_grid_steps": 1000,
    }
    return {
        "pack.json": canonical_json(described),
        "tallies/score_tally_grid.csv": _csv(tally),
        "tallies/proportion_moments.csv": _csv(moments),
        "tallies/design_effects.csv": _csv(effects),
    }


def table(rows: Sequence[Mapping[str, object]]) -> bytes:
    """A CSV file."""
    return _csv(pl.DataFrame(rows))


def truth(cells: Sequence[Cell], shares: Sequence[float]) -> dict[str, float]:
    """What the measures are in a target with these shares of patients over the cells."""
    q, prevalence = np.asarray(shares), np.array([cell.prevalence for cell in cells])
    total = float(q @ prevalence)
    u, v = q * prevalence / total, q * (1 - prevalence) / (1 - total)
    se = float(u @ [cell.sensitivity for cell in cells])
    sp = float(v @ [cell.specificity for cell in cells])
    means = np.array([cell.latent_means for cell in cells])
    areas = stats.norm.cdf((means[:, None, 0] - means[None, :, 1]) / np.sqrt(2))
    return {
        "sensitivity": se,
        "specificity": sp,
        "auc": float(u @ areas @ v),
        "ppv": se * total / (se * total + (1 - sp) * (1 - total)),
        "npv": sp * (1 - total) / (sp * (1 - total) + (1 - se) * total),
    }


def described(files: Mapping[str, bytes]) -> dict[str, object]:
    """``pack.json``, to be changed."""
    return dict(json.loads(files["pack.json"]))


def _csv(frame: pl.DataFrame) -> bytes:
    out = io.BytesIO()
    frame.write_csv(out)
    return out.getvalue()
