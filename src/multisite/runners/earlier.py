"""Which parts of an earlier run may hold rows of a part that has to be made now.

The parts of a partitioned stage span ranges of object keys. A new part looks up what has not changed in the old parts
that its range overlaps; the stage decides row by row what still holds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import polars as pl

from multisite.runners.plan import basis_of
from multisite.runners.work import Task
from multisite.schemas import Artefact, Stage
from multisite.storage.artefacts import ArtefactStore

__all__ = ["overlapping", "with_earlier_parts"]


def with_earlier_parts(
    stage: Stage, tasks: Sequence[Task], *, store: ArtefactStore, fingerprints: Mapping[str, Mapping[str, str]]
) -> list[Task]:
    """``tasks`` with their ``earlier`` parts; none where the earlier run had another version, parameters or key."""
    if stage.spans is None:
        return list(tasks)
    now, then = stage.spans
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for task in tasks:
        if task.site_file is not None and task.site not in found:
            basis = basis_of(stage, task.study, task.site_file, fingerprints[task.site])
            kept = _parts_that_hold(stage.carries, task.site, basis, store)
            found[task.site] = {}
            if kept and store.manifest(then, task.site) is not None:
                before = store.read(then, task.site).filter(pl.col("shard").is_in(kept))
                found[task.site] = overlapping(store.read(now, task.site), before)
    return [replace(task, earlier=found.get(task.site, {}).get(task.partition, ())) for task in tasks]


def _parts_that_hold(artefacts: Sequence[Artefact], site: str, basis: str, store: ArtefactStore) -> list[str]:
    """Partitions that every one of ``artefacts`` has, made on the same basis as now."""
    kept: set[str] | None = None
    for artefact in artefacts:
        manifest = store.manifest(artefact, site)
        if manifest is None or manifest.basis != basis:
            return []
        partitions = {part.partition for part in manifest.parts}
        kept = partitions if kept is None else kept & partitions
    return sorted(kept or ())


def overlapping(now: pl.DataFrame, before: pl.DataFrame) -> dict[str, tuple[str, ...]]:
    """For each shard of ``now`` the shards of ``before`` whose range of keys meets its own.

    Both have the columns store, shard, first_key and last_key; ranges do not overlap within a frame.
    """
    columns = ("store", "first_key", "last_key", "shard")
    old = before.select(columns).sort("store", "first_key").rows()
    found: dict[str, tuple[str, ...]] = {}
    begin = 0
    for store, first, last, shard in now.select(columns).sort("store", "first_key").rows():
        # An old range that ends before this one begins can meet none of those that follow.
        while begin < len(old) and (old[begin][0], old[begin][2]) < (store, first):
            begin += 1
        end = begin
        while end < len(old) and (old[end][0], old[end][1]) <= (store, last):
            end += 1
        found[shard] = tuple(other for *_, other in old[begin:end])
    return found
