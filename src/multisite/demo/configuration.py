"""The demo's study file and site files."""

import os
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from multisite.demo.hospitals import hospital
from multisite.demo.layout import CONFIGURATION, DATA
from multisite.demo.plan import DemoPlan
from multisite.demo.site_yaml import site_yaml
from multisite.demo.study_yaml import study_yaml

__all__ = ["SITES_FOLDER", "STUDY_FILE", "configuration_files", "pseudonym_keys", "write_configuration"]

STUDY_FILE = "demo.yaml"
"""Name of the study file."""

SITES_FOLDER = "sites"
"""Name of the folder of site files beside it."""


def configuration_files(plan: DemoPlan, data: str, *, s3: bool = True) -> Mapping[str, str]:
    """Path below the configuration folder → text, for every file of ``plan``.

    Parameters
    ----------
    data
        Path to the demo's data from the folder of site files, as in ``../../demo-out/data``.
    s3
        Whether the S3 site's store is served as S3; else its folder is named.
    """
    places = [hospital(index) for index in range(plan.sites)]
    sites = {f"{SITES_FOLDER}/{place.id}.yaml": site_yaml(place, data, s3=s3) for place in places}
    return {STUDY_FILE: study_yaml(plan), **sites}


def write_configuration(out: Path, plan: DemoPlan, *, s3: bool = True) -> Path:
    """Write the files of ``plan`` below ``out``, remove those of sites it does not have, and return the study file."""
    folder = out / CONFIGURATION
    sites = folder / SITES_FOLDER
    files = configuration_files(plan, Path(os.path.relpath(out / DATA, sites)).as_posix(), s3=s3)
    sites.mkdir(parents=True, exist_ok=True)
    for stale in sites.glob("*.yaml"):
        if f"{SITES_FOLDER}/{stale.name}" not in files:
            stale.unlink()
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder / STUDY_FILE


def pseudonym_keys(plan: DemoPlan) -> Mapping[str, str]:
    """Environment variable → pseudonym key of each site. They follow from the seed: they guard made-up data only."""
    places = [hospital(index) for index in range(plan.sites)]
    return {
        place.key_variable: sha256(f"multisite demo key, no secret: {plan.seed} {place.id}".encode()).hexdigest()
        for place in places
    }
