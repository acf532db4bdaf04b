"""The plan of the analysis: which results the study is judged by, made before anybody has seen them."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Annotated, Literal

from pydantic import Field, model_validator

from multisite.study.section import Identifier, Section

__all__ = ["AnalysisPlan", "PlannedEndpoint", "check_plan"]

Metric = Literal["auc", "sensitivity", "specificity", "ppv", "npv", "calibration_slope", "observed_expected", "brier"]


class PlannedEndpoint(Section):
    """One result that was planned: a metric of a finding and model, of all test cases or of a stratum's levels.

    What is reported beside the planned endpoints is post hoc. ``objective`` says in words what it answers.
    """

    id: Identifier
    metric: Metric
    role: Literal["primary", "secondary"]
    finding: Identifier | None = None
    model: Identifier | None = None
    stratum: Identifier | None = None
    objective: Annotated[str, Field(max_length=2000)] | None = None

    def covers(self, *, metric: str, finding: str, model: str, stratum: str | None) -> bool:
        """Whether a result is this endpoint's; without ``finding`` or ``model`` it is of every one."""
        return (
            self.metric == metric
            and self.finding in (None, finding)
            and self.model in (None, model)
            and self.stratum == stratum
        )


class AnalysisPlan(Section):
    """Endpoints, how several primary ones are corrected for, planned looks, and the least cell that is shown.

    ``looks`` are the days on which results are looked at before the last; without them there is one look.
    """

    endpoints: tuple[PlannedEndpoint, ...] = ()
    multiplicity: Literal["none", "holm", "bonferroni", "gatekeeping"] = "none"
    looks: tuple[date, ...] = ()

    @model_validator(mode="after")
    def _holds_together(self) -> "AnalysisPlan":
        names = [endpoint.id for endpoint in self.endpoints]
        if len(set(names)) != len(names):
            raise ValueError("two entries of `analysis_plan.endpoints` have the same id")
        if list(self.looks) != sorted(set(self.looks)):
            raise ValueError("`analysis_plan.looks` must be rising days")
        n_primary = sum(endpoint.role == "primary" for endpoint in self.endpoints)
        if n_primary > 1 and self.multiplicity == "none":
            raise ValueError("more than one primary endpoint needs a `multiplicity` that corrects for it")
        return self


def check_plan(
    plan: AnalysisPlan, *, findings: Collection[str], models: Collection[str], strata: Sequence[str]
) -> None:
    """ValueError where an endpoint names a finding, model or stratum that is not declared."""
    for endpoint in plan.endpoints:
        known = (
            endpoint.finding in (None, *findings)
            and endpoint.model in (None, *models)
            and endpoint.stratum in (None, *strata)
        )
        if not known:
            raise ValueError("`analysis_plan.endpoints` must name findings, models and strata by their ids")
