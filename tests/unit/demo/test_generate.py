import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from multisite.demo import DemoPlan, generate
from multisite.errors import MachineError
from tests.unit.demo.small_demo import PLAN, SmallDemo

pytestmark = pytest.mark.slow

TINY = DemoPlan(patients_per_site=100, sites=1, months=0, seed=3)


def digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_equal_plans_give_equal_bytes(small_demo: SmallDemo, tmp_path: Path) -> None:
    generate(tmp_path, PLAN)
    assert digests(tmp_path / "data") == digests(small_demo.out / "data")
    assert (tmp_path / "planted.json").read_bytes() == (small_demo.out / "planted.json").read_bytes()


def test_another_seed_gives_other_patients_and_the_same_faults(tmp_path: Path) -> None:
    first = generate(tmp_path / "first", TINY)
    second = generate(tmp_path / "second", replace(TINY, seed=4))
    cases = [(tmp_path / name / "data/northgate/tables/cases.csv").read_text() for name in ("first", "second")]
    assert first == second
    assert cases[0] != cases[1]


def test_data_of_the_same_plan_are_left_as_they_are(tmp_path: Path) -> None:
    planted = generate(tmp_path, TINY)
    table = tmp_path / "data/northgate/tables/cases.csv"
    table.write_text("touched")
    assert generate(tmp_path, TINY) == planted
    assert table.read_text() == "touched"


def test_data_of_another_plan_are_replaced(tmp_path: Path) -> None:
    generate(tmp_path, replace(TINY, sites=2))
    generate(tmp_path, TINY)
    assert [p.name for p in sorted((tmp_path / "data").iterdir())] == ["northgate", "plan.json"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["data", "planted.json"]


def test_a_stopped_run_leaves_the_data_before_it_and_the_next_run_is_whole(tmp_path: Path) -> None:
    generate(tmp_path / "out", TINY)
    before = digests(tmp_path / "out" / "data")

    def stop(site: str, done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        generate(tmp_path / "out", replace(TINY, seed=5), stop)
    assert digests(tmp_path / "out" / "data") == before
    generate(tmp_path / "out", replace(TINY, seed=5))
    generate(tmp_path / "fresh", replace(TINY, seed=5))
    assert digests(tmp_path / "out") == digests(tmp_path / "fresh")


def test_progress_ends_at_the_number_of_patients(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    generate(tmp_path, replace(TINY, months=1), lambda site, done, total: seen.append((done, total)))
    assert seen == sorted(seen)
    assert seen[-1] == (120, 120)


def test_sites_months_and_pixels_scale(tmp_path: Path) -> None:
    generate(tmp_path, replace(TINY, sites=5, pixels_per_side=32))
    sites = {path.name for path in (tmp_path / "data").iterdir() if path.is_dir()}
    assert sites == {"northgate", "harbour", "lakeside", "millfield", "northgate-2"}
    deployment = (tmp_path / "data/northgate/tables/deployment.csv").read_text().splitlines()
    assert deployment == ["patient_id,study_instance_uid,finding,model,score,clinical_setting"]
    image = next((tmp_path / "data/northgate/images").rglob("IM0001.dcm"))
    assert image.stat().st_size > 2 * 32 * 32


def test_a_disk_that_refuses_is_a_fault_of_the_machine(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file where the folder should be")
    with pytest.raises(MachineError, match="cannot be written"):
        generate(tmp_path / "out", TINY)
