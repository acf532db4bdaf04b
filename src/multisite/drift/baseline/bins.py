"""Registered bins: cut once from the reference and kept, so that every later month is counted in the same cells."""

import math
from collections.abc import Iterable, Mapping
from itertools import pairwise

import numpy as np
import polars as pl

__all__ = ["BIN_COLUMNS", "kind_of", "monitored_columns", "quantile_edges", "register_bins", "share_columns"]

BIN_COLUMNS = pl.Schema(
    {
        "monitor": pl.String(),
        "kind": pl.String(),
        "bin": pl.Int64(),
        "bin_kind": pl.String(),
        "label": pl.String(),
        "lower": pl.Float64(),
        "upper": pl.Float64(),
    }
)
"""What identifies a bin; the same columns open every table of counts."""

_STEPS_PER_SPREAD = 20
"""An edge is rounded to a power of ten that is at most this fraction of the spread of the edges."""


def monitored_columns(frame: pl.DataFrame) -> list[str]:
    """The monitored numbers and categories of ``frame``, sorted."""
    return sorted(name for name in frame.columns if name.startswith(("number_", "category_")))


def share_columns(frame: pl.DataFrame) -> list[str]:
    """The monitored shares of ``frame``, sorted."""
    return sorted(name for name in frame.columns if name.startswith("share_"))


def kind_of(column: str) -> tuple[str, str]:
    """Kind (number, category or share) and monitor of a monitored column."""
    kind, _, monitor = column.partition("_")
    return kind, monitor


def register_bins(reference: pl.DataFrame, *, bins: int, rare: int) -> pl.DataFrame:
    """Bins of every monitored column of ``reference``, in the columns of ``BIN_COLUMNS``.

    A number is cut at the reference's quantiles k / ``bins``, rounded (``quantile_edges``), into ranges that hold their
    lower edge and not their upper; the outer ranges are open, so every later value has a bin. A category gets a bin for
    each value that at least ``rare`` reference studies have, in the order of the alphabet, and one for the others. A
    share has the bins yes and no. All end with a bin for studies without a value.
    """
    rows: list[dict[str, object]] = []
    for column in (*monitored_columns(reference), *share_columns(reference)):
        kind, monitor = kind_of(column)
        cells = _cells(reference[column], kind, bins=bins, rare=rare)
        missing = {"bin_kind": "missing", "label": "missing"}
        for position, cell in enumerate([*cells, missing]):
            rows.append({"monitor": monitor, "kind": kind, "bin": position, **cell})
    return pl.DataFrame(rows, schema=BIN_COLUMNS)


def quantile_edges(values: Iterable[float], *, bins: int) -> list[float]:
    """Rising inner edges near the quantiles k / ``bins``, k = 1 … ``bins`` - 1, of finite ``values``.

    The quantiles (inverse of the empirical distribution function, so that each is a value that occurs) are rounded to
    a power of ten of at most a twentieth of the distance between the outermost two; edges that coincide are one edge.
    A constant ``c`` has the edges ``c`` and ``c`` plus a hundredth of its order of magnitude, so that both falling
    below and rising above it show. No value, no edge.
    """
    sorted_values = np.sort(np.asarray(list(values), dtype=np.float64))
    if sorted_values.size == 0:
        return []
    if sorted_values[0] == sorted_values[-1]:
        constant = float(sorted_values[0])
        return [constant, constant + 10.0 ** (math.floor(math.log10(abs(constant))) - 2 if constant else -2)]
    quantiles = np.quantile(sorted_values, np.arange(1, bins) / bins, method="inverted_cdf")
    spread = float(quantiles[-1] - quantiles[0]) or float(sorted_values[-1] - sorted_values[0])
    digits = -math.floor(math.log10(spread / _STEPS_PER_SPREAD))
    return sorted({round(float(quantile), digits) for quantile in quantiles})


def _cells(values: pl.Series, kind: str, *, bins: int, rare: int) -> list[Mapping[str, object]]:
    if kind == "share":
        return [{"bin_kind": "category", "label": label} for label in ("yes", "no")]
    return list(_ranges(values, bins)) if kind == "number" else _categories(values, rare)


def _ranges(values: pl.Series, bins: int) -> list[dict[str, object]]:
    edges = quantile_edges(values.drop_nulls().to_list(), bins=bins)
    if not edges:
        return [_range("any value", None, None)]
    inner = [_range(f"{low:.12g}–<{high:.12g}", low, high) for low, high in pairwise(edges)]
    return [_range(f"<{edges[0]:.12g}", None, edges[0]), *inner, _range(f"≥{edges[-1]:.12g}", edges[-1], None)]


def _range(label: str, lower: float | None, upper: float | None) -> dict[str, object]:
    return {"bin_kind": "range", "label": label, "lower": lower, "upper": upper}


def _categories(values: pl.Series, rare: int) -> list[Mapping[str, object]]:
    counts = values.drop_nulls().value_counts(name="n")
    common = counts.filter(pl.col("n") >= rare)[values.name].sort().to_list()
    return [*({"bin_kind": "category", "label": label} for label in common), {"bin_kind": "other", "label": "other"}]
