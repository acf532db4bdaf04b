"""The rows of verdicts as lookups: those that are judged, those that point to something, and their words and marks."""

from collections.abc import Mapping
from typing import Any

from multisite.pack.evidence import Endpoint, Evidence
from multisite.pack.marks import Mark
from multisite.pack.metrics import METRICS
from multisite.schemas.verdicts import VERDICTS
from multisite.vocabulary import OVERALL, SITE_AXIS, UNKNOWN, MarginKind, MarginVerdict, StratumRole

__all__ = ["exploratory", "judged", "level_words", "margin_words", "verdict_word"]

Line = Mapping[str, Any]

_MARKS = {
    MarginVerdict.MEETS: ("●", "pass"),
    MarginVerdict.FAILS: ("▲", "fail"),
    MarginVerdict.INSUFFICIENT: ("◇", "thin"),
}


def judged(evidence: Evidence, endpoint: Endpoint) -> list[Line]:
    """Primary rows with a margin, in the order of the artefact."""
    return [row for row in _rows(evidence, endpoint) if row["verdict"] is not None]


def exploratory(evidence: Evidence, endpoint: Endpoint) -> list[Line]:
    """Rows of exploratory strata, of every metric; a level that two margins bound stands twice."""
    return [row for row in _rows(evidence, endpoint) if row["role"] == StratumRole.EXPLORATORY]


def verdict_word(verdict: str, *, exploratory: bool = False) -> Mark:
    """The verdict as a word with its shape; what is exploratory only points to it."""
    shape, tone = _MARKS[MarginVerdict(verdict)]
    points = exploratory and verdict != MarginVerdict.INSUFFICIENT
    return Mark(f"points to {verdict}" if points else verdict, shape, tone)


def level_words(evidence: Evidence, row: Line) -> str:
    """The level with its stratum, as in a sentence."""
    if row["stratum"] == OVERALL:
        return "All test cases"
    if row["stratum"] == SITE_AXIS:
        return f"Site {row['level']}"
    stratum = next((s for s in evidence.parameters.strata if s.id == row["stratum"]), None)
    if stratum is None:
        return f"{row['stratum']} {row['level']}"
    unit = f" {stratum.unit}" if stratum.unit and row["level"] != UNKNOWN else ""
    return f"{stratum.title} {row['level']}{unit}"


def margin_words(row: Line) -> str:
    """The margin in words."""
    low, high = row["margin_low"], row["margin_high"]
    if row["margin_kind"] == MarginKind.GAP:
        return f"at most {-low:g} below the rest" if low else "not below the rest"
    if low is not None and high is not None:
        return f"{low:g} to {high:g}"
    return f"at least {low:g}" if low is not None else f"at most {high:g}"


def _rows(evidence: Evidence, endpoint: Endpoint) -> list[Line]:
    own = evidence.frame(VERDICTS).filter(finding=endpoint.finding.id, model=endpoint.model.id)
    return sorted(own.iter_rows(named=True), key=lambda row: list(METRICS).index(row["metric"]))
