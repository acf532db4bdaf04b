"""Names of the members of an archive: text that tells members apart, and is never used as a path."""

from typing import Final

__all__ = ["MemberNames", "decode_name"]

_OTHERWISE: Final = "cp437"


def decode_name(raw: bytes, *, stated_utf8: bool = True) -> str:
    r"""The text of a name, whatever its bytes.

    UTF-8 where the bytes are that. Otherwise, where the archive says UTF-8, bytes that are not stand as ``\xNN``; where
    it says nothing, every byte stands for a letter of code page 437, as the ZIP specification has it.
    """
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("utf-8", "backslashreplace") if stated_utf8 else raw.decode(_OTHERWISE)


class MemberNames:
    """Names as given so far. The second member of one name is called ``name [2]``, the third ``name [3]``.

    Where such a name is itself taken, the number goes on. Names thus differ, and follow from the archive alone.
    """

    def __init__(self) -> None:
        self._given: set[str] = set()
        self._last: dict[str, int] = {}

    def give(self, name: str) -> str:
        """A name of its own for the next member, that the archive calls ``name``."""
        given, number = name, self._last.get(name, 1)
        while given in self._given:
            number += 1
            given = f"{name} [{number}]"
        self._given.add(given)
        self._last[name] = number
        return given
