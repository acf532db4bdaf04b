"""Spellings of vendors and reconstruction kernels → comparable classes, as Polars expressions.

The raw value stays beside whatever is made here. Both tables are package data: ``vendors.csv`` (names under which one
manufacturer, or a company it took over, signs) and ``kernels.csv`` (what the vendors' kernel names mean in sharpness; a
physicist of the site should look at it before kernels carry a conclusion).
"""

import csv
import re
from collections.abc import Iterator
from importlib.resources import files
from typing import Final

import polars as pl

from multisite.vocabulary import UNKNOWN

__all__ = ["KERNEL_CLASSES", "kernel_class", "normalise_vendor"]

KERNEL_CLASSES: Final = ("very_smooth", "smooth", "medium", "sharp", "very_sharp", UNKNOWN)
"""From the smoothest to the sharpest, and last what no rule covers."""

_BETWEEN: Final = "\x1f"


def _rows(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(files(__package__).joinpath(name).read_text(encoding="utf-8").splitlines()))


def _prefix(aliases: dict[str, str]) -> str:
    """A pattern for the longest alias that a text starts with, whole words only."""
    longest_first = sorted(aliases, key=len, reverse=True)
    return f"^({'|'.join(map(re.escape, longest_first))})(?: |$)"


def _kernel_keys() -> Iterator[tuple[str, str]]:
    for row in _rows("kernels.csv"):
        keys = row["names"].split()
        if row["numbers"]:
            low, high = map(int, row["numbers"].split("-"))
            keys = [f"{number:02d}" for number in range(low, high + 1)]
        yield from ((row["vendor"] + _BETWEEN + key, row["class"]) for key in keys)


_VENDORS: Final = {row["alias"]: row["vendor"] for row in _rows("vendors.csv")}
_VENDOR: Final = _prefix(_VENDORS)
_KERNELS: Final = dict(_kernel_keys())


def normalise_vendor(manufacturer: pl.Expr) -> pl.Expr:
    """The vendor behind a Manufacturer, whatever it wrote; a name that is not known stays as it is.

    Names match by their beginning, without regard to case and punctuation.
    """
    plain = manufacturer.str.to_lowercase().str.replace_all(r"[^\p{L}\p{N}]+", " ").str.strip_chars()
    alias = plain.str.extract(_VENDOR)
    return alias.replace_strict(_VENDORS, default=None, return_dtype=pl.String).fill_null(manufacturer)


def kernel_class(kernel: pl.Expr, vendor: pl.Expr) -> pl.Expr:
    """The sharpness class of a reconstruction kernel, one of ``KERNEL_CLASSES``; null without a kernel.

    ``kernel`` is text, the first value of ConvolutionKernel; ``vendor`` is what ``normalise_vendor`` gives. Siemens
    and Canon number their kernels, the others name them.
    """
    name = kernel.str.strip_chars().str.to_uppercase()
    siemens = name.str.extract(r"^(?:[BHUTDICJ]|A?[BHQSTU][A-Z])(\d{2})[A-Z]*")
    canon = name.str.extract(r"^FC(\d{2})")
    key = (
        pl.when(vendor == "Siemens Healthineers")
        .then(siemens)
        .when(vendor == "Canon")
        .then(canon)
        .otherwise(name.str.replace(r"^HD .*$", "HD"))
    )
    found = (vendor + _BETWEEN + key).replace_strict(_KERNELS, default=None, return_dtype=pl.String)
    return pl.when(kernel.is_not_null()).then(found.fill_null(UNKNOWN))
