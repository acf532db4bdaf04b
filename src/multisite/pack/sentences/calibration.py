"""Whether scores mean what they say, site by site."""

from dataclasses import dataclass

from multisite.pack.evidence import Endpoint, EstimateRow, Evidence
from multisite.pack.marks import CONCERN, NO_EVIDENCE, QUIET
from multisite.pack.metrics import ECE, ECE_NULL, INTERCEPT, METRICS, OBSERVED_EXPECTED, SLOPE
from multisite.pack.numbers import count, fixed, write
from multisite.pack.sentences.statement import Statement
from multisite.pack.tables.calibration import ECE_DECIMALS
from multisite.pack.words import listed

__all__ = ["calibration_statement", "calibration_title"]

_TOPIC = "Calibration"
_BOTH = 2
_LINE = (INTERCEPT, SLOPE, OBSERVED_EXPECTED)


@dataclass(frozen=True, slots=True)
class _Judged:
    """A site and its two signs: an ECE beyond chance, and an interval that excludes its expected value.

    The interval is that of intercept, slope or O:E. Where several sites are looked at, one sign alone is not rare.
    """

    site: str
    ece: float
    null: float
    excluded: bool

    @property
    def signs(self) -> int:
        """How many of the two signs show."""
        return (self.ece > self.null) + self.excluded


def calibration_title(evidence: Evidence, endpoint: Endpoint) -> str:
    """The finding of the figure of reliability curves."""
    judged = _judged(evidence, endpoint)
    off = [entry for entry in judged if entry.signs == _BOTH]
    if endpoint.model.id in evidence.parameters.not_probabilities:
        return "The scores are not probabilities: there is no calibration to judge"
    if not judged:
        return "No site has enough cases to judge calibration"
    if not off:
        return _without_sign(judged)
    sites = [site.site for site in off]
    found = (evidence.estimate(endpoint, name, site=sites[0]) for name in (OBSERVED_EXPECTED, SLOPE))
    direction = _direction(*found) if len(sites) == 1 else "off"
    return f"Scores are {direction} at {listed(sites)}"


def calibration_statement(evidence: Evidence, endpoint: Endpoint) -> Statement:
    """The worst calibrated site with its numbers, and what is known of the others."""
    judged = _judged(evidence, endpoint)
    off = [entry for entry in judged if entry.signs == _BOTH]
    anchor = f"calibration-{endpoint.slug}"
    if endpoint.model.id in evidence.parameters.not_probabilities:
        return Statement(NO_EVIDENCE, _TOPIC, f"{calibration_title(evidence, endpoint)}.", anchor)
    if not judged:
        return Statement(NO_EVIDENCE, _TOPIC, "No site has enough cases to judge whether scores are true.", anchor)
    if not off:
        return Statement(QUIET, _TOPIC, f"{_without_sign(judged)}.{_one_sign(judged)}", anchor)
    worst = off[0]
    oe, slope = (evidence.estimate(endpoint, name, site=worst.site) for name in (OBSERVED_EXPECTED, SLOPE))
    text = f"At {worst.site} scores are {_direction(oe, slope)}: "
    if oe is not None and oe.excludes(1.0) and oe.value > 0:
        text += (
            f"they add up to {count(round(oe.n_positive / oe.value))} positive cases where "
            f"{count(oe.n_positive)} were observed (O:E {write(oe.value, oe.low, oe.high, expected=1.0)}); "
        )
    if slope is not None and slope.excludes(1.0):
        text += f"slope {write(slope.value, slope.low, slope.high, expected=1.0)}, where 1 is expected; "
    text += f"ECE {fixed(worst.ece, ECE_DECIMALS)}, where chance alone gives up to {fixed(worst.null, ECE_DECIMALS)}."
    if len(off) > 1:
        text += f" Scores are off at {listed([entry.site for entry in off[1:]])} as well."
    within = [entry.site for entry in judged if not entry.signs]
    if within:
        text += f" Within chance: {listed(within)}."
    return Statement(CONCERN, _TOPIC, text + _one_sign(judged), anchor)


def _without_sign(judged: list[_Judged]) -> str:
    """Of sites none of which shows both signs; that scores agree is not said, for few cases show no sign either."""
    within = [entry.site for entry in judged if not entry.signs]
    if not within:
        return "Miscalibration is not shown at any site, nor is one without a sign of it"
    return f"No sign of miscalibration was seen at {listed(within)}"


def _one_sign(judged: list[_Judged]) -> str:
    sites = [entry.site for entry in judged if entry.signs == 1]
    if not sites:
        return ""
    return f" In doubt: {listed(sites)}, where the ECE or an interval alone points to a difference."


def _judged(evidence: Evidence, endpoint: Endpoint) -> list[_Judged]:
    """Every site with an ECE and its null, the furthest beyond chance first."""
    found = []
    for site in evidence.sites:
        ece, null = (evidence.estimate(endpoint, name, site=site) for name in (ECE, ECE_NULL))
        if ece is None or null is None or ece.estimate is None or null.estimate is None or ece.status != "ok":
            continue
        line = [(METRICS[name].expected, evidence.estimate(endpoint, name, site=site)) for name in _LINE]
        excluded = any(row is not None and expected is not None and row.excludes(expected) for expected, row in line)
        found.append(_Judged(site, ece.estimate, null.estimate, excluded))
    return sorted(found, key=lambda entry: (entry.null - entry.ece, entry.site))


def _direction(oe: EstimateRow | None, slope: EstimateRow | None) -> str:
    words = []
    if oe is not None and oe.excludes(1.0):
        words.append("too high" if oe.value < 1 else "too low")
    if slope is not None and slope.excludes(1.0):
        words.append("too extreme" if slope.value < 1 else "too timid")
    return listed(words) or "off"
