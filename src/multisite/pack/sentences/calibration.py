"""Whether scores mean what they say, site by site."""

from dataclasses import dataclass

from multisite.pack.evidence import Endpoint, EstimateRow, Evidence
from multisite.pack.marks import CONCERN, NO_EVIDENCE, QUIET
from multisite.pack.metrics import ECE, ECE_NULL, INTERCEPT, METRICS, OBSERVED_EXPECTED, SLOPE
from multisite.pack.numbers import count, fixed, write
from multisite.pack.sentences.statement import Statement
from multisite.pack.words import listed
from multisite.pack.tables.calibration import ECE_DECIMALS

__all__ = ["calibration_statement", "calibration_title"]

_TOPIC = "Calibration"
_LINE = (INTERCEPT, SLOPE, OBSERVED_EXPECTED)


@dataclass(frozen=True, slots=True)
class _Judged:
    """A site whose ECE is beyond chance and at least one of intercept, slope and O:E excludes its expected value."""

    site: str
    ratio: float
    ece: float
    null: float


def calibration_title(evidence: Evidence, endpoint: Endpoint) -> str:
    """The finding of the figure of reliability curves."""
    off, judged = _miscalibrated(evidence, endpoint)
    if not judged:
        return "No site has enough cases to judge calibration"
    if not off:
        return "Scores agree with what was observed at every site that can be judged"
    sites = [site.site for site in off]
    direction = _direction(evidence.estimate(endpoint, OBSERVED_EXPECTED, site=sites[0])) if len(sites) == 1 else "off"
    return f"Scores are {direction} at {listed(sites)}"


def calibration_statement(evidence: Evidence, endpoint: Endpoint) -> Statement:
    """The worst calibrated site with its numbers, and what is known of the others."""
    off, judged = _miscalibrated(evidence, endpoint)
    anchor = f"calibration-{endpoint.slug}"
    if not judged:
        return Statement(NO_EVIDENCE, _TOPIC, "No site has enough cases to judge whether scores are true.", anchor)
    if not off:
        text = f"Scores agree with what was observed, within chance, at {listed(judged)}."
        return Statement(QUIET, _TOPIC, text, anchor)
    worst = off[0]
    oe = evidence.estimate(endpoint, OBSERVED_EXPECTED, site=worst.site)
    text = f"At {worst.site} scores are {_direction(oe)}: "
    if oe is not None and oe.sound and oe.value > 0:
        text += (
            f"they add up to {count(round(oe.n_positive / oe.value))} positive cases where {count(oe.n_positive)} were "
            f"observed (O:E {write(oe.value, oe.low, oe.high, expected=1.0)}); "
        )
    text += f"ECE {fixed(worst.ece, ECE_DECIMALS)}, where chance alone gives up to {fixed(worst.null, ECE_DECIMALS)}."
    if len(off) > 1:
        text += f" Beyond chance as well: {listed([site.site for site in off[1:]])}."
    within = [site for site in judged if site not in {entry.site for entry in off}]
    if within:
        text += f" Within chance: {listed(within)}."
    return Statement(CONCERN, _TOPIC, text, anchor)


def _miscalibrated(evidence: Evidence, endpoint: Endpoint) -> tuple[list[_Judged], list[str]]:
    off, judged = [], []
    for site in evidence.sites:
        ece, null = (evidence.estimate(endpoint, name, site=site) for name in (ECE, ECE_NULL))
        if ece is None or null is None or ece.estimate is None or null.estimate is None or ece.status != "ok":
            continue
        judged.append(site)
        line = [(METRICS[name].expected, evidence.estimate(endpoint, name, site=site)) for name in _LINE]
        excluded = any(row is not None and expected is not None and row.excludes(expected) for expected, row in line)
        if ece.estimate > null.estimate and excluded:
            off.append(_Judged(site, ece.estimate / null.estimate if null.estimate else 1.0, ece.estimate, null.estimate))
    return sorted(off, key=lambda entry: -entry.ratio), judged


def _direction(oe: EstimateRow | None) -> str:
    if oe is None or not oe.excludes(1.0):
        return "off, though not on the whole too high or too low"
    return "too high" if oe.value < 1 else "too low"
