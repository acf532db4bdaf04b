from pathlib import Path

import pytest

from multisite.errors import ConfigError
from multisite.study import load_site

SITE = """
site: north
title: North Hospital
pseudonym_key_env: KEY_NORTH
tables:
  series: {path: headers.parquet, columns: {n_instances: instanceCount}}
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "north.yaml"
    path.write_text(text.lstrip(), encoding="utf-8")
    return path


def test_a_site_with_a_table_of_series_needs_no_store(tmp_path: Path) -> None:
    site = load_site(write(tmp_path, SITE))
    assert site.stores == ()
    assert site.tables["series"].path == str((tmp_path / "headers.parquet").resolve())


@pytest.mark.parametrize("stores", ["", "stores: []\n"])
def test_a_site_with_neither_stores_nor_series_is_refused(tmp_path: Path, stores: str) -> None:
    with pytest.raises(ConfigError, match="give `stores`, or a table `series`"):
        load_site(write(tmp_path, SITE.replace("series:", "cases:") + stores))


def test_an_unknown_table_is_refused_with_those_that_are_known(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError,
        match="unknown table headers; known: cases, predictions, deployment, events, fitted, readings, measurements, s",
    ):
        load_site(write(tmp_path, SITE.replace("series:", "headers:")))
