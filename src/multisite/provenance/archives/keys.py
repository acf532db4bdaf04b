"""Which objects are archives, told by their keys: a listing knows no more."""

__all__ = ["is_archive_key"]

_SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz")


def is_archive_key(key: str) -> bool:
    """Whether the object is opened as an archive; letter case does not matter."""
    return key.lower().endswith(_SUFFIXES)
