"""One seed: which planted faults were found, and which checks failed on the clean cohort."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from multisite.demo import DemoPlan, Planted, score
from multisite.dicom import Pseudonymiser
from multisite.runners.site_io import site_key
from multisite.schemas.integrity import CHECK_RESULTS, FINDINGS
from multisite.vocabulary import ALL_SITES, Verdict
from tests.power.cohorts import Cohort, Laboratory, laboratory
from tests.power.faults import FAULTS, Fault, plant
from tests.power.things import Thing, all_named

__all__ = ["Sighting", "Trial", "try_seed"]

_IN_SCORES = ("sensitivity", "calibration", "drift", "alarm")
"""Kinds of planted faults that lie in how the model scores; the estimates show them, and no check."""

_SIDE = 32
"""Pixels per side: with fewer, no two images can be told to be nearly alike."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """A planted fault, where it is looked for (a check, an exclusion rule, …), and whether it was found there."""

    planted: str
    looked_for: str
    site: str
    found: bool


@dataclass(frozen=True, slots=True)
class Trial:
    """What one seed showed. ``clean`` has a row (check, site, verdict) per check and site of the clean cohort."""

    seed: int
    sightings: tuple[Sighting, ...]
    clean: tuple[tuple[str, str, Verdict], ...]


def try_seed(seed: int, *, faults: Sequence[Fault] = FAULTS, patients_per_site: int = 600) -> Trial:
    """Make the three cohorts of a seed and look at them.

    A fault of the demo is found when the number that its scoreboard looks for is the planted one, any other when each
    of its checks fails and names all that was planted. A check that crashes on the clean cohort failed falsely.
    """
    plan = DemoPlan(seed=seed, patients_per_site=patients_per_site, pixels_per_side=_SIDE)
    with laboratory(plan) as made_in:
        clean = made_in.clean()
        in_demo = _in_demo(*made_in.as_in_the_demo(clean))
        further = _in_further(made_in, faults, clean)
        return Trial(seed, (*in_demo, *further), tuple(_verdicts(clean)))


def _in_demo(cohort: Cohort, planted: Sequence[Planted]) -> list[Sighting]:
    looked_for = [record for record in planted if record.kind not in _IN_SCORES]
    lines = score(looked_for, cohort.read)
    return [
        Sighting(line.planted, str(record.expected["name"]), record.site, line.found)
        for record, line in zip(looked_for, lines, strict=True)
    ]


def _in_further(made_in: Laboratory, faults: Sequence[Fault], clean: Cohort) -> Iterator[Sighting]:
    sites = made_in.claiming_sites()
    planted = [(fault, *plant(fault, sites)) for fault in faults]
    cohort = made_in.faulty(sites, clean)
    pseudonyms = {site.site: Pseudonymiser(site_key(site)) for site in made_in.sites}
    for fault, site, things in planted:
        home = site.place.id
        for check in fault.checks:
            yield Sighting(fault.sentence, check, home, _found(cohort, home, check, things, pseudonyms[home]))


def _found(cohort: Cohort, site: str, check: str, things: Sequence[Thing], pseudonyms: Pseudonymiser) -> bool:
    asked = pl.col("check") == check
    verdicts = cohort.read(site, CHECK_RESULTS.name).filter(asked)["verdict"].to_list()
    return verdicts == [Verdict.FAIL.value] and all_named(
        things, cohort.read(site, FINDINGS.name).filter(asked), pseudonyms
    )


def _verdicts(clean: Cohort) -> Iterator[tuple[str, str, Verdict]]:
    for check, site, verdict in clean.read(ALL_SITES, CHECK_RESULTS.name).select("check", "site", "verdict").rows():
        yield check, site, Verdict(verdict)
