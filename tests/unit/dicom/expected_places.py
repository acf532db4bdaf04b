"""Where inside sequences a value has to be looked for, spelt out attribute by attribute from the two tables."""

import csv
import math
from collections.abc import Iterator
from contextlib import suppress
from importlib.resources import files
from io import BytesIO
from typing import Any

import pydicom.filereader
from pydicom.datadict import dictionary_VR, keyword_for_tag, tag_for_keyword
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.tag import BaseTag

from multisite.dicom import ATTRIBUTES, Attribute
from tests.unit.dicom.expected_characters import element_of, encodings_of

GROUPS = ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence")
CODES = ("CodeValue", "LongCodeValue", "URNCodeValue")
NEVER_LEFT_OVER = {"SpecificCharacterSet", *GROUPS, "PixelData", "FloatPixelData"}


class UnreadError(Exception):
    """pydicom makes no sequence of what should be one."""


class NoTextError(Exception):
    """A text of an item cannot be had."""


def _rows() -> list[tuple[str, str]]:
    text = files("multisite.dicom").joinpath("substitutes.csv").read_text(encoding="utf-8")
    return [(row["keyword"], row["path"]) for row in csv.DictReader(text.splitlines())]


def _paths() -> dict[str, list[str]]:
    """The places of each attribute, in the order of asking."""
    paths: dict[str, list[str]] = {attribute.keyword: [] for attribute in ATTRIBUTES}
    for group in GROUPS:
        for keyword, path in _rows():
            if path.startswith("FunctionalGroups/"):
                paths[keyword].append(path.replace("FunctionalGroups", group))
    for keyword, path in _rows():
        if not path.startswith("FunctionalGroups/"):
            paths[keyword].append(path)
    for group, kind in zip(GROUPS, ("Shared", "PerFrame"), strict=True):
        for attribute in ATTRIBUTES:
            one = len(attribute.tags) == len(attribute.vr) == 1 and not attribute.path
            text = attribute.tags[0] >> 16 != 2 and attribute.vr[0] not in ("OB", "OW", "OF")
            if one and text and attribute.keyword not in NEVER_LEFT_OVER:
                around = f"{group}/Unassigned{kind}ConvertedAttributesSequence"
                paths[attribute.keyword].append(f"{around}/{attribute.keyword}")
    return paths


STEPS = {
    keyword: [(path.split("/")[:-1], tag_for_keyword(path.split("/")[-1]) or 0) for path in paths]
    for keyword, paths in _paths().items()
}

_STEPS_FROM = {
    keyword: [(tag_for_keyword(around[0]), around, last) for around, last in steps] for keyword, steps in STEPS.items()
}


EVERY = {attribute.keyword.partition(".")[0] for attribute in ATTRIBUTES if attribute.each} | {
    attribute.keyword for attribute in ATTRIBUTES if attribute.normalise == "code_values" and not attribute.path
}
"""The sequences of which every item is asked."""


def _paths_from() -> dict[str, set[tuple[str, ...]]]:
    """The sequences that are wanted inside each sequence at the top level."""
    found: dict[str, set[tuple[str, ...]]] = {}
    for attribute in ATTRIBUTES:
        coded = attribute.normalise == "code_values" or attribute.each
        for around, last in STEPS[attribute.keyword]:
            inner = (keyword_for_tag(last),) if coded and dictionary_VR(last) == "SQ" else ()
            found.setdefault(around[0], set()).add((*around[1:], *inner))
        if attribute.path:
            tags = (*attribute.path, *(tag for tag in attribute.tags if coded and dictionary_VR(tag) == "SQ"))
            path = tuple(map(keyword_for_tag, tags))
            found.setdefault(path[0], set()).add(path[1:])
    return found


PATHS_FROM = _paths_from()


def holders(dataset: Dataset, attribute: Attribute) -> Iterator[tuple[Dataset, int]]:
    """The items that may hold a value, with the tag to ask for; one that cannot be read is passed over."""
    for top, around, last in _STEPS_FROM[attribute.keyword]:
        if top not in dataset._dict:
            continue
        with suppress(UnreadError):
            item: Dataset | None = dataset
            for keyword in around:
                item = next(iter(items_of(item, keyword)), None) if item is not None else None
            if item is not None:
                yield item, last


def items_of(dataset: Dataset, keyword: str, *, every: bool = False) -> list[Dataset]:
    """The items of a sequence, or the first; it may do that another one cannot be read."""
    tag = tag_for_keyword(keyword)
    if tag not in dataset._dict:
        return []
    kept = dataset.__dict__.setdefault("_kept_items", {})
    if (tag, every) not in kept:
        try:
            kept[tag, every] = _items_of(dataset, tag, every=every)
        except Exception as error:  # pydicom has no common class for what it raises
            kept[tag, every] = error
    items = kept[tag, every]
    if not isinstance(items, list):
        raise UnreadError
    for item in items:
        item._parent_encoding = encodings_of(dataset)
    return items


def _items_of(dataset: Dataset, tag: int, *, every: bool) -> list[Dataset] | None:
    held = dataset._dict[BaseTag(tag)]
    if every or not isinstance(held, RawDataElement) or held.VR not in (None, "SQ"):
        value = element_of(dataset, tag).value
        return list(value) if isinstance(value, Sequence) else None
    if not held.value:
        return []
    first = pydicom.filereader.read_sequence_item(
        BytesIO(held.value), held.is_implicit_VR, held.is_little_endian, encodings_of(dataset)
    )
    return [] if first is None else [first]


def number_for_text(source: Dataset, tag: int, attribute: Attribute) -> str | None:
    """A binary number where a decimal or integer text is wanted, as such a text; ``None`` if it is not one number."""
    value = element_of(source, tag).value
    several = value is None or isinstance(value, (bytes, str)) or hasattr(value, "__iter__")
    if several or not math.isfinite(value):
        return None
    return str(round(value)) if attribute.vr == ("IS",) else repr(value)


def is_binary(source: Dataset, tag: int) -> bool:
    """Whether a value has one of the binary VRs that stand in for numbers as text."""
    vr = dictionary_VR(tag)
    try:
        return vr in ("FD", "UL", "US") and vr == element_of(source, tag).VR
    except Exception:  # pydicom has no common class for what it raises
        return False


_TOPS = {
    attribute.keyword: {(tag_for_keyword(around[0]), around[0]) for around, _ in STEPS[attribute.keyword]}
    | ({(attribute.path[0], keyword_for_tag(attribute.path[0]))} if attribute.path else set())
    for attribute in ATTRIBUTES
}
"""The sequences at the top level, with their tags, in which an attribute may stand."""


def is_unread(dataset: Dataset, attribute: Attribute) -> bool:
    """Whether an attribute may stand in a sequence of which, or in which, a sequence that is wanted cannot be read."""
    return any(_has_unread(dataset, top) for tag, top in _TOPS[attribute.keyword] if tag in dataset._dict)


def _has_unread(dataset: Dataset, top: str) -> bool:
    kept = dataset.__dict__.setdefault("_kept_unread", {})
    if top not in kept:
        kept[top] = not all(_can_be_read(dataset, top, path) for path in PATHS_FROM.get(top, ()))
    return bool(kept[top])


def _can_be_read(dataset: Dataset, top: str, path: tuple[str, ...]) -> bool:
    try:
        first = items_of(dataset, top, every=top in EVERY)
        for item in first:
            inside: Dataset | None = item
            for keyword in path:
                inside = next(iter(items_of(inside, keyword)), None) if inside is not None else None
    except UnreadError:
        return False
    return True


def codes_of(dataset: Dataset, keyword: str, text: Any) -> list[str]:
    """The code value of each item of a sequence that has one."""
    found = [_code(item, text) for item in items_of(dataset, keyword, every=True)]
    return [code for code in found if code]


def _code(item: Dataset, text: Any) -> str:
    codes = [text(item, keyword) for keyword in CODES if keyword in item]
    return next(filter(None, codes), "")


def texts_of_items(dataset: Dataset, attribute: Attribute, text: Any) -> list[str] | None:
    """One text for each item of a sequence; ``None`` if no item has the attribute."""
    sequence, _, last = attribute.keyword.partition(".")
    found: list[str] = []
    some = False
    for item in items_of(dataset, sequence, every=True):
        if last.endswith("Sequence"):
            inner = next(iter(items_of(item, last)), Dataset())
            some |= any(keyword in inner for keyword in CODES)
            found.append(_code(inner, text))
        else:
            some |= last in item
            found.append(text(item, last) if last in item else "")
    return found if some else None


def own_holder(dataset: Dataset, attribute: Attribute) -> Dataset | None:
    """The item that holds an attribute whose own place is inside a sequence; ``None`` if there is none."""
    item: Dataset | None = dataset
    for tag in attribute.path:
        keyword = keyword_for_tag(tag)
        item = next(iter(items_of(item, keyword)), None) if item is not None else None
    return item
