"""The authors' part of the risk file: what they judge of each hazard. The pack adds what its evidence shows of it."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field, model_validator

from multisite.study.section import Identifier, Section

__all__ = ["CompanionRecord", "Risk", "check_risks"]

_Words = Annotated[str, Field(max_length=4000)] | None
_CatalogueId = Annotated[str, Field(pattern=r"^(H\d{2}|[a-z][a-z0-9_-]{0,62})$")]


class Risk(Section):
    """A hazard in the words of ISO 14971, and what its authors judge of it.

    ``hazard`` is an entry of the catalogue (as H04), or an identifier of one's own, which needs a ``title`` and the
    ``situation``. Severity, both probabilities and whether the residual risk is acceptable are the authors'; where they
    are missing the pack says so and assigns nothing. ``artefacts`` are evidence beside what the catalogue names.
    """

    hazard: _CatalogueId
    title: _Words = None
    situation: _Words = None
    harms: tuple[str, ...] = ()
    severity: _Words = None
    probability_of_situation: _Words = None
    probability_of_harm: _Words = None
    control: _Words = None
    control_owner: _Words = None
    residual_risk: _Words = None
    acceptable: bool | None = None
    artefacts: tuple[Identifier, ...] = ()

    @model_validator(mode="after")
    def _own_hazards_are_described(self) -> "Risk":
        if self.is_own and (self.title is None or self.situation is None):
            raise ValueError("a hazard that is not of the catalogue needs `title` and `situation`")
        return self

    @property
    def is_own(self) -> bool:
        """Whether the hazard is not of the catalogue."""
        return not self.hazard[:1].isupper()


class CompanionRecord(Section):
    """A record beside the pack, of the workflow it is used in: where it is, in whose keeping; never its content."""

    topic: Identifier
    title: str
    pointer: str
    keeper: _Words = None


def check_risks(risks: Sequence[Risk], companion: Sequence[CompanionRecord]) -> None:
    """ValueError where a hazard or a companion topic stands twice."""
    for place, names in (("risks", [r.hazard for r in risks]), ("companion", [c.topic for c in companion])):
        if len(set(names)) != len(names):
            raise ValueError(f"an entry of `{place}` stands twice")
