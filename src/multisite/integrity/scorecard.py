"""Asking every check: its row of the scorecard, and its findings."""

from collections.abc import Sequence

import polars as pl

from multisite.integrity.check import Check, CheckFrames, Outcome, nothing_found
from multisite.schemas.integrity import CHECK_RESULTS, FINDINGS
from multisite.vocabulary import Verdict

__all__ = ["run_checks"]


def run_checks(
    frames: CheckFrames, checks: Sequence[Check], *, site: str, blocking: Sequence[str]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Scorecard and findings.

    A check that crashes, or hands back what is no outcome, is one row with the verdict ``error``, never the end of the
    run.
    """
    results, findings = [CHECK_RESULTS.empty()], [FINDINGS.empty()]
    for order, check in enumerate(checks):
        place: dict[str, str | int] = {"site": site, "order": order, "blocking": check.id in blocking}
        try:
            result, found = _tables(check, check.run(frames), place)
        except Exception as error:  # A broken check must not hide the others; its class alone is told.
            sentence = f"The check stopped with {type(error).__name__}; nothing is known about its question."
            result, found = _tables(check, Outcome(Verdict.ERROR, 0, 0, sentence, nothing_found()), place)
        results.append(result)
        findings.append(found)
    return pl.concat(results), pl.concat(findings)


def _tables(check: Check, outcome: Outcome, place: dict[str, str | int]) -> tuple[pl.DataFrame, pl.DataFrame]:
    row = place | {
        "check": check.id,
        "title": check.title,
        "family": check.family,
        "severity": check.severity.value,
        "method": check.method,
        "verdict": outcome.verdict.value,
        "unit": check.unit,
        "n_examined": outcome.n_examined,
        "n_found": outcome.n_found,
        "sentence": outcome.sentence,
    }
    found = outcome.found.with_columns(pl.lit(place["site"]).alias("site"), pl.lit(check.id).alias("check"))
    return CHECK_RESULTS.conform(pl.DataFrame([row], schema=CHECK_RESULTS.schema)), FINDINGS.conform(found)
