"""The integrity scorecard in a terminal."""

from collections.abc import Sequence

import polars as pl

from multisite.cli.terminal import Terminal
from multisite.schemas.integrity import CHECK_RESULTS
from multisite.storage.artefacts import ArtefactStore
from multisite.study import Site
from multisite.vocabulary import Verdict

__all__ = ["blocking_failures", "print_scorecard"]

_MARKS = {
    Verdict.PASS.value: "✓",
    Verdict.FAIL.value: "✗",
    Verdict.INSUFFICIENT.value: "?",
    Verdict.NOT_APPLICABLE.value: "–",
    Verdict.ERROR.value: "!",
}


def print_scorecard(store: ArtefactStore, sites: Sequence[Site], terminal: Terminal) -> None:
    """One line per check and site, in the order of the scorecard."""
    results = _results(store, sites)
    rows = [
        (
            row["site"],
            f"{_MARKS[row['verdict']]} {row['verdict']}",
            row["check"],
            f"{row['n_found']:,} of {row['n_examined']:,} {row['unit']}",
        )
        for row in results.sort("order", "site").iter_rows(named=True)
    ]
    terminal.table("Integrity", ("site", "verdict", "check", "found"), rows)


def blocking_failures(store: ArtefactStore, sites: Sequence[Site]) -> int:
    """How many blocking checks failed, or could not be answered because they crashed."""
    bad = pl.col("verdict").is_in([Verdict.FAIL.value, Verdict.ERROR.value])
    return _results(store, sites).filter(bad & pl.col("blocking")).height


def _results(store: ArtefactStore, sites: Sequence[Site]) -> pl.DataFrame:
    return pl.concat([CHECK_RESULTS.empty(), *(store.read(CHECK_RESULTS, site.site) for site in sites)])
