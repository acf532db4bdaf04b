"""What more than one look at the test labels does to the intervals of the page."""

from multisite.pack.evidence import Evidence
from multisite.pack.words import listed
from multisite.schemas.looks import LOOKS

__all__ = ["looks_caution"]


def looks_caution(evidence: Evidence) -> str:
    """Where an evaluation may not be the first one; empty when every site's ledger is whole and tells of one."""
    looks = evidence.frame(LOOKS).sort("site")
    again = looks.filter(looks["n_evaluations"] > 1)["site"].to_list()
    unknown = looks.filter(looks["broken_at"].is_not_null() | (looks["n_runs"] == 0))["site"].to_list()
    parts = []
    if again:
        parts.append(
            f"At {listed(again)} the test labels were read for more than one combination of protocol, cohort and "
            "scores."
        )
    if unknown:
        parts.append(f"At {listed(unknown)} it is not known how often they were read.")
    if parts:
        parts.append(
            "An interval takes the evaluation as the first one: where an earlier one led to a change of the model, the "
            "threshold or the cohort, the estimates may flatter the model, and their intervals are too narrow."
        )
    return " ".join(parts)
