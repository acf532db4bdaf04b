import os
from pathlib import Path

import pytest

from multisite.demo import DemoPlan, staged_demo
from tests.unit.demo.small_demo import PLAN, SmallDemo


def test_the_environment_holds_the_keys_inside_and_is_put_back_after(
    small_demo: SmallDemo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MULTISITE_KEY_LAKESIDE", "as it was")
    monkeypatch.delenv("MULTISITE_KEY_NORTHGATE", raising=False)
    with staged_demo(small_demo.out, PLAN, s3=False):
        assert len(os.environ["MULTISITE_KEY_NORTHGATE"]) == 64
        assert os.environ["MULTISITE_KEY_LAKESIDE"] != "as it was"
    assert os.environ["MULTISITE_KEY_LAKESIDE"] == "as it was"
    assert "MULTISITE_KEY_NORTHGATE" not in os.environ


def test_a_demo_that_asks_for_folders_gives_no_notice(small_demo: SmallDemo) -> None:
    with staged_demo(small_demo.out, PLAN, s3=False) as staged:
        assert staged.notice is None
        assert staged.study_file.exists()
        assert {record.id: record for record in staged.planted} == small_demo.planted


@pytest.mark.s3
def test_the_s3_site_is_served_and_its_variables_are_set(small_demo: SmallDemo) -> None:
    with staged_demo(small_demo.out, PLAN) as staged:
        assert os.environ["MULTISITE_DEMO_S3_ENDPOINT"].startswith("http://127.0.0.1:")
        assert "url: s3://imaging-archive" in (staged.sites_folder / "harbour.yaml").read_text()
    assert "MULTISITE_DEMO_S3_ENDPOINT" not in os.environ


def test_one_site_needs_no_server(tmp_path: Path) -> None:
    plan = DemoPlan(patients_per_site=100, sites=1, months=0)
    with staged_demo(tmp_path, plan) as staged:
        assert staged.notice is None
        assert "MULTISITE_DEMO_S3_ENDPOINT" not in os.environ
