"""From archived snapshots to a folder on disk that Evidently opens."""

from collections.abc import Sequence
from pathlib import Path

from multisite.cli.running import workspace_location
from multisite.cli.terminal import Terminal
from multisite.drift.picture.evidently_workspace import BASELINE_RUN, workspace_files
from multisite.errors import ArtefactMissingError, StoreError
from multisite.runners.work import open_artefacts
from multisite.schemas.drift import EVIDENTLY_BASELINE_SNAPSHOT, EVIDENTLY_MONTH_SNAPSHOT
from multisite.storage.artefacts import ArtefactStore
from multisite.study import load_study
from multisite.vocabulary import Zone

__all__ = ["write_evidently_workspace"]


def write_evidently_workspace(study_file: Path, *, sites: Sequence[str], workspace: str, folder: Path) -> None:
    """Write a project per site into ``folder``; what else lies there is left alone.

    Raises
    ------
    ArtefactMissingError
        When a site has no archived picture. Nothing is written then.
    StoreError
        When ``folder`` cannot be written.
    """
    study = load_study(study_file)
    store = open_artefacts(workspace_location(workspace), study, Zone.SITE)
    files: dict[str, bytes] = {}
    n_runs = 0
    for site in sites:
        snapshots = _snapshots(store, site)
        if not snapshots:
            raise ArtefactMissingError(
                "there is no archived picture by Evidently",
                place=f"site {site}",
                remedy="Run `multisite baseline` and `multisite monitor`, with multisite[drift] installed.",
            )
        n_runs += len(snapshots)
        files |= workspace_files(snapshots, study=study.study, site=site, title=study.title)
    try:
        for name, content in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    except OSError as error:
        raise StoreError(
            f"the folder cannot be written ({type(error).__name__})",
            place="--to",
            remedy="Name a folder that this user may make or write.",
        ) from error
    terminal = Terminal()
    runs = f"{n_runs} run{'s' if n_runs != 1 else ''} of {len(sites)} site{'s' if len(sites) != 1 else ''}"
    terminal.path(f"{runs}; drawn from rows, stays in the site", str(folder))
    terminal.say(f"To look at them: DO_NOT_TRACK=1 evidently ui --workspace {folder}")


def _snapshots(store: ArtefactStore, site: str) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    baseline = store.manifest(EVIDENTLY_BASELINE_SNAPSHOT, site)
    for part in baseline.parts if baseline else ():
        found[BASELINE_RUN] = store.read_file(EVIDENTLY_BASELINE_SNAPSHOT, site, part.partition)
    months = store.manifest(EVIDENTLY_MONTH_SNAPSHOT, site)
    for part in months.parts if months else ():
        found[part.partition] = store.read_file(EVIDENTLY_MONTH_SNAPSHOT, site, part.partition)
    return found
