"""Which kinds of evidence a study has, where in the page each is shown, and from which artefacts it is made."""

from collections.abc import Mapping
from dataclasses import dataclass

from multisite.checklists.catalogue import Evidence as Kind
from multisite.pack.across_sites import roles
from multisite.pack.evidence import Evidence
from multisite.pack.validation.facts import PackFacts
from multisite.schemas import Artefact
from multisite.schemas.across_sites import POOLED_SITES
from multisite.schemas.calibration_strata import CALIBRATION_BY_LEVEL
from multisite.schemas.cohort import COHORT_IDENTITY, COMPOSITION, FLOW
from multisite.schemas.drift_verdicts import DRIFT_VERDICTS
from multisite.schemas.failure_modes import FAILURE_MODES, SLICE_COUNTS
from multisite.schemas.integrity import CHECK_RESULTS
from multisite.schemas.looks import LOOKS
from multisite.schemas.performance import ESTIMATES
from multisite.schemas.provenance import HEADER_COUNTS
from multisite.schemas.reference import AGREEMENT, READING_COUNTS
from multisite.schemas.standings import STANDINGS
from multisite.vocabulary import SiteRole

__all__ = ["KindOfEvidence", "kinds_of_evidence"]


@dataclass(frozen=True, slots=True)
class KindOfEvidence:
    """``lacking`` says why there is none (empty where there is); ``exhibits`` are (anchor, title), ``digests`` the
    (artefact, SHA-256) of what it is made from, over all sites.
    """

    lacking: str
    exhibits: tuple[tuple[str, str], ...] = ()
    digests: tuple[tuple[str, str], ...] = ()


def kinds_of_evidence(evidence: Evidence, facts: PackFacts) -> Mapping[Kind, KindOfEvidence]:
    """Every kind."""

    def made(why: str, exhibits: tuple[tuple[str, str], ...], *artefacts: Artefact) -> KindOfEvidence:
        if all(evidence.frame(artefact).is_empty() for artefact in artefacts):
            return KindOfEvidence(why)
        return KindOfEvidence("", exhibits, _digests(evidence, artefacts))

    reference = KindOfEvidence("", (("reference", "Reference standard"),), _digests(evidence, (READING_COUNTS,)))
    declared = bool(evidence.parameters.references or evidence.parameters.labellers)
    stated = "reporting.reference_standard.definition" in facts.statements
    plan = KindOfEvidence("", (("plan", "Analysis plan"),), (("protocol", facts.protocol_sha256),))
    use = KindOfEvidence("", (("use", "Intended use"),), (("protocol", facts.protocol_sha256),))
    calibration = (("calibration", "Calibration"),)
    external = KindOfEvidence("no site of which the model has seen nothing was tested")
    if any(role is SiteRole.EXTERNAL for role, _ in roles(evidence).values()):
        external = KindOfEvidence("", (("performance", "Performance"),), _digests(evidence, (POOLED_SITES,)))
    judged = made("no later month was judged", (("drift", "After deployment"),), DRIFT_VERDICTS)
    return {
        Kind.COHORT: made(
            "no case was included",
            (("flow", "From objects to cases"), ("who", "Who was tested")),
            FLOW,
            COMPOSITION,
            COHORT_IDENTITY,
        ),
        Kind.EXTERNAL_TESTING: external,
        Kind.EXCLUSIONS: made("no flow of cases", (("exclusions", "Exclusions"),), FLOW),
        Kind.PROVENANCE: made("no header was read", (("headers", "Headers"), ("who", "Who was tested")), HEADER_COUNTS),
        Kind.INTENDED_USE: use,
        Kind.REFERENCE_STANDARD: reference
        if declared or stated
        else KindOfEvidence("the labels come from the sites' tables, and nothing is declared of them"),
        Kind.ANALYSIS_PLAN: plan if facts.endpoints else KindOfEvidence("the protocol plans no endpoint"),
        Kind.ADJUDICATION: made(
            "no readings were supplied", (("reference", "Reference standard"),), READING_COUNTS, AGREEMENT
        ),
        Kind.INTEGRITY: made("no check was run", (("integrity", "Integrity"),), CHECK_RESULTS),
        Kind.PERFORMANCE: made("nothing was estimated", (("performance", "Performance"),), ESTIMATES),
        Kind.CALIBRATION: made("calibration was not judged", calibration, CALIBRATION_BY_LEVEL),
        Kind.FAILURE_MODES: made(
            "failure modes were not searched", (("performance", "Where it fails"),), FAILURE_MODES, SLICE_COUNTS
        ),
        Kind.ROBUSTNESS: KindOfEvidence("no image was degraded to see what scores do"),
        Kind.MONITORING: judged,
        Kind.LEDGER: made("no ledger was read", (("ledger", "Ledger"),), STANDINGS, LOOKS),
    }


def _digests(evidence: Evidence, artefacts: tuple[Artefact, ...]) -> tuple[tuple[str, str], ...]:
    """Each place (``site/artefact``) of the lineage that is of these artefacts."""
    names = {artefact.name for artefact in artefacts}
    return tuple((place, digest) for place, digest in sorted(evidence.lineage.items()) if place.split("/")[-1] in names)
