"""From parsed options to a finished run: load, choose a runner, watch, print, and answer with an exit code."""

import os
import signal
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Literal

from multisite import __version__
from multisite.audit import Event
from multisite.cli.emptiness import emptiness, objects_of_stores
from multisite.cli.extraction import print_extraction
from multisite.cli.scorecard import blocking_failures, print_scorecard
from multisite.cli.terminal import Terminal
from multisite.cli.verdict_table import print_verdicts
from multisite.errors import ChecksFailedError
from multisite.pipeline import stages_of
from multisite.provenance import HEADERS_STAGE
from multisite.runners import Executor, LocalExecutor, RunSummary, run_stages
from multisite.runners.looks import ledger_of
from multisite.runners.work import STUDY_FOLDER, open_artefacts
from multisite.schemas.report import REPORT
from multisite.storage.location import CredentialReference, StoreLocation
from multisite.study import Site, Study, load_sites, load_study
from multisite.vocabulary import Zone

__all__ = ["RunOptions", "execute", "executor_for", "run_verb", "workspace_location"]

_WORKSPACE = "MULTISITE_WORKSPACE"
_CLOCK = partial(datetime.now, UTC)


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What the command line said."""

    study: Path
    sites: tuple[Path, ...]
    workspace: str = "workspace"
    runner: Literal["local", "ray"] = "local"
    workers: int = 1
    address: str | None = None
    pin_sites: bool = False
    json: bool = False


def run_verb(verb: str | None, options: RunOptions) -> int:
    """Run the stages of ``verb`` (all for None), print what people want to know, and return the exit code."""
    study, sites = load_study(options.study), load_sites(options.sites)
    terminal = Terminal(json_lines=options.json)
    terminal.title(study.title, f"{len(sites)} site{'s' if len(sites) != 1 else ''}, {options.runner} runner")
    store = open_artefacts(workspace_location(options.workspace), study, Zone.SITE)
    extracts = verb in (None, "extract")
    before = objects_of_stores(store, sites) if extracts else {}
    summary = execute(verb, study=study, sites=sites, options=options, terminal=terminal)
    terminal.summary(summary)
    exit_code = 0
    if extracts:
        any_read = any(done.stage == HEADERS_STAGE.name and done.n_run for done in summary.stages)
        print_extraction(store, sites, terminal, any_read=any_read)
        for sentence in emptiness(store, sites, before=before):
            terminal.warn(sentence)
    if verb in (None, "check"):
        print_scorecard(store, sites, terminal)
        if blocking_failures(store, sites):
            terminal.warn("A check that the study file marks as blocking failed.")
            exit_code = ChecksFailedError.exit_code
    if verb is None:
        print_verdicts(store, sites, {}, terminal, None)
    if verb in (None, "report"):
        terminal.path("report", f"{options.workspace.rstrip('/')}/{store.locate(REPORT, STUDY_FOLDER)}")
    return exit_code


def execute(
    verb: str | None,
    *,
    study: Study,
    sites: tuple[Site, ...],
    options: RunOptions,
    terminal: Terminal,
    through: str | None = None,
) -> RunSummary:
    """Run the stages; a signal to stop ends the run between two tasks."""
    executor = executor_for(options)
    run_id = uuid.uuid4().hex
    try:
        with _stoppable() as stop, terminal.watching() as observer:
            summary = run_stages(
                stages_of(verb),
                study=study,
                sites=sites,
                workspace=workspace_location(options.workspace),
                executor=executor,
                observer=observer,
                stop=stop,
                run_id=run_id,
                clock=_CLOCK,
                through=through,
            )
            _note_run(verb, study, options, summary, run_id)
            return summary
    finally:
        executor.close()


def _note_run(verb: str | None, study: Study, options: RunOptions, summary: RunSummary, run_id: str) -> None:
    """A run that did something stands in the ledger of the study; one that found all done changes nothing."""
    n_tasks = sum(done.n_run for done in summary.stages)
    if n_tasks:
        store = open_artefacts(workspace_location(options.workspace), study, Zone.SITE)
        content = {"verb": verb or "run", "protocol": study.protocol_sha256, "n_tasks": n_tasks}
        ledger_of(store, STUDY_FOLDER).append(
            Event.RUN, time=_CLOCK(), run=run_id, code_version=__version__, content=content
        )


def executor_for(options: RunOptions) -> Executor:
    """The runner that the options name."""
    if options.runner == "local":
        return LocalExecutor(workers=options.workers)
    # Ray takes a second to import, and the local runner does without it.
    from multisite.runners.ray_cluster import RayExecutor

    return RayExecutor(address=options.address, pin_sites=options.pin_sites)


def workspace_location(workspace: str) -> StoreLocation:
    """Where artefacts are kept: a folder (made absolute, for workers) or a URL.

    For S3, every machine that works has the keys in MULTISITE_WORKSPACE_ACCESS_KEY and MULTISITE_WORKSPACE_SECRET_KEY,
    or a profile that MULTISITE_WORKSPACE_PROFILE names; MULTISITE_WORKSPACE_ENDPOINT and MULTISITE_WORKSPACE_REGION may
    be set too.
    """
    if not workspace.startswith("s3://"):
        return StoreLocation(name="workspace", url=workspace if "://" in workspace else str(Path(workspace).resolve()))
    profile = os.environ.get(f"{_WORKSPACE}_PROFILE")
    keys = CredentialReference(access_key_env=f"{_WORKSPACE}_ACCESS_KEY", secret_key_env=f"{_WORKSPACE}_SECRET_KEY")
    return StoreLocation(
        name="workspace",
        url=workspace,
        endpoint_env=f"{_WORKSPACE}_ENDPOINT" if f"{_WORKSPACE}_ENDPOINT" in os.environ else None,
        region=os.environ.get(f"{_WORKSPACE}_REGION"),
        credentials=CredentialReference(profile=profile) if profile else keys,
    )


@contextmanager
def _stoppable() -> Iterator[threading.Event]:
    """An event that SIGINT and SIGTERM set. Entered after Ray has started, which replaces earlier handlers."""
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return

    def ask(number: int, frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
