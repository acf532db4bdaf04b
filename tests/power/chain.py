"""The stages up to the integrity checks, run on one site in memory: all that they write is kept as frames."""

from collections.abc import Iterator, Mapping

import polars as pl

from multisite.integrity import INTEGRITY_STAGE
from multisite.pipeline import STAGES
from multisite.runners.site_io import site_key, site_table
from multisite.schemas import AnyArtefact, Artefact, ObjectReader, Scope, Stage, StageInputs, StageOutputs
from multisite.study import Site, Study

__all__ = ["Artefacts", "run_site", "stages_until"]

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
    made: dict[str, pl.DataFrame] = {}
    tables: dict[str, pl.DataFrame] = {}
    for stage in stages_until(INTEGRITY_STAGE):
        if stage.scope not in (Scope.SITE, Scope.SHARD):
            raise NotImplementedError(f"the stage `{stage.name}` is not of one site")
        tables |= {
            table.name: frame
            for table in (*stage.tables, *stage.optional_tables)
            if table.name not in tables and (frame := site_table(site, table.name)) is not None
        }
        found: dict[str, list[pl.DataFrame]] = {artefact.name: [] for artefact in stage.writes}
        for partition, frames in _inputs(stage, made):
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
                stage.parameters(study, site),
            )
            for artefact in stage.writes:
                if isinstance(artefact, Artefact):
                    found[artefact.name] += _written(artefact, outputs)
        made |= {a.name: pl.concat(found[a.name] or [a.empty()]) for a in stage.writes if isinstance(a, Artefact)}
    return made


def _inputs(stage: Stage, made: Artefacts) -> Iterator[tuple[str | None, dict[str, pl.DataFrame]]]:
    """Name of the partition and the frames, for each task of the stage."""
    frames = {
        a.name: made[a.name].select(stage.projection.get(a.name, pl.all()))
        for a in (*stage.reads, *stage.optional_reads)
        if a.name in made
    }
    divided = stage.partition_of
    if divided is None:
        yield None, frames
        return
    assert divided.partitioned_by is not None, "what a stage takes part by part is kept in parts"
    for (partition,), part in made[divided.name].group_by([divided.partitioned_by], maintain_order=True):
        yield str(partition), frames | {divided.name: part}


def _written(artefact: Artefact, outputs: StageOutputs) -> list[pl.DataFrame]:
    rows = outputs.frames[artefact.name]
    return [artefact.conform(part) for part in ([rows] if isinstance(rows, pl.DataFrame) else rows)]
