"""Canonical bytes and digests: equal content gives equal bytes, whatever the order it came in."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, is_dataclass
from datetime import date
from typing import Any

__all__ = ["canonical_json", "digest_of", "sha256_hex"]


def canonical_json(content: Any) -> bytes:
    """``content`` as UTF-8 JSON with sorted keys and no spaces.

    Dataclasses become objects, dates text as in ISO 8601; NaN is refused.
    """
    return json.dumps(
        content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, default=_plain
    ).encode()


def digest_of(content: Any) -> str:
    """SHA-256 of the canonical JSON of ``content``, 64 hexadecimal digits."""
    return sha256_hex([canonical_json(content)])


def sha256_hex(chunks: Iterable[bytes]) -> str:
    """SHA-256 of the concatenated chunks, 64 hexadecimal digits."""
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
    return digest.hexdigest()


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, set | frozenset):
        return sorted(value)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no canonical form")
