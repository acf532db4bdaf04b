"""Where inside sequences a wanted value may stand, and in what order the places are asked.

A value at the top level comes first; then the functional groups that all frames share, those of the first
frame, other sequences, and last the attributes that a conversion to an Enhanced object left over. Of every
sequence the first item is asked, unless the attribute wants one value for each item.
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Final

from pydicom.datadict import dictionary_VR

from multisite.dicom.attributes import ATTRIBUTES, Attribute, Form, tag_path
from multisite.dicom.slots import CHARSET, PER_FRAME, PIXELS, SHARED, SLOTS_OF

__all__ = ["PLACES", "SEQUENCES", "SEQUENCES_OF", "Content", "Items", "Place"]

_CODES: Final = tag_path("CodeValue/LongCodeValue/URNCodeValue")
_GROUPS: Final = "FunctionalGroups/"
_LEFT_OVER: Final = (
    *tag_path("SharedFunctionalGroupsSequence/UnassignedSharedConvertedAttributesSequence"),
    *tag_path("PerFrameFunctionalGroupsSequence/UnassignedPerFrameConvertedAttributesSequence"),
)


@dataclass(frozen=True, slots=True)
class Place:
    """One place of one attribute.

    ``slot`` is the one that its value fills. ``path`` holds the sequences around it, outermost first, and ``tags``
    what to take there, the first of the VR ``vr``: of several tags an item has one. ``counted`` says which sequence
    of the path gives a value for each of its items, if any does. ``stands_in`` is false for the place that is the
    attribute's own.
    """

    attribute: Attribute
    slot: int
    path: tuple[int, ...]
    tags: tuple[int, ...]
    vr: str
    counted: int | None
    stands_in: bool


@dataclass(eq=False, slots=True)
class Content:
    """What is wanted of an item: places by the tag of their value, and sequences to go into."""

    places: dict[int, list[int]] = field(default_factory=dict)
    sequences: dict[int, "Items"] = field(default_factory=dict)


@dataclass(eq=False, slots=True)
class Items:
    """What is wanted of a sequence: of its first item, of each later one, and which places want one value each."""

    first: Content
    later: Content | None
    counted: tuple[int, ...]


def _place(attribute: Attribute, path: tuple[int, ...], tag: int, *, stands_in: bool) -> Place:
    slot = SLOTS_OF[attribute.keyword][0]
    if attribute.form is Form.CODES:
        return Place(attribute, slot, (*path, tag), _CODES, "SH", len(path), stands_in)
    tags = _CODES if tag in _CODES else (tag,)
    return Place(attribute, slot, path, tags, dictionary_VR(tag), 0 if attribute.each else None, stands_in)


def _own() -> Iterator[Place]:
    for attribute in ATTRIBUTES:
        if attribute.path or attribute.form is Form.CODES:
            yield _place(attribute, attribute.path, attribute.tags[0], stands_in=False)


def _substitutes() -> Iterator[Place]:
    text = files(__package__).joinpath("substitutes.csv").read_text(encoding="utf-8")
    by_keyword = {attribute.keyword: attribute for attribute in ATTRIBUTES}
    rows = [(by_keyword[row["keyword"]], row["path"]) for row in csv.DictReader(text.splitlines())]
    for group in (SHARED, PER_FRAME):
        for attribute, path in rows:
            if path.startswith(_GROUPS):
                tags = (group, *tag_path(path.removeprefix(_GROUPS)))
                yield _place(attribute, tags[:-1], tags[-1], stands_in=True)
    for attribute, path in rows:
        if not path.startswith(_GROUPS):
            tags = tag_path(path)
            yield _place(attribute, tags[:-1], tags[-1], stands_in=True)
    for around in (_LEFT_OVER[:2], _LEFT_OVER[2:]):
        for attribute in filter(_may_be_left_over, ATTRIBUTES):
            yield _place(attribute, around, attribute.tags[0], stands_in=True)


def _may_be_left_over(attribute: Attribute) -> bool:
    """Whether a value that stands in an item means the same as at the top level of an image's header."""
    one = len(attribute.tags) == len(attribute.vr) == 1 and not attribute.path
    binary = attribute.vr[0] in ("OB", "OW", "OF")
    return (
        one
        and not binary
        and attribute.tags[0] >> 16 != 2
        and attribute.tags[0] not in (CHARSET, SHARED, PER_FRAME, *PIXELS)
    )


def _content(places: Sequence[tuple[int, Place]], depth: int) -> Content:
    content = Content()
    deeper: dict[int, list[tuple[int, Place]]] = {}
    for number, place in places:
        if len(place.path) > depth:
            deeper.setdefault(place.path[depth], []).append((number, place))
        else:
            for tag in place.tags:
                content.places.setdefault(tag, []).append(number)
    content.sequences = {tag: _items(inside, depth) for tag, inside in deeper.items()}
    return content


def _items(places: Sequence[tuple[int, Place]], depth: int) -> Items:
    counted = [(number, place) for number, place in places if place.counted == depth]
    later = _content(counted, depth + 1) if counted else None
    return Items(_content(places, depth + 1), later, tuple(number for number, _ in counted))


PLACES: Final[tuple[Place, ...]] = (*_own(), *_substitutes())
"""Every place, in the order in which they are asked."""

SEQUENCES: Final[dict[int, Items]] = _content(list(enumerate(PLACES)), 0).sequences
"""The sequences at the top level in which something is wanted, by their tags."""

SEQUENCES_OF: Final[dict[str, frozenset[int]]] = {
    attribute.keyword: frozenset(place.path[0] for place in PLACES if place.attribute is attribute)
    for attribute in dict.fromkeys(place.attribute for place in PLACES)
}
"""The sequences at the top level that may hold an attribute, by its keyword."""
