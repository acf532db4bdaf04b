"""Archives in memory, as the standard library writes them, and some as it would not."""

import io
import tarfile
import warnings
import zipfile
from collections.abc import Iterable, Mapping
from unittest.mock import patch

__all__ = ["Pipe", "tar_of", "zip_of"]


class Pipe(io.RawIOBase):
    """Where one can write and not go back: zip archives then have data descriptors."""

    def __init__(self) -> None:
        super().__init__()
        self.written = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        self.written += bytes(data)  # type: ignore[call-overload] # any buffer
        return len(memoryview(data))  # type: ignore[arg-type] # any buffer


def zip_of(
    files: Mapping[str, bytes] | Iterable[tuple[str, bytes]],
    *,
    method: int = zipfile.ZIP_DEFLATED,
    comment: bytes = b"",
    piped: bool = False,
    zip64: bool = False,
) -> bytes:
    """A zip archive; names may repeat. With ``zip64`` in the form of very large ones."""
    pairs = files.items() if isinstance(files, Mapping) else files
    whole, pipe = io.BytesIO(), Pipe()
    limit = 100 if zip64 else zipfile.ZIP64_LIMIT
    count = 0 if zip64 else zipfile.ZIP_FILECOUNT_LIMIT
    with (
        patch.multiple(zipfile, ZIP64_LIMIT=limit, ZIP_FILECOUNT_LIMIT=count),
        warnings.catch_warnings(),
        zipfile.ZipFile(pipe if piped else whole, "w", method) as archive,
    ):
        warnings.simplefilter("ignore", UserWarning)  # of names that repeat
        for name, content in pairs:
            archive.writestr(name, content)
        archive.comment = comment
    return bytes(pipe.written) if piped else whole.getvalue()


def tar_of(
    files: Mapping[str, bytes] | Iterable[tuple[str, bytes]],
    *,
    mode: str = "w",
    form: int = tarfile.PAX_FORMAT,
    extra: Iterable[tarfile.TarInfo] = (),
) -> bytes:
    """A tar archive (``mode`` ``w:gz`` for a compressed one); ``extra`` are members without content."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode=mode, format=form) as archive:  # type: ignore[call-overload] # mode is text
        for info in extra:
            archive.addfile(info)
        for name, content in files.items() if isinstance(files, Mapping) else files:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return target.getvalue()
