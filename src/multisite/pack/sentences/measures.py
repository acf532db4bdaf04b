"""What a continuous endpoint comes to, in a sentence, with its verdict where a margin is declared."""

from multisite.pack.evidence import EstimateRow
from multisite.pack.marks import CONCERN, NO_EVIDENCE, QUIET
from multisite.pack.measures import Measured
from multisite.pack.numbers import count, write
from multisite.pack.sentences.statement import Statement
from multisite.pack.words import listed
from multisite.schemas.measures import MEASURE_COUNTED
from multisite.vocabulary import ALL_SITES, MarginVerdict

__all__ = ["measure_sentences", "measure_statement", "measure_title"]

_LOST = [name for name in MEASURE_COUNTED if name not in ("used", "top_coded", "no_test_case", "undeclared")]
"""Rows of cases of another split, or of none, are no loss."""


def measure_statement(held: Measured) -> Statement | None:
    """Whether the margin is met over all sites and at each; ``None`` where none is declared."""
    verdict = _verdict(held)
    if verdict is None:
        return None
    failing = _failing_sites(held)
    marks = {MarginVerdict.MEETS: QUIET, MarginVerdict.FAILS: CONCERN, MarginVerdict.INSUFFICIENT: NO_EVIDENCE}
    text = f"{measure_title(held)}; the protocol accepts {_accepted(held)}: {verdict.value}.{_told(failing)}"
    return Statement(CONCERN if failing else marks[verdict], held.measure.title, text, f"measure-{held.slug}")


def measure_title(held: Measured) -> str:
    """The mean, or bias and limits of agreement, over all sites."""
    row = held.row(held.centre)
    if row is None or row.estimate is None:
        return f"{held.measure.title}: no number over all sites ({'not computed' if row is None else row.why})"
    if not held.measure.paired:
        return f"{held.measure.title}: a mean of {_number(row, held)} over all sites"
    low, high = held.row("lower_limit"), held.row("upper_limit")
    limits = "no limits of agreement"
    if low is not None and high is not None and low.estimate is not None and high.estimate is not None:
        ends = [write(end.estimate or 0.0, end.ci_low, end.ci_high).point for end in (low, high)]
        limits = f"95\N{NARROW NO-BREAK SPACE}% of differences expected from {' to '.join(ends)}{_unit(held)}"
    return f"{held.measure.title}: a bias of {_number(row, held)} over all sites, {limits}"


def measure_sentences(held: Measured) -> tuple[str, ...]:
    """The number, its verdict, and how many rows or cases are not in it."""
    verdict = _verdict(held)
    first = f"{measure_title(held)}."
    if verdict is not None:
        first += f" The protocol accepts {_accepted(held)}: {verdict.value}.{_told(_failing_sites(held))}"
    lost = sum(held.counts[site, name]["n_rows"] for site, name in held.counts if name in _LOST)
    said = (
        f"{count(lost)} rows of test cases, or test cases without a row, are not in these numbers; the table below "
        "says why."
        if lost
        else "Every included test case has a sound row."
    )
    return first, said


def _failing_sites(held: Measured) -> list[str]:
    return [site for site in held.sites if _verdict(held, site=site) is MarginVerdict.FAILS]


def _told(failing: list[str]) -> str:
    return f" It fails at {listed(failing)}." if failing else ""


def _verdict(held: Measured, *, site: str = ALL_SITES) -> MarginVerdict | None:
    """Of the mean; of both limits of agreement together, of which one that fails is enough."""
    metrics = ("lower_limit", "upper_limit") if held.measure.paired else ("mean",)
    found = [verdict for metric in metrics if (verdict := held.verdict(metric, site=site))]
    if not found:
        return None
    if MarginVerdict.FAILS in found:
        return MarginVerdict.FAILS
    return MarginVerdict.INSUFFICIENT if MarginVerdict.INSUFFICIENT in found else MarginVerdict.MEETS


def _accepted(held: Measured) -> str:
    margin = f"{held.measure.margin:g}{_unit(held)}"
    if held.measure.paired:
        return f"limits of agreement within ±{margin}"
    return f"a mean of {margin} or {'more' if held.measure.higher_is_better else 'less'}"


def _number(row: EstimateRow, held: Measured) -> str:
    number = write(row.estimate or 0.0, row.ci_low, row.ci_high)
    return f"{number.point}{_unit(held)} {number.interval}".rstrip()


def _unit(held: Measured) -> str:
    return f"\N{NO-BREAK SPACE}{held.measure.unit}" if held.measure.unit else ""
