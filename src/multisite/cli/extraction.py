"""What an extraction found and what it took, in a terminal."""

from collections.abc import Sequence

import polars as pl

from multisite.cli.terminal import Terminal, Value
from multisite.schemas.provenance import HEADER_COUNTS
from multisite.schemas.series_table import SERIES_TABLE_COUNTS
from multisite.storage.artefacts import ArtefactStore
from multisite.study import Site
from multisite.vocabulary import QuarantineReason

__all__ = ["print_extraction"]

_REASONS = [reason.value for reason in QuarantineReason]


def print_extraction(store: ArtefactStore, sites: Sequence[Site], terminal: Terminal, *, any_read: bool) -> None:
    """One line per site on the reading, and one per site and reason on what was not read.

    Requests and bytes are those of the run that read the objects; what was taken over unread took none. Unless
    ``any_read`` in this run, it is said that they are an earlier run's.
    """
    counts = pl.concat([HEADER_COUNTS.empty(), *(store.read(HEADER_COUNTS, site.site) for site in sites)])
    if counts.height:
        _print_reading(counts, terminal)
        if not any_read:
            terminal.say("Nothing was read in this run; the numbers are of the runs that read the objects.")
    brought = pl.concat([SERIES_TABLE_COUNTS.empty(), *(store.read(SERIES_TABLE_COUNTS, s.site) for s in sites)])
    if brought.height:
        rows = [(row["site"], row["fact"], row["attribute"], row["n"]) for row in brought.iter_rows(named=True)]
        terminal.table("Header tables", ("site", "what", "attribute", "number"), rows, right=(3,))


def _print_reading(counts: pl.DataFrame, terminal: Terminal) -> None:
    terminal.table("Objects, when they were read", ("site", *_HEAD), _reading(counts), right=range(1, 1 + len(_HEAD)))
    lost = counts.filter(pl.col("outcome").is_in(_REASONS)).sort("site", "n_objects", descending=[False, True])
    if lost.height:
        rows = [(row["site"], row["outcome"], row["n_objects"]) for row in lost.iter_rows(named=True)]
        terminal.table("In quarantine", ("site", "reason", "objects"), rows, right=(2,))


_HEAD = ("objects", "taken over", "headers", "quarantined", "% in one request", "bytes per object", "bytes per header")


def _reading(counts: pl.DataFrame) -> list[tuple[Value, ...]]:
    lost = pl.col("outcome").is_in(_REASONS)
    sites = counts.group_by("site", maintain_order=True).agg(
        pl.col("n_objects").sum(),
        pl.col("n_carried").sum(),
        pl.col("n_objects").filter(~lost).sum().alias("n_headers"),
        pl.col("n_objects").filter(lost).sum().alias("n_lost"),
        pl.col("n_one_request").sum(),
        pl.col("n_more_requests").sum(),
        pl.col("n_bytes_read").sum(),
        pl.col("n_bytes_header").sum(),
    )
    return [
        (
            row["site"],
            row["n_objects"],
            row["n_carried"],
            row["n_headers"],
            row["n_lost"],
            _per_cent(row["n_one_request"], row["n_one_request"] + row["n_more_requests"]),
            _mean(row["n_bytes_read"], row["n_objects"] - row["n_carried"]),
            _mean(row["n_bytes_header"], row["n_headers"]),
        )
        for row in sites.iter_rows(named=True)
    ]


def _per_cent(part: int, whole: int) -> float | None:
    return round(100 * part / whole, 1) if whole else None


def _mean(total: int, n: int) -> int | None:
    return round(total / n) if n else None
