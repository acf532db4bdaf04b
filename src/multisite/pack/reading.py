"""The files of a pack, from its folder or its zip: read whole, and nothing outside of it."""

import gzip
import io
import stat
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from multisite.errors import PackError

__all__ = ["csv_bytes", "read_pack"]

_PLACE = "PACK"
_ENOUGH = 2 << 30
"""Bytes beyond which a pack is no pack: a zip may say little of what it unpacks to."""


def csv_bytes(files: Mapping[str, bytes], path: str) -> bytes:
    """The CSV file ``path`` of a pack, which may be kept as ``path.gz``.

    Raises
    ------
    KeyError
        When neither is there.
    PackError
        When it cannot be unpacked, or comes to more than a pack may.
    """
    if path in files:
        return files[path]
    try:
        with gzip.open(io.BytesIO(files[f"{path}.gz"])) as packed:
            content = packed.read(_ENOUGH + 1)
    except (OSError, EOFError, zlib.error):
        raise _refused("a table of the pack cannot be unpacked", "Ask for the pack again, whole.") from None
    _refuse_size(len(content))
    return content


def read_pack(path: Path) -> dict[str, bytes]:
    """Content of every file by its path inside the pack, with ``/`` between folders.

    Parameters
    ----------
    path
        A folder, or a zip with the files under one top folder (or under none).

    Raises
    ------
    PackError
        If there is nothing to read, an entry is a link or no file, or a path leads out of the pack. Paths inside are
        not told: they are the sender's words.
    """
    if path.is_symlink():
        raise _refused("the pack is a symbolic link", "Name the folder or the zip itself.")
    try:
        files = _of_folder(path) if path.is_dir() else _of_zip(path)
    except FileNotFoundError:
        raise _refused("there is no pack at this path", "Name the folder of a pack, or its zip.") from None
    except (OSError, zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, zlib.error) as error:
        raise _refused(
            f"the pack cannot be read ({type(error).__name__})", "Name the folder of a pack, or its zip, unencrypted."
        ) from None
    if not files:
        raise _refused("the pack holds no file", "Name the folder of a pack, or its zip.")
    return files


def _of_folder(root: Path) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    size = 0
    for path in sorted(root.rglob("*")):
        if path.is_symlink():
            raise _refused("the pack holds a symbolic link", "Copy the pack again, with files in the place of links.")
        if path.is_dir():
            continue
        if not path.is_file():
            raise _refused("the pack holds what is no file", "Copy the pack again, with its files only.")
        size += path.stat().st_size
        _refuse_size(size)
        found[path.relative_to(root).as_posix()] = path.read_bytes()
    return found


def _of_zip(path: Path) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    with zipfile.ZipFile(path) as archive:
        entries = [entry for entry in archive.infolist() if not entry.is_dir()]
        _refuse_size(sum(entry.file_size for entry in entries))
        for entry in entries:
            if stat.S_ISLNK(entry.external_attr >> 16):
                raise _refused("the pack holds a symbolic link", "Ask for the pack again, without links.")
            _refuse_path(entry.filename)
            if entry.filename in found:
                raise _refused("the pack holds one path twice", "Ask for the pack again.")
            found[entry.filename] = archive.read(entry)
    tops = {PurePosixPath(name).parts[0] for name in found}
    nested = len(tops) == 1 and all(len(PurePosixPath(name).parts) > 1 for name in found)
    return {name.partition("/")[2]: content for name, content in found.items()} if nested else found


def _refuse_path(name: str) -> None:
    parts = name.split("/")
    strange = "\\" in name or ":" in parts[0] or "\0" in name
    if strange or any(part in ("", ".", "..") for part in parts):
        raise _refused("a path in the zip leads out of the pack", "Do not unpack it; ask for the pack again.")


def _refuse_size(size: int) -> None:
    if size > _ENOUGH:
        raise _refused("the pack holds more than 2 GiB", "Packs hold aggregates only; ask who sent it what this is.")


def _refused(fact: str, remedy: str) -> PackError:
    return PackError(fact, place=_PLACE, remedy=remedy)
