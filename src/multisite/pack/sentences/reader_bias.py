"""Whether any reader calls wrong more often than the others of the same cases."""

from typing import Any

import polars as pl

from multisite.pack.evidence import Evidence
from multisite.pack.marks import CONCERN
from multisite.pack.numbers import per_cent
from multisite.pack.parameters import FindingText
from multisite.pack.sentences.statement import Statement
from multisite.pack.words import named, points
from multisite.schemas.reader_bias import OVER_CALLS, READER_BIAS
from multisite.vocabulary import Verdict

__all__ = ["reader_bias_sentence", "reader_bias_statement", "reader_bias_title"]

_TOPIC, _ANCHOR = "Readers", "reference"
_NAMED = 3


def reader_bias_sentence(evidence: Evidence, finding: FindingText) -> str:
    """The finding of the table, and each reader who reads differently with both shares."""
    failing = _failing(evidence, finding)
    told = "".join(f" {_said(row)}." for row in failing[:_NAMED])
    more = len(failing) - _NAMED
    rest = f" {named(more, 'more such row is', 'more such rows are')} in the table." if more > 0 else ""
    return f"{reader_bias_title(evidence, finding)}.{told}{rest[:2].upper()}{rest[2:]}"


def reader_bias_title(evidence: Evidence, finding: FindingText) -> str:
    """How many readers call wrong too often, and of how many it cannot be told."""
    rows = evidence.frame(READER_BIAS).filter(finding=finding.id)
    if rows.is_empty():
        return "No two readers share a case, so that none can be held beside the others"
    n_readers = _readers(rows)
    n_failing = _readers(rows.filter(verdict=Verdict.FAIL.value))
    open_rows = rows.filter(verdict=Verdict.INSUFFICIENT.value)
    beyond = f"by more than {points(rows['excess_at_most'][0])}"
    who = named(n_failing, "calls", "call") if n_failing else "none is shown to call"
    readers = named(n_readers, "reader", "readers")
    title = f"Of {readers}, {who} wrong more often than the others of the same cases, {beyond}"
    if open_rows.is_empty():
        return title
    return f"{title}; in {open_rows.height} of {rows.height} comparisons the evidence is insufficient"


def reader_bias_statement(evidence: Evidence, finding: FindingText) -> Statement | None:
    """Readers who read differently, for the first page; ``None`` where none does."""
    if not _failing(evidence, finding):
        return None
    text = f"{reader_bias_sentence(evidence, finding)} Labels that such a reader had a part in may lean the same way."
    return Statement(CONCERN, _TOPIC, text, _ANCHOR)


def _failing(evidence: Evidence, finding: FindingText) -> list[dict[str, Any]]:
    failing = evidence.frame(READER_BIAS).filter(finding=finding.id, verdict=Verdict.FAIL.value)
    return failing.sort("difference", "site", "reader", descending=[True, False, False]).to_dicts()


def _said(row: dict[str, Any]) -> str:
    wrongly = "negatives positive" if row["error"] == OVER_CALLS else "positives negative"
    own, others = (per_cent(100 * row[name]) for name in ("of_reader", "of_others"))
    reader = row["reader"].capitalize().replace(" ", "\N{NO-BREAK SPACE}")
    return f"{reader} of {row['site']} calls {own} of the {wrongly}, the others {others} of the same"


def _readers(rows: pl.DataFrame) -> int:
    return rows.select("site", "reader").unique().height
