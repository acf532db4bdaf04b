"""The tables of adopted baselines, ``<study>/<site>/_baselines/<name>/``: put there once, and never changed."""

import io
import json
from collections.abc import Mapping

import polars as pl

from multisite.errors import MachineError
from multisite.schemas import Artefact
from multisite.schemas.drift import DRIFT_COUNTS_BASELINE, DRIFT_REFERENCE
from multisite.schemas.drift_baseline import DRIFT_BASELINE_MONITORS, DRIFT_BUDGET, DRIFT_LIMITS
from multisite.storage.artefacts import ArtefactStore
from multisite.storage.canonical import canonical_json, digest_of, sha256_hex
from multisite.storage.objects import ObjectMissingError

__all__ = ["BASELINE_ARTEFACTS", "digests_now", "keep", "name_of", "read_kept"]

BASELINE_ARTEFACTS: tuple[Artefact, ...] = (
    DRIFT_REFERENCE,
    DRIFT_COUNTS_BASELINE,
    DRIFT_BASELINE_MONITORS,
    DRIFT_LIMITS,
    DRIFT_BUDGET,
)
"""What a baseline consists of."""

_FOLDER = "_baselines"
_CONTENTS = "contents.json"
_NAME_LENGTH = 16


def digests_now(store: ArtefactStore, site: str) -> dict[str, str] | None:
    """By artefact, SHA-256 of the table that the cohort makes now; None where one was not made, or holds no study."""
    digests: dict[str, str] = {}
    for artefact in BASELINE_ARTEFACTS:
        manifest = store.manifest(artefact, site)
        if manifest is None or not manifest.parts or (artefact is DRIFT_REFERENCE and manifest.n_rows == 0):
            return None
        [part] = manifest.parts
        digests[artefact.name] = part.sha256
    return digests


def name_of(digests: Mapping[str, str]) -> str:
    """Name of a baseline with tables of these digests."""
    return digest_of(dict(digests))[:_NAME_LENGTH]


def keep(store: ArtefactStore, site: str, name: str) -> None:
    """Copy the tables, byte by byte, where they are not kept yet; what is kept is looked at, and never replaced.

    Raises
    ------
    MachineError
        When they are not those of ``name`` any more, or what is kept under it is damaged.
    """
    digests = digests_now(store, site)
    if digests is None or name_of(digests) != name:
        raise _changed_meanwhile(site)
    for artefact in BASELINE_ARTEFACTS:
        content = store.objects.read(store.locate(artefact, site))
        if sha256_hex([content]) != digests[artefact.name]:
            raise _changed_meanwhile(site)
        store.objects.create(_key(store, site, name, f"{artefact.name}.parquet"), content)
    store.objects.create(_key(store, site, name, _CONTENTS), canonical_json(digests))
    for artefact in BASELINE_ARTEFACTS:
        _bytes(store, site, name, artefact)


def read_kept(store: ArtefactStore, site: str, name: str, artefact: Artefact) -> pl.DataFrame:
    """A kept table; MachineError when it is missing, or is not what was adopted."""
    return pl.read_parquet(io.BytesIO(_bytes(store, site, name, artefact)))


def _bytes(store: ArtefactStore, site: str, name: str, artefact: Artefact) -> bytes:
    """A kept table, held against the digests beside it, and these against the name."""
    place = f"site {site}, baseline {name}, table {artefact.name}"
    remedy = f"Restore the folder `{_FOLDER}/{name}` of the site from a backup."
    try:
        content = store.objects.read(_key(store, site, name, f"{artefact.name}.parquet"))
        listed = store.objects.read(_key(store, site, name, _CONTENTS))
    except ObjectMissingError:
        raise MachineError("the adopted baseline is not complete", place=place, remedy=remedy) from None
    try:
        digests = json.loads(listed)
    except ValueError:
        digests = None
    if not isinstance(digests, dict) or name_of(digests) != name or digests.get(artefact.name) != sha256_hex([content]):
        raise MachineError("the adopted baseline is not what was adopted", place=place, remedy=remedy)
    return content


def _changed_meanwhile(site: str) -> MachineError:
    return MachineError(
        "the baseline was made anew while it was to be adopted",
        place=f"site {site}",
        remedy="Let one run at a time use a workspace, and run the same command again.",
    )


def _key(store: ArtefactStore, site: str, name: str, file: str) -> str:
    return f"{store.study}/{site}/{_FOLDER}/{name}/{file}"
