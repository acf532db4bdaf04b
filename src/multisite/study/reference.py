"""How the reference standard of a finding is made from readings."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from multisite.study.section import Section
from multisite.vocabulary import Judgement

__all__ = [
    "FindingReference",
    "IndependentRule",
    "LatentClassRule",
    "MajorityRule",
    "PanelRule",
    "Ratings",
    "ReadersRule",
    "ReferenceRule",
    "TwoPlusOneRule",
]

Arm = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_ -]{0,62}$")]
"""A value of the column `arm` of the readings, spelt as there."""

Qualification = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_ -]{0,62}$")]
"""A value of the column `qualification` of the readings, spelt as there; any other is counted as other."""

Arms = Annotated[tuple[Arm, ...], Field(min_length=1)]


class Ratings(Section):
    """What each rating of the readings means, spelt as in the table. A rating that stands nowhere is a fault."""

    positive: Annotated[tuple[str, ...], Field(min_length=1)]
    negative: Annotated[tuple[str, ...], Field(min_length=1)]
    ambiguous: tuple[str, ...] = ()
    non_diagnostic: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _ratings_are_named_once(self) -> "Ratings":
        names = [rating for _, rating in self.pairs()]
        if len(set(names)) != len(names):
            raise ValueError("a rating is named twice")
        return self

    def pairs(self) -> tuple[tuple[Judgement, str], ...]:
        """Every rating with what it means."""
        return tuple((judgement, rating) for judgement in Judgement for rating in getattr(self, judgement.value))


class MajorityRule(Section):
    """What more than half of the readers say, where at least ``of`` have read. Without ``arms`` all readings count."""

    by: Literal["majority"]
    of: Annotated[int, Field(ge=1)]
    arms: Arms | None = None

    @property
    def all_arms(self) -> tuple[str, ...]:
        """The arms that the rule names."""
        return self.arms or ()


class LatentClassRule(Section):
    """The likelier truth by a latent class model of the site's readings (Dawid and Skene), where at least ``of``
    readers say positive or negative. A case of which neither is as probable as ``at_least`` is ambiguous. Readings in
    an arm count where ``arms`` names it; without ``arms``, those count that name none.
    """

    by: Literal["latent_class"]
    of: Annotated[int, Field(ge=2)]
    at_least: Annotated[float, Field(ge=0.5, lt=1)] = 0.5
    arms: Arms | None = None

    @property
    def all_arms(self) -> tuple[str, ...]:
        """The arms that the rule names."""
        return self.arms or ()


class TwoPlusOneRule(Section):
    """What two readers of the arm ``primary`` say; where they differ, what the arm ``adjudication`` says."""

    by: Literal["two_plus_one"]
    primary: Arm = "primary"
    adjudication: Arm = "adjudication"

    @property
    def all_arms(self) -> tuple[str, ...]:
        """The arms that the rule names."""
        return (self.primary, self.adjudication)


class PanelRule(Section):
    """What the arm ``arm`` says, alone: a consensus of several readers."""

    by: Literal["panel"]
    arm: Arm = "consensus"

    @property
    def all_arms(self) -> tuple[str, ...]:
        """The arms that the rule names."""
        return (self.arm,)


ReadersRule = Annotated[MajorityRule | TwoPlusOneRule | PanelRule | LatentClassRule, Field(discriminator="by")]


class IndependentRule(Section):
    """What the first of ``sources`` (arms such as pathology and follow-up) says that is positive or negative;
    ``otherwise`` is the rule of readers for cases of which none says so.
    """

    by: Literal["independent"]
    sources: Arms
    otherwise: ReadersRule | None = None

    @property
    def all_arms(self) -> tuple[str, ...]:
        """The arms that the rule names."""
        return (*self.sources, *(self.otherwise.all_arms if self.otherwise else ()))


ReferenceRule = Annotated[
    MajorityRule | TwoPlusOneRule | PanelRule | LatentClassRule | IndependentRule, Field(discriminator="by")
]

WhenUnclear = Literal["exclude", "positive", "negative", "fail"]


class FindingReference(Section):
    """The reference standard of one finding. Raise ``version`` whenever what follows changes: each label names it.

    ``reader_excess_at_most`` is how much larger than the others' a reader's share of wrong calls may be, of the
    negatives and of the positives, before the reader is said to read differently; it changes no label.
    """

    version: Annotated[int, Field(ge=1)]
    ratings: Ratings
    rule: ReferenceRule
    ambiguous: WhenUnclear
    non_diagnostic: WhenUnclear
    qualifications: tuple[Qualification, ...] = ()
    reader_excess_at_most: Annotated[float, Field(ge=0, lt=1)] = 0.05

    @model_validator(mode="after")
    def _qualifications_are_named_once(self) -> "FindingReference":
        if len(set(self.qualifications)) != len(self.qualifications):
            raise ValueError("`qualifications` names one twice")
        for name in ("other", "several", "not said"):
            if name in self.qualifications:
                raise ValueError(f"a qualification cannot be called `{name}`, which stands for those without a name")
        return self

    @model_validator(mode="after")
    def _arms_are_named_once(self) -> "FindingReference":
        arms = self.rule.all_arms
        if len(set(arms)) != len(arms):
            raise ValueError("`rule` names an arm twice")
        for name in ("majority", "latent_class"):
            if name in arms:
                raise ValueError(f"an arm cannot be called `{name}`, which stands for the rule of that name")
        return self
