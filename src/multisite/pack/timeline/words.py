"""Sentences of the timeline."""

from multisite.pack.numbers import count, fixed
from multisite.pack.timeline.record import SiteRecord
from multisite.pack.words import month_words, named
from multisite.schemas.drift import DRIFT_COMPARISON
from multisite.schemas.drift_baseline import DRIFT_BUDGET
from multisite.vocabulary import MonitorFamily

__all__ = ["FAMILIES", "budget_words", "evidence_finding", "family_finding", "picture_words"]

FAMILIES = {
    MonitorFamily.FEED: "Feed",
    MonitorFamily.ACQUISITION: "Acquisition",
    MonitorFamily.POPULATION: "Population",
    MonitorFamily.OUTPUT: "AI output",
    MonitorFamily.AGREEMENT: "Agreement with reports",
    MonitorFamily.PERFORMANCE: "Performance",
    MonitorFamily.SUBGROUPS: "Subgroups",
}
"""What each family is called."""

_MOST_REASONS = 3


def family_finding(record: SiteRecord, family: MonitorFamily) -> str:
    """How many monitors of a family had a signal, and when the last was."""
    watched, title = record.families[family], FAMILIES[family]
    signalled = [one for one in watched if one.last_signal]
    months = named(len(record.months), "month", "months")
    if not signalled:
        return f"{title}: no signal in {months} ({named(len(watched), 'monitor', 'monitors')})"
    last = max(one.last_signal for one in signalled)
    return f"{title}: {count(len(signalled))} of {count(len(watched))} monitors signalled, last in {month_words(last)}"


def evidence_finding(record: SiteRecord) -> str:
    """Which line the evidence stands above in the last month, of the model where it stands highest."""
    above = []
    for model in record.models:
        row = record.verdicts[model][-1]
        red = row["red_evidence"] is not None and row["red_evidence"] >= row["red_line"]
        amber = row["evidence"] is not None and row["evidence"] >= row["amber_line"]
        if red or amber:
            above.append(f"{record.model_title(model)} above the {'red' if red else 'amber'} line")
    last = month_words(record.months[-1])
    return f"Evidence in {last}: {'; '.join(above)}" if above else f"Evidence in {last}: below both lines"


def budget_words(record: SiteRecord, model: str) -> str:
    """How often the verdict is wrong by design, simulated at the size nearest to the last month's; empty if unknown."""
    simulated = record.frame(DRIFT_BUDGET).filter(model=model)
    if simulated.is_empty():
        return ""
    size = record.verdicts[model][-1]["n_studies"]
    row = min(simulated.iter_rows(named=True), key=lambda row: (abs(row["n_studies"] - size), row["n_studies"]))
    return (
        f"In {count(row['n_years'])} simulated years without change, with {count(row['n_studies'])} studies a month, "
        f"{fixed(row['ambers_per_year'], 2)} cases a year were opened falsely (95 % sure: at most "
        f"{fixed(row['ambers_per_year_upper'], 2)}; allowed {row['budget_ambers_per_year']:g}), and "
        f"{fixed(row['reds_per_five_years'], 2)} red ones in five years (at most "
        f"{fixed(row['reds_per_five_years_upper'], 2)}; allowed {row['budget_reds_per_five_years']:g}). "
        f"Here: {named(record.verdicts[model][-1]['ambers_last_year'], 'case', 'cases')} opened in the last year."
    )


def picture_words(record: SiteRecord) -> str:
    """Why months have no page by Evidently; empty where all have one."""
    absent = [month for month in record.months if month not in record.pictured]
    if not absent:
        return ""
    reasons = sorted({row["reason"] for row in _comparisons(record, absent) if row["reason"]})
    because = f" ({'; '.join(reasons[:_MOST_REASONS])})" if reasons else ""
    return f"Evidently drew no page of {named(len(absent), 'month', 'months')}{because}. The verdicts need none."


def _comparisons(record: SiteRecord, months: list[str]) -> list[dict[str, str | None]]:
    rows = record.frame(DRIFT_COMPARISON)
    return [row for row in rows.iter_rows(named=True) if row["window"] in months]
