"""The operating points: the threshold of a finding and model, the rule that led to it, and at which prevalence."""

from collections.abc import Collection, Sequence
from typing import Annotated, Literal

from pydantic import Field, model_validator

from multisite.study.section import Identifier, Section, Share

__all__ = [
    "DecisionCurve",
    "NetBenefitRule",
    "OperatingPoint",
    "SensitivityRule",
    "SpecificityRule",
    "ThresholdRule",
    "YoudenRule",
    "check_operating_points",
    "operating_point_of",
]

JudgedBy = Literal["lower_bound", "estimate"]


class SensitivityRule(Section):
    """The highest threshold whose sensitivity is at least ``at_least``; by ``lower_bound`` its interval's lower end."""

    by: Literal["sensitivity"]
    at_least: Share
    judged_by: JudgedBy = "lower_bound"


class SpecificityRule(Section):
    """The lowest threshold whose specificity is at least ``at_least``."""

    by: Literal["specificity"]
    at_least: Share
    judged_by: JudgedBy = "lower_bound"


class YoudenRule(Section):
    """The lowest threshold at which sensitivity + specificity is greatest."""

    by: Literal["youden"]


class NetBenefitRule(Section):
    """The lowest threshold of greatest net benefit, where one would act from a probability of ``act_from`` on."""

    by: Literal["net_benefit"]
    act_from: Share


ThresholdRule = Annotated[SensitivityRule | SpecificityRule | YoudenRule | NetBenefitRule, Field(discriminator="by")]


class OperatingPoint(Section):
    """What holds of a finding and model (without ``model``: of every model) instead of the default threshold.

    What a point with a model leaves out is that of the finding's point without one.

    ``prevalence`` is that at which results per 1,000 cases are told, and ``prevalence_source`` where it was taken from.
    """

    finding: Identifier
    model: Identifier | None = None
    threshold: Annotated[float, Field(ge=0, le=1)] | None = None
    rule: ThresholdRule | None = None
    prevalence: Share | None = None
    prevalence_source: str | None = None

    @model_validator(mode="after")
    def _prevalence_has_a_source(self) -> "OperatingPoint":
        if (self.prevalence is None) != (self.prevalence_source is None):
            raise ValueError("`prevalence` and `prevalence_source` are given together, or neither")
        return self


class DecisionCurve(Section):
    """The range of probabilities from which on one might act, over which the decision curve is drawn."""

    act_from_low: Share = 0.05
    act_from_high: Share = 0.5

    @model_validator(mode="after")
    def _range_rises(self) -> "DecisionCurve":
        if self.act_from_low >= self.act_from_high:
            raise ValueError("`act_from_low` must lie below `act_from_high`")
        return self


def operating_point_of(points: Sequence[OperatingPoint], finding: str, model: str) -> OperatingPoint | None:
    """The point that names finding and model; what it leaves out is taken from that of the finding for every model."""
    found = {point.model: point for point in points if point.finding == finding and point.model in (None, model)}
    own, of_finding = found.get(model), found.get(None)
    if own is None or of_finding is None:
        return own or of_finding
    left_out = {
        name: getattr(of_finding, name)
        for name in ("threshold", "rule", "prevalence", "prevalence_source")
        if getattr(own, name) is None
    }
    return own.model_copy(update=left_out)


def check_operating_points(
    points: Sequence[OperatingPoint], *, findings: Collection[str], models: Collection[str]
) -> None:
    """Refuse points that name nothing declared, and two of the same finding and model.

    Raises
    ------
    ValueError
        As said.
    """
    if any(point.finding not in findings or point.model not in (None, *models) for point in points):
        raise ValueError("`performance.operating_points` must name a finding, and a model if any, by its id")
    if len({(point.finding, point.model) for point in points}) != len(points):
        raise ValueError("`performance.operating_points` names a finding and model twice")
