"""Reading what a pack is made from, as it lies in the workspace."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import polars as pl

from multisite.pack import REPORT_STAGE, report_parameters
from multisite.pack.evidence import Evidence
from multisite.pack.validation.facts import pack_facts
from multisite.pack.validation.files import PackSources
from multisite.pipeline import STAGES
from multisite.runners.freshness import require_fresh, require_fresh_ledger
from multisite.runners.locks import signed_lock, sites_of_lock
from multisite.runners.looks import ledger_of
from multisite.runners.plan import made_for_now, plan_stage
from multisite.runners.work import STUDY_FOLDER, inputs_of, open_artefacts
from multisite.schemas import Artefact
from multisite.schemas.cohort import COMPOSITION
from multisite.schemas.completeness import ATTRIBUTE_COMPLETENESS
from multisite.schemas.drift_verdicts import DRIFT_MONITORS
from multisite.schemas.performance import DESIGN_EFFECTS, PROPORTION_MOMENTS, SCORE_TALLY_GRID
from multisite.storage.artefacts import ArtefactStore
from multisite.storage.location import StoreLocation
from multisite.study import Site, Study
from multisite.vocabulary import Zone

__all__ = ["pack_sources"]

_TALLIES: Final[tuple[Artefact, ...]] = (SCORE_TALLY_GRID, PROPORTION_MOMENTS, DESIGN_EFFECTS, COMPOSITION)
_MORE: Final[tuple[Artefact, ...]] = (ATTRIBUTE_COMPLETENESS, DRIFT_MONITORS)
"""What sites may lack: headers that were not read, months that were not judged."""


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
            require_fresh_ledger(store, name, chains[name].sha256)
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


def _where_made(store: ArtefactStore, artefact: Artefact, sites: Sequence[str]) -> pl.DataFrame:
    made = [store.read(artefact, site) for site in sites if store.manifest(artefact, site) is not None]
    return pl.concat(made, how="diagonal") if made else artefact.empty()


def _over_sites(store: ArtefactStore, artefact: Artefact, sites: Sequence[str]) -> pl.DataFrame:
    return pl.concat([store.read(artefact, site) for site in sites], how="diagonal")
