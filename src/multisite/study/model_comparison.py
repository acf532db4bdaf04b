"""Which models are held against each other on the same cases, and by how much the new one may be worse."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Annotated, Literal

from pydantic import Field, model_validator

from multisite.study.section import Identifier, Section, Share

__all__ = ["ComparedMetric", "DataByDate", "DataByStratum", "ModelComparison", "check_comparisons"]

ComparedMetric = Literal["auc", "sensitivity", "specificity", "brier"]


class DataByDate(Section):
    """Cases of ``new_from`` and later are new data, those before old."""

    by: Literal["date"]
    new_from: date


class DataByStratum(Section):
    """Levels of a stratum, such as software versions of the scanners, say which cases are old and which new data."""

    by: Literal["stratum"]
    stratum: Identifier
    old: Annotated[tuple[str, ...], Field(min_length=1)]
    new: Annotated[tuple[str, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _levels_are_named_once(self) -> "DataByStratum":
        if len({*self.old, *self.new}) != len(self.old) + len(self.new):
            raise ValueError("a level is named twice in `old` and `new`")
        return self


class ModelComparison(Section):
    """A new and an old model, both declared, judged on the cases that have a score of both.

    ``findings`` are all where none is named. ``primary`` metrics share the chance of a false alarm over all
    comparisons. ``margins`` are the largest acceptable losses.
    """

    new: Identifier
    old: Identifier
    findings: Annotated[tuple[Identifier, ...], Field(min_length=1)] | None = None
    primary: tuple[ComparedMetric, ...] = ("auc",)
    margins: dict[ComparedMetric, Share] = Field(default_factory=dict)
    data: Annotated[DataByDate | DataByStratum, Field(discriminator="by")] | None = None

    @model_validator(mode="after")
    def _names_stand_once(self) -> "ModelComparison":
        if self.new == self.old:
            raise ValueError("`new` and `old` must be two models")
        for place, names in (("findings", self.findings or ()), ("primary", self.primary)):
            if len(set(names)) != len(names):
                raise ValueError(f"an entry of `{place}` stands twice")
        return self


def check_comparisons(
    comparisons: Sequence[ModelComparison],
    *,
    findings: Collection[str],
    models: Collection[str],
    strata: Collection[str],
) -> None:
    """Refuse comparisons that name nothing declared, and two of the same models.

    Raises
    ------
    ValueError
        As said.
    """
    for comparison in comparisons:
        if not {comparison.new, comparison.old} <= set(models):
            raise ValueError("`performance.comparisons` must name models, each by its id under `models`")
        if not set(comparison.findings or ()) <= set(findings):
            raise ValueError("`findings` of `performance.comparisons` must name findings by their ids")
        if isinstance(comparison.data, DataByStratum) and comparison.data.stratum not in strata:
            raise ValueError("`data.stratum` of `performance.comparisons` must name a stratum by its id")
    if len({frozenset((c.new, c.old)) for c in comparisons}) != len(comparisons):
        raise ValueError("two entries of `performance.comparisons` compare the same models")
