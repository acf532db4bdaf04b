"""One shard: from object keys to header rows and quarantine rows."""

from collections.abc import Iterator

import polars as pl

from multisite.dicom import NeedMore, Pseudonymiser, RawHeader, decode_headers, read_header
from multisite.schemas import ObjectReader
from multisite.schemas.provenance import HEADERS, QUARANTINE
from multisite.vocabulary import QuarantineReason

__all__ = ["read_shard"]

_ROUNDS = 6
"""Requests per object at most; each further one asks for at least twice as much."""

Outcome = RawHeader | QuarantineReason


def read_shard(
    listing: pl.DataFrame,
    *,
    site: str,
    objects: ObjectReader,
    pseudonyms: Pseudonymiser,
    first_read_bytes: int,
    max_header_bytes: int,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Header rows and quarantine rows of the objects in ``listing``: every object gives exactly one of the two.

    Nothing that is in an object stops the shard; an object that cannot be understood is a row with a reason.
    """
    headers, quarantined = [], []
    for (store,), part in listing.group_by(["store"], maintain_order=True):
        keys, sizes = part["object_key"].to_list(), part["size_bytes"].to_list()
        outcomes = list(_read_store(str(store), keys, sizes, objects, first_read_bytes, max_header_bytes))
        good = [i for i, outcome in enumerate(outcomes) if isinstance(outcome, RawHeader)]
        bad = [i for i, outcome in enumerate(outcomes) if not isinstance(outcome, RawHeader)]
        headers.append(_header_rows(site, part, good, outcomes, pseudonyms))
        quarantined.append(
            part[bad].select(
                pl.lit(site).alias("site"),
                "store",
                "object_key",
                "size_bytes",
                pl.Series("reason", [str(outcomes[i]) for i in bad], dtype=pl.String),
            )
        )
    if not headers:
        return HEADERS.empty(), QUARANTINE.empty()
    return pl.concat(headers), pl.concat(quarantined)


def _header_rows(
    site: str, part: pl.DataFrame, rows: list[int], outcomes: list[Outcome], pseudonyms: Pseudonymiser
) -> pl.DataFrame:
    raw = [outcome for i in rows if isinstance(outcome := outcomes[i], RawHeader)]
    where = part[rows].select(pl.lit(site).alias("site"), "store", "object_key", "size_bytes")
    return pl.concat([where, decode_headers(raw, pseudonyms)], how="horizontal").select(HEADERS.schema.names())


def _read_store(
    store: str, keys: list[str], sizes: list[int], objects: ObjectReader, first_read: int, longest: int
) -> Iterator[Outcome]:
    outcomes: list[Outcome | None] = [None] * len(keys)
    have: dict[int, bytes] = {i: b"" for i in range(len(keys))}
    wanted: dict[int, int] = {i: min(first_read, max(size, 1)) for i, size in enumerate(sizes)}
    for round_number in range(1, _ROUNDS + 1):
        asked = sorted(wanted)
        if not asked:
            break
        # The last round asks for all that may be read, so that no header is given up for want of rounds.
        if round_number == _ROUNDS:
            wanted = {i: min(longest, sizes[i]) for i in asked}
        requests = [(keys[i], len(have[i]), wanted[i] - len(have[i])) for i in asked]
        for i, answer in zip(asked, objects.prefixes(store, requests), strict=True):
            prefix = answer if isinstance(answer, QuarantineReason) else have[i] + answer
            outcome = _judge(prefix, wanted[i], sizes[i], longest)
            if isinstance(outcome, int):
                have[i], wanted[i] = bytes(prefix) if isinstance(prefix, bytes) else b"", outcome
            else:
                outcomes[i] = outcome
                del wanted[i], have[i]
    return (outcome if outcome is not None else QuarantineReason.TRUNCATED for outcome in outcomes)


def _judge(prefix: bytes | QuarantineReason, asked: int, size: int, longest: int) -> Outcome | int:
    """The outcome for an object, or the length of the prefix to ask for next."""
    if isinstance(prefix, QuarantineReason):
        return prefix
    # An object that ends before its listed size has shrunk since; what is there is all there is.
    actual = size if len(prefix) >= asked else len(prefix)
    result = read_header(prefix, object_size=actual, max_header_bytes=longest)
    if isinstance(result, NeedMore):
        return min(max(result.prefix_bytes, 2 * len(prefix)), actual, longest)
    return result
