"""The last step, which needs the program: results over all sites computed anew from the tallies of the pack."""

import io
import json
from collections.abc import Mapping
from typing import Final

import polars as pl

from multisite.pack.reading import csv_bytes
from multisite.pack.verifying.verify import FAILS, NOT_POSSIBLE, OK, Step
from multisite.performance import ESTIMATES_STAGE
from multisite.schemas import Artefact, StageInputs
from multisite.schemas.performance import (
    DESIGN_EFFECTS,
    ESTIMATES,
    PROPORTION_MOMENTS,
    SCORE_TALLY_GRID,
    SITE_ESTIMATES,
    SITE_RELIABILITY,
)
from multisite.study import Study
from multisite.vocabulary import ALL_SITES

__all__ = ["TITLE", "recomputed"]

TITLE: Final = "intervals"
_SLACK: Final = 1e-9
_KEYS: Final = ("finding", "model", "stratum", "level", "metric")
_NUMBERS: Final = ("estimate", "ci_low", "ci_high")


def recomputed(files: Mapping[str, bytes], *, number: int) -> Step:
    """The step: every estimate over all sites and both ends of its interval, by the program's own functions.

    Random numbers start from the protocol's seed, so that simulated ones come out the same, too.
    """
    try:
        published = _table(files, f"results/{ESTIMATES.name}.csv", ESTIMATES).filter(site=ALL_SITES)
        anew = _anew(files).filter(site=ALL_SITES)
    except KeyError:
        return Step(number, TITLE, NOT_POSSIBLE, "a file that it needs is missing")
    except Exception:
        # A damaged file may bring about anything, and what a library says of it may quote it.
        return Step(number, TITLE, FAILS, "a file that it reads is not of its form")
    both = published.join(anew, on=_KEYS, how="full", suffix="_anew")
    differing = both.filter(~pl.all_horizontal(_same(name) for name in _NUMBERS) | ~_same_status())
    if differing.height:
        return Step(number, TITLE, FAILS, f"{differing.height:,} of {both.height:,} results come out otherwise")
    return Step(number, TITLE, OK, f"{both.height:,} results over all sites come out the same, with their intervals")


def _anew(files: Mapping[str, bytes]) -> pl.DataFrame:
    study = Study.model_validate(json.loads(files["protocol.json"]))
    needed = (SCORE_TALLY_GRID, PROPORTION_MOMENTS, DESIGN_EFFECTS)
    frames = {artefact.name: _table(files, f"tallies/{artefact.name}.csv", artefact) for artefact in needed}
    frames |= {artefact.name: artefact.empty() for artefact in (SITE_ESTIMATES, SITE_RELIABILITY)}
    outputs = ESTIMATES_STAGE.run(StageInputs(site=ALL_SITES, frames=frames), ESTIMATES_STAGE.parameters(study, None))
    found = outputs.frames[ESTIMATES.name]
    assert isinstance(found, pl.DataFrame)
    return found


def _table(files: Mapping[str, bytes], path: str, artefact: Artefact) -> pl.DataFrame:
    frame = pl.read_csv(io.BytesIO(csv_bytes(files, path)), schema_overrides=dict(artefact.schema))
    return artefact.conform(frame.select(artefact.schema.names()))


def _same(name: str) -> pl.Expr:
    one, other = pl.col(name), pl.col(f"{name}_anew")
    return (one.is_null() & other.is_null()) | ((one - other).abs() <= _SLACK).fill_null(value=False)


def _same_status() -> pl.Expr:
    return pl.col("status").eq_missing(pl.col("status_anew"))
