"""What a pack is made from: the synthetic study of the report's tests, with ledgers and tallies."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import polars as pl

from multisite.audit.chain import BEFORE_THE_FIRST, Chain, chain_of
from multisite.audit.entry import Entry, Event
from multisite.pack import report_parameters
from multisite.pack.evidence import Evidence
from multisite.pack.validation.facts import pack_facts
from multisite.pack.validation.files import PackSources
from multisite.schemas.cohort import COMPOSITION
from multisite.schemas.completeness import ATTRIBUTE_COMPLETENESS
from multisite.schemas.drift_verdicts import DRIFT_MONITORS
from multisite.schemas.performance import DESIGN_EFFECTS, PROPORTION_MOMENTS, SCORE_TALLY_GRID
from multisite.schemas.standings import STANDINGS, TIME_FORWARD
from multisite.storage.canonical import sha256_hex
from multisite.study import Study
from tests.lib.report_frames import FINDING, SITES, report_inputs, study

BUILT = datetime(2026, 6, 1, 8, 0, tzinfo=UTC)
PLAN = {
    "endpoints": [
        {"id": "ranking", "metric": "auc", "role": "primary", "finding": FINDING},
        {"id": "misses", "metric": "sensitivity", "role": "secondary"},
        {"id": "by_sex", "metric": "sensitivity", "role": "secondary", "stratum": "sex"},
    ]
}


def planned_study(**sections: Any) -> Study:
    """The study with a plan, and whatever else is declared."""
    return Study.model_validate(study(judged=True).model_dump(mode="json") | {"analysis_plan": PLAN} | sections)


def chain(site: str, protocol: str, *, locked: bool = True, looks: int = 1) -> Chain:
    """A ledger with a lock (where ``locked``), then looks."""
    events: list[tuple[Event, dict[str, Any]]] = []
    if locked:
        events.append((Event.LOCK, {"protocol": protocol, "parts": {}, "by": "A. Example"}))
    events += [(Event.LOOK, {"stages": ["performance"], "protocol": protocol, "evaluated": "e"})] * looks
    files, previous = [], BEFORE_THE_FIRST
    for number, (event, content) in enumerate(events, start=1):
        time = f"2026-05-{number:02}T09:00:00+00:00"
        entry = Entry(number, time, event.value, "lung-nodules", site, "r", "1", content, previous)
        files.append((number, entry.to_bytes()))
        previous = sha256_hex([entry.to_bytes()])
    return chain_of(files, study="lung-nodules", site=site)


def pack_sources(declared: Study | None = None, *, locked: bool = True, **frames: pl.DataFrame) -> PackSources:
    """Sources of a pack; ``frames`` replace those of the synthetic study, by artefact."""
    of = declared or planned_study()
    inputs = report_inputs()
    held: Mapping[str, pl.DataFrame] = {
        **inputs.frames,
        STANDINGS.name: _standings(of, locked=locked),
        TIME_FORWARD.name: _time_forward(of),
        **frames,
    }
    evidence = Evidence.from_inputs(replace(inputs, frames=held), report_parameters(of, None))
    names = {**{site: site for site in SITES}, "_study": "The study"}
    return PackSources(
        evidence=evidence,
        facts=pack_facts(of),
        tallies=_tallies(),
        more={artefact.name: artefact.empty() for artefact in (ATTRIBUTE_COMPLETENESS, DRIFT_MONITORS)},
        chains={name: chain(name, of.protocol_sha256, locked=locked, looks=int(name != "_study")) for name in names},
        names=names,
        left_out=(),
        lock=None,
        built=BUILT,
        minimum_denominator=10,
    )


def _standings(of: Study, *, locked: bool) -> pl.DataFrame:
    told = ("planned", None, "2026-05-01T09:00:00+00:00", "A. Example", 0)
    if not locked:
        told = ("exploratory", "the protocol was not locked", None, None, None)
    rows = [(site, of.protocol_sha256, *told) for site in SITES]
    return pl.DataFrame(rows, schema=STANDINGS.schema, orient="row")


def _time_forward(of: Study) -> pl.DataFrame:
    rows = [(site, of.models[0].id, None, None, 100, 0, None, None, None, None) for site in SITES]
    return pl.DataFrame(rows, schema=TIME_FORWARD.schema, orient="row")


@lru_cache(maxsize=1)
def _tallies() -> Mapping[str, pl.DataFrame]:
    composition = report_inputs().frames[COMPOSITION.name]
    return {
        SCORE_TALLY_GRID.name: SCORE_TALLY_GRID.empty(),
        PROPORTION_MOMENTS.name: PROPORTION_MOMENTS.empty(),
        DESIGN_EFFECTS.name: DESIGN_EFFECTS.empty(),
        COMPOSITION.name: composition,
    }
