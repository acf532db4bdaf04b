"""How far each level of a stratum lies from all other cases, for the two proportions at the operating point."""

from collections.abc import Iterator
from dataclasses import dataclass

from multisite.pack.evidence import Endpoint, EstimateRow, Evidence
from multisite.pack.metrics import SENSITIVITY, SPECIFICITY
from multisite.pack.parameters import StratumText
from multisite.schemas.verdicts import VERDICTS

__all__ = ["Gap", "gaps", "same_direction"]


@dataclass(frozen=True, slots=True)
class Gap:
    """``level`` minus all other cases of the test split over all sites, with the interval that counts patients.

    ``others`` is the estimate of the other cases, on ``n_patients_others`` patients.
    """

    stratum: StratumText
    level: EstimateRow
    others: float
    n_patients_others: int
    difference: float
    low: float
    high: float


def gaps(evidence: Evidence, endpoint: Endpoint) -> tuple[Gap, ...]:
    """Every gap in sensitivity and specificity that the verdicts hold, the surest shortfall first.

    They are ranked by the upper end of the interval: the shortfall that the data do not put in doubt. Ranked by the gap
    itself, the smallest groups would come first, whose gaps vary most by chance. A level that is not compared for want
    of patients, on its own side or on the other, is left out.
    """
    found: dict[tuple[str, str, str], Gap] = {}
    strata = {stratum.id: stratum for stratum in evidence.parameters.strata}
    for row in endpoint.rows(evidence.frame(VERDICTS)).iter_rows(named=True):
        metric, stratum, name = key = row["metric"], row["stratum"], row["level"]
        if metric not in (SENSITIVITY, SPECIFICITY) or stratum not in strata or row["difference_high"] is None:
            continue
        level = evidence.estimate(endpoint, metric, stratum=stratum, level=name)
        if level is not None and key not in found:
            found[key] = Gap(
                stratum=strata[stratum],
                level=level,
                others=row["rest"],
                n_patients_others=row["n_patients_rest"],
                difference=row["difference"],
                low=row["difference_low"],
                high=row["difference_high"],
            )
    return tuple(sorted(found.values(), key=lambda gap: gap.high))


def same_direction(evidence: Evidence, endpoint: Endpoint, gap: Gap) -> tuple[int, int]:
    """At how many sites the level lies on the same side of the site's other cases, and at how many this can be told."""
    judged = list(_at_sites(evidence, endpoint, gap))
    return sum(1 for difference in judged if (difference < 0) == (gap.difference < 0)), len(judged)


def _at_sites(evidence: Evidence, endpoint: Endpoint, gap: Gap) -> Iterator[float]:
    """Level minus others at each site where both have enough patients; shared patients count for the level."""
    for site in evidence.sites:
        everyone = evidence.estimate(endpoint, gap.level.metric, site=site)
        level = evidence.estimate(endpoint, gap.level.metric, site=site, stratum=gap.stratum.id, level=gap.level.level)
        if everyone is None or level is None or not level.sound:
            continue
        n_patients = everyone.n_patients - level.n_patients
        n_cases = (everyone.denominator or 0) - (level.denominator or 0)
        if n_patients < evidence.parameters.minimum_denominator or not n_cases:
            continue
        yield level.value - ((everyone.numerator or 0) - (level.numerator or 0)) / n_cases
