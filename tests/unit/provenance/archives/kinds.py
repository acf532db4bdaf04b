"""The same members in every kind of archive, and reading one archive as a shard."""

import tarfile
import zipfile
from collections.abc import Callable

from multisite.provenance.headers import ShardRows
from tests.lib.archives import tar_of, zip_of
from tests.lib.instances import instance
from tests.lib.shelf import Shelf
from tests.unit.provenance.reading import read

__all__ = ["FILES", "KINDS", "REASONS", "members", "read_one"]

FILES = {
    "series/1.dcm": instance(1, pixels=30_000),
    "series/2.dcm": instance(2, padding=40_000, pixels=30_000),
    "series/3.dcm": instance(3, padding=2000),
    "empty": b"",
    "notes.txt": b"not an image " * 60,
    "cut.dcm": instance(4)[:200],
    "inner.zip": zip_of({"x": b"y" * 900}),
}
REASONS = {
    "empty": "empty object",
    "notes.txt": "not DICOM",
    "cut.dcm": "truncated header",
    "inner.zip": "archive inside an archive",
}
_MADE: dict[str, Callable[[], bytes]] = {
    "deflated.zip": lambda: zip_of(FILES),
    "stored.zip": lambda: zip_of(FILES, method=zipfile.ZIP_STORED),
    "piped.zip": lambda: zip_of(FILES, piped=True),
    "wide.ZIP": lambda: zip_of(FILES, zip64=True),
    "commented.zip": lambda: zip_of(FILES, comment=b"PK\x05\x06 is where an end would begin"),
    "program.zip": lambda: b"MZ a program that unpacks itself" * 40 + zip_of(FILES),
    "wide-program.zip": lambda: b"MZ" * 999 + zip_of(FILES, zip64=True),
    "ustar.tar": lambda: tar_of(FILES, form=tarfile.USTAR_FORMAT),
    "gnu.TAR": lambda: tar_of(FILES, form=tarfile.GNU_FORMAT),
    "pax.tar": lambda: tar_of(FILES, form=tarfile.PAX_FORMAT),
    "packed.tar.gz": lambda: tar_of(FILES, mode="w:gz"),
    "packed.tgz": lambda: tar_of(FILES, mode="w:gz"),
}
KINDS = {key: make() for key, make in _MADE.items()}
"""An archive of each kind with FILES, by a key that tells the kind."""


def read_one(data: bytes, key: str = "a.zip", **options: int) -> ShardRows:
    return read(Shelf({key: data}), **options)


def members(rows: ShardRows) -> list[str | None]:
    """Names of the members that gave a header, in the order of the rows."""
    return rows.headers["member_name"].to_list()
