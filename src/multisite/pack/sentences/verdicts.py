"""What became of the margins: how many comparisons meet, fail or lack evidence, and which ones fail."""

from collections import Counter

from multisite.pack.evidence import Endpoint, Evidence
from multisite.pack.marks import CONCERN, NO_EVIDENCE, QUIET
from multisite.pack.metrics import METRICS
from multisite.pack.numbers import NO_NUMBER, write
from multisite.pack.sentences.statement import Statement
from multisite.pack.verdicts import Line, exploratory, judged, level_words
from multisite.pack.words import listed, named, points
from multisite.vocabulary import MarginKind, MarginVerdict

__all__ = ["verdict_statement", "verdict_title"]

_TOPIC = "Declared margins"


def verdict_statement(evidence: Evidence, endpoint: Endpoint) -> Statement | None:
    """The verdicts in one sentence, and every failure with its number; ``None`` where no margin is declared."""
    if not evidence.parameters.has_margins:
        return None
    rows = judged(evidence, endpoint)
    anchor = f"performance-{endpoint.slug}"
    text = f"{verdict_title(evidence, endpoint)}. "
    failing = [row for row in rows if row["verdict"] == MarginVerdict.FAILS]
    text += "".join(f"{_failure(evidence, row)} " for row in failing)
    text += _pointing(evidence, endpoint)
    all_meet = bool(rows) and all(row["verdict"] == MarginVerdict.MEETS for row in rows)
    mark = CONCERN if failing else QUIET if all_meet else NO_EVIDENCE
    return Statement(mark, _TOPIC, text.rstrip(), anchor)


def verdict_title(evidence: Evidence, endpoint: Endpoint) -> str:
    """How many of the primary comparisons meet their margin, fail it, or show too little."""
    rows = judged(evidence, endpoint)
    if not rows:
        return "No primary comparison has a margin"
    counts = Counter(row["verdict"] for row in rows)
    meets, fails, thin = (counts[verdict] for verdict in MarginVerdict)
    said = [
        f"{meets} {'meets' if meets == 1 else 'meet'}",
        f"{fails} {'fails' if fails == 1 else 'fail'}",
        f"for {thin} the evidence is insufficient",
    ]
    return f"Of {named(len(rows), 'primary comparison', 'primary comparisons')}: {listed(said)}"


def _failure(evidence: Evidence, row: Line) -> str:
    own = f"{level_words(evidence, row)} fails: {METRICS[row['metric']].title} {_number(row)}"
    if row["margin_kind"] == MarginKind.GAP:
        low, high = (round(-100 * row[end]) for end in ("difference_high", "difference_low"))
        own += f", {points(row['difference'])} ({low}–{high}) below all other cases"
    return f"{own}."


def _pointing(evidence: Evidence, endpoint: Endpoint) -> str:
    found = [row for row in exploratory(evidence, endpoint) if row["points_to"] == MarginVerdict.FAILS]
    if not found:
        return ""
    said = [f"{level_words(evidence, row)} ({METRICS[row['metric']].title})" for row in found]
    return f"Exploratory strata point to a shortfall in: {listed(said)}."


def _number(row: Line) -> str:
    return NO_NUMBER if row["estimate"] is None else str(write(row["estimate"], row["ci_low"], row["ci_high"]))
