"""File names as keys. Keys are UTF-8 wherever they go; the names of files need not be.

Exports of older archives hold names in Latin-1 and the like. Each byte of a name that is not UTF-8 becomes
``\\xhh`` in the key, and back, so that such a file is read like any other.
"""

import os
import re

__all__ = ["key_of_name", "name_of_key"]

_ESCAPED_BYTE = re.compile(rb"\\x([89a-f][0-9a-f])")


def key_of_name(name: str) -> str:
    """The key of a file name as the operating system interface gives it."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return os.fsencode(name).decode("utf-8", "backslashreplace")
    return name


def name_of_key(key: str) -> str:
    """The file name of a key in which bytes were escaped."""
    return os.fsdecode(_ESCAPED_BYTE.sub(lambda found: bytes.fromhex(found[1].decode()), key.encode()))
