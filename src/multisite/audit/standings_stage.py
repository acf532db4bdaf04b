"""The standings stage: from a site's ledger and the dates of its test cases to what the pack says of both."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

import polars as pl

from multisite.audit.locks import SiteStanding, deviation_rows, standing_of
from multisite.schemas import Scope, Stage, StageInputs, StageOutputs
from multisite.schemas.cohort import COHORT
from multisite.schemas.looks import LEDGER_ROWS
from multisite.schemas.standings import DEVIATIONS, STANDINGS, TIME_FORWARD
from multisite.vocabulary import Split

__all__ = ["STANDINGS_STAGE", "StandingParameters", "time_forward"]


@dataclass(frozen=True, slots=True)
class StandingParameters:
    """The digest of the protocol as it is now, and of each model the day from which on it was not changed."""

    protocol: str
    frozen_on: tuple[tuple[str, date | None], ...]


class _Model(Protocol):
    @property
    def id(self) -> str: ...

    @property
    def frozen_on(self) -> date | None: ...


class _Study(Protocol):
    """What of the study file this stage needs; the room of the study file lies beside this one."""

    @property
    def protocol_sha256(self) -> str: ...

    @property
    def models(self) -> tuple[_Model, ...]: ...


def time_forward(
    cohort: pl.DataFrame, standing: SiteStanding, parameters: StandingParameters, *, site: str
) -> pl.DataFrame:
    """Rows of TIME_FORWARD: how many included test cases were acquired after freeze and lock, by their dates.

    A case of the very day counts as acquired before: its hour is not known.
    """
    tested = cohort.filter(pl.col("included") & (pl.col("split") == Split.TEST.value))
    dates = tested["case_date"].drop_nulls()
    locked_on = datetime.fromisoformat(standing.lock.time).date() if standing.lock else None
    months = dates.dt.truncate("1mo")

    def after(day: date | None) -> int | None:
        return None if day is None else int((dates > day).sum())

    rows = [
        {
            "site": site,
            "model": model,
            "frozen_on": frozen_on,
            "locked_on": locked_on,
            "n_cases": tested.height,
            "n_undated": tested.height - len(dates),
            "n_after_freeze": after(frozen_on),
            "n_after_lock": after(locked_on),
            "first_month": months.min(),
            "last_month": months.max(),
        }
        for model, frozen_on in parameters.frozen_on
    ]
    return pl.DataFrame(rows, schema=TIME_FORWARD.schema)


def _stand(inputs: StageInputs, parameters: StandingParameters) -> StageOutputs:
    rows = pl.DataFrame(schema=LEDGER_ROWS) if inputs.ledger is None else inputs.ledger
    found = standing_of(rows, protocol=parameters.protocol)
    lock = found.lock
    standing: dict[str, Any] = {
        "site": inputs.site,
        "protocol": parameters.protocol,
        "standing": found.kind.value,
        "reason": found.reason or None,
        "locked_at": lock.time if lock else None,
        "locked_by": lock.by if lock else None,
        "n_looks_before": lock.n_looks_before if lock else None,
    }
    return StageOutputs(
        frames={
            STANDINGS.name: pl.DataFrame([standing], schema=STANDINGS.schema),
            DEVIATIONS.name: deviation_rows(rows, site=inputs.site),
            TIME_FORWARD.name: time_forward(inputs.frame(COHORT.name), found, parameters, site=inputs.site),
        }
    )


def _parameters(study: _Study, site: object) -> StandingParameters:
    return StandingParameters(study.protocol_sha256, tuple((model.id, model.frozen_on) for model in study.models))


STANDINGS_STAGE = Stage(
    name="standings",
    title="Tell planned from exploratory",
    verb="report",
    scope=Scope.SITE,
    version=1,
    reads=(COHORT,),
    projection={COHORT.name: ("split", "case_date", "included")},
    writes=(STANDINGS, DEVIATIONS, TIME_FORWARD),
    run=_stand,
    parameters=_parameters,
    reads_ledger=True,
)
