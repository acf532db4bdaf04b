"""How the results of the whole study stand: planned where they are planned at every site, exploratory otherwise."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from multisite.pack.evidence import Evidence
from multisite.pack.marks import Mark
from multisite.pack.words import listed, named
from multisite.schemas.looks import LOOKS
from multisite.schemas.standings import DEVIATIONS, STANDINGS
from multisite.vocabulary import Standing

__all__ = ["StudyStanding", "standing_mark", "study_standing"]

_MARKS = {
    Standing.PLANNED: Mark(Standing.PLANNED.value, "●", "pass"),
    Standing.EXPLORATORY: Mark(Standing.EXPLORATORY.value, "▲", "thin"),
}


@dataclass(frozen=True, slots=True)
class StudyStanding:
    """What results are, a sentence that says why, and how many deviations were noted."""

    kind: Standing
    sentence: str
    n_deviations: int

    @property
    def is_planned(self) -> bool:
        """Whether they are planned at every site."""
        return self.kind is Standing.PLANNED

    @property
    def mark(self) -> Mark:
        """A word, a shape and a tone."""
        return standing_mark(self.kind)


def standing_mark(standing: str) -> Mark:
    """The mark of planned or exploratory."""
    return _MARKS[Standing(standing)]


def study_standing(evidence: Evidence, *, left_out: Sequence[str] = ()) -> StudyStanding:
    """The standing of the study, from those of its sites; a site that tells none is exploratory.

    So is a study of which a locked site is ``left_out``, or with a site where no look at the labels is on record.
    """
    standings = evidence.frame(STANDINGS).sort("site")
    # What was noted at every site in the same words is one deviation.
    n_deviations = evidence.frame(DEVIATIONS).select("what", "why", "by").unique().height
    reasons: dict[str, list[str]] = {}
    told = set()
    for row in standings.iter_rows(named=True):
        told.add(row["site"])
        if row["standing"] != Standing.PLANNED.value:
            reasons.setdefault(row["reason"] or "no reason is known", []).append(row["site"])
    for site in evidence.sites:
        if site not in told:
            reasons.setdefault("its ledger was not read", []).append(site)
    looked = set(evidence.frame(LOOKS).filter(pl.col("n_runs") > 0)["site"])
    for site in sorted(told - looked):
        reasons.setdefault("no look at the test labels is on record", []).append(site)
    if left_out:
        reasons.setdefault("a site of the locked study is not part of this pack", []).extend(left_out)
    noted = f" {named(n_deviations, 'deviation is', 'deviations are').capitalize()} noted." if n_deviations else ""
    if not reasons and told:
        last = max(datetime.fromisoformat(time) for time in standings["locked_at"])
        sentence = f"The protocol was locked on {last:%-d %B %Y}, before any test label was read."
        return StudyStanding(Standing.PLANNED, f"{sentence}{noted}", n_deviations)
    everywhere = len(reasons) == 1 and len(next(iter(reasons.values()))) == len({*told, *evidence.sites, *left_out})
    parts = [why if everywhere else f"{why} ({listed(sites)})" for why, sites in reasons.items()]
    why = "; ".join(parts) or "no ledger was read"
    sentence = f"No result here counts as planned: {why}.{noted}"
    return StudyStanding(Standing.EXPLORATORY, sentence, n_deviations)
