"""Any change of what is read from the same bytes needs a new version, or rows of two readers would be mixed."""

import hashlib
import json
from pathlib import Path

import pydicom
import pytest

from multisite.dicom import READER_VERSION, Pseudonymiser, RawHeader, decode_headers, read_header
from tests.unit.dicom.expected import KEY

RECORDED = (5, "92ae0bec35ddf5089bac85a71925c4143dbc4587d290a0a8201ac7a8a79955c9")
"""A version, and the digest of the rows that it gives for the files of the release named below."""

RELEASE = "3.0.2"
"""Another release of pydicom ships other files."""

FILES = sorted(path for path in (Path(pydicom.__file__).parent / "data").rglob("*") if path.suffix in (".dcm", ""))


def _rows() -> str:
    contents = [path.read_bytes() for path in FILES if path.is_file()]
    results = [read_header(data, object_size=len(data)) for data in contents]
    headers = [result for result in results if isinstance(result, RawHeader)]
    reasons = [str(result) for result in results if not isinstance(result, RawHeader)]
    rows = decode_headers(headers, Pseudonymiser(KEY)).to_dicts()
    return json.dumps([rows, reasons], sort_keys=True, default=str)


@pytest.mark.skipif(pydicom.__version__ != RELEASE, reason=f"the digest is of the files of pydicom {RELEASE}")
def test_what_is_read_changes_only_with_the_version() -> None:
    digest = hashlib.sha256(_rows().encode()).hexdigest()
    assert (READER_VERSION, digest) == RECORDED, (
        "what is read from the same bytes is not what it was: raise READER_VERSION and record the new digest"
    )
