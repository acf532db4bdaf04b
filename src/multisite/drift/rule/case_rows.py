"""Cases as rows, with what the ledger says of them."""

from collections.abc import Sequence
from typing import Any

from multisite.drift.rule.states import Case
from multisite.drift.rule.told import Told

__all__ = ["case_rows"]


def case_rows(cases: Sequence[Case], told: Told, *, site: str, model: str) -> list[dict[str, Any]]:
    """Rows of DRIFT_CASES; a case without an event is put down to its families."""
    rows = []
    for case in cases:
        noted = told.acknowledgement(case.opened, case.worst)
        rows.append(
            {
                "site": site,
                "model": model,
                "case_number": case.number,
                "cause": case.cause or ", ".join(sorted(family.value for family in case.families)),
                "families": ", ".join(sorted(family.value for family in case.families)),
                "opened": case.opened,
                "last": case.last,
                "worst": case.worst.value,
                "acknowledged": noted.time if noted else None,
                "acknowledged_by": noted.by if noted else None,
                "closed": case.closed,
            }
        )
    return rows
