"""From a place named on the command line to the cohort that is kept there."""

import io
import os
from pathlib import Path

import polars as pl

from multisite.cli.running import workspace_location
from multisite.errors import ArtefactMissingError, SchemaError, StoreError, UsageError
from multisite.schemas.cohort import COHORT
from multisite.storage.canonical import sha256_hex
from multisite.storage.manifest import Manifest
from multisite.storage.objects import ObjectStore
from multisite.storage.opening import open_store

__all__ = ["read_cohort"]

_MANIFEST = "manifest.json"
_PARQUET = ".parquet"
_WHERE = "Name a `cohort` folder of a workspace, the folder of its site, or a Parquet file of it"


def read_cohort(place: str) -> pl.DataFrame:
    """The cohort at ``place``: the folder of the artefact under any name, the folder of its site, or a Parquet file.

    Of a folder, the parts that its manifest names are read, and no others. A place in S3 is opened as a workspace is.

    Raises
    ------
    StoreError
        When there is nothing at ``place``, it cannot be read, or a part is not the one that the manifest names.
    ArtefactMissingError
        When the folder holds no cohort.
    UsageError
        When the folder is that of another artefact.
    SchemaError
        When a file there is no Parquet file or manifest, or what it holds breaks the schema of a cohort.
    """
    if "://" not in place:
        path = Path(place)
        _require_readable(path, place)
        content = path.read_bytes() if path.is_file() else None
    else:
        folder, _, name = place.rstrip("/").rpartition("/")
        content = open_store(workspace_location(folder)).read(name) if name.endswith(_PARQUET) else None
    frames = _parts(open_store(workspace_location(place)), place) if content is None else [_table(content, place)]
    return _conformed(pl.concat(frames) if frames else COHORT.empty(), place)


def _require_readable(path: Path, place: str) -> None:
    fact = ""
    if not os.access(path, os.F_OK):
        fact = "there is no such file or folder"
    elif not os.access(path, os.R_OK | os.X_OK if path.is_dir() else os.R_OK):
        fact = "the file or folder may not be read by this user"
    if fact:
        raise StoreError(fact, place=place, remedy=f"{_WHERE} that this user can read.")


def _parts(store: ObjectStore, place: str) -> list[pl.DataFrame]:
    folder = next((inner for inner in ("", f"{COHORT.name}/") if store.exists(f"{inner}{_MANIFEST}")), None)
    if folder is None:
        raise ArtefactMissingError(
            "the folder holds no cohort",
            place=place,
            remedy=f"{_WHERE}; or make the cohort first, with `multisite cohort`.",
        )
    try:
        manifest = Manifest.from_bytes(store.read(f"{folder}{_MANIFEST}"))
    except (AttributeError, KeyError, TypeError, ValueError):
        raise SchemaError(
            f"`{_MANIFEST}` is no manifest of an artefact",
            place=place,
            remedy="Make the cohort again with the current release, or name its Parquet file.",
        ) from None
    if manifest.artefact != COHORT.name:
        raise UsageError("the folder is that of another artefact", place=place, remedy=f"{_WHERE}.")
    frames = []
    for part in manifest.parts:
        content = store.read(f"{folder}part-{part.partition}{_PARQUET}")
        if sha256_hex([content]) != part.sha256:
            raise StoreError(
                "a part of the cohort is not the one that its manifest names",
                place=place,
                remedy="It was written or copied in between: wait for the run, or copy the whole folder again.",
            )
        frames.append(_table(content, place))
    return frames


def _table(content: bytes, place: str) -> pl.DataFrame:
    try:
        return pl.read_parquet(io.BytesIO(content))
    except pl.exceptions.PolarsError as error:
        raise SchemaError(
            f"the file cannot be read as Parquet ({type(error).__name__})", place=place, remedy=f"{_WHERE}."
        ) from None


def _conformed(frame: pl.DataFrame, place: str) -> pl.DataFrame:
    missing = [name for name in COHORT.schema.names() if name not in frame.columns]
    if missing:
        raise SchemaError(
            f"the table is no cohort of this release: it lacks {', '.join(f'`{name}`' for name in missing)}",
            place=place,
            remedy=f"{_WHERE}, made by the current release.",
        )
    try:
        return COHORT.conform(frame)
    except SchemaError as error:
        raise SchemaError(error.fact, place=place, remedy=error.remedy) from None
