"""The claim that a study is prospective, held against the dates of its test cases."""

from multisite.errors import ConfigError
from multisite.pack.evidence import Evidence
from multisite.pack.words import listed
from multisite.schemas.standings import TIME_FORWARD

__all__ = ["require_dates_of_prospective"]


def require_dates_of_prospective(evidence: Evidence) -> None:
    """Nothing where every test case of every site was acquired after the freeze of the model and the lock.

    Raises
    ------
    ConfigError
        Where the dates do not bear the claim out: which sites, and why.
    """
    reasons: dict[str, list[str]] = {}
    for row in evidence.frame(TIME_FORWARD).sort("site", "model").iter_rows(named=True):
        why = _why_not(row)
        if why and row["site"] not in reasons.setdefault(why, []):
            reasons[why].append(row["site"])
    if evidence.frame(TIME_FORWARD).is_empty():
        reasons["no date of a test case is known"] = ["every site"]
    if reasons:
        told = "; ".join(f"{why} ({listed(sites)})" for why, sites in reasons.items())
        raise ConfigError(
            f"the study claims to be prospective, and the dates do not bear that out: {told}",
            place="study file, `reporting.design.timing`",
            remedy="Call it retrospective, or leave it out; a later lock does not make earlier cases prospective.",
        )


def _why_not(row: dict[str, object]) -> str:
    if row["frozen_on"] is None:
        return "no day is declared on which the model was frozen (`models.frozen_on`)"
    if row["locked_on"] is None:
        return "the protocol is not locked"
    if row["n_undated"]:
        return "test cases without a date"
    if row["n_after_freeze"] != row["n_cases"]:
        return "test cases that were acquired before the model was frozen"
    if row["n_after_lock"] != row["n_cases"]:
        return "test cases that were acquired before the protocol was locked"
    return ""
