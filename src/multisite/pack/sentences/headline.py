"""The first sentences: what was tested, on whom, and with which result."""

from multisite.pack.evidence import Endpoint, EstimateRow, Evidence
from multisite.pack.metrics import AUC, FOREST, METRICS, SENSITIVITY, SPECIFICITY
from multisite.pack.numbers import count, per_cent, write
from multisite.pack.words import listed, named

__all__ = ["answer", "spread_title", "test_set"]


def test_set(evidence: Evidence, endpoint: Endpoint) -> str:
    """How many were tested, where."""
    row = evidence.estimate(endpoint, AUC) or evidence.estimate(endpoint, SENSITIVITY)
    sites = named(len(evidence.sites), "site", "sites")
    if row is None:
        return f"No estimate was made for {endpoint.finding.title} at {sites}."
    return (
        f"{count(row.n_cases)} test cases of {count(row.n_patients)} patients at {sites}; "
        f"{count(row.n_positive)} cases have the finding by the reference standard."
    )


def answer(evidence: Evidence, endpoint: Endpoint) -> str:
    """The result over all sites, with intervals, in one sentence."""
    found = {name: evidence.estimate(endpoint, name) for name in FOREST}
    parts = [f"{METRICS[AUC].title} {_said(found[AUC])}"]
    decided = [f"{METRICS[name].title.lower()} {_said(found[name])}" for name in (SENSITIVITY, SPECIFICITY)]
    level = per_cent(100 * evidence.parameters.ci_level)
    return (
        f"{endpoint.title}: {parts[0]}; at threshold {evidence.threshold_words(endpoint)}, {listed(decided)} "
        f"({level} intervals)."
    )


def spread_title(evidence: Evidence, endpoint: Endpoint) -> str:
    """The finding of the figure of all sites: how far they lie apart, in the metric whose sites lie furthest apart."""
    widest: tuple[float, str, EstimateRow, EstimateRow] | None = None
    for name in FOREST:
        rows = [row for site in evidence.sites if (row := evidence.estimate(endpoint, name, site=site)) and row.sound]
        if len(rows) > 1:
            low, high = min(rows, key=lambda r: r.value), max(rows, key=lambda r: r.value)
            if widest is None or high.value - low.value > widest[0]:
                widest = (high.value - low.value, METRICS[name].title, low, high)
    if widest is None:
        return "Fewer than two sites can be compared"
    _, title, low, high = widest
    words = [write(row.value, row.low, row.high).point for row in (low, high)]
    return f"{title} runs from {words[0]} at {low.site} to {words[1]} at {high.site}"


def _said(row: EstimateRow | None) -> str:
    if row is None:
        return "not computed"
    if row.estimate is None:
        return f"undefined ({row.why})"
    said = str(write(row.estimate, row.ci_low, row.ci_high))
    return said if row.sound else f"{said}, on too few cases ({row.why})"
