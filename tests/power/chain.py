"""The stages up to the integrity checks, run on one site in memory: all that they write is kept as frames."""

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from multisite.integrity import INTEGRITY_STAGE
from multisite.pipeline import STAGES
from multisite.runners.site_io import site_key, site_table
from multisite.schemas import AnyArtefact, Artefact, ObjectReader, Scope, Stage, StageInputs, StageOutputs
from multisite.study import Site, Study

__all__ = ["Artefacts", "run_site", "stages_until"]

Frames = dict[str, pl.DataFrame]
Parts = list[tuple[str | None, pl.DataFrame]]
"""Rows by the task that wrote them."""

Artefacts = Mapping[str, pl.DataFrame]
"""Name of an artefact → its rows at one site."""


def stages_until(last: Stage) -> tuple[Stage, ...]:
    """``last`` and every stage that it depends on, in the order of the pipeline."""
    chosen, wanted = [last], _names(last.reads, last.optional_reads)
    for stage in reversed(STAGES[: STAGES.index(last)]):
        if wanted & _names(stage.writes):
            chosen.append(stage)
            wanted |= _names(stage.reads, stage.optional_reads)
    return tuple(reversed(chosen))


def _names(*artefacts: tuple[AnyArtefact, ...]) -> set[str]:
    return {artefact.name for some in artefacts for artefact in some}


def run_site(study: Study, site: Site, objects: ObjectReader, *, earlier: Artefacts | None = None) -> Artefacts:
    """All that the stages up to the integrity checks write at ``site``.

    The tables and the key are read as a runner reads them, inputs are projected and outputs conformed as by a runner.
    ``earlier`` are the artefacts of an earlier run: as in a second ``multisite extract``, rows of objects that have not
    changed since are carried over.
    """
    made: dict[str, Parts] = {}
    tables: dict[str, pl.DataFrame] = {}
    for stage in stages_until(INTEGRITY_STAGE):
        if stage.scope not in (Scope.SITE, Scope.SHARD):
            raise NotImplementedError(f"the stage `{stage.name}` is not of one site")
        tables |= {
            table.name: frame
            for table in (*stage.tables, *stage.optional_tables)
            if table.name not in tables and (frame := site_table(site, table.name)) is not None
        }
        parameters = stage.parameters(study, site)
        found: dict[str, Parts] = {a.name: [] for a in stage.writes if isinstance(a, Artefact)}
        for partition, frames in _tasks(stage, made, parameters):
            outputs = stage.run(
                StageInputs(
                    site=site.site,
                    partition=partition,
                    frames=frames,
                    tables={
                        t.name: tables[t.name] for t in (*stage.tables, *stage.optional_tables) if t.name in tables
                    },
                    objects=objects if stage.reads_objects else None,
                    pseudonym_key=site_key(site) if stage.needs_key else None,
                    earlier={a.name: earlier[a.name] for a in stage.carries} if earlier else {},
                ),
                parameters,
            )
            for artefact in stage.writes:
                if isinstance(artefact, Artefact):
                    found[artefact.name] += [(partition, part) for part in _written(artefact, outputs)]
        # A stage without a task has written its artefacts all the same: they are empty.
        made |= {a.name: found[a.name] or [(None, a.empty())] for a in stage.writes if isinstance(a, Artefact)}
    return {name: _whole(parts) for name, parts in made.items()}


def _tasks(stage: Stage, made: Mapping[str, Parts], parameters: Any) -> Iterator[tuple[str | None, Frames]]:
    """Name of the partition and the frames, for each task of the stage."""
    if stage.is_asked_for is not None and not stage.is_asked_for(parameters):
        return
    divided = stage.partition_of
    read = [a.name for a in (*stage.reads, *stage.optional_reads) if a.name in made]
    frames = {
        name: _projected(stage, name, _whole(made[name])) for name in read if divided is None or name != divided.name
    }
    if divided is None:
        yield None, frames
        return
    for partition, part in _parts(divided, made[divided.name]):
        yield partition, frames | {divided.name: _projected(stage, divided.name, part)}


def _parts(divided: Artefact, parts: Parts) -> Parts:
    """The parts in which an artefact is kept: by a column of its own, else as the tasks have written them."""
    if divided.partitioned_by is None:
        return parts
    groups = _whole(parts).group_by([divided.partitioned_by], maintain_order=True)
    return [(str(name), part) for (name,), part in groups]


def _whole(parts: Parts) -> pl.DataFrame:
    return pl.concat([part for _, part in parts])


def _projected(stage: Stage, name: str, frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select(stage.projection.get(name, pl.all()))


def _written(artefact: Artefact, outputs: StageOutputs) -> list[pl.DataFrame]:
    rows = outputs.frames[artefact.name]
    return [artefact.conform(part) for part in ([rows] if isinstance(rows, pl.DataFrame) else rows)]
