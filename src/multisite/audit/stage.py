"""The looks stage: from a site's ledger to the counts that the report prints."""

from dataclasses import dataclass

import polars as pl

from multisite.audit.entry import Event
from multisite.schemas import Scope, Stage, StageInputs, StageOutputs
from multisite.schemas.looks import LEDGER_ROWS, LOOKS

__all__ = ["LOOKS_STAGE", "LookParameters", "count_looks"]


@dataclass(frozen=True, slots=True)
class LookParameters:
    """Nothing: what counts as a look is no choice of a study."""


def count_looks(rows: pl.DataFrame, *, site: str) -> pl.DataFrame:
    """Runs and different evaluations among ``rows`` (LEDGER_ROWS), and where the chain is broken: one row of LOOKS.

    Entries behind a break count, too: what may have been a look is one.
    """
    looks = rows.filter(pl.col("event") == Event.LOOK.value)
    broken = rows.with_row_index("place", offset=1).filter(~pl.col("holds"))["place"]
    counted = {
        "site": site,
        "n_runs": looks["run"].n_unique(),
        "n_evaluations": looks.select("protocol", "evaluated").unique().height,
        "broken_at": broken.min(),
    }
    return pl.DataFrame([counted], schema=LOOKS.schema)


def _count(inputs: StageInputs, parameters: LookParameters) -> StageOutputs:
    rows = pl.DataFrame(schema=LEDGER_ROWS) if inputs.ledger is None else inputs.ledger
    return StageOutputs(frames={LOOKS.name: count_looks(rows, site=inputs.site)})


def _parameters(study: object, site: object) -> LookParameters:
    return LookParameters()


LOOKS_STAGE = Stage(
    name="looks",
    title="Count the looks at the test labels",
    verb="report",
    scope=Scope.SITE,
    version=1,
    reads=(),
    writes=(LOOKS,),
    run=_count,
    parameters=_parameters,
    reads_ledger=True,
)
