"""Whether artefacts were made from one another as they are now, by the digests in their manifests."""

from collections.abc import Iterable, Sequence

from multisite.errors import ArtefactMissingError
from multisite.runners.work import STUDY_FOLDER
from multisite.schemas import AnyArtefact
from multisite.schemas.catalogue import ARTEFACTS
from multisite.schemas.looks import LOOKS
from multisite.schemas.standings import STANDINGS
from multisite.storage.artefacts import ArtefactStore

__all__ = ["require_fresh", "require_fresh_ledger"]


def require_fresh(store: ArtefactStore, artefacts: Iterable[tuple[AnyArtefact, str]], *, sites: Sequence[str]) -> None:
    """Nothing where each artefact (with its folder), and all that it was made from, fits its own inputs as they are.

    Raises
    ------
    ArtefactMissingError
        When one was made from an earlier state of another, or over other sites than ``sites``.
    """
    waiting = [(artefact.name, folder) for artefact, folder in artefacts]
    seen: set[tuple[str, str]] = set()
    while waiting:
        name, folder = waiting.pop()
        if (name, folder) in seen or name not in ARTEFACTS:
            continue
        seen.add((name, folder))
        manifest = store.manifest(ARTEFACTS[name], folder)
        if manifest is None:
            continue
        inputs = [(place.split("/"), digest) for place, digest in manifest.inputs.items()]
        for (source, *rest), digest in inputs:
            # Ledger, baselines and the calendar are no artefacts; parts of one are named by a third word.
            if not rest or rest[0] not in ARTEFACTS:
                continue
            if folder == STUDY_FOLDER and source not in (STUDY_FOLDER, *sites):
                raise _stale(name, folder, "over other sites than are named now")
            known = store.manifest(ARTEFACTS[rest[0]], source)
            digests = {known.sha256, *(part.sha256 for part in known.parts)} if known is not None else set()
            if digest not in digests:
                raise _stale(name, folder, f"from an earlier `{rest[0]}`")
            waiting.append((rest[0], source))


def require_fresh_ledger(store: ArtefactStore, site: str, ledger: str) -> None:
    """Nothing where what is said of a site's ledger was made from it as it is now, by its digest ``ledger``.

    Raises
    ------
    ArtefactMissingError
        When the ledger has grown since.
    """
    for artefact in (STANDINGS, LOOKS):
        manifest = store.manifest(artefact, site)
        if manifest is None or manifest.inputs.get(f"{site}/ledger") != ledger:
            raise ArtefactMissingError(
                f"the ledger has entries that `{artefact.name}` does not know",
                place=f"site {site}",
                remedy="Run `multisite report` again, then build the pack.",
            )


def _stale(name: str, folder: str, how: str) -> ArtefactMissingError:
    return ArtefactMissingError(
        f"`{name}` was made {how}",
        place="study" if folder == STUDY_FOLDER else f"site {folder}",
        remedy="Run `multisite run` with the same sites, then build the pack.",
    )
