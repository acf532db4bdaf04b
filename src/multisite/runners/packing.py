"""Reading what a pack is made from, and writing its files."""

import io
import shutil
import zipfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Final

import polars as pl

from multisite.errors import ArtefactMissingError, UsageError
from multisite.pack import REPORT_STAGE, report_parameters
from multisite.pack.evidence import Evidence
from multisite.pack.validation.facts import pack_facts
from multisite.pack.validation.files import PackSources
from multisite.pipeline import STAGES
from multisite.runners.freshness import require_fresh
from multisite.runners.locks import signed_lock, sites_of_lock
from multisite.runners.looks import ledger_of
from multisite.runners.plan import made_for_now, plan_stage
from multisite.runners.work import STUDY_FOLDER, inputs_of, open_artefacts
from multisite.schemas import Artefact
from multisite.schemas.cohort import COMPOSITION
from multisite.schemas.completeness import ATTRIBUTE_COMPLETENESS
from multisite.schemas.drift_verdicts import DRIFT_MONITORS
from multisite.schemas.looks import LOOKS
from multisite.schemas.performance import DESIGN_EFFECTS, PROPORTION_MOMENTS, SCORE_TALLY_GRID
from multisite.schemas.standings import STANDINGS
from multisite.storage.artefacts import ArtefactStore
from multisite.storage.location import StoreLocation
from multisite.study import Site, Study
from multisite.vocabulary import Zone

__all__ = ["pack_sources", "write_pack", "zipped"]

_TALLIES: Final[tuple[Artefact, ...]] = (SCORE_TALLY_GRID, PROPORTION_MOMENTS, DESIGN_EFFECTS, COMPOSITION)
_MORE: Final[tuple[Artefact, ...]] = (ATTRIBUTE_COMPLETENESS, DRIFT_MONITORS)
"""What sites may lack: headers that were not read, months that were not judged."""

_MARK: Final = "pack.json"
_SUMS: Final = "SHA256SUMS"


def pack_sources(study: Study, sites: Sequence[Site], workspace: StoreLocation, *, built: datetime) -> PackSources:
    """Everything that a pack of ``study`` is made from, as it lies in the workspace.

    Raises
    ------
    ArtefactMissingError
        When something was not made, was made with another study file, or a ledger has grown since.
    LedgerBrokenError
        When a ledger is broken: a pack would anchor what is not whole.
    """
    store = open_artefacts(workspace, study, Zone.SITE)
    names = [site.site for site in sites]
    tasks = plan_stage(
        REPORT_STAGE,
        study=study,
        sites=sites,
        store=store,
        workspace=workspace,
        fingerprints={name: {} for name in names},
        made_for=made_for_now(STAGES, study, sites, {name: {} for name in names}),
    )
    read = [*REPORT_STAGE.reads, *REPORT_STAGE.optional_reads, *_TALLIES, *_MORE]
    folders = [(one, place) for one in read for place in ([STUDY_FOLDER] if one.zone is Zone.CENTRAL else names)]
    require_fresh(store, folders, sites=names)
    evidence = Evidence.from_inputs(inputs_of(tasks[0], REPORT_STAGE, store), report_parameters(study, None))
    chains = {}
    for name in (*names, STUDY_FOLDER):
        ledger = ledger_of(store, name)
        chains[name] = ledger.chain()
        broken = chains[name].broken_at
        if broken is not None:
            raise ledger.broken(broken)
        if name != STUDY_FOLDER:
            _require_fresh(store, name, chains[name].sha256)
    return PackSources(
        evidence=evidence,
        facts=pack_facts(study),
        tallies={artefact.name: _over_sites(store, artefact, names) for artefact in _TALLIES},
        more={artefact.name: _where_made(store, artefact, names) for artefact in _MORE},
        chains=chains,
        names={**{name: name for name in names}, STUDY_FOLDER: "The study"},
        left_out=tuple(site for site in sites_of_lock(chains[STUDY_FOLDER]) if site not in names),
        lock=signed_lock(store, study, study.protocol_sha256),
        built=built,
        minimum_denominator=study.performance.minimum_denominator,
    )


def write_pack(files: Mapping[str, bytes], folder: Path) -> Path:
    """Write ``files`` below ``folder`` and beside it a zip of the same; a pack that was there is replaced as a whole.

    A process that dies in between leaves the old pack or the new one, in its place or under ``….tmp-old``.

    Raises
    ------
    UsageError
        When the folder holds something that is no part of a pack, or a file or link is in the way.
    """
    archive = folder.with_name(f"{folder.name}.zip")
    _require_place(folder, archive)
    fresh = folder.with_name(f"{folder.name}.tmp-new")
    shutil.rmtree(fresh, ignore_errors=True)
    for path, content in files.items():
        place = fresh / PurePosixPath(path)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    old = folder.with_name(f"{folder.name}.tmp-old")
    if folder.exists():
        shutil.rmtree(old, ignore_errors=True)
        folder.rename(old)
    fresh.rename(folder)
    packed = archive.with_name(f"{archive.name}.tmp-new")
    packed.write_bytes(zipped(files, folder.name))
    packed.replace(archive)
    shutil.rmtree(old, ignore_errors=True)
    return archive


def _require_place(folder: Path, archive: Path) -> None:
    """That nothing but an earlier pack is where the pack goes."""
    if folder.is_symlink() or archive.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise UsageError("a file or a link is in the way", place=str(folder), remedy="Name another folder.")
    strange = folder.exists() and not _is_pack(folder)
    if not strange and archive.exists() and not folder.exists():
        strange = not zipfile.is_zipfile(archive) or f"{folder.name}/{_MARK}" not in _names(archive)
    if strange:
        raise UsageError(
            "there is something else than a pack",
            place=f"{folder} or {archive.name}",
            remedy="Name another folder, or one that is empty.",
        )


def _is_pack(folder: Path) -> bool:
    """Whether the folder is empty, or holds the files that its list names and no other."""
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}
    sums = folder / _SUMS
    if not there or not sums.is_file():
        return not there
    named = {line[66:] for line in sums.read_text(encoding="utf-8", errors="replace").splitlines()}
    return there <= {*named, _SUMS, "statement.dsse.json", "signer.pem"}


def _names(archive: Path) -> list[str]:
    with zipfile.ZipFile(archive) as opened:
        return opened.namelist()


def zipped(files: Mapping[str, bytes], top: str) -> bytes:
    """A zip with ``files`` below the folder ``top``; equal files give equal bytes."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in sorted(files.items()):
            # The time of building stands in the pack; here it would only make equal packs differ.
            entry = zipfile.ZipInfo(f"{top}/{path}", date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    return written.getvalue()


def _where_made(store: ArtefactStore, artefact: Artefact, sites: Sequence[str]) -> pl.DataFrame:
    made = [store.read(artefact, site) for site in sites if store.manifest(artefact, site) is not None]
    return pl.concat(made, how="diagonal") if made else artefact.empty()


def _require_fresh(store: ArtefactStore, site: str, ledger: str) -> None:
    """That what is said of a site's ledger was made from the ledger as it is now."""
    for artefact in (STANDINGS, LOOKS):
        manifest = store.manifest(artefact, site)
        if manifest is None or manifest.inputs.get(f"{site}/ledger") != ledger:
            raise ArtefactMissingError(
                f"the ledger has entries that `{artefact.name}` does not know",
                place=f"site {site}",
                remedy="Run `multisite report` again, then build the pack.",
            )


def _over_sites(store: ArtefactStore, artefact: Artefact, sites: Sequence[str]) -> pl.DataFrame:
    return pl.concat([store.read(artefact, site) for site in sites], how="diagonal")
