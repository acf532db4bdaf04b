"""A row of DRIFT_PERFORMANCE before anything is known, and the endpoint that it is of."""

import math
from dataclasses import dataclass
from typing import Any

__all__ = ["MEASURES", "Endpoint", "blank_row", "rounded"]

MEASURES = ("sensitivity", "specificity")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A finding and model, its threshold, and the largest fall that is no breach."""

    finding: str
    model: str
    threshold: float
    largest_fall: float


def blank_row(
    base: dict[str, Any], measure: str, method: str, endpoint: Endpoint, reference: float | None
) -> dict[str, Any]:
    """A row without an estimate: the keys of ``base``, the validated value and the margin."""
    nothing = dict.fromkeys(
        ("maturity", "estimate", "lower", "upper", "backtest_error", "n_needed", "next_month", "reason")
    )
    return {
        **base, **nothing, "measure": measure, "method": method, "n_studies": 0, "n_labelled": 0, "ci_method": "",
        "reference": rounded(reference), "margin": endpoint.largest_fall, "verdict": "insufficient evidence",
        "n_backtested": 0,
    }  # fmt: skip


def rounded(value: float | None) -> float | None:
    """Nine significant digits, so that machines agree; None where there is no number."""
    return None if value is None or not math.isfinite(value) else float(f"{value:.9g}")
