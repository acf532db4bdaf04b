"""A conclusion of the first page: a mark, a topic, a sentence, and where the evidence for it stands."""

from dataclasses import dataclass

from multisite.pack.marks import Mark

__all__ = ["Statement"]


@dataclass(frozen=True, slots=True)
class Statement:
    """``anchor`` is the chapter of the page that holds the evidence."""

    mark: Mark
    topic: str
    text: str
    anchor: str
