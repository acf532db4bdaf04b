"""The stages in memory give what the commands give."""

import shutil
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from multisite.demo import DemoPlan, StagedDemo
from multisite.schemas import Artefact
from multisite.schemas.cohort import COHORT, FLOW
from multisite.schemas.integrity import CHECK_RESULTS, FINDINGS
from multisite.schemas.provenance import HEADERS, QUARANTINE
from multisite.schemas.series import SERIES, STUDIES
from tests.conftest import run_verb
from tests.power.cohorts import Cohort, Laboratory, laboratory

COMPARED = (HEADERS, QUARANTINE, SERIES, STUDIES, COHORT, FLOW, CHECK_RESULTS, FINDINGS)
_OF_THE_STORE = ["etag", "modified_at"]
"""A folder and a store in memory tell these differently."""


@pytest.fixture(scope="module")
def checked(hospitals: StagedDemo, evaluated: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace of the two hospitals after `multisite check`."""
    workspace = tmp_path_factory.mktemp("checked") / "workspace"
    shutil.copytree(evaluated, workspace)
    finished = run_verb("check", hospitals, workspace)
    assert finished.exit_code == 0, finished.err
    return workspace


@pytest.fixture(scope="module")
def in_memory() -> Cohort:
    """The same two hospitals, in memory."""
    with laboratory(DemoPlan(patients_per_site=100, sites=2, months=2)) as made_in:
        return made_in.as_in_the_demo()[0]


def rows(frame: pl.DataFrame, artefact: Artefact) -> pl.DataFrame:
    kept = frame.drop(_OF_THE_STORE, strict=False)
    return kept.sort(artefact.key) if artefact.key else kept


@pytest.mark.slow
@pytest.mark.parametrize("artefact", COMPARED, ids=lambda artefact: artefact.name)
def test_the_stages_in_memory_write_what_the_commands_write(
    checked: Path, in_memory: Cohort, artefact: Artefact
) -> None:
    for site in in_memory.made:
        parts = sorted(checked.glob(f"*/{site}/{artefact.name}/part-*.parquet"))
        assert_frame_equal(rows(in_memory.made[site][artefact.name], artefact), rows(pl.read_parquet(parts), artefact))


@pytest.mark.slow
def test_what_is_carried_over_from_the_clean_cohort_is_what_reading_again_gives() -> None:
    with laboratory(DemoPlan(patients_per_site=100, sites=1, months=0)) as made_in:
        clean = made_in.clean()
        anew, carried = demo_cohort(made_in, None), demo_cohort(made_in, clean)
    for artefact in COMPARED:
        assert_frame_equal(carried[artefact.name], anew[artefact.name])
    assert not anew[HEADERS.name].equals(clean.made["northgate"][HEADERS.name])


def demo_cohort(made_in: Laboratory, earlier: Cohort | None) -> dict[str, pl.DataFrame]:
    return dict(made_in.as_in_the_demo(earlier)[0].made["northgate"])
