"""The confirmed slices of the errors, over all sites and at each."""

import polars as pl

from multisite.pack.evidence import Endpoint, Evidence
from multisite.pack.failure_modes import Line, confirmed, share_words, slice_words
from multisite.pack.numbers import count, fixed, per_cent
from multisite.pack.tables.table import Cell, Column, Group, Row, Table, csv_text, missing
from multisite.schemas.failure_modes import FAILURE_MODES
from multisite.vocabulary import ALL_SITES

__all__ = ["failure_modes_table"]

_LEAST_P = 0.001
_SITES_DIFFER = (
    "Over all sites, neither intervals nor p-values count how sites differ: a slice that lies in few sites, such as a "
    "vendor that two of them use, may be confirmed because these sites err more, and oftener than the level says."
)


def failure_modes_table(evidence: Evidence, endpoint: Endpoint) -> Table | None:
    """A row per confirmed slice, those of all sites first; ``None`` where none is."""
    rows = confirmed(evidence, endpoint)
    if not rows:
        return None
    places = dict.fromkeys(row["site"] for row in rows)
    return Table(
        f"failures-{endpoint.slug}",
        "Slices in which errors are commoner, as the second half of the patients confirms",
        (
            Column("Slice"),
            Column("Error"),
            Column("In the slice"),
            Column("Elsewhere"),
            Column("Gap", "points", kind="number"),
            Column("Shrunken gap", "points", kind="number"),
            Column("Holm p", kind="number"),
        ),
        tuple(
            Group(
                "All sites together" if place == ALL_SITES else place,
                tuple(_row(evidence, row) for row in rows if row["site"] == place),
            )
            for place in places
        ),
        _method(evidence, is_over_sites=ALL_SITES in places),
        csv_text(endpoint.rows(evidence.frame(FAILURE_MODES)).with_columns(pl.col("axes", "levels").list.join("; "))),
    )


def _row(evidence: Evidence, row: Line) -> Row:
    small = row["p_holm"] < _LEAST_P
    p_value = f"<{_LEAST_P:g}" if small else fixed(row["p_holm"], 3)
    return Row(
        (
            Cell(slice_words(evidence, row), note=f"{count(row['n_patients'])} patients"),
            Cell(row["kind"]),
            Cell(share_words(row, "n")),
            Cell(share_words(row, "rest")),
            _points(row["gap"], row["ci_low"], row["ci_high"]),
            missing("the only slice")
            if row["shrunken_gap"] is None
            else _points(row["shrunken_gap"], row["shrunken_low"], row["shrunken_high"]),
            Cell(p_value, sort=float(row["p_holm"])),
        )
    )


def _points(gap: float, low: float, high: float) -> Cell:
    return Cell(fixed(100 * gap, 0), f"({fixed(100 * low, 0)} to {fixed(100 * high, 0)})", sort=float(gap))


def _method(evidence: Evidence, *, is_over_sites: bool) -> str:
    level = evidence.parameters.ci_level
    sites = f" {_SITES_DIFFER}" if is_over_sites else ""
    return (
        "Test split, at the declared threshold. The patients of each site are dealt into two halves by a digest. The "
        "first is searched, by beam search and a decision tree inside each site, and by counts of levels and pairs of "
        "levels of strata over all sites; its own numbers flatter the search and stand in the CSV only. All numbers "
        "here are of the second half. Confirmed: more errors than elsewhere, with a two-sided p-value below "
        f"{1 - level:.2g} after Holm over the slices of the same place and kind of error. Intervals of "
        f"{per_cent(100 * level)} count patients. A confirmed gap is too large on the average, for it was selected; "
        "shrunken, it is drawn towards the mean gap in the second half of all slices of the same place and kind of "
        f"error, confirmed or not, a better guess of the size. Slices may overlap.{sites}"
    )
