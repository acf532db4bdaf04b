"""Whether an answer shows the state of an object that was asked for."""

from datetime import datetime, timedelta

from multisite.schemas.objects import ObjectVersion

__all__ = ["is_other_version"]

_HEADERS_COUNT_SECONDS = timedelta(seconds=1)


def is_other_version(
    wanted: ObjectVersion | None, *, size_bytes: int | None, etag: str | None, modified_at: datetime | None
) -> bool:
    """Whether what an answer says of an object contradicts ``wanted``.

    Entity tags decide where both are known: they name a state. Otherwise size and time of the last change do, the time
    to the second, which is all that a header of HTTP can say. What is unknown on either side contradicts nothing.
    """
    if wanted is None:
        return False
    if wanted.etag is not None and etag is not None:
        return _bare(wanted.etag) != _bare(etag)
    if None not in (wanted.size_bytes, size_bytes) and wanted.size_bytes != size_bytes:
        return True
    if wanted.modified_at is None or modified_at is None:
        return False
    return abs(wanted.modified_at - modified_at) >= _HEADERS_COUNT_SECONDS


def _bare(etag: str) -> str:
    """The tag without the quotes, which some clients take off, and without the mark of a weak one."""
    return etag.removeprefix("W/").strip('"')
