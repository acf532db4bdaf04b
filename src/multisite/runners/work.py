"""One task, on whichever machine it lands: read the inputs, call the stage, write the parts, then the receipt."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

import polars as pl

from multisite.audit import ledger_rows
from multisite.errors import MachineError, UsageError
from multisite.pipeline import stage_named
from multisite.runners.baselines import adopted_baselines
from multisite.runners.looks import ledger_of
from multisite.runners.site_io import SiteObjects, site_fingerprint, site_key, site_table
from multisite.schemas import Artefact, FileArtefact, Scope, Stage, StageInputs, StageOutputs
from multisite.storage.artefacts import WHOLE, ArtefactStore
from multisite.storage.location import StoreLocation
from multisite.storage.manifest import Part, Receipt
from multisite.storage.objects import ObjectMissingError
from multisite.storage.opening import open_store
from multisite.study import Site, Study
from multisite.vocabulary import ALL_SITES, Zone

__all__ = ["STUDY_FOLDER", "Probe", "Task", "inputs_of", "open_artefacts", "probe_site", "run_task"]

STUDY_FOLDER = "_study"
"""Where artefacts of the whole study are kept, beside the folders of the sites."""


@dataclass(frozen=True, slots=True)
class Task:
    """One run of a stage over one partition of one site (or of the study). It carries no secret and no row.

    ``earlier`` names the parts of an earlier run that may hold rows of this one; they are no part of its identity.
    """

    stage: str
    study: Study
    site_file: Site | None
    sites: tuple[str, ...]
    partition: str
    identity: str
    lineage: tuple[tuple[str, str], ...]
    workspace: StoreLocation
    earlier: tuple[str, ...] = ()
    through: str | None = None

    @property
    def site(self) -> str:
        """Site whose stores and tables are read; empty for the whole study."""
        return self.site_file.site if self.site_file else ""

    @property
    def folder(self) -> str:
        """Folder of the workspace that holds what the task writes."""
        return self.site or STUDY_FOLDER


@dataclass(frozen=True, slots=True)
class Probe:
    """A question to a site's own machine: have its tables or its key changed?"""

    site_file: Site

    @property
    def site(self) -> str:
        """The site."""
        return self.site_file.site


def probe_site(probe: Probe) -> dict[str, str]:
    """Digests of what the site supplies besides images."""
    return site_fingerprint(probe.site_file)


def open_artefacts(workspace: StoreLocation, study: Study, zone: Zone) -> ArtefactStore:
    """The study's artefacts in the workspace."""
    return ArtefactStore(open_store(workspace), study=study.study, zone=zone)


def run_task(task: Task) -> Receipt:
    """Do the work and return the receipt, which is also written; nothing else comes back from a worker."""
    stage = stage_named(task.stage)
    zone = Zone.CENTRAL if stage.scope is Scope.STUDY else Zone.SITE
    store = open_artefacts(task.workspace, task.study, zone)
    inputs = inputs_of(task, stage, store)
    outputs = stage.run(inputs, stage.parameters(task.study, task.site_file))
    parts = {artefact.name: tuple(_write(task, stage, artefact, outputs, store)) for artefact in stage.writes}
    receipt = Receipt(
        stage=stage.name,
        site=task.folder,
        partition=task.partition,
        identity=task.identity,
        parts=parts,
        settled=outputs.settled,
    )
    store.write_receipt(receipt)
    return receipt


def inputs_of(task: Task, stage: Stage, store: ArtefactStore) -> StageInputs:
    """All that the stage may look at for this task, read now."""
    frames = {
        artefact.name: _read(task, stage, artefact, store) for artefact in stage.reads if isinstance(artefact, Artefact)
    }
    for artefact in stage.optional_reads:
        if artefact.zone is Zone.CENTRAL:
            if store.manifest(artefact, STUDY_FOLDER) is not None:
                frames[artefact.name] = store.read(artefact, STUDY_FOLDER)
            continue
        owners = task.sites if stage.scope is Scope.STUDY else (task.site,)
        sites = [site for site in owners if store.manifest(artefact, site) is not None]
        if sites:
            frames[artefact.name] = _over_sites(artefact, sites, store)
    if not (stage.reads_test_labels or stage.copies_labels):
        read = (*stage.reads, *stage.optional_reads)
        declared = {artefact.name: artefact for artefact in read if isinstance(artefact, Artefact)}
        for name in frames.keys() & declared.keys():
            artefact = declared[name]
            hide = artefact.with_tuning_labels if stage.reads_tuning_labels else artefact.without_labels
            frames[name] = hide(frames[name])
    site = task.site_file
    return StageInputs(
        site=task.site or ALL_SITES,
        partition=None if task.partition == WHOLE else task.partition,
        frames=frames,
        tables=_tables(stage, site) if site else {},
        objects=SiteObjects.of(site) if site and stage.reads_objects else None,
        pseudonym_key=site_key(site) if site and stage.needs_key else None,
        lineage=dict(task.lineage),
        earlier={artefact.name: _earlier(task, artefact, store) for artefact in stage.carries},
        ledger=ledger_rows(ledger_of(store, task.site).chain()) if stage.reads_ledger else None,
        baselines=adopted_baselines(store, task.site) if stage.reads_baseline else (),
        through=task.through if stage.reads_calendar else None,
    )


def _read(task: Task, stage: Stage, artefact: Artefact, store: ArtefactStore) -> pl.DataFrame:
    if stage.scope is Scope.STUDY:
        if artefact.zone is Zone.CENTRAL:
            return store.read(artefact, STUDY_FOLDER)
        return _over_sites(artefact, task.sites, store)
    columns = stage.projection.get(artefact.name)
    if artefact is stage.partition_of:
        # The plan has seen the manifest; to read it again would cost each of many tasks more than its part.
        return store.read_parts(artefact, task.site, [task.partition], columns=columns)
    return store.read(artefact, task.site, columns=columns)


def _earlier(task: Task, artefact: Artefact, store: ArtefactStore) -> pl.DataFrame:
    found = [artefact.empty()]
    for partition in task.earlier:
        # They only spare work: where one is gone, the work is done.
        with suppress(ObjectMissingError):
            found.append(store.read_parts(artefact, task.site, [partition]))
    return pl.concat(found)


def _over_sites(artefact: Artefact, sites: Iterable[str], store: ArtefactStore) -> pl.DataFrame:
    # Sites may differ in the columns that the study's families gave them; what one lacks is missing there.
    return pl.concat([store.read(artefact, site) for site in sites], how="diagonal")


def _tables(stage: Stage, site: Site) -> dict[str, pl.DataFrame]:
    tables = {}
    for declared in (*stage.tables, *stage.optional_tables):
        table = site_table(site, declared.name)
        if table is not None:
            tables[declared.name] = table
        elif declared in stage.tables:
            raise UsageError(
                f"the site file names no table `{declared.name}`, which the stage `{stage.name}` needs",
                place=f"site {site.site}",
                remedy=f"Add `tables.{declared.name}` to the site file.",
            )
    return tables


def _write(
    task: Task, stage: Stage, artefact: Artefact | FileArtefact, outputs: StageOutputs, store: ArtefactStore
) -> tuple[Part, ...]:
    if isinstance(artefact, FileArtefact):
        content = outputs.files.get(artefact.name)
        # A document may have nothing to show (too few rows for a page); a table always exists, if only empty.
        return () if content is None else store.write_file(artefact, task.folder, task.partition, content)
    if artefact.name not in outputs.frames:
        raise MachineError(f"the stage `{stage.name}` did not hand back `{artefact.name}`", place=f"stage {stage.name}")
    return store.write_table(artefact, task.folder, task.partition, outputs.frames[artefact.name])
