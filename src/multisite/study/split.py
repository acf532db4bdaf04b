"""Where the split of a case comes from: the site's table, or a rule that the study file declares."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from multisite.study.section import Identifier, Section, Share
from multisite.vocabulary import Split

__all__ = ["ColumnSplit", "PatientSplit", "SiteSplit", "SplitRule", "TableSplit", "TimeSplit", "check_stratify"]

_TOLERANCE = 1e-9


def _make_a_whole(shares: dict[Split, float]) -> dict[Split, float]:
    if len(shares) < 2:
        raise ValueError("give at least two splits a share")
    if abs(sum(shares.values()) - 1) > _TOLERANCE:
        raise ValueError("the shares must add up to 1")
    return shares


def _named_once(lists: Iterable[Iterable[str]], what: str) -> None:
    names = [name for one in lists for name in one]
    if len(set(names)) != len(names):
        raise ValueError(f"a {what} is named twice")


Shares = Annotated[dict[Split, Share], AfterValidator(_make_a_whole)]
Straddling = Literal["exclude_later", "keep"]


class TableSplit(Section):
    """The site's table says it."""

    by: Literal["table"] = "table"


class PatientSplit(Section):
    """Whole patients are drawn. ``stratify`` names strata or findings within whose levels the shares hold, too."""

    by: Literal["patient"]
    shares: Shares
    seed: int
    stratify: tuple[Identifier, ...] = ()


class TimeSplit(Section):
    """The date of the case decides: each date is the first day of its split."""

    by: Literal["time"]
    tune_from: date | None = None
    test_from: date
    straddling: Straddling

    @model_validator(mode="after")
    def _dates_rise(self) -> "TimeSplit":
        if self.tune_from is not None and self.tune_from >= self.test_from:
            raise ValueError("`tune_from` must lie before `test_from`")
        return self


class SiteSplit(Section):
    """All cases of a site are in one split."""

    by: Literal["site"]
    sites: Annotated[dict[Split, Annotated[tuple[Identifier, ...], Field(min_length=1)]], Field(min_length=1)]

    @model_validator(mode="after")
    def _sites_are_named_once(self) -> "SiteSplit":
        _named_once(self.sites.values(), "site")
        return self

    def split_of(self, site: str) -> Split | None:
        """The split whose list names ``site``; ``None`` where none does."""
        return next((split for split, named in self.sites.items() if site in named), None)


class ColumnSplit(Section):
    """The value of a column decides: its levels are named, or drawn whole."""

    by: Literal["column"]
    column: str
    levels: dict[Split, Annotated[tuple[str, ...], Field(min_length=1)]] | None = None
    otherwise: Split | None = None
    shares: Shares | None = None
    seed: int | None = None
    straddling: Straddling

    @model_validator(mode="after")
    def _one_way_is_given(self) -> "ColumnSplit":
        given = frozenset(n for n in ("levels", "otherwise", "shares", "seed") if getattr(self, n) is not None)
        if given not in ({"levels", "otherwise"}, {"shares", "seed"}):
            raise ValueError("give either `levels` with `otherwise`, or `shares` with `seed`")
        if not (self.levels is None or self.levels):
            raise ValueError("`levels` must name at least one level")
        _named_once((self.levels or {}).values(), "level")
        return self


SplitRule = Annotated[TableSplit | PatientSplit | TimeSplit | SiteSplit | ColumnSplit, Field(discriminator="by")]


def check_stratify(split: PatientSplit, *, axes: Sequence[str]) -> None:
    """Refuse axes that are none of ``axes`` (ids of strata and findings), or of which two have the id.

    Raises
    ------
    ValueError
        As said.
    """
    if any(axes.count(name) != 1 for name in split.stratify):
        raise ValueError("`cohort.split.stratify` must name strata or findings, each by an id that only one has")
    if len(set(split.stratify)) != len(split.stratify):
        raise ValueError("`cohort.split.stratify` names an axis twice")
