"""How the threshold came about, whether it does elsewhere what was asked of it, and what it does to 1,000 cases."""

from collections.abc import Mapping
from typing import Any

from multisite.pack.evidence import Endpoint, Evidence
from multisite.pack.numbers import count, decimals_for, fixed, per_cent, write
from multisite.pack.words import listed
from multisite.schemas.operating_points import OPERATING_POINTS, OUTCOMES_PER_1000, THRESHOLD_TRANSFER
from multisite.vocabulary import ALL_SITES, OVERALL, ThresholdAgreement, Transfer

__all__ = ["equipment_without_stratum", "operating_point", "rule_words", "threshold_words"]

_Row = Mapping[str, Any]
_EQUIPMENT = (("vendor", "vendor"), ("software_versions", "software version"))


def operating_point(evidence: Evidence, endpoint: Endpoint) -> tuple[str, ...]:
    """The sentences of the section, the empty ones left out."""
    found = (
        _choice(evidence, endpoint),
        _transfer(evidence, endpoint),
        _outcomes(evidence, endpoint),
    )
    return tuple(filter(None, found))


def rule_words(row: _Row) -> str:
    """What the rule of a row of OPERATING_POINTS asks for."""
    if row["rule"] == "youden":
        return "the lowest threshold at which sensitivity + specificity is greatest"
    if row["rule"] == "net_benefit":
        return f"the lowest threshold of greatest net benefit, acting from a probability of {row['act_from']:g} on"
    end = "highest" if row["rule"] == "sensitivity" else "lowest"
    of = f"the lower bound of {row['rule']}" if row["judged_by"] == "lower_bound" else row["rule"]
    return f"the {end} threshold at which {of} is at least {row['at_least']:g}"


def threshold_words(row: _Row) -> str:
    """The rule's threshold in the digits of the score grid, with its interval."""
    ends = (row["ci_low"], row["ci_high"])
    interval = "" if None in ends else f" ({ends[0]:g}–{ends[1]:g})"
    return f"{row['threshold']:g}{interval}"


def equipment_without_stratum(evidence: Evidence) -> str:
    """Which of vendor and software version cannot be looked at, because no stratum is on it."""
    columns = {stratum.column for stratum in evidence.parameters.strata}
    absent = [words for column, words in _EQUIPMENT if column not in columns]
    return f"{listed(absent).capitalize()} not declared as a stratum." if absent else ""


def _choice(evidence: Evidence, endpoint: Endpoint) -> str:
    rows = endpoint.rows(evidence.frame(OPERATING_POINTS)).filter(site=ALL_SITES).to_dicts()
    declared = f"{evidence.threshold_words(endpoint)}"
    if not rows or rows[0]["rule"] is None:
        return (
            f"The study file declares the threshold {declared} and no rule by which it was chosen. Whether it was "
            "chosen on other cases than these is not known from it."
        )
    row = rows[0]
    asked = f"The rule of the study file takes {rule_words(row)}."
    if row["threshold"] is None:
        why = row["reason"] or row["status"]
        return f"{asked} On the tuning cases it gives no threshold ({why}); the study file declares {declared}."
    n = f"{count(row['n_cases'])} tuning cases of {count(row['n_patients'])} patients"
    said = f"{asked} On {n}, {count(row['n_positive'])} of them positive, it gives {threshold_words(row)}"
    if row["agreement"] == ThresholdAgreement.AGREES:
        return f"{said}, which is the threshold that the study file declares."
    said += f"; the study file declares {declared}, which differs"
    if row["ci_low"] is not None:
        inside = row["ci_low"] <= row["declared_threshold"] <= row["ci_high"]
        said += f" and lies {'inside' if inside else 'outside'} that interval"
    if row["share_above"] is not None:
        said += f" ({per_cent(100 * row['share_above'])} of the draws give a higher threshold)"
    return f"{said}. All results are at the declared threshold."


def _transfer(evidence: Evidence, endpoint: Endpoint) -> str:
    rows = endpoint.rows(evidence.frame(THRESHOLD_TRANSFER)).filter(place="declared", stratum=OVERALL)
    judged = [row for row in rows.sort("site").to_dicts() if row["verdict"] is not None]
    absent = equipment_without_stratum(evidence)
    if not judged:
        return f"The rule asks nothing of sensitivity or specificity that test cases could be held against. {absent}"
    metric, target = judged[0]["metric"], judged[0]["target"]
    everyone = next((row for row in judged if row["site"] == ALL_SITES), None)
    of_sites = {
        verdict: [row["site"] for row in judged if row["site"] != ALL_SITES and row["verdict"] == verdict]
        for verdict in Transfer
    }
    said = f"On test cases a {metric} of {target:g}"
    if everyone is not None:
        ends = (everyone["ci_low"], everyone["ci_high"])
        number = "" if everyone["estimate"] is None else f": {write(everyone['estimate'], *ends, expected=target)}"
        said += f" {_verdict_words(everyone['verdict'])} over all sites{number}"
    parts = [f"{_verdict_words(verdict)} at {listed(sites)}" for verdict, sites in of_sites.items() if sites]
    return f"{said}. It {listed(parts)}. {absent}".rstrip() if parts else f"{said}. {absent}".rstrip()


def _verdict_words(verdict: str) -> str:
    words = {
        Transfer.HOLDS: "holds",
        Transfer.DOES_NOT_HOLD: "does not hold",
        Transfer.INSUFFICIENT: "can be neither shown nor ruled out",
    }
    return words[Transfer(verdict)]


def _outcomes(evidence: Evidence, endpoint: Endpoint) -> str:
    rows = endpoint.rows(evidence.frame(OUTCOMES_PER_1000)).filter(site=ALL_SITES).to_dicts()
    found = {row["measure"]: row for row in rows}
    if not found or found["called_positive"]["estimate"] is None:
        return ""
    called, missed = _number(found["called_positive"]), _number(found["false_negatives"])
    row = found["called_positive"]
    with_finding = 1000 * row["prevalence"]
    said = (
        f"Of 1,000 cases of whom exactly {per_cent(100 * row['prevalence'], 1)} have the finding "
        f"({row['prevalence_source']}), the "
        f"threshold {evidence.threshold_words(endpoint)} calls {called} positive, misses {missed} of "
        f"{fixed(with_finding, 0)} with the finding, and raises {_number(found['false_positives'])} false alarms"
    )
    per_hit = found["called_per_true_positive"]
    if per_hit["estimate"] is not None:
        said += f"; {_number(per_hit)} cases are called for each that has the finding"
    return f"{said}."


def _number(row: _Row) -> str:
    if row["estimate"] is None:
        return f"an unknown number ({row['reason'] or row['status']})"
    low, high = row["ci_low"], row["ci_high"]
    if row["measure"] == "called_per_true_positive" or low is None or high is None:
        return str(write(row["estimate"], low, high))
    decimals = min(decimals_for(low, high), 1)
    return f"{fixed(row['estimate'], decimals)} ({fixed(low, decimals)}–{fixed(high, decimals)})"
