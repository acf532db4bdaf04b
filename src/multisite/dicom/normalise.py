"""Spellings of vendors, models, kernels and body parts → comparable values, as Polars expressions.

The raw value stays beside whatever is made here. The tables are package data: ``vendors.csv`` (names under which one
manufacturer, or a company it took over, signs), ``models.csv`` (short names of models), ``kernels.csv`` (what the
vendors' kernel names mean in sharpness; a physicist of the site should look at it before kernels carry a conclusion),
and ``body_parts.csv`` (defined terms of DICOM PS3.16 annex L and other spellings in use).
"""

from collections.abc import Iterator
from typing import Final

import polars as pl

from multisite.dicom.aliases import Aliases, NormalisationRule, read_rows
from multisite.vocabulary import UNKNOWN

__all__ = [
    "KERNEL_CLASSES",
    "MODALITIES",
    "body_part_rule",
    "kernel_class",
    "kernel_rule",
    "model_rule",
    "normalise_body_part",
    "normalise_model",
    "normalise_vendor",
    "vendor_rule",
]

KERNEL_CLASSES: Final = ("very_smooth", "smooth", "medium", "sharp", "very_sharp", UNKNOWN)
"""From the smoothest to the sharpest, and last what no rule covers."""

MODALITIES: Final = frozenset(row["modality"] for row in read_rows("modalities.csv"))
"""The defined terms of Modality, DICOM PS3.3 C.7.3.1.1.1, with the retired ones that archives still hold."""

_BETWEEN: Final = "\x1f"


def _kernel_keys() -> Iterator[tuple[str, str]]:
    for row in read_rows("kernels.csv"):
        keys = row["names"].split()
        if row["numbers"]:
            low, high = map(int, row["numbers"].split("-"))
            keys = [f"{number:02d}" for number in range(low, high + 1)]
        yield from ((row["vendor"] + _BETWEEN + key, row["class"]) for key in keys)


_VENDORS: Final = Aliases("vendors.csv", name="vendor")
_BODY_PARTS: Final = Aliases("body_parts.csv", name="region", alone=True)
_MODELS: Final = {row["alias"]: row["model"] for row in read_rows("models.csv")}
_KERNELS: Final = dict(_kernel_keys())


def normalise_vendor(manufacturer: pl.Expr) -> pl.Expr:
    """The vendor behind a Manufacturer, whatever it wrote; a name that is not known stays as it is.

    Names match by their beginning, without regard to case and punctuation.
    """
    return _VENDORS.name(manufacturer).fill_null(manufacturer)


def vendor_rule(manufacturer: pl.Expr) -> pl.Expr:
    """The NormalisationRule by which ``normalise_vendor`` knows a name."""
    return _VENDORS.rule(manufacturer)


def normalise_model(model: pl.Expr) -> pl.Expr:
    """A ManufacturerModelName in lower case, without the vendor's name, in its full form where the table has it.

    Nothing else is dropped, so that models, and generations of one model, stay apart.
    """
    spelt = _spelt(model)
    return spelt.replace_strict(_MODELS, default=None, return_dtype=pl.String).fill_null(spelt)


def model_rule(model: pl.Expr) -> pl.Expr:
    """The NormalisationRule by which ``normalise_model`` came to its value."""
    listed = _spelt(model).is_in(list(_MODELS))
    rule = (
        pl.when(listed).then(pl.lit(NormalisationRule.ALIAS.value)).otherwise(pl.lit(NormalisationRule.SPELLING.value))
    )
    return pl.when(model.is_not_null()).then(rule)


def normalise_body_part(body_part: pl.Expr) -> pl.Expr:
    """The region of a BodyPartExamined; null where no rule covers it."""
    return _BODY_PARTS.name(body_part)


def body_part_rule(body_part: pl.Expr) -> pl.Expr:
    """The NormalisationRule by which ``normalise_body_part`` knows a term."""
    return _BODY_PARTS.rule(body_part)


def kernel_class(kernel: pl.Expr, vendor: pl.Expr) -> pl.Expr:
    """The sharpness class of a reconstruction kernel, one of ``KERNEL_CLASSES``; null without a kernel.

    ``kernel`` is text, the first value of ConvolutionKernel; ``vendor`` is what ``normalise_vendor`` gives. Siemens
    and Canon number their kernels, the others name them.
    """
    found = (vendor + _BETWEEN + _kernel_key(kernel, vendor)).replace_strict(
        _KERNELS, default=None, return_dtype=pl.String
    )
    return pl.when(kernel.is_not_null()).then(found.fill_null(UNKNOWN))


def kernel_rule(kernel: pl.Expr, vendor: pl.Expr) -> pl.Expr:
    """The NormalisationRule by which ``kernel_class`` knows a kernel: by its whole name, or by the number in it."""
    known = kernel_class(kernel, vendor) != UNKNOWN
    whole = _kernel_key(kernel, vendor) == kernel.str.strip_chars().str.to_uppercase()
    return (
        pl.when(known & whole)
        .then(pl.lit(NormalisationRule.ALIAS.value))
        .when(known)
        .then(pl.lit(NormalisationRule.PREFIX.value))
        .when(kernel.is_not_null())
        .then(pl.lit(NormalisationRule.UNMAPPED.value))
    )


def _kernel_key(kernel: pl.Expr, vendor: pl.Expr) -> pl.Expr:
    name = kernel.str.strip_chars().str.to_uppercase()
    siemens = name.str.extract(r"^(?:[BHUTDICJ]|A?[BHQSTU][A-Z])(\d{2})[A-Z]*")
    canon = name.str.extract(r"^FC(\d{2})")
    return (
        pl.when(vendor == "Siemens Healthineers")
        .then(siemens)
        .when(vendor == "Canon")
        .then(canon)
        .otherwise(name.str.replace(r"^HD .*$", "HD"))
    )


def _spelt(model: pl.Expr) -> pl.Expr:
    """The model in lower case, one space between words, without the vendor's name; plus and point tell models apart."""
    words = model.str.to_lowercase().str.replace_all(r"[^\p{L}\p{N}+.]+", " ").str.strip_chars()
    vendor = _VENDORS.alias(words)
    without = words.str.slice(vendor.str.len_chars()).str.strip_chars()
    return (
        pl.when(vendor.is_not_null() & words.str.starts_with(vendor) & (without != "")).then(without).otherwise(words)
    )
