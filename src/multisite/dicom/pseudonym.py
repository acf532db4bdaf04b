"""Identifiers → keyed pseudonyms.

A pseudonym is the first 128 bits of HMAC-SHA-256 (RFC 2104) of an identifier, in 32 hexadecimal digits.
Each kind of identifier has a key of its own, derived from the site's, so that equal numbers of a patient
and a study never look equal. Padding is no part of an identifier: a header and a table of the site give the
same pseudonym.
"""

import hashlib
import hmac
from collections.abc import Iterable
from typing import Final

import numpy as np
import polars as pl
import pyarrow as pa

from multisite.errors import ConfigError

__all__ = ["Pseudonymiser"]

_MIN_KEY_BYTES: Final = 16
_DIGITS: Final = 32
_BLOCK: Final = 64
_PADDING: Final = " \0\t\n\r\v\f"
_DOMAIN: Final = b"multisite pseudonym 1\0"


class Pseudonymiser:
    """Makes pseudonyms under one key, which it neither shows nor gives back.

    Parameters
    ----------
    key
        A secret of the site, at least 16 bytes.

    Raises
    ------
    ConfigError
        The key is too short.
    """

    __slots__ = ("_key", "_states")

    def __init__(self, key: bytes) -> None:
        if len(key) < _MIN_KEY_BYTES:
            raise ConfigError(
                f"The pseudonym key has {len(key)} bytes; at least {_MIN_KEY_BYTES} are needed.",
                place="the secret that the site file names for pseudonyms",
                remedy="Make one of 32 random bytes and keep it: another key gives other pseudonyms.",
            )
        self._key = bytes(key)
        self._states: dict[str, tuple[hashlib._Hash, hashlib._Hash]] = {}

    def __repr__(self) -> str:
        return "Pseudonymiser(key=…)"

    def __reduce__(self) -> tuple[type["Pseudonymiser"], tuple[bytes]]:
        # The hash states cannot travel to a worker process; the key makes them anew.
        return (Pseudonymiser, (self._key,))

    def pseudonym(self, identifier: str | None, *, kind: str) -> str | None:
        """The pseudonym of one identifier of a kind ("patient", "study", …).

        Undefined for an identifier that is missing or nothing but padding: ``None``.
        """
        text = (identifier or "").strip(_PADDING)
        return self._digest(text, *self._state(kind)) if text else None

    def pseudonyms(self, identifiers: pl.Series, *, kind: str) -> pl.Series:
        """The pseudonyms of a text column, each distinct value hashed once; null and empty give null."""
        text = identifiers.str.strip_chars(_PADDING)
        present = text.filter(text != "")
        if len(present) == len(identifiers) == present.n_unique():
            # No value repeats and none is missing: no need to find the rows of each again.
            return self._column(present, kind).rename(identifiers.name)
        distinct = present.unique()
        made = self._column(distinct, kind)
        return text.replace_strict(distinct, made, default=None, return_dtype=pl.String).rename(identifiers.name)

    def known(self, identifiers: Iterable[str | None], *, kind: str) -> dict[str | None, str | None]:
        """The pseudonym of each distinct identifier."""
        texts = {value: (value or "").strip(_PADDING) for value in identifiers}
        state = self._state(kind)
        return {value: self._digest(text, *state) if text else None for value, text in texts.items()}

    def _state(self, kind: str) -> tuple["hashlib._Hash", "hashlib._Hash"]:
        """SHA-256 after the inner and the outer padded key, to be copied for each identifier."""
        state = self._states.get(kind)
        if state is None:
            key = hmac.digest(self._key, _DOMAIN + kind.encode(), "sha256").ljust(_BLOCK, b"\0")
            inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in key))
            outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in key))
            state = self._states[kind] = (inner, outer)
        return state

    def _column(self, texts: pl.Series, kind: str) -> pl.Series:
        """The pseudonyms of texts without null, written one behind another and then taken as a column."""
        inner, outer = self._state(kind)
        made = bytearray()
        for value in texts.cast(pl.Binary).to_list():
            first, second = inner.copy(), outer.copy()
            first.update(value)
            second.update(first.digest())
            made += second.digest()[: _DIGITS // 2]
        ends = np.arange(len(texts) + 1, dtype=np.int64) * _DIGITS
        digits = pa.py_buffer(made.hex().encode("ascii"))
        return pl.Series(pl.from_arrow(pa.LargeStringArray.from_buffers(len(texts), pa.py_buffer(ends), digits)))

    @staticmethod
    def _digest(text: str, inner: "hashlib._Hash", outer: "hashlib._Hash") -> str:
        first, second = inner.copy(), outer.copy()
        first.update(text.encode("utf-8", "surrogatepass"))
        second.update(first.digest())
        return second.hexdigest()[:_DIGITS]
