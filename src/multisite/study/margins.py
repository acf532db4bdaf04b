"""What the protocol accepts: margins for the performance of all cases, of a level, and of a level against the rest."""

from collections.abc import Collection, Sequence
from typing import Annotated, Literal

from pydantic import Field, model_validator

from multisite.study.section import Identifier, Section

__all__ = ["Margin", "check_margins"]

_CALIBRATION = frozenset({"calibration_slope", "observed_expected"})


class Margin(Section):
    """One acceptance: of a metric itself (``at_least``, ``at_most`` or both), or of how far a level may fall short.

    ``of`` says of what the metric itself is accepted: all test cases (the default), each level of each stratum, or
    both. ``gap_at_most`` is the largest acceptable shortfall of a level against all other cases, in units of the
    metric. Without ``finding`` or ``model`` the margin holds for every one.
    """

    metric: Literal["auc", "sensitivity", "specificity", "ppv", "npv", "calibration_slope", "observed_expected"]
    finding: Identifier | None = None
    model: Identifier | None = None
    at_least: float | None = None
    at_most: float | None = None
    of: Literal["overall", "levels", "both"] | None = None
    gap_at_most: Annotated[float, Field(ge=0, lt=1)] | None = None

    @model_validator(mode="after")
    def _something_is_accepted(self) -> "Margin":
        bounds = [bound for bound in (self.at_least, self.at_most) if bound is not None]
        if not bounds and self.gap_at_most is None:
            raise ValueError("give `at_least`, `at_most` or `gap_at_most`")
        if len(bounds) == 2 and bounds[0] >= bounds[1]:
            raise ValueError("`at_least` must be below `at_most`")
        if self.of is not None and not bounds:
            raise ValueError("`of` goes with `at_least` and `at_most`; a gap is always that of a level")
        if self.metric in _CALIBRATION and self.gap_at_most is not None:
            raise ValueError("`gap_at_most` needs a metric of which more is better; bound this one on both sides")
        if self.metric not in _CALIBRATION and not all(0 <= bound <= 1 for bound in bounds):
            raise ValueError("`at_least` and `at_most` must lie in [0, 1] for this metric")
        return self

    def applies_to(self, finding: str, model: str) -> bool:
        """Whether the margin holds for this finding and model."""
        return self.finding in (None, finding) and self.model in (None, model)


def check_margins(margins: Sequence[Margin], *, findings: Collection[str], models: Collection[str]) -> None:
    """Refuse margins that name nothing declared, and two of one kind for the same finding, model and metric.

    Raises
    ------
    ValueError
        As said.
    """
    if any(m.finding not in (None, *findings) or m.model not in (None, *models) for m in margins):
        raise ValueError("`performance.margins` must name findings and models by their ids")
    for finding in findings:
        for model in models:
            held = [margin for margin in margins if margin.applies_to(finding, model)]
            gaps = [margin.metric for margin in held if margin.gap_at_most is not None]
            bounds = [margin.metric for margin in held if (margin.at_least, margin.at_most) != (None, None)]
            if len(set(gaps)) != len(gaps) or len(set(bounds)) != len(bounds):
                raise ValueError("two entries of `performance.margins` say the same of one finding, model and metric")
