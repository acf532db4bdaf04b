"""Continuous endpoints: numbers per case that tell how good the model's work is, or that it measures."""

from collections.abc import Collection, Sequence
from typing import Annotated, Literal

from pydantic import Field, model_validator

from multisite.study.section import Identifier, Section

__all__ = ["Measure", "check_measures"]

_Number = Annotated[float, Field(allow_inf_nan=False)]


class Measure(Section):
    """One continuous endpoint.

    ``quality``: a number per case that is itself the result, such as Dice or the Hausdorff distance. ``paired``: a
    measurement by the model beside that of the reference standard, such as a volume or a diameter.

    ``bounds`` are the least and the greatest value that can be; a value outside is a fault of the row, but where the
    measure is ``top_coded``, for a value above counts as the upper bound. ``case_limit`` is what is acceptable of a
    single case: ``quality``, at least this (at most, where lower is better); ``paired``, a difference of at most this.
    ``margin`` is what is accepted of all test cases: of the mean, or of both limits of agreement. Without ``models``
    every model is measured.
    """

    id: Identifier
    title: str
    kind: Literal["quality", "paired"]
    unit: str | None = None
    better: Literal["higher", "lower"] | None = None
    bounds: tuple[_Number, _Number] | None = None
    top_coded: bool = False
    case_limit: _Number | None = None
    margin: _Number | None = None
    models: Annotated[tuple[Identifier, ...], Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def _keys_fit_the_kind(self) -> "Measure":
        if self.kind == "quality" and (self.better is None or self.bounds is None):
            raise ValueError("a measure of quality needs `better` and `bounds`")
        if self.kind == "paired" and self.better is not None:
            raise ValueError("`better` is not of a paired measure: the nearer to the reference the better")
        if self.bounds is not None and self.bounds[0] >= self.bounds[1]:
            raise ValueError("the first of `bounds` must be below the second")
        if self.top_coded and (self.kind == "paired" or self.bounds is None):
            raise ValueError("`top_coded` is for measures of quality, and needs `bounds`")
        accepted = [number for number in (self.case_limit, self.margin) if number is not None]
        if self.kind == "paired" and any(number <= 0 for number in accepted):
            raise ValueError("`case_limit` and `margin` of a paired measure are differences, above 0")
        if self.kind == "quality" and self.bounds and not all(self.bounds[0] <= n <= self.bounds[1] for n in accepted):
            raise ValueError("`case_limit` and `margin` must lie within `bounds`")
        return self

    def of_models(self, models: Sequence[str]) -> tuple[str, ...]:
        """The models that are measured, of all ``models``."""
        return tuple(model for model in models if self.models is None or model in self.models)


def check_measures(measures: Sequence[Measure], *, models: Collection[str]) -> None:
    """Refuse measures of the same id, and such as name a model that is not declared.

    Raises
    ------
    ValueError
        As said.
    """
    if len({measure.id for measure in measures}) != len(measures):
        raise ValueError("two entries of `measures` have the same id")
    if any(not set(measure.models or ()) <= set(models) for measure in measures):
        raise ValueError("`models` of `measures` must name models by their ids")
