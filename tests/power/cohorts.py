"""The cohorts of one seed, and what the stages make of them."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import polars as pl

from multisite.demo import DemoPlan, Planted, pseudonym_keys, write_configuration
from multisite.demo.batches import SiteTraits
from multisite.demo.configuration import SITES_FOLDER
from multisite.demo.faults import plant_in_batch, site_traits
from multisite.errors import ArtefactMissingError
from multisite.schemas.site_tables import FITTED
from multisite.study import Site, SiteTableFile, Study, load_sites, load_study
from multisite.study.integrity import Integrity
from multisite.vocabulary import ALL_SITES
from tests.power.chain import Artefacts, run_site
from tests.power.held_objects import HeldObjects
from tests.power.sites import COLLECTION, ROOM, EncodedStudies, SimulatedSite

__all__ = ["CLAIMED", "Cohort", "Laboratory", "laboratory"]

CLAIMED = date(2023, 1, 1)
"""The day from which on the clean cohorts claim that every test case was acquired; so it is."""

_EVEN = SiteTraits(weak_vendor=False)
"""The model works equally well on all equipment."""


def _claims(declared: Integrity) -> dict[str, Any]:
    """What the study file says of the integrity, and every further claim that this release knows."""
    further = {
        "prospective_from": CLAIMED,
        "disjoint": (ROOM,),
        "patients_stay_within": (COLLECTION,),
        "split_follows": (),
        "pixels": {"instances_per_series": 1},
    }
    return {**declared.model_dump(), **further}


@dataclass(frozen=True, slots=True)
class Cohort:
    """What the stages made of a cohort: site → artefact → rows; the sites in the order of the demo."""

    made: Mapping[str, Artefacts]

    def read(self, site: str, artefact: str) -> pl.DataFrame:
        """Rows of an artefact: those of one site, or with ``ALL_SITES`` those of every site."""
        sites = list(self.made) if site == ALL_SITES else [site]
        if any(artefact not in self.made[name] for name in sites):
            raise ArtefactMissingError(f"`{artefact}` has not been made", place=site)
        return pl.concat([self.made[name][artefact] for name in sites], how="diagonal")


@dataclass(frozen=True, slots=True)
class Laboratory:
    """Where cohorts of a plan are made: its configuration as files, and the objects that the cohorts share.

    ``study`` is that of the demo; ``claiming`` makes every claim that some check asks about, and the clean cohorts keep
    all of them.
    """

    plan: DemoPlan
    study: Study
    claiming: Study
    sites: tuple[Site, ...]
    encoded: EncodedStudies

    def clean(self) -> Cohort:
        """A cohort without any fault, which keeps every claim."""
        return self._run(self.claiming, self.claiming_sites())

    def as_in_the_demo(self, earlier: Cohort | None = None) -> tuple[Cohort, tuple[Planted, ...]]:
        """The demo's own cohort, and what is planted in it apart from the scores."""
        sites, planted = [], []
        for index in range(self.plan.sites):
            site = SimulatedSite.of(self.plan, index, self.encoded, site_traits(self.plan, index))
            planted += plant_in_batch(site.batch, self.plan, index)
            sites.append(site)
        return self._run(self.study, sites, earlier), tuple(planted)

    def claiming_sites(self) -> list[SimulatedSite]:
        """The sites of a clean cohort before they are looked at: faults may be planted in them."""
        sites = [SimulatedSite.of(self.plan, i, self.encoded, _EVEN) for i in range(self.plan.sites)]
        for site in sites:
            site.claim()
        return sites

    def faulty(self, sites: Sequence[SimulatedSite], earlier: Cohort | None = None) -> Cohort:
        """The cohort of ``claiming_sites`` in which faults were planted."""
        return self._run(self.claiming, sites, earlier)

    def _run(self, study: Study, simulated: Sequence[SimulatedSite], earlier: Cohort | None = None) -> Cohort:
        files = {site.site: site for site in self.sites}
        return Cohort(
            {
                site.place.id: run_site(
                    study,
                    _supplied(site, files[site.place.id]),
                    HeldObjects(site.stores()),
                    earlier=earlier.made[site.place.id] if earlier else None,
                )
                for site in simulated
            }
        )


def _supplied(simulated: SimulatedSite, site: Site) -> Site:
    """The site file, after the tables that it names have been written."""
    folder = Path(site.tables["cases"].path).parent
    folder.mkdir(parents=True, exist_ok=True)
    simulated.write_tables(folder)
    if simulated.fitted is None:
        return site
    fitted = SiteTableFile(path=str(folder / f"{FITTED.name}.parquet"))
    return site.model_copy(update={"tables": {**site.tables, FITTED.name: fitted}})


@contextmanager
def laboratory(plan: DemoPlan) -> Iterator[Laboratory]:
    """A laboratory, with the sites' keys in the environment, while the context lasts."""
    with TemporaryDirectory(prefix="power-") as name, patch.dict(os.environ, pseudonym_keys(plan)):
        study_file = write_configuration(Path(name), plan, s3=False)
        study = load_study(study_file)
        integrity = Integrity.model_validate(_claims(study.integrity))
        claiming = study.model_copy(update={"integrity": integrity})
        sites = load_sites([study_file.parent / SITES_FOLDER])
        yield Laboratory(plan, study, claiming, sites, EncodedStudies(plan.pixels_per_side))
