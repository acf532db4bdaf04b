import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from multisite.runners.private_cluster import PrivateCluster, own_proxies


@pytest.fixture
def folders(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A short folder for temporary files, as Ray's sockets need it."""
    folder = Path(tempfile.mkdtemp(prefix="pc-"))
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    shutil.rmtree(folder)


def test_the_environment_is_put_back_and_the_folder_removed(folders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_ADDRESS", "10.1.2.3:6379")
    monkeypatch.setenv("http_proxy", "http://proxy:3128")
    monkeypatch.delenv("RAY_AUTH_TOKEN", raising=False)
    before = dict(os.environ)
    cluster = PrivateCluster()
    options = cluster.before_start(2)
    assert Path(options["_temp_dir"]).parent == folders
    assert (os.environ["http_proxy"], os.environ["RAY_AUTH_MODE"]) == ("http://127.0.0.1:9", "token")
    assert "RAY_ADDRESS" not in os.environ
    cluster.after_start()
    assert os.environ["http_proxy"] == "http://proxy:3128"
    cluster.close()
    assert dict(os.environ) == before
    assert list(folders.iterdir()) == []


def test_the_folder_of_a_dead_driver_is_swept_and_that_of_a_living_one_is_not(folders: Path) -> None:
    living = PrivateCluster()
    dead = folders / "multisite-ray-dead"
    (dead / "session").mkdir(parents=True)
    another = folders / "not-ours"
    another.mkdir()
    cluster = PrivateCluster()
    assert not dead.exists()
    assert another.exists()
    assert len(list(folders.glob("multisite-ray-*"))) == 2
    for each in (cluster, living):
        each.close()
    assert list(folders.iterdir()) == [another]


def test_a_path_too_long_for_a_socket_is_not_used(folders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = folders / ("x" * 60)
    deep.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    cluster = PrivateCluster()
    try:
        assert Path(cluster.before_start(1)["_temp_dir"]).parent == Path("/tmp")
    finally:
        cluster.after_start()
        cluster.close()


def test_the_proxy_of_a_head_is_not_taken_for_the_machine_s_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert set(own_proxies().values()) == {None}
