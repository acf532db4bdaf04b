import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from multisite.provenance.archives.keys import is_archive_key
from multisite.provenance.archives.names import MemberNames, decode_name
from multisite.schemas.provenance import HEADERS
from tests.lib.archives import tar_of, zip_of
from tests.lib.instances import instance
from tests.lib.shelf import Shelf
from tests.unit.provenance.archives.kinds import FILES, KINDS, REASONS, members, read_one
from tests.unit.provenance.reading import read, reasons

LONG = "/".join(["a rather long folder name"] * 12) + "/é.dcm"


@pytest.mark.slow
@pytest.mark.parametrize("key", KINDS)
def test_members_of_an_archive_are_the_rows_that_they_would_be_as_objects(key: str) -> None:
    rows, plain = read_one(KINDS[key], key), read(Shelf(FILES))
    assert reasons(rows) == REASONS
    where = ["object_key", "member_name", "etag", "modified_at"]
    assert_frame_equal(rows.headers.drop(where), plain.headers.drop(where))
    assert members(rows) == plain.headers["object_key"].to_list()
    assert set(rows.headers["object_key"]) == {key}


def test_a_member_has_its_own_size_and_the_archives_tag_and_time() -> None:
    shelf = Shelf({"a.zip": zip_of(FILES)})
    listed = shelf.shard().row(0, named=True)
    row = read(shelf).headers.row(0, named=True)
    assert row["size_bytes"] == len(FILES["series/1.dcm"])
    assert (row["etag"], row["modified_at"]) == (listed["etag"], listed["modified_at"])


@pytest.mark.parametrize("key", ["a.zip", "a.tar"])
def test_pixels_are_not_read_from_an_archive_that_need_not_be_unpacked(key: str) -> None:
    files = {f"{i}": instance(i, pixels=400_000) for i in range(12)}
    shelf = Shelf({key: zip_of(files) if key == "a.zip" else tar_of(files)})
    assert read(shelf).headers.height == 12
    assert shelf.n_bytes < 0.1 * len(shelf.objects[key])


@pytest.mark.slow
def test_members_of_a_zip_are_asked_for_together() -> None:
    shelf = Shelf({"a.zip": zip_of({f"s/{i:03}": instance(i, pixels=9000) for i in range(300)}, method=0)})
    assert read(shelf).headers.height == 300
    assert max(shelf.windows) > 100


@pytest.mark.slow
def test_short_members_of_a_tar_are_read_many_at_a_time() -> None:
    shelf = Shelf({"a.tar": tar_of({f"s/{i:03}": instance(i) for i in range(300)})})
    assert read(shelf).headers.height == 300
    assert len(shelf.requests) < 10


def test_a_compressed_tar_is_read_in_pieces() -> None:
    files = {f"{i}": instance(i, pixels=800_000) for i in range(8)}
    shelf = Shelf({"a.tgz": tar_of(files, mode="w:gz")})
    assert read(shelf).headers.height == 8
    assert max(request.length for request in shelf.requests) <= 1 << 22


@pytest.mark.parametrize("key", ["a.zip", "b.tar", "c.tar.gz", "series.TGZ"])
def test_an_object_called_an_archive_that_is_dicom_is_read_as_dicom(key: str) -> None:
    rows = read_one(instance(7), key)
    assert members(rows) == [None]
    assert rows.headers["size_bytes"].to_list() == [len(instance(7))]


def test_dicom_without_a_preamble_that_is_called_an_archive_is_read_as_dicom() -> None:
    assert read_one(instance(7)[132:], "a.tar").headers.height == read(Shelf({"a": instance(7)[132:]})).headers.height


def test_the_kind_of_an_archive_is_told_by_its_content() -> None:
    assert len(members(read_one(zip_of(FILES), "a.tar.gz"))) == 3
    assert len(members(read_one(tar_of(FILES, mode="w:gz"), "a.zip"))) == 3


def test_which_keys_are_opened_as_archives() -> None:
    assert all(map(is_archive_key, ["a.zip", "b/c.TAR", "d.tar.gz", "e.Tgz"]))
    assert not any(map(is_archive_key, ["a.zip/b", "tar", "a.gz", "a.dcm", "zip"]))


def test_an_archive_of_unknown_size_is_read_all_the_same() -> None:
    for key in ("deflated.zip", "pax.tar", "packed.tgz"):
        shelf = Shelf({key: KINDS[key]}, sizes_known=False)
        rows = read(shelf)
        assert (len(members(rows)), reasons(rows)) == (3, REASONS)


# Names


def test_members_of_one_name_are_told_apart_by_a_number_in_the_order_of_the_archive() -> None:
    pairs = [("a", instance(1)), ("a", instance(2)), ("a [2]", instance(3)), ("a", instance(4))]
    for data, key in ((zip_of(pairs), "x.zip"), (tar_of(pairs), "x.tar")):
        headers = read_one(data, key).headers
        numbers = dict(zip(headers["member_name"], headers["instance_number"], strict=True))
        assert numbers == {"a": 1, "a [2]": 2, "a [2] [2]": 3, "a [3]": 4}


@given(st.lists(st.sampled_from(["a", "a [2]", "a [3]", "a [2] [2]", "b", ""])))
def test_given_names_never_repeat(names: list[str]) -> None:
    given_names = MemberNames()
    assert len({given_names.give(name) for name in names}) == len(names)


@given(st.binary())
def test_any_bytes_are_a_name(raw: bytes) -> None:
    for stated in (True, False):
        decode_name(raw, stated_utf8=stated).encode("utf-8")


@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_long_names_of_a_tar_are_read(form: int) -> None:
    assert members(read_one(tar_of({LONG: instance(1)}, form=form), "a.tar")) == [LONG]


def test_names_that_are_no_utf8_or_point_elsewhere_are_text_and_nothing_else() -> None:
    data = tar_of({"../../etc/\udcff": instance(1), "C:\\x\n": instance(2)}, form=tarfile.GNU_FORMAT)
    assert members(read_one(data, "a.tar")) == ["../../etc/\\xff", "C:\\x\n"]
    data = zip_of({"AA": instance(1), "BB": instance(2)}).replace(b"AA", b"\xff\xfe").replace(b"BB", b"\xc3\xa9")
    assert sorted(str(name) for name in members(read_one(data))) == sorted([b"\xff\xfe".decode("cp437"), "é"])


def test_the_order_of_rows_is_that_of_names() -> None:
    rows = read(Shelf({"b.zip": zip_of({"2": instance(2), "1": instance(1)}), "a": instance(3), "c": instance(4)}))
    keys = rows.headers.select("object_key", "member_name").rows()
    assert keys == [("a", None), ("b.zip", "1"), ("b.zip", "2"), ("c", None)]
    assert rows.headers.columns == HEADERS.schema.names()
