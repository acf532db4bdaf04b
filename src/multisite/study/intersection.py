"""Strata that are crossed: cases by the levels of two or three axes at once."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field, model_validator

from multisite.study.section import Identifier, Section
from multisite.vocabulary import OVERALL, PATIENTS, SITE_AXIS, StratumRole

__all__ = ["Intersection", "check_axes"]


class Intersection(Section):
    """Declared strata, by id, whose levels are crossed: `of: [sex, age_band]` has the level "F × 40–<55" and so on."""

    of: Annotated[tuple[Identifier, ...], Field(min_length=2, max_length=3)]
    role: StratumRole = StratumRole.EXPLORATORY

    @model_validator(mode="after")
    def _axes_differ(self) -> "Intersection":
        if len(set(self.of)) != len(self.of):
            raise ValueError("an intersection names a stratum twice")
        return self

    @property
    def id(self) -> str:
        """The name of the stratum that the crossing makes."""
        return "_x_".join(self.of)


def check_axes(strata: Sequence[str], intersections: Sequence[Intersection]) -> None:
    """Refuse names that the program uses itself, crossings of what is not declared, and the same crossing twice.

    Raises
    ------
    ValueError
        As said.
    """
    if {SITE_AXIS, OVERALL, PATIENTS} & set(strata):
        raise ValueError(f"no stratum may be called `{SITE_AXIS}`, `{OVERALL}` or `{PATIENTS}`: they are made anyway")
    if any(set(crossing.of) - set(strata) for crossing in intersections):
        raise ValueError("`intersections` must name strata by their ids")
    if len({frozenset(crossing.of) for crossing in intersections}) != len(intersections):
        raise ValueError("two entries of `intersections` cross the same strata")
    if set(strata) & {crossing.id for crossing in intersections}:
        raise ValueError("a stratum has the id that an entry of `intersections` makes")
