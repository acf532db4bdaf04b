"""How often labels that nobody read from the images are wrong, as a check of the labeller has found."""

from typing import Annotated

from pydantic import Field, model_validator

from multisite.study.section import Identifier, Section

__all__ = ["CheckedNegatives", "CheckedPositives", "FindingLabelErrors"]

_Checked = Annotated[int, Field(ge=1)]
_Found = Annotated[int, Field(ge=0)]


class CheckedPositives(Section):
    """Cases that have the finding by readers, and how many of them the labeller had labelled positive."""

    positives_checked: _Checked
    found: _Found

    @model_validator(mode="after")
    def _no_more_are_found_than_checked(self) -> "CheckedPositives":
        if self.found > self.positives_checked:
            raise ValueError("`found` must not exceed `positives_checked`")
        return self


class CheckedNegatives(Section):
    """Cases that do not have the finding by readers, and how many of them the labeller had labelled negative."""

    negatives_checked: _Checked
    found: _Found

    @model_validator(mode="after")
    def _no_more_are_found_than_checked(self) -> "CheckedNegatives":
        if self.found > self.negatives_checked:
            raise ValueError("`found` must not exceed `negatives_checked`")
        return self


class FindingLabelErrors(Section):
    """Where the labels of a finding come from (``source``), what made them, and what a check against readers found.

    Counts, not shares, so that it is known how sure the shares are. The checked cases are drawn among those of each
    class by readers. ``checked_at`` names the sites of the checked cases, of this study or not.
    """

    source: str
    labeller: str
    sensitivity: CheckedPositives
    specificity: CheckedNegatives
    checked_at: tuple[Identifier, ...] = ()

    @model_validator(mode="after")
    def _labels_tell_more_than_chance(self) -> "FindingLabelErrors":
        positives, negatives = self.sensitivity, self.specificity
        shares = positives.found / positives.positives_checked + negatives.found / negatives.negatives_checked
        if shares <= 1:
            raise ValueError(
                "these labels tell no more than chance: sensitivity and specificity must sum to more than 1"
            )
        return self

    @model_validator(mode="after")
    def _sites_are_named_once(self) -> "FindingLabelErrors":
        if len(set(self.checked_at)) != len(self.checked_at):
            raise ValueError("`checked_at` names a site twice")
        return self
