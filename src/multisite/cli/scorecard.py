"""The integrity scorecard in a terminal: a line per check and verdict, whatever the number of sites."""

from collections.abc import Sequence

import polars as pl

from multisite.cli.terminal import Terminal
from multisite.schemas.integrity import CHECK_RESULTS
from multisite.storage.artefacts import ArtefactStore
from multisite.study import Site
from multisite.vocabulary import Verdict

__all__ = ["blocking_failures", "print_scorecard"]

_MARKS = {
    Verdict.NOT_APPLICABLE.value: "–",
    Verdict.PASS.value: "✓",
    Verdict.INSUFFICIENT.value: "?",
    Verdict.ERROR.value: "!",
    Verdict.FAIL.value: "✗",
}
"""The gravest last: what is printed last is what a person sees first."""
_NAMED_SITES = 2


def print_scorecard(store: ArtefactStore, sites: Sequence[Site], terminal: Terminal) -> None:
    """The gravest verdicts last, and how many there are; as JSON a record per check and site."""
    results = _results(store, sites)
    rank = pl.col("verdict").replace_strict({name: i for i, name in enumerate(_MARKS)}, return_dtype=pl.Int64)
    lines = (
        results.sort("site")
        .group_by("order", "check", "verdict", "unit")
        .agg("site", pl.col("n_found", "n_examined").sum())
        .sort(rank, "order")
    )
    rows = [
        (
            f"{_MARKS[row['verdict']]} {row['verdict']}",
            row["check"],
            _sites(row["site"], len(sites)),
            f"{row['n_found']:,} of {row['n_examined']:,} {row['unit']}",
        )
        for row in lines.iter_rows(named=True)
    ]
    records = results.sort("order", "site").drop("order").to_dicts()
    terminal.table("Integrity", ("verdict", "check", "sites", "found"), rows, records=records)
    terminal.conclude(_in_short(results))


def _in_short(results: pl.DataFrame) -> str:
    n_checks, answered = results["check"].n_unique(), results.filter(verdict=Verdict.PASS.value)["check"].n_unique()
    bad = results.filter(pl.col("verdict").is_in([Verdict.FAIL.value, Verdict.ERROR.value]))
    if bad.is_empty():
        return f"None of {n_checks} checks failed; {answered} of them passed somewhere."
    blocking = bad.filter("blocking")["check"].n_unique()
    told = f", {blocking} of them blocking" if blocking else ", none of them blocking"
    return f"{bad['check'].n_unique()} of {n_checks} checks failed somewhere{told}; the report says what was found."


def _sites(names: Sequence[str], n_sites: int) -> str:
    if len(names) == n_sites:
        return f"all {n_sites}" if n_sites > 1 else names[0]
    return ", ".join(names) if len(names) <= _NAMED_SITES else f"{len(names)} of {n_sites}"


def blocking_failures(store: ArtefactStore, sites: Sequence[Site]) -> int:
    """How many blocking checks failed, or could not be answered because they crashed."""
    bad = pl.col("verdict").is_in([Verdict.FAIL.value, Verdict.ERROR.value])
    return _results(store, sites).filter(bad & pl.col("blocking")).height


def _results(store: ArtefactStore, sites: Sequence[Site]) -> pl.DataFrame:
    return pl.concat([CHECK_RESULTS.empty(), *(store.read(CHECK_RESULTS, site.site) for site in sites)])
