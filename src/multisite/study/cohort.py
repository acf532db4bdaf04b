"""Which cases are validated, and along which axes: the section ``cohort`` of the study file."""

from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field, model_validator

from multisite.study.intersection import Intersection, check_axes
from multisite.study.section import Identifier, Section
from multisite.study.split import SplitRule, TableSplit
from multisite.vocabulary import StratumRole

__all__ = ["Cohort", "EligibilityRule", "Stratum", "Target"]

Scalar = str | float | int | bool

_ROUNDING = 0.01
"""Published shares are rounded."""


class EligibilityRule(Section):
    """A rule that a case must satisfy, applied in the order of the file."""

    id: Identifier
    column: str
    operator: Literal["==", "!=", "<", "<=", ">", ">=", "in", "not in", "is known"]
    value: Scalar | tuple[Scalar, ...] | None = None
    when_missing: Literal["exclude", "keep", "fail"]
    reason: str

    @model_validator(mode="after")
    def _value_fits_operator(self) -> "EligibilityRule":
        if self.operator in ("in", "not in") and not isinstance(self.value, tuple):
            raise ValueError("`value` must be a list for the operators `in` and `not in`")
        if self.operator == "is known" and self.value is not None:
            raise ValueError("`is known` takes no value")
        if self.operator not in ("in", "not in", "is known") and (self.value is None or isinstance(self.value, tuple)):
            raise ValueError("`value` must be a single value for this operator")
        return self


class Stratum(Section):
    """An axis along which results are broken down. With ``bands`` a number is cut: [a, b) for each pair of edges."""

    id: Identifier
    title: str
    column: str
    when_missing: Literal["level", "exclude", "fail"]
    bands: tuple[float, ...] | None = None
    unit: str | None = None
    levels: tuple[str, ...] | None = None
    role: StratumRole = StratumRole.EXPLORATORY

    @model_validator(mode="after")
    def _bands_rise(self) -> "Stratum":
        if self.bands is not None and any(a >= b for a, b in pairwise(self.bands)):
            raise ValueError("`bands` must be rising edges")
        if self.bands is not None and self.levels is not None:
            raise ValueError("give either `bands` or `levels`, not both")
        return self


class Target(Section):
    """The patients for whom the model is meant: the share of each level of a stratum, and where that was taken from."""

    source: str
    shares: Annotated[dict[Identifier, dict[str, Annotated[float, Field(ge=0, le=1)]]], Field(min_length=1)]

    @model_validator(mode="after")
    def _shares_sum_to_one(self) -> "Target":
        wrong = [name for name, shares in self.shares.items() if abs(sum(shares.values()) - 1) > _ROUNDING]
        if wrong:
            raise ValueError(f"the shares of {', '.join(f'`{name}`' for name in wrong)} must sum to 1")
        return self


class Cohort(Section):
    """Which cases are validated, in which images, in which splits, and along which strata.

    ``site_role`` is that of the sites, which are always an axis.
    """

    modalities: Annotated[tuple[str, ...], Field(min_length=1)]
    eligibility: tuple[EligibilityRule, ...] = ()
    split: SplitRule = TableSplit()
    strata: Annotated[tuple[Stratum, ...], Field(min_length=1)]
    intersections: tuple[Intersection, ...] = ()
    site_role: StratumRole = StratumRole.EXPLORATORY
    target: Target | None = None

    @model_validator(mode="after")
    def _axes_fit(self) -> "Cohort":
        check_axes([stratum.id for stratum in self.strata], self.intersections)
        return self
