"""What `multisite demo` does: stage the hospitals, run the pipeline, print the scoreboard and the path to open."""

import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Literal

import polars as pl

from multisite.cli.locking import read_signing_key, write_key
from multisite.cli.packing import build_pack
from multisite.cli.running import RunOptions, execute, workspace_location
from multisite.cli.terminal import Terminal
from multisite.demo import DemoPlan, ScoreLine, StagedDemo, score, staged_demo
from multisite.errors import ArtefactMissingError, FaultsMissedError
from multisite.runners.locks import lock_protocol
from multisite.runners.work import STUDY_FOLDER, open_artefacts
from multisite.schemas import Artefact
from multisite.schemas.catalogue import ARTEFACTS
from multisite.schemas.report import REPORT
from multisite.storage.artefacts import ArtefactStore
from multisite.study import Study, load_sites, load_study
from multisite.vocabulary import ALL_SITES, Zone

__all__ = ["KEY_FILE", "DemoOptions", "show_demo"]

KEY_FILE = Path("keys") / "demo-signing.pem"
"""Where the demo keeps the key that it signs with, below its folder."""


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """What the command line said."""

    patients: int
    sites: int
    months: int
    seed: int
    out: Path
    runner: Literal["local", "ray"]
    workers: int
    s3: bool
    data_only: bool


def show_demo(options: DemoOptions) -> int:
    """Run the demo; 0 when every planted fault was found."""
    plan = DemoPlan(patients_per_site=options.patients, sites=options.sites, months=options.months, seed=options.seed)
    terminal = Terminal()
    terminal.title("multisite demo", f"{plan.sites} simulated hospitals, {plan.patients_per_site} patients each")
    began = time.monotonic()
    with (
        terminal.counting("Simulate the hospitals") as progress,
        staged_demo(options.out, plan, progress, s3=options.s3) as staged,
    ):
        progress.finish()
        if staged.notice:
            terminal.warn(staged.notice)
        if options.data_only:
            terminal.path("study file", str(staged.study_file))
            return 0
        return _run(staged, options, terminal, began)


def _run(staged: StagedDemo, options: DemoOptions, terminal: Terminal, began: float) -> int:
    study, sites = load_study(staged.study_file), load_sites([staged.sites_folder])
    workspace = str(options.out / "workspace")
    run_options = RunOptions(
        study=staged.study_file,
        sites=(staged.sites_folder,),
        workspace=workspace,
        runner=options.runner,
        workers=options.workers,
        address="local",
    )
    store = open_artefacts(workspace_location(workspace), study, Zone.SITE)
    _lock(store, study, [site.site for site in sites], options.out, terminal)
    summary = execute(None, study=study, sites=sites, options=run_options, terminal=terminal)
    terminal.summary(summary)
    lines = score(staged.planted, _Reader(store, tuple(site.site for site in sites)))
    n_found = _print_scoreboard(lines, terminal)
    terminal.path("report", f"{workspace}/{store.locate(REPORT, STUDY_FOLDER)}")
    build_pack(
        staged.study_file,
        (staged.sites_folder,),
        workspace,
        out=options.out / "pack",
        key_file=options.out / KEY_FILE,
        pdf=False,
        json_lines=False,
    )
    terminal.say(f"{n_found} of {len(lines)} planted faults found, {time.monotonic() - began:.0f} s")
    return 0 if n_found == len(lines) else FaultsMissedError.exit_code


def _lock(store: ArtefactStore, study: Study, sites: Sequence[str], out: Path, terminal: Terminal) -> None:
    """Lock the protocol before any label is read, as a study would, with a key that is made for the demo."""
    file = out / KEY_FILE
    if not file.exists():
        write_key(file)
    lock_protocol(
        store,
        study,
        sites,
        by="The demo (made up)",
        amends="The demo was made anew with other settings",
        run=uuid.uuid4().hex,
        clock=partial(datetime.now, UTC),
        key=read_signing_key(file),
    )
    terminal.say("The protocol is locked before any test label is read.")


def _print_scoreboard(lines: list[ScoreLine], terminal: Terminal) -> int:
    rows = [(line.planted, "✓ found" if line.found else "✗ not found", line.number, line.where) for line in lines]
    terminal.table("Planted → found", ("planted", "found", "number", "where"), rows)
    return sum(line.found for line in lines)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Artefacts by site and name, as the scoreboard asks for them."""

    store: ArtefactStore
    sites: tuple[str, ...]

    def __call__(self, site: str, artefact: str) -> pl.DataFrame:
        declared = ARTEFACTS[artefact]
        if not isinstance(declared, Artefact):
            raise ArtefactMissingError(f"`{artefact}` is a document, not a table")
        if declared.zone is Zone.CENTRAL:
            rows = self.store.read(declared, STUDY_FOLDER)
            return rows if site == ALL_SITES else rows.filter(pl.col("site") == site)
        sites = self.sites if site == ALL_SITES else (site,)
        return pl.concat([self.store.read(declared, name) for name in sites], how="diagonal")
