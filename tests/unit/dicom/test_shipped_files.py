"""Every file that ships inside the pydicom package: a row that says what pydicom says, or a true reason."""

import warnings
from pathlib import Path
from typing import Any

import polars as pl
import pydicom
import pytest
from pydicom.uid import MediaStorageDirectoryStorage

from multisite.dicom import NeedMore, Pseudonymiser, RawHeader, decode_headers, read_header
from multisite.vocabulary import QuarantineReason
from tests.unit.dicom.expected import KEY, differences

DATA = Path(pydicom.__file__).parent / "data"
FILES = sorted(path for path in DATA.rglob("*") if path.is_file() and path.suffix not in (".py", ".pyc"))


def _id(path: Path) -> str:
    return str(path.relative_to(DATA))


def _by_pydicom(path: Path) -> pydicom.FileDataset:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pydicom.dcmread(path, force=True)


@pytest.fixture(scope="module")
def results() -> dict[Path, object]:
    return {path: _whole(path) for path in FILES}


@pytest.fixture(scope="module")
def rows(results: dict[Path, object]) -> dict[Path, dict[str, Any]]:
    headers = {path: header for path, header in results.items() if isinstance(header, RawHeader)}
    frame = decode_headers(list(headers.values()), Pseudonymiser(KEY))
    return dict(zip(headers, frame.to_dicts(), strict=True))


@pytest.mark.slow
@pytest.mark.parametrize("path", FILES, ids=_id)
def test_row_equals_what_pydicom_says_or_the_reason_is_true(
    path: Path, results: dict[Path, Any], rows: dict[Path, dict[str, Any]]
) -> None:
    if path in rows:
        assert differences(rows[path], _by_pydicom(path)) == []
    else:
        assert REASON_IS_TRUE[results[path]](path)


def _is_not_dicom(path: Path) -> bool:
    with pytest.raises(pydicom.errors.InvalidDicomError):
        pydicom.dcmread(path)
    try:
        return "SOPClassUID" not in _by_pydicom(path)
    except Exception:  # whatever pydicom raises on it: that it raises is what is asked
        return True


def _is_directory(path: Path) -> bool:
    return _by_pydicom(path).file_meta.MediaStorageSOPClassUID == MediaStorageDirectoryStorage


def _lacks_an_instance_uid(path: Path) -> bool:
    return not _by_pydicom(path).get("SOPInstanceUID")


def _is_cut_off(path: Path) -> bool:
    last = list(_by_pydicom(path).elements())[-1]
    return len(last.value) < last.length


REASON_IS_TRUE = {
    QuarantineReason.NOT_DICOM: _is_not_dicom,
    QuarantineReason.NOT_AN_INSTANCE: _is_directory,
    QuarantineReason.NO_SOP_INSTANCE: _lacks_an_instance_uid,
    QuarantineReason.TRUNCATED: _is_cut_off,
}


def test_most_shipped_files_give_a_row(rows: dict[Path, dict[str, Any]]) -> None:
    assert len(rows) > 0.7 * len(FILES)


def _whole(path: Path) -> object:
    data = path.read_bytes()
    return read_header(data, object_size=len(data))


@pytest.mark.parametrize("path", FILES, ids=_id)
def test_a_row_does_not_depend_on_how_much_was_read_first(path: Path) -> None:
    data = path.read_bytes()
    whole = read_header(data, object_size=len(data))
    for first in (1, 200, 1024, 4096):
        result: object = NeedMore(first)
        rounds = 0
        while isinstance(result, NeedMore):
            result = read_header(data[: result.prefix_bytes], object_size=len(data))
            rounds += 1
            assert rounds < 25
        assert result == whole


@pytest.mark.slow
def test_a_row_is_the_same_alone_and_in_a_large_batch(results: dict[Path, object]) -> None:
    headers = [header for header in results.values() if isinstance(header, RawHeader)]
    few = headers[::8]
    pseudonymiser = Pseudonymiser(KEY)
    alone = pl.concat([decode_headers([header], pseudonymiser) for header in few])
    assert decode_headers(few * 20, pseudonymiser).equals(pl.concat([alone] * 20))
    assert decode_headers(headers, pseudonymiser)[::8].equals(alone)
