"""How far each level of a stratum lies from all other cases, for the two proportions at the operating point."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from multisite.pack.evidence import Endpoint, EstimateRow, Evidence
from multisite.pack.metrics import SENSITIVITY, SPECIFICITY
from multisite.pack.parameters import StratumText
from multisite.stats import proportion
from multisite.vocabulary import ALL_SITES

__all__ = ["Gap", "gaps", "same_direction"]


@dataclass(frozen=True, slots=True)
class Gap:
    """``level`` minus all other cases of the test split, as a difference of shares with its interval.

    ``others`` is the estimate of the other cases and ``n_others`` their denominator.
    """

    stratum: StratumText
    level: EstimateRow
    others: float
    n_others: int
    difference: float
    low: float
    high: float


def gaps(evidence: Evidence, endpoint: Endpoint, *, site: str = ALL_SITES) -> tuple[Gap, ...]:
    """Every gap in sensitivity and specificity that two groups of enough cases allow, the surest shortfall first.

    They are ranked by the upper end of the interval: the shortfall that the data do not put in doubt. Ranked by the gap
    itself, the smallest groups would come first, whose gaps vary most by chance.

    The other cases' share follows by subtracting the level's numerator and denominator from those of all cases. The
    interval of the difference joins the level's own interval with Wilson's for the others by Newcombe's square-and-add
    rule; it takes the two groups as independent and, among the others, cases as independent.

    Skipped: a level whose estimate is not sound, and one that leaves fewer other cases than the protocol's minimum.

    References
    ----------
    Newcombe RG. Stat Med 1998;17:873-890. doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I
    """
    found = [
        gap
        for metric in (SENSITIVITY, SPECIFICITY)
        for stratum in evidence.parameters.strata
        for level in evidence.levels(stratum)
        if (gap := _gap(evidence, endpoint, metric, stratum, level, site)) is not None
    ]
    return tuple(sorted(found, key=lambda gap: gap.high))


def same_direction(evidence: Evidence, endpoint: Endpoint, gap: Gap) -> tuple[int, int]:
    """At how many sites the level lies on the same side of the site's other cases, and at how many this can be told."""
    judged = list(_at_sites(evidence, endpoint, gap))
    same = sum(1 for other in judged if (other.difference < 0) == (gap.difference < 0))
    return same, len(judged)


def _at_sites(evidence: Evidence, endpoint: Endpoint, gap: Gap) -> Iterator[Gap]:
    for site in evidence.sites:
        found = _gap(evidence, endpoint, gap.level.metric, gap.stratum, gap.level.level, site)
        if found is not None:
            yield found


def _gap(evidence: Evidence, endpoint: Endpoint, metric: str, stratum: StratumText, name: str, site: str) -> Gap | None:
    everyone = evidence.estimate(endpoint, metric, site=site)
    level = evidence.estimate(endpoint, metric, site=site, stratum=stratum.id, level=name)
    if everyone is None or level is None or not level.sound:
        return None
    counts = everyone.numerator, everyone.denominator, level.numerator, level.denominator
    if None in counts:
        return None
    all_y, all_n, level_y, level_n = (number or 0 for number in counts)
    n_others = all_n - level_n
    if n_others < evidence.parameters.minimum_denominator:
        return None
    others = proportion(all_y - level_y, n_others, level=evidence.parameters.ci_level)
    if others.estimate is None or others.ci_low is None or others.ci_high is None:
        return None
    difference = level.value - others.estimate
    return Gap(
        stratum=stratum,
        level=level,
        others=others.estimate,
        n_others=n_others,
        difference=difference,
        low=difference - math.hypot(level.value - level.low, others.ci_high - others.estimate),
        high=difference + math.hypot(level.high - level.value, others.estimate - others.ci_low),
    )
