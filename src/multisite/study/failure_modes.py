"""How the errors are searched for slices in which they are commoner than elsewhere."""

from collections.abc import Collection
from typing import Annotated

from pydantic import Field, model_validator

from multisite.schemas.failure_modes import SEARCHED
from multisite.study.section import Identifier, Section

__all__ = ["FailureModes", "check_failure_modes"]


class FailureModes(Section):
    """``columns`` are strata, by id, and columns of the case; all strata and all columns that may be, if left out.

    A slice has up to ``max_conditions`` conditions and ``minimum_patients`` patients or more. Of each search, up to
    ``candidates`` slices are held against the other half of the patients, who are dealt by ``seed``.
    """

    columns: Annotated[tuple[Identifier, ...], Field(min_length=1)] | None = None
    max_conditions: Annotated[int, Field(ge=1, le=3)] = 2
    beam_width: Annotated[int, Field(ge=1, le=200)] = 20
    minimum_patients: Annotated[int, Field(ge=5)] = 20
    candidates: Annotated[int, Field(ge=1, le=50)] = 10
    seed: Annotated[int, Field(ge=0)] = 20

    @model_validator(mode="after")
    def _columns_stand_once(self) -> "FailureModes":
        if len(set(self.columns or ())) != len(self.columns or ()):
            raise ValueError("an entry of `columns` stands twice")
        return self


def check_failure_modes(modes: FailureModes | None, *, strata: Collection[str]) -> None:
    """Refuse a column that is neither a stratum nor one that may be searched."""
    if modes is not None and set(modes.columns or ()) - {*strata, *SEARCHED}:
        raise ValueError(
            "`performance.failure_modes.columns` must name strata by their ids, or some of: " + ", ".join(SEARCHED)
        )
