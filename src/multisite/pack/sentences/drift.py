"""What the months after the validation look like, without raising an alarm."""

from dataclasses import dataclass

import polars as pl

from multisite.pack.evidence import Evidence
from multisite.pack.marks import CONCERN, NO_EVIDENCE, QUIET
from multisite.pack.monitors import SCORE_PREFIX, monitor_title
from multisite.pack.numbers import count, decimals_for_width, fixed
from multisite.pack.sentences.statement import Statement
from multisite.pack.words import listed, month_words, named
from multisite.schemas.drift import DRIFT_COMPARISON

__all__ = ["PICTURE_NOT_ALARM", "drift_statement", "monitor_finding", "sites_without_months"]

PICTURE_NOT_ALARM = (
    "Evidently's verdict is a picture, not an alarm: its default limits look at the size of a difference or at "
    "a p-value, "
    "take no account of how many monitors and months are looked at, and drop missing values. "
    "The verdicts are by a rule of our own, with a stated rate of false alarms, and make no use of it."
)

_TOPIC, _ANCHOR = "After deployment", "drift"


@dataclass(frozen=True, slots=True)
class _Shift:
    """One site and monitor: how many of its months Evidently calls different, and from when to the last."""

    site: str
    monitor: str
    flagged: int
    compared: int
    since: str
    reference: float | None
    latest: float | None


def drift_statement(evidence: Evidence) -> Statement:
    """How much of the picture differs from the baseline, and where most."""
    compared = evidence.frame(DRIFT_COMPARISON).filter(pl.col("evidently_drift").is_not_null())
    absent = sites_without_months(evidence)
    silent = f" Nothing was compared at {listed(absent)}, which supplied no later month." if absent else ""
    if compared.is_empty():
        return Statement(NO_EVIDENCE, _TOPIC, "No later month was compared with the baseline.", _ANCHOR)
    flagged = compared.filter("evidently_drift").height
    months = compared["window"].unique().sort()
    text = (
        f"From {month_words(months[0])} to {month_words(months[-1])}, {count(flagged)} of "
        f"{count(compared.height)} comparisons of a month and a monitor "
        "look different from the baseline to Evidently. "
    )
    shifts = _shifts(compared)
    if shifts:
        text += f"Most at {_said(evidence, shifts[0])}. "
    text += _largest_score_change(evidence) + "This is a picture, not an alarm." + silent
    return Statement(CONCERN if shifts else QUIET, _TOPIC, text, _ANCHOR)


def monitor_finding(evidence: Evidence, monitor: str) -> str:
    """The finding of a monitor's figure."""
    compared = evidence.frame(DRIFT_COMPARISON).filter(
        pl.col("evidently_drift").is_not_null(), pl.col("monitor") == monitor
    )
    title = monitor_title(evidence.parameters, monitor)
    if compared.is_empty():
        return f"{title}: no month could be compared"
    shifts = _shifts(compared)
    if not shifts:
        return f"{title}: Evidently calls no month different"
    first = shifts[0]
    since = f"{'first ' if first.flagged > 1 else ''}in {month_words(first.since)}"
    others = len({shift.site for shift in shifts}) - 1
    also = f", and at {named(others, 'more site', 'more sites')}" if others else ""
    return f"{title}: different at {first.site} {since}{also}"


def sites_without_months(evidence: Evidence) -> list[str]:
    """Sites with a cohort and no later month."""
    present = set(evidence.frame(DRIFT_COMPARISON)["site"].unique())
    return [site for site in evidence.sites if site not in present]


def _largest_score_change(evidence: Evidence) -> str:
    """The month whose mean score lies furthest from its site's baseline, whatever Evidently says of it."""
    scores = evidence.frame(DRIFT_COMPARISON).filter(
        pl.col("monitor").str.starts_with(SCORE_PREFIX), pl.col("reason").is_null()
    )
    change = pl.col("mean_current") - pl.col("mean_reference")
    ranked = scores.drop_nulls(["mean_current", "mean_reference"]).sort(
        change.abs(), "site", "window", "monitor", descending=[True, False, False, False]
    )
    if ranked.is_empty():
        return ""
    row = ranked.row(0, named=True)
    digits = decimals_for_width(abs(row["mean_current"] - row["mean_reference"]) / 4)
    before, now = fixed(row["mean_reference"], digits), fixed(row["mean_current"], digits)
    return (
        f"The mean score lay furthest from its baseline at {row['site']}: {before} there, "
        f"{now} in {month_words(row['window'])} (n {count(row['n_current'])}). "
    )


def _shifts(compared: pl.DataFrame) -> list[_Shift]:
    found = []
    for (site, monitor), rows in compared.sort("window").group_by("site", "monitor", maintain_order=True):
        marked = rows.filter("evidently_drift")
        if marked.height:
            last = marked.row(-1, named=True)
            found.append(
                _Shift(
                    str(site),
                    str(monitor),
                    marked.height,
                    rows.height,
                    marked["window"][0],
                    last["mean_reference"],
                    last["mean_current"],
                )
            )
    return sorted(found, key=lambda shift: (-shift.flagged, shift.since, shift.site, shift.monitor))


def _said(evidence: Evidence, shift: _Shift) -> str:
    months = f"{shift.flagged} of {shift.compared} months, the first {month_words(shift.since)}"
    title = monitor_title(evidence.parameters, shift.monitor)
    text = f"{shift.site}, {title[:1].lower()}{title[1:]}: {months}"
    if shift.reference is not None and shift.latest is not None:
        digits = decimals_for_width(abs(shift.latest - shift.reference) / 4)
        text += f"; {fixed(shift.reference, digits)} in the baseline, {fixed(shift.latest, digits)} in the last of them"
    return text
