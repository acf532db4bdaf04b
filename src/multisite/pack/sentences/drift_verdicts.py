"""What the rule says of the months after the validation, and how often it is wrong by design."""

from statistics import median

import polars as pl

from multisite.pack.evidence import Evidence
from multisite.pack.marks import CONCERN, NO_EVIDENCE, QUIET
from multisite.pack.numbers import count, fixed
from multisite.pack.sentences.statement import Statement
from multisite.pack.tables.drift_verdicts import model_words
from multisite.pack.words import listed, month_words, named
from multisite.schemas.drift_baseline import DRIFT_BUDGET
from multisite.schemas.drift_verdicts import DRIFT_VERDICTS
from multisite.vocabulary import DriftState

__all__ = ["budget_lines", "verdicts_statement"]

_TOPIC, _ANCHOR = "After deployment", "drift"


def verdicts_statement(evidence: Evidence) -> Statement | None:
    """Which sites were amber or red in their last month, the worst first; None where no month was judged."""
    verdicts = evidence.frame(DRIFT_VERDICTS)
    if verdicts.is_empty():
        return None
    last = verdicts.sort("month").group_by("site", "model", maintain_order=True).last().sort("site", "model")
    rows = sorted(last.iter_rows(named=True), key=lambda row: -DriftState(row["state"]).rank)
    alarmed = [row for row in rows if DriftState(row["state"]).rank >= DriftState.AMBER_1.rank]
    grey = [row for row in rows if row["state"] == DriftState.GREY]
    judged = f"{named(len(rows), 'site and model was', 'sites and models were')} judged"
    text = f"In their last month, {judged}: {named(len(alarmed), 'is', 'are')} amber or red. "
    if alarmed:
        first = alarmed[0]
        of = f", {model_words(evidence, first['model'])}" if verdicts["model"].n_unique() > 1 else ""
        text += f"Worst is {first['site']}{of} ({first['state']}, {month_words(first['month'])}): {first['sentence']} "
    if grey:
        text += f"Not judged: {listed(list(dict.fromkeys(row['site'] for row in grey)))}. "
    absent = [site for site in evidence.sites if site not in set(verdicts["site"])]
    if absent:
        text += f"Nothing is known of {listed(absent)}."
    mark = CONCERN if alarmed else (NO_EVIDENCE if len(grey) == len(rows) else QUIET)
    return Statement(mark, _TOPIC, text.rstrip(), _ANCHOR)


def budget_lines(evidence: Evidence) -> tuple[str, ...]:
    """For each site and model, false alarms in simulated years without change, at the size nearest to its months."""
    budget, verdicts = evidence.frame(DRIFT_BUDGET), evidence.frame(DRIFT_VERDICTS)
    lines = []
    for (site, model), rows in verdicts.sort("site", "model", "month").group_by("site", "model", maintain_order=True):
        simulated = budget.filter(pl.col("site") == site, pl.col("model") == model)
        if simulated.is_empty():
            continue
        size = median(rows["n_studies"].to_list())
        row = min(simulated.iter_rows(named=True), key=lambda r: (abs(r["n_studies"] - size), r["n_studies"]))
        of = f", {model_words(evidence, str(model))}" if verdicts["model"].n_unique() > 1 else ""
        lines.append(
            f"{site}{of}: {fixed(row['ambers_per_year'], 2)} false cases a year (95 % sure: at most "
            f"{fixed(row['ambers_per_year_upper'], 2)}; allowed {row['budget_ambers_per_year']:g}), "
            f"{fixed(row['reds_per_five_years'], 2)} false reds in five years (at most "
            f"{fixed(row['reds_per_five_years_upper'], 2)}; allowed {row['budget_reds_per_five_years']:g}), in "
            f"{count(row['n_years'])} simulated years of {count(row['n_studies'])} studies a month."
        )
    return tuple(lines)
