"""What has to run: one task per partition, each with an identity that covers all that goes into it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Final

from multisite import __version__
from multisite.errors import ArtefactMissingError
from multisite.runners.baselines import adoptions_digest
from multisite.runners.looks import ledger_of
from multisite.runners.work import STUDY_FOLDER, Task
from multisite.schemas import AnyArtefact, Scope, Stage
from multisite.storage.artefacts import WHOLE, ArtefactStore
from multisite.storage.canonical import digest_of
from multisite.storage.location import StoreLocation
from multisite.storage.manifest import Manifest, Receipt
from multisite.study import Site, Study
from multisite.vocabulary import Zone

__all__ = [
    "MadeFor",
    "basis_of",
    "is_asked_for",
    "lineage_of",
    "made_for_now",
    "manifests_for",
    "plan_stage",
]

_KEY: Final = "pseudonym_key"


def parameters_digest(stage: Stage, study: Study, site: Site | None) -> str:
    """SHA-256 of the plain values that the stage takes from the configuration, as far as they bear on its rows."""
    parameters = stage.parameters(study, site)
    return digest_of(
        {
            field.name: getattr(parameters, field.name)
            for field in fields(parameters)
            if field.metadata.get("changes_rows", True)
        }
    )


def basis_of(stage: Stage, study: Study, site: Site | None, fingerprint: Mapping[str, str]) -> str:
    """SHA-256 of all that goes into a run of the stage but its inputs: equal for all of its parts."""
    return digest_of(
        {
            "stage": stage.name,
            "stage_version": stage.version,
            "code_version": None if stage.version_is_enough else __version__,
            "writes": [[artefact.name, artefact.version] for artefact in stage.writes],
            "parameters": parameters_digest(stage, study, site),
            "supplied": _supplied(stage, fingerprint),
        }
    )


@dataclass(frozen=True, slots=True)
class MadeFor:
    """What every artefact has to have been made with, so that none of another study file or key is read.

    ``parameters`` holds their digest by (artefact, folder), ``keys`` the fingerprint of each site's pseudonym key, as
    far as the run knows it.
    """

    parameters: Mapping[tuple[str, str], str]
    keys: Mapping[str, str]


def made_for_now(
    stages: Sequence[Stage], study: Study, sites: Sequence[Site], fingerprints: Mapping[str, Mapping[str, str]]
) -> MadeFor:
    """What the study file and the sites' keys, as they are now, would have the artefacts of ``stages`` made with."""
    found: dict[tuple[str, str], str] = {}
    for stage in stages:
        owners: Sequence[Site | None] = [None] if stage.scope is Scope.STUDY else sites
        for site in owners:
            digest = parameters_digest(stage, study, site)
            found.update({(a.name, site.site if site else STUDY_FOLDER): digest for a in stage.writes})
    return MadeFor(found, {site: given.get(_KEY, "") for site, given in fingerprints.items()})


def plan_stage(
    stage: Stage,
    *,
    study: Study,
    sites: Sequence[Site],
    store: ArtefactStore,
    workspace: StoreLocation,
    fingerprints: Mapping[str, Mapping[str, str]],
    made_for: MadeFor,
    through: str | None = None,
) -> list[Task]:
    """Every task of the stage, done before or not.

    A site without partitions (no object, no month) has none, nor has a stage that the study file does not ask for.

    Raises
    ------
    ArtefactMissingError
        When an input has not been made, or was made with other parameters than the study file has now, or with another
        pseudonym key than the site has.
    """
    names = tuple(site.site for site in sites)
    if stage.scope is Scope.STUDY:
        lineage = lineage_of(stage, names, store, made_for, through=through)
        lineage["protocol"] = study.protocol_sha256
        basis = basis_of(stage, study, None, {})
        return [_task(stage, study, None, names, WHOLE, lineage, basis, workspace)]
    tasks = []
    for site in sites:
        if not is_asked_for(stage, study, site):
            continue
        lineage = lineage_of(stage, (site.site,), store, made_for, through=through)
        basis = basis_of(stage, study, site, fingerprints[site.site])
        for partition, own in _partitions(stage, site.site, store, made_for):
            task = _task(stage, study, site, names, partition, {**lineage, **own}, basis, workspace)
            tasks.append(replace(task, through=through) if stage.reads_calendar else task)
    return tasks


def is_asked_for(stage: Stage, study: Study, site: Site | None) -> bool:
    """Whether the stage has anything to do there."""
    return stage.is_asked_for is None or stage.is_asked_for(stage.parameters(study, site))


def manifests_for(
    stage: Stage,
    *,
    study: Study,
    site: Site | None,
    fingerprint: Mapping[str, str],
    lineage: Mapping[str, str],
    receipts: Sequence[Receipt],
) -> list[tuple[AnyArtefact, Manifest]]:
    """The manifests of what the stage wrote at one site (or for the study), from the receipts of all of its tasks."""
    found: list[tuple[AnyArtefact, Manifest]] = []
    for artefact in stage.writes:
        parts = (part for receipt in receipts for part in receipt.parts[artefact.name])
        manifest = Manifest(
            artefact=artefact.name,
            version=artefact.version,
            zone=artefact.zone.value,
            site=site.site if site else STUDY_FOLDER,
            stage=stage.name,
            stage_version=stage.version,
            code_version=__version__,
            parameters=parameters_digest(stage, study, site),
            basis=basis_of(stage, study, site, fingerprint),
            key=fingerprint.get(_KEY, ""),
            inputs=dict(lineage),
            parts=tuple(sorted(parts, key=lambda part: part.partition)),
        )
        found.append((artefact, manifest))
    return found


def _task(
    stage: Stage,
    study: Study,
    site: Site | None,
    sites: tuple[str, ...],
    partition: str,
    lineage: Mapping[str, str],
    basis: str,
    workspace: StoreLocation,
) -> Task:
    identity = digest_of({"basis": basis, "inputs": dict(lineage), "partition": partition})
    return Task(
        stage=stage.name,
        study=study,
        site_file=site,
        sites=sites,
        partition=partition,
        identity=identity,
        lineage=tuple(sorted(lineage.items())),
        workspace=workspace,
    )


def _partitions(stage: Stage, site: str, store: ArtefactStore, made_for: MadeFor) -> list[tuple[str, dict[str, str]]]:
    if stage.partition_of is None:
        return [(WHOLE, {})]
    manifest = _required(stage.partition_of, site, store, made_for)
    # A shard's name is the digest of what is in it, but the bytes of its part are what the task reads.
    return [
        (part.partition, {f"{site}/{stage.partition_of.name}/{part.partition}": part.sha256}) for part in manifest.parts
    ]


def lineage_of(
    stage: Stage, sites: Sequence[str], store: ArtefactStore, made_for: MadeFor, *, through: str | None = None
) -> dict[str, str]:
    """SHA-256 of every input as ``site/artefact``, but for the one that the stage takes part by part.

    For a stage that reads the calendar, ``calendar`` is the month ``through`` that was asked for, empty for none.
    """
    lineage: dict[str, str] = {"calendar": through or ""} if stage.reads_calendar else {}
    for artefact in stage.reads:
        if artefact is stage.partition_of:
            continue
        folders = [STUDY_FOLDER] if artefact.zone is Zone.CENTRAL else sites
        for folder in folders:
            lineage[f"{folder}/{artefact.name}"] = _required(artefact, folder, store, made_for).sha256
    for artefact in stage.optional_reads:
        for folder in [STUDY_FOLDER] if artefact.zone is Zone.CENTRAL else sites:
            if store.manifest(artefact, folder) is None:
                continue
            manifest = _required(artefact, folder, store, made_for)
            # Without a part it is as if it had not been made: a stage that had nothing to do changes nothing.
            if manifest.parts:
                lineage[f"{folder}/{artefact.name}"] = manifest.sha256
    if stage.reads_baseline:
        lineage |= {f"{site}/baselines": adoptions_digest(store, site) for site in sites}
    if stage.reads_ledger:
        lineage |= {f"{site}/ledger": ledger_of(store, site).chain().sha256 for site in sites}
    return lineage


def _supplied(stage: Stage, fingerprint: Mapping[str, str]) -> dict[str, str]:
    names = [f"table {table.name}" for table in (*stage.tables, *stage.optional_tables)]
    if stage.needs_key or names:
        names.append(_KEY)
    return {name: fingerprint[name] for name in names if name in fingerprint}


def _required(artefact: AnyArtefact, folder: str, store: ArtefactStore, made_for: MadeFor) -> Manifest:
    manifest = store.manifest(artefact, folder)
    place = f"site {folder}" if folder != STUDY_FOLDER else "study"
    if manifest is None:
        raise ArtefactMissingError(
            f"`{artefact.name}` has not been made",
            place=place,
            remedy="Run the verb that makes it first (docs/reference/stages.md), or `multisite run` for everything.",
        )
    expected = made_for.parameters.get((artefact.name, folder))
    if expected is not None and expected != manifest.parameters:
        raise ArtefactMissingError(
            f"`{artefact.name}` was made with other parameters than the study file now has",
            place=place,
            remedy="Run the verb that makes it again (docs/reference/stages.md), or `multisite run` for everything.",
        )
    key = made_for.keys.get(folder, "")
    if key and manifest.key and key != manifest.key:
        raise ArtefactMissingError(
            f"`{artefact.name}` was made with another pseudonym key than the site has now",
            place=place,
            remedy="Set the key that it was made with, or, with the new one, run everything again: `multisite run`.",
        )
    return manifest
