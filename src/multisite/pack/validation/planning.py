"""Which results were planned: covered by an endpoint of the plan, under a protocol that was locked in time."""

from collections.abc import Sequence
from enum import StrEnum

import polars as pl

from multisite.pack.marks import Mark
from multisite.study import PlannedEndpoint
from multisite.vocabulary import OVERALL, Standing

__all__ = ["Planning", "planning_mark", "planning_of", "with_planning"]


class Planning(StrEnum):
    """Of a result. Without a lock in time nothing is planned, and all of it is exploratory."""

    PRIMARY = "planned, primary"
    SECONDARY = "planned, secondary"
    POST_HOC = "post hoc"
    EXPLORATORY = "exploratory"


_MARKS = {
    Planning.PRIMARY: Mark(Planning.PRIMARY.value, "●", "pass"),
    Planning.SECONDARY: Mark(Planning.SECONDARY.value, "●", "pass"),
    Planning.POST_HOC: Mark(Planning.POST_HOC.value, "◇", "thin"),
    Planning.EXPLORATORY: Mark(Planning.EXPLORATORY.value, "▲", "thin"),
}


def planning_mark(planning: Planning) -> Mark:
    """A word, a shape and a tone."""
    return _MARKS[planning]


def planning_of(
    endpoints: Sequence[PlannedEndpoint], standing: Standing, *, metric: str, finding: str, model: str, stratum: str
) -> Planning:
    """Of one result: exploratory under a protocol that was not locked in time, else by the endpoint that covers it."""
    if standing is Standing.EXPLORATORY:
        return Planning.EXPLORATORY
    of = None if stratum == OVERALL else stratum
    covering = [e for e in endpoints if e.covers(metric=metric, finding=finding, model=model, stratum=of)]
    if any(endpoint.role == "primary" for endpoint in covering):
        return Planning.PRIMARY
    return Planning.SECONDARY if covering else Planning.POST_HOC


def with_planning(frame: pl.DataFrame, endpoints: Sequence[PlannedEndpoint], standing: Standing) -> pl.DataFrame:
    """``frame`` (with finding, model, metric and, but for one over all test cases, stratum) with ``planning``."""
    keys = [name for name in ("finding", "model", "stratum", "metric") if name in frame.columns]
    found: list[dict[str, str]] = []
    for row in frame.select(keys).unique().iter_rows(named=True):
        of: dict[str, str] = {"stratum": OVERALL, **row}
        found.append({**row, "planning": planning_of(endpoints, standing, **of).value})
    schema = pl.Schema({key: pl.String() for key in (*keys, "planning")})
    return frame.join(pl.DataFrame(found, schema=schema), on=keys, how="left", maintain_order="left")
