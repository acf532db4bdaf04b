"""The configuration files in the repository are what the demo renders for its default plan."""

import re
from pathlib import Path

import pytest

from multisite.demo import DemoPlan, configuration_files
from multisite.study import load_study

CONFIGS = Path(__file__).parents[2] / "configs"
DATA = "../../demo-out/data"

FILES = configuration_files(DemoPlan(), DATA)

RENDER = (
    'Render them again: python -c "from pathlib import Path; from multisite.demo import *; '
    f"[(Path('configs') / n).write_text(t) for n, t in configuration_files(DemoPlan(), '{DATA}').items()]\""
)


@pytest.mark.parametrize("name", sorted(FILES))
def test_the_committed_file_is_the_render_of_the_default_plan(name: str) -> None:
    assert (CONFIGS / name).read_text(encoding="utf-8") == FILES[name], RENDER


def test_no_site_file_is_left_over() -> None:
    committed = {path.relative_to(CONFIGS).as_posix() for path in (CONFIGS / "sites").glob("*.yaml")}
    assert committed == {name for name in FILES if name.startswith("sites/")}, RENDER


def test_the_change_that_the_tutorial_asks_for_can_be_made(tmp_path: Path) -> None:
    tutorial = (CONFIGS.parent / "docs/tutorial.md").read_text(encoding="utf-8")
    (change,) = re.findall(r"```diff\n-(.*)\n\+(.*)\n```", tutorial)
    text = FILES["demo.yaml"]
    assert text.count(change[0]) == 1
    study = tmp_path / "study.yaml"
    study.write_text(text.replace(*change), encoding="utf-8")
    assert load_study(study) != load_study(CONFIGS / "demo.yaml")
