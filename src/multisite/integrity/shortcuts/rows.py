"""Estimates as columns of a row, withheld where too few patients stand behind them."""

from typing import Any

from multisite.stats import Estimate
from multisite.vocabulary import EstimateStatus

__all__ = ["interval_columns", "thin_reason"]


def interval_columns(found: Estimate, *, withheld: str | None = None) -> dict[str, Any]:
    """``estimate``, interval, ``status`` and ``reason``; without numbers where there is a reason to withhold them."""
    shown = withheld is None
    undefined = found.status is EstimateStatus.UNDEFINED
    return {
        "estimate": found.estimate if shown else None,
        "ci_low": found.ci_low if shown else None,
        "ci_high": found.ci_high if shown else None,
        "ci_level": found.ci_level,
        "ci_method": found.ci_method,
        "status": found.status.value if shown or undefined else EstimateStatus.INSUFFICIENT.value,
        "reason": found.reason if shown else withheld,
    }


def thin_reason(n_patients: int, n_others: int, minimum: int, others: str) -> str | None:
    """Why a comparison with the ``others`` is withheld: one side has fewer than ``minimum`` patients; else None."""
    for n, where in ((n_patients, ""), (n_others, f" {others}")):
        if n < minimum:
            return f"fewer than {minimum} patients{where}" if n else f"no patient{where}"
    return None
