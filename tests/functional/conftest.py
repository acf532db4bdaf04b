"""One uninterrupted run, against which every run that is killed or stopped is held."""

from pathlib import Path

import pytest

from multisite.demo import StagedDemo
from tests.lib.extraction import uninterrupted


@pytest.fixture(scope="session")
def whole(hospitals: StagedDemo, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace of the first hospital in shards so small that a kill falls between many of them; to be read only."""
    return uninterrupted(hospitals.study_file, hospitals.sites_folder, tmp_path_factory.mktemp("uninterrupted"))
