"""The section ``integrity`` of the study file: what is claimed of the set, and what stops the claim."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, model_validator

from multisite.study.section import Identifier, Section
from multisite.vocabulary import Severity

__all__ = ["Integrity", "Pixels"]


class Pixels(Section):
    """That pixels are looked at inside the sites, and how much of them: instances per index series, and up to which
    size an object is read.
    """

    instances_per_series: Annotated[int, Field(ge=1)] | Literal["all"] = 3
    max_object_bytes: Annotated[int, Field(ge=4096)] = 268_435_456


class Integrity(Section):
    """What the protocol claims of the set, which failed checks stop the claim, and which packages add checks.

    ``disjoint``, ``patients_stay_within`` and ``split_follows`` are columns of the case (in the last, ``time`` is its
    date), ``plugins`` entry points of the group ``multisite.checks``. Without ``pixels`` no pixel is read.
    """

    blocking: tuple[Identifier, ...] = ()
    severity: dict[Identifier, Severity] = Field(default_factory=dict)
    train_ends_before_test: bool = True
    prospective_from: date | None = None
    disjoint: tuple[str, ...] = ()
    patients_stay_within: tuple[str, ...] = ()
    tune_may_fit: bool = True
    split_follows: tuple[str, ...] = ()
    plugins: tuple[str, ...] = ()
    pixels: Pixels | None = None
    seed: Annotated[int, Field(ge=0)] = 20

    @model_validator(mode="after")
    def _names_stand_once(self) -> "Integrity":
        for place in ("disjoint", "patients_stay_within", "split_follows", "plugins"):
            names = getattr(self, place)
            if len(set(names)) != len(names):
                raise ValueError(f"an entry of `{place}` stands twice")
        return self
