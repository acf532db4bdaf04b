"""What the integrity checks mean for the claim."""

import polars as pl

from multisite.pack.evidence import Evidence
from multisite.pack.marks import CONCERN, NO_EVIDENCE, QUIET
from multisite.pack.sentences.statement import Statement
from multisite.pack.words import capital, listed, named
from multisite.schemas.integrity import CHECK_RESULTS
from multisite.vocabulary import Severity, Verdict

__all__ = ["blocking_failures", "integrity_statement"]

_TOPIC, _ANCHOR = "Integrity", "integrity"
_NAMED_SITES = 3
_RANK = {severity.value: rank for rank, severity in enumerate(Severity)}


def integrity_statement(evidence: Evidence) -> Statement:
    """Failed checks with their counts and sites, the gravest first; or that none failed, out of how many."""
    results = evidence.frame(CHECK_RESULTS)
    failed = results.filter(pl.col("verdict") == Verdict.FAIL.value)
    unanswered = results.filter(pl.col("verdict").is_in([Verdict.ERROR.value, Verdict.INSUFFICIENT.value]))
    passed = results.filter(pl.col("verdict") == Verdict.PASS.value)
    if failed.is_empty():
        if passed.is_empty():
            return Statement(NO_EVIDENCE, _TOPIC, "No integrity check came to a verdict.", _ANCHOR)
        checks, sites = passed["check"].n_unique(), passed["site"].n_unique()
        text = (
            f"{capital(named(checks, 'check', 'checks'))} passed at {named(sites, 'site', 'sites')}, and none failed."
        )
        return Statement(QUIET, _TOPIC, text + _unanswered(unanswered), _ANCHOR)
    ranked = sorted(
        failed.iter_rows(named=True), key=lambda r: (_RANK[r["severity"]], -r["n_found"], r["order"], r["site"])
    )
    facts = [f"{row['site']}: {row['sentence'].rstrip('.')} ({row['severity']})" for row in ranked[:3]]
    more = len(ranked) - len(facts)
    n_failed, n_sites = failed["check"].n_unique(), failed["site"].n_unique()
    text = f"{n_failed} of {results['check'].n_unique()} checks failed, at {named(n_sites, 'site', 'sites')}. "
    text += "; ".join(facts)
    text += f"; and {named(more, 'more failure', 'more failures')}." if more else "."
    return Statement(CONCERN, _TOPIC, text + _unanswered(unanswered), _ANCHOR)


def blocking_failures(evidence: Evidence) -> str:
    """The warning above every number when a check that the protocol calls blocking failed or crashed; else empty."""
    results = evidence.frame(CHECK_RESULTS)
    stopped = results.filter(pl.col("blocking") & pl.col("verdict").is_in([Verdict.FAIL.value, Verdict.ERROR.value]))
    if stopped.is_empty():
        return ""
    titles = listed(sorted({f"“{title}”" for title in stopped["title"]}))
    sites = listed(sorted(stopped["site"].unique()))
    return (
        f"The protocol names {titles} as blocking, and that did not hold at {sites}. "
        "Until it is mended and the study run again, the numbers below do not support the claim."
    )


def _unanswered(results: pl.DataFrame) -> str:
    if results.is_empty():
        return ""
    sites = listed(sorted(results["site"].unique())) if results["site"].n_unique() <= _NAMED_SITES else "some sites"
    return f" {capital(named(results['check'].n_unique(), 'check', 'checks'))} could not be answered at {sites}."
