"""The ladder of verification: what was climbed, rung by rung, and what was not."""

from dataclasses import dataclass
from enum import StrEnum

from multisite.pack.across_sites import roles
from multisite.pack.evidence import Evidence
from multisite.pack.marks import Mark
from multisite.pack.metrics import AUC
from multisite.pack.sentences.calibration import calibration_statement
from multisite.pack.sentences.integrity import integrity_statement
from multisite.pack.sentences.verdicts import verdict_title
from multisite.pack.words import listed, named
from multisite.schemas.calibration_strata import CALIBRATION_BY_LEVEL
from multisite.vocabulary import SiteRole

__all__ = ["Rung", "RungStatus", "ladder_of_verification"]


class RungStatus(StrEnum):
    """Whether evidence of a rung is in the pack; not whether it speaks for the model."""

    CLIMBED = "looked at"
    PARTLY = "partly looked at"
    NOT_CLIMBED = "not looked at"


_MARKS = {
    # No colour of good or bad: that something was looked at is neither.
    RungStatus.CLIMBED: Mark(RungStatus.CLIMBED.value, "●", "none"),
    RungStatus.PARTLY: Mark(RungStatus.PARTLY.value, "◐", "none"),
    RungStatus.NOT_CLIMBED: Mark(RungStatus.NOT_CLIMBED.value, "○", "none"),
}


@dataclass(frozen=True, slots=True)
class Rung:
    """A question that a claim must answer, whether this pack looked at it, what came of it, and where that stands."""

    title: str
    status: RungStatus
    text: str
    anchor: str

    @property
    def mark(self) -> Mark:
        """A word, a shape and a tone."""
        return _MARKS[self.status]


def ladder_of_verification(evidence: Evidence) -> tuple[Rung, ...]:
    """Six rungs, the lowest first."""
    return (
        _testing(evidence, SiteRole.INTERNAL),
        _testing(evidence, SiteRole.EXTERNAL),
        _bias(evidence),
        _calibration(evidence),
        Rung(
            "Robustness",
            RungStatus.NOT_CLIMBED,
            "No image was degraded, and no header spoilt, to see what the scores do. What a blurred, noisy or "
            "mislabelled examination does to the model is not known.",
            "method",
        ),
        _relevance(evidence),
    )


def _testing(evidence: Evidence, role: SiteRole) -> Rung:
    """Sites of a role with an AUC on enough cases."""
    sites = [site for site, (known, _) in roles(evidence).items() if known is role]
    sound = [
        site
        for site in sites
        if any((row := evidence.estimate(e, AUC, site=site)) is not None and row.sound for e in evidence.endpoints)
    ]
    title = "Internal testing" if role is SiteRole.INTERNAL else "External testing"
    of = "that gave cases to training or tuning" if role is SiteRole.INTERNAL else "of which the model has seen nothing"
    checks = f" {integrity_statement(evidence).text}" if role is SiteRole.INTERNAL else ""
    if not sites:
        return Rung(title, RungStatus.NOT_CLIMBED, f"No site {of} was tested.{checks}", "performance")
    status = RungStatus.CLIMBED if len(sound) == len(sites) else RungStatus.PARTLY if sound else RungStatus.NOT_CLIMBED
    told = f"Tested at {named(len(sites), 'site', 'sites')} {of}"
    if len(sound) < len(sites):
        told = f"Tested on enough cases at {len(sound)} of {named(len(sites), 'site', 'sites')} {of}"
    return Rung(title, status, f"{told}: {listed(sites)}.{checks}", "performance")


def _bias(evidence: Evidence) -> Rung:
    if not evidence.parameters.has_margins:
        text = "Results are broken down by strata, but no margin is declared, so no group is judged."
        return Rung("Bias", RungStatus.PARTLY, text, "performance")
    told = ". ".join(_of(evidence, e.title, verdict_title(evidence, e)) for e in evidence.endpoints)
    return Rung("Bias", RungStatus.CLIMBED, f"{told}.", "performance")


def _calibration(evidence: Evidence) -> Rung:
    if evidence.frame(CALIBRATION_BY_LEVEL).is_empty():
        text = "Calibration was not judged: the scores are no probabilities, or there are too few cases."
        return Rung("Calibration", RungStatus.NOT_CLIMBED, text, "calibration")
    found = [(e, calibration_statement(evidence, e)) for e in evidence.endpoints]
    told = " ".join(_of(evidence, e.title, said.text) for e, said in found if said is not None)
    return Rung("Calibration", RungStatus.CLIMBED, told, "calibration")


def _relevance(evidence: Evidence) -> Rung:
    text = (
        "The operating point is judged by its net benefit and in outcomes per 1,000 cases. What readers do with the "
        "model, the time that it takes or saves, and what becomes of patients was not measured."
    )
    return Rung("Clinical relevance", RungStatus.PARTLY, text, "performance")


def _of(evidence: Evidence, title: str, text: str) -> str:
    return text if len(evidence.endpoints) == 1 else f"{title}: {text}"
