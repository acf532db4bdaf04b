"""Folders walked so that keys come in rising order, and cut where their numbers suggest ranges of like size.

Keys are ordered as whole strings, so a folder stands among its neighbours as its name with a ``/`` behind it: ``a-b``
and ``a.b`` come before what is in ``a/``, and ``a0`` after it. A folder is written here as the beginning of its keys:
``""`` for the root of a store, and otherwise with a ``/`` at its end.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Generic, TypeVar

__all__ = ["FolderContent", "find_split_points", "folder_of_prefix", "is_in_range", "may_hold", "walk_in_order"]

_Found = TypeVar("_Found")

_FOLDERS_PER_PART = 8
"""With so many folders to a part, the parts come out alike although the folders are not."""

_FOLDERS_LOOKED_INTO = 256
"""At most, when looking for split points."""


@dataclass(frozen=True, slots=True)
class FolderContent(Generic[_Found]):
    """What one folder holds: the folders in it, and the objects by their keys, both in any order."""

    folders: Sequence[str]
    objects: Sequence[tuple[str, _Found]]


def walk_in_order(
    look_into: Callable[[str], FolderContent[_Found]], folder: str, *, after: str, until: str | None
) -> Iterator[_Found]:
    """The objects below ``folder`` with ``after`` < key ≤ ``until``, in rising order of their keys.

    ``look_into`` is asked only for folders that may hold such keys, each when its turn comes.
    """

    def entries(inside: str) -> Iterator[tuple[str, tuple[_Found] | None]]:
        content = look_into(inside)
        found: list[tuple[str, tuple[_Found] | None]] = [
            *((key, None) for key in content.folders if may_hold(key, after, until)),
            *((key, (value,)) for key, value in content.objects if is_in_range(key, after, until)),
        ]
        found.sort(key=itemgetter(0))
        return iter(found)

    pending = [entries(folder)] if may_hold(folder, after, until) else []
    while pending:
        for key, value in pending[-1]:
            if value is None:
                pending.append(entries(key))
                break
            yield value[0]
        else:
            pending.pop()


def find_split_points(folders_in: Callable[[str], Sequence[str]], parts: int) -> list[str]:
    """At most ``parts`` - 1 rising keys, each the beginning of a folder, with like numbers of folders between them.

    ``folders_in`` gives the folders of a folder. The folders compared are those of the first level that has enough of
    them; a folder that has none below it stands for itself.
    """
    if parts < 2:
        return []
    found, n_asked, is_deepest = list(folders_in("")), 1, False
    while not is_deepest and len(found) < parts * _FOLDERS_PER_PART and n_asked + len(found) <= _FOLDERS_LOOKED_INTO:
        n_asked += len(found)
        below = [list(folders_in(folder)) for folder in found]
        is_deepest = not any(below)
        found = [inner for folder, folders in zip(found, below, strict=True) for inner in folders or [folder]]
    found.sort()
    cuts = {len(found) * part // parts for part in range(1, parts)} - {0}
    return [found[cut] for cut in sorted(cuts)]


def is_in_range(key: str, after: str, until: str | None) -> bool:
    """Whether ``after`` < ``key`` ≤ ``until``, where None means without end."""
    return key > after and (until is None or key <= until)


def folder_of_prefix(prefix: str) -> str:
    """The folder that a caller's ``prefix`` means, with or without a slash at its ends."""
    bare = prefix.strip("/")
    return f"{bare}/" if bare else ""


def may_hold(folder: str, after: str, until: str | None) -> bool:
    """Whether a key that begins with ``folder`` can lie in the range."""
    ends_before = folder < after and not after.startswith(folder)
    return not ends_before and (until is None or folder < until)
