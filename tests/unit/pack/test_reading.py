"""Reading a pack from its folder or its zip, and what is refused."""

import stat
import zipfile
from pathlib import Path

import pytest

from multisite.errors import PackError
from multisite.pack.reading import read_pack

FILES = {"pack.json": b"{}", "tallies/a.csv": b"x\n"}


def zipped(path: Path, entries: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return path


def test_a_folder_and_a_zip_with_and_without_a_top_folder_are_the_same(tmp_path: Path) -> None:
    root = tmp_path / "pack"
    for name, content in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
    assert read_pack(root) == FILES
    assert read_pack(zipped(tmp_path / "flat.zip", FILES)) == FILES
    assert read_pack(zipped(tmp_path / "top.zip", {f"study-1/{n}": c for n, c in FILES.items()})) == FILES


@pytest.mark.parametrize("name", ["../x", "a/../../x", "/etc/x", "a//x", "./x", "C:/x", "a\\..\\x"])
def test_a_path_that_leads_out_of_a_zip_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(PackError, match="leads out of the pack"):
        read_pack(zipped(tmp_path / "p.zip", {name: b""}))


def test_links_are_refused(tmp_path: Path) -> None:
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "a").symlink_to("/etc/hostname")
    with pytest.raises(PackError, match="symbolic link"):
        read_pack(tmp_path / "pack")
    (tmp_path / "linked").symlink_to(tmp_path / "pack")
    with pytest.raises(PackError, match="symbolic link"):
        read_pack(tmp_path / "linked")
    entry = zipfile.ZipInfo("a")
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "p.zip", "w") as archive:
        archive.writestr(entry, "/etc/hostname")
    with pytest.raises(PackError, match="symbolic link"):
        read_pack(tmp_path / "p.zip")


def test_what_is_no_pack_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PackError, match="no pack at this path"):
        read_pack(tmp_path / "nothing")
    (tmp_path / "text").write_text("hello")
    with pytest.raises(PackError, match="cannot be read"):
        read_pack(tmp_path / "text")
    (tmp_path / "empty").mkdir()
    with pytest.raises(PackError, match="holds no file"):
        read_pack(tmp_path / "empty")
