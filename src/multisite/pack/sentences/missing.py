"""What could not be shown: the numbers that rest on too few patients, or do not exist."""

from multisite.pack.evidence import Endpoint, Evidence
from multisite.pack.marks import NO_EVIDENCE, QUIET
from multisite.pack.metrics import FOREST, METRICS
from multisite.pack.numbers import count
from multisite.pack.sentences.statement import Statement
from multisite.pack.words import listed

__all__ = ["missing_statement"]

_TOPIC = "Not shown"


def missing_statement(evidence: Evidence, endpoint: Endpoint) -> Statement:
    """Which measures cannot be judged at which site and why, and how many levels of strata lack one over all sites."""
    anchor = f"performance-{endpoint.slug}"
    sites_by_gap: dict[tuple[str, str], list[str]] = {}
    for site in evidence.sites:
        for why, names in _unjudged(evidence, endpoint, site).items():
            sites_by_gap.setdefault((listed(names), why), []).append(site)
    parts = [f"{names} at {listed(sites)} cannot be judged ({why})" for (names, why), sites in sites_by_gap.items()]
    lacking, levels = _levels(evidence, endpoint)
    if lacking:
        parts.append(
            f"{count(lacking)} of {count(levels)} levels of strata lack AUC, sensitivity or specificity over all sites"
        )
    if not parts:
        text = "Every site and every level of every stratum has enough patients for AUC, sensitivity and specificity."
        return Statement(QUIET, _TOPIC, text, anchor)
    text = "; ".join(parts)
    return Statement(NO_EVIDENCE, _TOPIC, f"{text[:1].upper()}{text[1:]}. Nothing is claimed of these.", anchor)


def _unjudged(evidence: Evidence, endpoint: Endpoint, site: str) -> dict[str, list[str]]:
    """Reason to measures."""
    found: dict[str, list[str]] = {}
    for name in FOREST:
        row = evidence.estimate(endpoint, name, site=site)
        if row is None or not row.sound:
            found.setdefault("not computed" if row is None else row.why, []).append(METRICS[name].inside)
    return found


def _levels(evidence: Evidence, endpoint: Endpoint) -> tuple[int, int]:
    lacking = levels = 0
    for stratum in evidence.parameters.strata:
        for level in evidence.levels(stratum):
            rows = [evidence.estimate(endpoint, name, stratum=stratum.id, level=level) for name in FOREST]
            if any(rows):
                levels += 1
                lacking += not all(row is not None and row.sound for row in rows)
    return lacking, levels
