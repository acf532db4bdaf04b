"""The files of a pack, to its folder and its zip: whole or not at all, and over nothing but an earlier pack."""

import io
import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Final

from multisite.errors import UsageError
from multisite.pack.verifying.verify import SIGNER, STATEMENT, SUMS

__all__ = ["write_pack", "zipped"]

_MARK: Final = "pack.json"


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
    sums = folder / SUMS
    if not there or not sums.is_file():
        return not there
    named = {line[66:] for line in sums.read_text(encoding="utf-8", errors="replace").splitlines()}
    return there <= {*named, SUMS, STATEMENT, SIGNER}


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
