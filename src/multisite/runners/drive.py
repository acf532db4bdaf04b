"""The driver: stage by stage, skip what has a valid receipt, run the rest, then commit the manifests."""

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from multisite.drift import DRIFT_BASELINE_STAGE
from multisite.errors import MultisiteError, StoppedError
from multisite.pipeline import STAGES
from multisite.runners.baselines import adopt_first
from multisite.runners.earlier import with_earlier_parts
from multisite.runners.events import Observer
from multisite.runners.execution import Done, Executor
from multisite.runners.isolation import Isolation
from multisite.runners.looks import Clock, LookKeeper
from multisite.runners.plan import (
    MadeFor,
    is_asked_for,
    lineage_of,
    made_for_now,
    manifests_for,
    plan_stage,
)
from multisite.runners.work import STUDY_FOLDER, Probe, Task, open_artefacts, probe_site, run_task
from multisite.schemas import AnyArtefact, Artefact, Scope, Stage
from multisite.storage.artefacts import ArtefactStore
from multisite.storage.location import StoreLocation
from multisite.storage.manifest import Receipt
from multisite.study import Site, Study
from multisite.vocabulary import Zone

__all__ = ["RunSummary", "StageSummary", "run_stages"]


@dataclass(frozen=True, slots=True)
class StageSummary:
    """What one stage did: tasks run now, tasks whose receipt was still valid, rows of its artefacts, seconds."""

    stage: str
    title: str
    n_run: int
    n_skipped: int
    n_rows: int
    seconds: float


@dataclass(frozen=True, slots=True)
class RunSummary:
    """What a run did, stage by stage, and the sites at which it failed, where that is not the end of the run."""

    stages: tuple[StageSummary, ...]
    faults: Mapping[str, MultisiteError] = field(default_factory=dict)


def run_stages(
    stages: Sequence[Stage],
    *,
    study: Study,
    sites: Sequence[Site],
    workspace: StoreLocation,
    executor: Executor,
    observer: Observer,
    stop: threading.Event,
    run_id: str,
    clock: Clock,
    through: str | None = None,
) -> RunSummary:
    """Run ``stages`` in their order at every site. What reads test labels is noted in the site's ledger before it does.

    Where every stage isolates the sites, a fault at one of them ends the work at that site, and not the run.

    Parameters
    ----------
    run_id : name of this run in the ledgers; no other run may have it
    clock : the time of an entry
    through : the month (YYYY-MM) up to which routine use is judged; None for the last that has studies

    Raises
    ------
    MultisiteError
        The first fault of the set-up at once; a fault of the machine after its retries and after what was in flight.
    StoppedError
        When ``stop`` is set; what is complete is safe.
    """
    store = open_artefacts(workspace, study, Zone.SITE)
    isolated = Isolation(sites, on=all(stage.isolates_sites for stage in stages))
    fingerprints = _fingerprints(stages, sites, executor, isolated)
    made_for = made_for_now(STAGES, study, sites, fingerprints)
    looking = [stage for stage in stages if any(is_asked_for(stage, study, site) for site in sites)]
    looks = LookKeeper(looking, protocol=study.protocol_sha256, store=store, run_id=run_id, clock=clock)
    summaries = []
    for stage in stages:
        started = time.monotonic()
        tasks = isolated.plan(
            partial(
                plan_stage,
                stage,
                study=study,
                store=store,
                workspace=workspace,
                fingerprints=fingerprints,
                made_for=made_for,
                through=through,
            )
        )
        receipts = _valid_receipts(stage, tasks, store)
        todo = with_earlier_parts(
            stage,
            [task for task in tasks if (task.folder, task.partition) not in receipts],
            store=store,
            fingerprints=fingerprints,
        )
        n_skipped = len(tasks) - len(todo)
        observer.stage_started(stage, n_tasks=len(tasks), n_done_before=n_skipped)
        looks.note(stage, sites=[task.site for task in todo])
        done = _run(stage, todo, executor, observer, stop, isolated)
        receipts.update(done)
        n_rows = _commit(
            stage,
            tasks,
            receipts,
            study=study,
            sites=isolated.sound,
            store=store,
            made_for=made_for,
            fingerprints=fingerprints,
            through=through,
        )
        if stage is DRIFT_BASELINE_STAGE:
            for site in isolated.sound:
                adopt_first(store, site.site, clock=clock, run_id=run_id)
        seconds = time.monotonic() - started
        observer.stage_done(stage, n_rows=n_rows, seconds=seconds)
        summaries.append(StageSummary(stage.name, stage.title, len(done), n_skipped, n_rows, seconds))
    return RunSummary(tuple(summaries), isolated.faults)


def _fingerprints(
    stages: Sequence[Stage], sites: Sequence[Site], executor: Executor, isolated: Isolation
) -> dict[str, dict[str, str]]:
    if not any(stage.tables or stage.optional_tables or stage.needs_key for stage in stages):
        return {site.site: {} for site in sites}
    found = {}
    for probe, outcome in executor.run(probe_site, [Probe(site) for site in sites]):
        if isinstance(outcome, Done):
            found[probe.site] = outcome.result
        elif not isolated.sets_apart(probe.site, outcome.error):
            raise outcome.error
    return found


def _valid_receipts(stage: Stage, tasks: Sequence[Task], store: ArtefactStore) -> dict[tuple[str, str], Receipt]:
    if stage.always_runs:
        return {}
    identities: dict[str, dict[str, str]] = {}
    for task in tasks:
        identities.setdefault(task.folder, {})[task.partition] = task.identity
    return {
        (folder, partition): receipt
        for folder, wanted in identities.items()
        for partition, receipt in store.valid_receipts(stage.name, folder, wanted, stage.writes).items()
    }


def _run(
    stage: Stage,
    todo: Sequence[Task],
    executor: Executor,
    observer: Observer,
    stop: threading.Event,
    isolated: Isolation,
) -> dict[tuple[str, str], Receipt]:
    receipts: dict[tuple[str, str], Receipt] = {}
    machine_fault: MultisiteError | None = None
    for task, outcome in executor.run(run_task, todo):
        if isinstance(outcome, Done):
            receipt = outcome.result
            receipts[(task.folder, task.partition)] = receipt
            told = [artefact.name for artefact in stage.writes if not _is_interim(artefact)]
            n_rows = sum(part.n_rows for name in told for part in receipt.parts[name])
            observer.task_done(stage, site=task.folder, n_rows=n_rows)
        elif isolated.sets_apart(task.site, outcome.error):
            pass
        elif outcome.retry:
            machine_fault = machine_fault or outcome.error
        else:
            raise outcome.error
        if stop.is_set():
            raise StoppedError(
                f"stopped during `{stage.name}` with {len(receipts)} of {len(todo)} tasks of this run complete",
                remedy="Run the same command again; it goes on where it stopped.",
            )
    if machine_fault is not None:
        raise machine_fault
    return receipts


def _commit(
    stage: Stage,
    tasks: Sequence[Task],
    receipts: dict[tuple[str, str], Receipt],
    *,
    study: Study,
    sites: Sequence[Site],
    store: ArtefactStore,
    made_for: MadeFor,
    fingerprints: Mapping[str, Mapping[str, str]],
    through: str | None,
) -> int:
    owners: Sequence[Site | None] = [None] if stage.scope is Scope.STUDY else sites
    n_rows = 0
    for site in owners:
        folder = site.site if site else STUDY_FOLDER
        own = [receipts[(folder, task.partition)] for task in tasks if task.folder == folder]
        lineage = lineage_of(stage, [site.site] if site else [s.site for s in sites], store, made_for, through=through)
        fingerprint = fingerprints[site.site] if site else {}
        for artefact, manifest in manifests_for(
            stage, study=study, site=site, fingerprint=fingerprint, lineage=lineage, receipts=own
        ):
            store.commit(artefact, manifest)
            n_rows += 0 if _is_interim(artefact) else manifest.n_rows
    return n_rows


def _is_interim(artefact: AnyArtefact) -> bool:
    return isinstance(artefact, Artefact) and artefact.interim
