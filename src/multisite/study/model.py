"""The index test: a model, and what its scores are."""

from datetime import date
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field, model_validator

from multisite.study.section import Identifier, Section

__all__ = ["Model", "category_score"]

_Number = Annotated[float, Field(allow_inf_nan=False)]


class Model(Section):
    """An index test.

    ``scores`` says what it gives: a ``probability`` of the finding; a ``score`` from 0 to 1 that is none; or an
    ``ordinal`` one, of ``categories`` (rising numbers, as BI-RADS 1 to 5), positive from the category ``positive_from``
    on. Sites bring the category in the column `score`. ``sha256`` is the digest of the file or image that is the model,
    ``frozen_on`` the day from which on it was not changed.
    """

    id: Identifier
    title: str
    version: str
    scores: Literal["probability", "score", "ordinal"] = "probability"
    categories: Annotated[tuple[_Number, ...], Field(min_length=2, max_length=51)] | None = None
    positive_from: _Number | None = None
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    frozen_on: date | None = None

    @model_validator(mode="after")
    def _categories_fit(self) -> "Model":
        if (self.scores == "ordinal") != (self.categories is not None) or (
            (self.categories is None) != (self.positive_from is None)
        ):
            raise ValueError("`categories` and `positive_from` go with `scores: ordinal`, and are needed there")
        if self.categories is not None and any(a >= b for a, b in pairwise(self.categories)):
            raise ValueError("`categories` must be rising numbers")
        if self.categories is not None and self.positive_from not in self.categories:
            raise ValueError("`positive_from` must be one of `categories`")
        return self

    @property
    def threshold(self) -> float | None:
        """The score of ``positive_from``; ``None`` of a model without categories."""
        if self.categories is None or self.positive_from is None:
            return None
        return category_score(self.categories.index(self.positive_from), len(self.categories))


def category_score(place: int, n_categories: int) -> float:
    """The score that stands for a category: place, from 0, over the last place, in hundredths.

    Hundredths lie on the edges of the usual score grid, so that no count moves across a threshold on it.
    """
    return round(place / (n_categories - 1), 2)
