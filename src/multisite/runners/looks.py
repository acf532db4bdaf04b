"""Looks at the test labels: noted in the site's ledger before a stage that reads them begins, and not afterwards.

So a run that dies in between has looked, as far as anyone can tell, and counts. The driver alone adds entries; a worker
only reads them.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from multisite import __version__
from multisite.audit import Event, Ledger, Look
from multisite.errors import StoreError
from multisite.schemas import Stage
from multisite.schemas.cohort import COHORT, PREDICTIONS
from multisite.storage.artefacts import ArtefactStore
from multisite.storage.canonical import digest_of

__all__ = ["Clock", "LookKeeper", "ledger_of"]

Clock = Callable[[], datetime]
"""The time now, with its zone."""


def ledger_of(store: ArtefactStore, site: str) -> Ledger:
    """The ledger of ``site``, beside its artefacts."""
    return Ledger(store.objects, study=store.study, site=site)


class LookKeeper:
    """One run's looks: at a site one entry, however many of its stages read labels of the same cohort and scores."""

    def __init__(
        self, stages: Sequence[Stage], *, protocol: str, store: ArtefactStore, run_id: str, clock: Clock
    ) -> None:
        self._readers = [stage.name for stage in stages if stage.reads_test_labels]
        self._protocol = protocol
        self._store = store
        self._run_id = run_id
        self._clock = clock
        self._noted: set[tuple[str, str]] = set()

    def note(self, stage: Stage, *, sites: Iterable[str]) -> None:
        """Before ``stage`` works on ``sites``: an entry in the ledger of each, unless this run has one there.

        Raises
        ------
        LedgerBrokenError, MachineError, StoreError
            When an entry cannot be added; the stage must then not begin.
        """
        if not stage.reads_test_labels:
            return
        for site in dict.fromkeys(sites):
            evaluated = self._evaluated(site)
            if (site, evaluated) not in self._noted:
                self._add(stage, site, evaluated)
                self._noted.add((site, evaluated))

    def _add(self, stage: Stage, site: str, evaluated: str) -> None:
        # What is up to date is not done again, so it is known of this stage only that it has work; the later ones may.
        stages = tuple(self._readers[self._readers.index(stage.name) :])
        try:
            ledger_of(self._store, site).append(
                Event.LOOK,
                time=self._clock(),
                run=self._run_id,
                code_version=__version__,
                content=Look(stages, self._protocol, evaluated).to_content(),
            )
        except StoreError as error:
            raise StoreError(
                f"the look at the test labels cannot be noted, so no label was read: {error.fact}",
                place=f"site {site}, ledger; {error.place}",
                remedy=error.remedy,
            ) from None

    def _evaluated(self, site: str) -> str:
        """Digest of the cohort and the scores, as their manifests name them."""
        manifests = {artefact.name: self._store.manifest(artefact, site) for artefact in (COHORT, PREDICTIONS)}
        return digest_of({name: manifest.sha256 if manifest else None for name, manifest in manifests.items()})
