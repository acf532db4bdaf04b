"""Which answers contradict the version that was asked for."""

from datetime import UTC, datetime, timedelta

import pytest

from multisite.schemas.objects import ObjectVersion
from multisite.storage.versions import is_other_version

THEN = datetime(2026, 3, 2, 10, 0, 0, 700_000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("wanted", "size_bytes", "etag", "modified_at", "is_other"),
    [
        (None, 9, '"a"', THEN, False),
        (ObjectVersion(9, '"a"', THEN), 9, '"a"', THEN, False),
        (ObjectVersion(9, '"a"', THEN), 9, '"b"', THEN, True),
        # A tag names a state, whatever a server that rewrites times says beside it, and however it is quoted.
        (ObjectVersion(9, '"a"', THEN), 9, "a", THEN + timedelta(days=1), False),
        (ObjectVersion(9, 'W/"a"', THEN), 9, '"a"', None, False),
        # Without a tag on both sides, size and time tell, the time to the second.
        (ObjectVersion(9, None, THEN), 9, '"b"', THEN.replace(microsecond=0), False),
        (ObjectVersion(9, None, THEN), 9, None, THEN + timedelta(seconds=1), True),
        (ObjectVersion(9, '"a"', THEN), 8, None, THEN, True),
        # What is not known contradicts nothing.
        (ObjectVersion(None, None, None), 9, '"b"', THEN, False),
        (ObjectVersion(9, None, THEN), None, None, None, False),
    ],
)
def test_tags_decide_and_otherwise_size_and_time(
    wanted: ObjectVersion | None, size_bytes: int | None, etag: str | None, modified_at: datetime | None, is_other: bool
) -> None:
    assert is_other_version(wanted, size_bytes=size_bytes, etag=etag, modified_at=modified_at) == is_other
