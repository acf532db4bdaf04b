"""Write every cohort, run ``multisite check`` on all of them, and put down what peers may read.

``python -m tests.benchmarks.peers.export <folder>``. Each cohort is a site of one study. Below the folder come
``sites/<cohort>/`` with ``table.csv`` and ``png/``, and ``ours.json``.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pydicom
import yaml
from PIL import Image

from multisite.demo.plan import DemoPlan
from multisite.demo.study_yaml import study_yaml
from multisite.dicom import Pseudonymiser
from multisite.schemas.series import ACQUISITION
from multisite.study.integrity import Integrity
from tests.benchmarks.peers.cohorts import CLEAN_TWIN, COHORTS, write_cohort
from tests.benchmarks.peers.pictures import PICTURES, PICTURES_TWIN, write_pictures
from tests.lib.command import multisite

_KEY = "a key that guards nothing but made-up cohorts"
_NOISE_PICTURES = (CLEAN_TWIN, "resent-same-uids", "resent-new-uids", "other-content")
"""Cohorts whose simulated images the peers may look at, too."""


def main(folder: Path) -> int:
    """Make everything; 1 when a verb of multisite fails."""
    os.environ["PEERS_KEY"] = _KEY
    for cohort in COHORTS:
        _write_site(folder, cohort.id)
        write_cohort(cohort, folder / "sites" / cohort.id)
    for pictures in PICTURES:
        _write_site(folder, pictures.id)
        images = write_pictures(pictures, folder / "sites" / pictures.id)
        images.write_csv(folder / "sites" / pictures.id / "pictures.csv")
    (folder / "study.yaml").write_text(yaml.safe_dump(_study(), sort_keys=False), encoding="utf-8")
    for verb in ("extract", "cohort", "check"):
        places = (folder / "study.yaml", "--sites", folder / "configs", "--workspace", folder / "workspace")
        done = multisite(verb, *places, "--runner", "local")
        if done.exit_code:
            sys.stderr.write(done.err)
            return 1
    for cohort in COHORTS:
        _peers_table(folder, cohort.id).write_csv(folder / "sites" / cohort.id / "table.csv")
    for site in _NOISE_PICTURES:
        _draw(folder / "sites" / site)
    (folder / "ours.json").write_text(json.dumps(_ours(folder), indent=1), encoding="utf-8")
    return 0


def _study() -> dict[str, Any]:
    study: dict[str, Any] = yaml.safe_load(study_yaml(DemoPlan()))
    # Labels that are spoilt on purpose stand in the tables of cases.
    del study["reference"]
    if "pixels" in Integrity.model_fields:
        study["integrity"]["pixels"] = {}
    return study


def _write_site(folder: Path, site: str) -> None:
    (folder / "configs").mkdir(parents=True, exist_ok=True)
    (folder / "sites" / site).mkdir(parents=True, exist_ok=True)
    tables = {name: {"path": f"../sites/{site}/{name}.csv"} for name in ("cases", "predictions")}
    stores = [{"name": "images", "url": f"../sites/{site}/dicom"}]
    described = {"site": site, "title": site, "pseudonym_key_env": "PEERS_KEY", "stores": stores, "tables": tables}
    (folder / "configs" / f"{site}.yaml").write_text(yaml.safe_dump(described, sort_keys=False), encoding="utf-8")


def _artefact(folder: Path, site: str, name: str) -> pl.DataFrame:
    (workspace,) = (folder / "workspace").glob(f"*/{site}/{name}")
    return pl.read_parquet(sorted(workspace.glob("part-*.parquet")))


def _peers_table(folder: Path, site: str) -> pl.DataFrame:
    """The included cases in the order of the site's table, with their acquisition and score."""
    here = folder / "sites" / site
    cases, scores = pl.read_csv(here / "cases.csv"), pl.read_csv(here / "predictions.csv")
    pseudonyms = Pseudonymiser(_KEY.encode()).pseudonyms(cases["case_id"], kind="case")
    acquisition = [column.name for column in ACQUISITION if column.name != "study_date"]
    cohort = _artefact(folder, site, "cohort").filter("included").select("case_id", *acquisition)
    described = cases.with_columns(pseudonyms.alias("pseudonym")).join(
        cohort.rename({"case_id": "pseudonym"}), on="pseudonym", maintain_order="left"
    )
    return described.drop("pseudonym").join(
        scores.select("case_id", "score"), on="case_id", how="left", maintain_order="left"
    )


def _draw(here: Path) -> None:
    """A PNG of the first instance of every study, as ``pictures.csv`` lists them."""
    (here / "png").mkdir(exist_ok=True)
    rows = []
    for number, path in enumerate(sorted((here / "dicom").rglob("SE001/IM0001.dcm"))):
        dataset = pydicom.dcmread(path)
        Image.fromarray((dataset.pixel_array >> 4).astype("uint8")).save(here / "png" / f"{number}.png")
        rows.append((f"{number}.png", dataset.PatientID, None))
    pl.DataFrame(rows, schema=["picture", "patient_id", "copy_of"], orient="row").write_csv(here / "pictures.csv")


def _ours(folder: Path) -> dict[str, Any]:
    """Per cohort its fault, its twin, and the checks that failed with how many they found."""
    answers = {}
    for site, fault, twin in (
        *((c.id, c.fault, CLEAN_TWIN) for c in COHORTS),
        *((p.id, p.fault, PICTURES_TWIN) for p in PICTURES),
    ):
        results = _artefact(folder, site, "check_results")
        failed = results.filter(pl.col("verdict") == "fail")
        answers[site] = {
            "fault": fault,
            "twin": twin,
            "verdicts": results.group_by("verdict").len().sort("verdict").rows(),
            "failed": {
                row["check"]: f"{row['n_found']:,} of {row['n_examined']:,}" for row in failed.iter_rows(named=True)
            },
        }
    return answers


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1])))
