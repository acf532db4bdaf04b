"""Verdicts in the terminal: one line per site and model, with a shape and a word for the state."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from multisite.cli.terminal import Terminal
from multisite.errors import MultisiteError
from multisite.schemas.drift_verdicts import DRIFT_VERDICTS
from multisite.storage.artefacts import ArtefactStore
from multisite.study import Site
from multisite.vocabulary import DriftState

__all__ = ["print_rows", "print_verdicts"]

_SHAPES = {
    DriftState.GREEN: "●",
    DriftState.GREY: "○",
    DriftState.AMBER_1: "▲",
    DriftState.AMBER_2: "▲▲",
    DriftState.RED: "■",
}

_LOGGED = ("site", "month", "model", "state")


def print_rows(rows: Sequence[Mapping[str, Any]], terminal: Terminal, *, title: str = "Verdicts") -> None:
    """A table of verdicts: state as a shape and a word, and the sentence.

    The sentence quotes values of the site's months: it is for the people before the terminal, and for no log.
    """
    shown = []
    records = [{**{name: row[name] for name in _LOGGED}, "fault": row.get("fault", "")} for row in rows]
    for row in rows:
        state = DriftState(row["state"])
        shown.append((row["site"], row["month"], row["model"], f"{_SHAPES[state]} {state.value}", row["sentence"]))
    terminal.table(title, ("site", "month", "model", "state", "what was found"), shown, records=records)


def print_verdicts(
    store: ArtefactStore,
    sites: Sequence[Site],
    faults: Mapping[str, MultisiteError],
    terminal: Terminal,
    through: str | None,
) -> None:
    """The verdict on the last month of every site; a site at which monitoring failed is GREY, with its fault."""
    rows: list[dict[str, Any]] = []
    for site in sites:
        nothing = {"site": site.site, "month": through or "", "model": "", "state": DriftState.GREY.value}
        if site.site in faults:
            error = faults[site.site]
            fault = f"{error.fact} ({error.place})"
            rows.append({**nothing, "sentence": f"Monitoring failed: {fault}.", "fault": fault})
            continue
        verdicts = store.read(DRIFT_VERDICTS, site.site)
        last = verdicts.filter(pl.col("month") == pl.col("month").max()).sort("model")
        rows += list(last.iter_rows(named=True)) or [{**nothing, "sentence": "No study in routine use."}]
    print_rows(rows, terminal)
