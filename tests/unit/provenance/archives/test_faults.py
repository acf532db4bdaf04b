import gzip
import io
import stat
import tarfile
import zipfile
from dataclasses import replace

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from multisite.provenance.archives.reader import ArchiveLimits, ArchiveReader
from multisite.provenance.first_read import HeaderLengths
from multisite.provenance.headers import ShardRows
from multisite.schemas import ObjectVersion
from multisite.vocabulary import QuarantineReason
from tests.lib.archives import tar_of, zip_of
from tests.lib.examples import examples
from tests.lib.instances import instance
from tests.lib.shelf import Shelf
from tests.unit.provenance.archives.kinds import FILES, KINDS, members, read_one
from tests.unit.provenance.reading import read, reasons

# What is no file, and what cannot be read


def test_directories_links_and_devices_give_no_row() -> None:
    infos = []
    for name, kind in [("d", tarfile.DIRTYPE), ("l", tarfile.SYMTYPE), ("h", tarfile.LNKTYPE), ("f", tarfile.FIFOTYPE)]:
        info = tarfile.TarInfo(name)
        info.type, info.linkname = kind, "1"
        infos.append(info)
    rows = read_one(tar_of({"1": instance(1)}, extra=infos), "a.tar")
    assert (members(rows), reasons(rows)) == (["1"], {})
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        archive.writestr("d/", b"")
        link = zipfile.ZipInfo("l")
        link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, b"1")
        archive.writestr("1", instance(1))
    rows = read_one(whole.getvalue())
    assert (members(rows), reasons(rows)) == (["1"], {})


def test_a_sparse_member_is_quarantined_and_the_next_one_is_read() -> None:
    info = tarfile.TarInfo("holes")
    info.type, info.size = tarfile.GNUTYPE_SPARSE, 512
    block = info.tobuf(tarfile.GNU_FORMAT)
    rows = read_one(block + bytes(512) + tar_of({"1": instance(1)}), "a.tar")
    assert (members(rows), reasons(rows)) == (["1"], {"holes": "unreadable header"})


def test_an_archive_without_files_is_one_row() -> None:
    for data, key in ((zip_of({}), "a.zip"), (zip_of({"d/": b""}), "a.zip"), (tar_of({}), "a.tar")):
        assert reasons(read_one(data, key)) == {key: "empty object"}
    assert reasons(read_one(b"", "a.zip")) == {"a.zip": "empty object"}


def test_encrypted_members_are_quarantined_and_the_others_are_read() -> None:
    data = bytearray(zip_of({"1": instance(1), "2": instance(2)}))
    entry = data.index(b"PK\x01\x02")
    data[entry + 8] |= 1
    rows = read_one(bytes(data))
    assert (members(rows), reasons(rows)) == (["2"], {"1": "encrypted member of an archive"})


def test_members_packed_in_ways_that_are_not_read_are_quarantined() -> None:
    assert reasons(read_one(zip_of({"1": instance(1)}, method=zipfile.ZIP_BZIP2))) == {"1": "unreadable header"}


def test_a_member_whose_content_is_broken_is_quarantined_alone() -> None:
    data = bytearray(zip_of({"1": instance(1, padding=3000), "2": instance(2)}))
    data[31:90] = b"\xff" * 59
    rows = read_one(bytes(data))
    assert (members(rows), reasons(rows)) == (["2"], {"1": "archive cannot be read"})


@pytest.mark.parametrize("key", ["a.zip", "a.tar", "a.tar.gz"])
def test_what_is_no_archive_is_one_row(key: str) -> None:
    for data in (b"not an archive at all" * 90, b"PK\x03\x04" + bytes(90), b"\x1f\x8b" + bytes(range(200)), b"x"):
        assert reasons(read_one(data, key)) == {key: "archive cannot be read"}


@pytest.mark.parametrize("key", ["pax.tar", "packed.tgz"])
def test_an_archive_that_breaks_off_keeps_the_members_before_and_says_so(key: str) -> None:
    data = tar_of({f"{i}": instance(i, pixels=99_999) for i in range(9)}, mode="w")
    data = gzip.compress(data, 1) if key.endswith("gz") else data
    rows = read_one(data[: len(data) // 2], key)
    assert members(rows)[:3] == ["0", "1", "2"]
    assert len(members(rows)) < 9
    assert rows.quarantine.filter(pl.col("member_name").is_null())["reason"].to_list() == ["archive cannot be read"]


def test_a_tar_with_a_broken_block_keeps_the_members_before_it() -> None:
    data = bytearray(tar_of({"1": instance(1), "2": instance(2)}, form=tarfile.USTAR_FORMAT))
    second = data.index(b"ustar", 600) - 257
    data[second] ^= 0xFF
    rows = read_one(bytes(data), "a.tar")
    assert (members(rows), reasons(rows)) == (["1"], {"a.tar": "archive cannot be read"})


def test_a_zip_with_a_broken_directory_keeps_the_members_before_it() -> None:
    data = bytearray(zip_of({"1": instance(1), "2": instance(2)}))
    data[data.rindex(b"PK\x01\x02")] = 0
    rows = read_one(bytes(data))
    assert (members(rows), reasons(rows)) == (["1"], {"a.zip": "archive cannot be read"})


# Limits


def test_a_compressed_tar_is_read_up_to_the_limit_and_keeps_the_members_before_it() -> None:
    files = {f"{i}": instance(i, pixels=300_000) for i in range(9)}
    rows = read_one(tar_of(files, mode="w:gz"), "a.tgz", archive=1_000_000)
    assert 1 <= len(members(rows)) < 6
    assert reasons(rows) == {"a.tgz": "archive beyond the limits"}


def test_a_bomb_is_inflated_up_to_the_limit() -> None:
    shelf = Shelf({"a.tgz": tar_of({"1": instance(1), "2": bytes(50_000_000), "3": instance(3)}, mode="w:gz")})
    rows = read(shelf, archive=4_000_000)
    assert members(rows) == ["1"]
    assert rows.quarantine["reason"].to_list()[0] == "archive beyond the limits"


def test_members_of_a_zip_that_overlap_are_no_archive() -> None:
    data = zip_of({"1": instance(1, padding=3000)}, method=0)
    begin, end = data.index(b"PK\x01\x02"), data.index(b"PK\x05\x06")
    entry = data[begin:end]
    bomb = bytearray(data[:begin] + entry * 5 + data[end:])
    bomb[-10:-6] = (5 * len(entry)).to_bytes(4, "little")
    rows = read_one(bytes(bomb))
    assert members(rows) == ["1"]
    assert reasons(rows) == {"a.zip": "archive cannot be read"}


def test_header_bytes_of_a_zip_are_inflated_up_to_the_limit() -> None:
    data = zip_of({f"{i}": instance(i, padding=100_000) for i in range(9)})
    rows = read_one(data, archive=350_000)
    assert members(rows) == ["0", "1", "2"]
    assert reasons(rows) == {"a.zip": "archive beyond the limits"}


def test_a_long_header_in_a_member_is_given_up_at_the_limit() -> None:
    for data, key in ((zip_of(FILES), "a.zip"), (zip_of(FILES, method=0), "b.zip"), (tar_of(FILES), "c.tar")):
        rows = read_one(data, key, longest=8192)
        assert reasons(rows)["series/2.dcm"] == "header longer than the limit"


@pytest.mark.parametrize("data", [zip_of(FILES), tar_of(FILES)])
def test_no_more_than_so_many_members_are_read(data: bytes) -> None:
    shelf = Shelf({"a": data})
    reader = ArchiveReader(
        lambda requests: shelf.prefixes("archive", requests),
        HeaderLengths(4096),
        HeaderLengths(4096),
        ArchiveLimits(1 << 20, 1 << 30, max_members=2),
    )
    found = list(reader.members("a", ObjectVersion(len(data), "e", None)))
    assert [member.name for member in found] == ["series/1.dcm", "series/2.dcm", None]
    assert found[-1].reading.outcome is QuarantineReason.ARCHIVE_TOO_LARGE


# Requests, faults of the store, and what is carried over


@pytest.mark.parametrize("key", KINDS)
def test_every_request_for_an_archive_is_counted(key: str) -> None:
    shelf = Shelf({key: KINDS[key]})
    counts = read(shelf, first=700).counts
    assert counts["n_requests"].sum() == len(shelf.requests)
    assert counts["n_bytes_read"].sum() == shelf.n_bytes
    assert counts["n_one_request"].sum() == 0
    assert counts["n_objects"].sum() == len(FILES)


@pytest.mark.parametrize("reason", [QuarantineReason.CHANGED, QuarantineReason.READ_FAILED, QuarantineReason.VANISHED])
@pytest.mark.parametrize("key", ["a.zip", "a.tar"])
def test_an_archive_that_fails_in_passing_gives_one_row_and_no_member(key: str, reason: QuarantineReason) -> None:
    files = {f"{i}": instance(i, pixels=200_000) for i in range(6)}
    shelf = Shelf({key: zip_of(files) if key == "a.zip" else tar_of(files)})
    shelf.answer = lambda r: reason if 600_000 < r.start < 800_000 else shelf.objects[key][r.start : r.start + r.length]
    rows = read(shelf)
    assert members(rows) == []
    assert reasons(rows) == {key: reason.value}
    assert not rows.settled


def test_an_archive_that_ends_before_its_listed_size_has_changed() -> None:
    shelf = Shelf({"a.tar": tar_of(FILES)})
    shelf.answer = lambda r: shelf.objects["a.tar"][:4000][r.start : r.start + r.length]
    assert reasons(read(shelf)) == {"a.tar": "object changed after listing"}


def again(shelf: Shelf, first: ShardRows) -> tuple[ShardRows, int]:
    shelf.requests.clear()
    rows = read(shelf, earlier={"headers": first.headers, "quarantine": first.quarantine})
    return rows, len(shelf.requests)


@pytest.mark.parametrize("key", ["deflated.zip", "packed.tgz"])
def test_an_unchanged_archive_is_carried_whole(key: str) -> None:
    shelf = Shelf({key: KINDS[key], "z.zip": b"no archive"})
    first = read(shelf)
    rows, n_requests = again(shelf, first)
    assert n_requests == 0
    assert_frame_equal(rows.headers, first.headers)
    assert_frame_equal(rows.quarantine, first.quarantine)
    assert rows.counts["n_carried"].sum() == len(FILES) + 1


def test_a_changed_archive_is_read_whole() -> None:
    shelf = Shelf({"a.zip": zip_of(FILES)})
    first = read(shelf)
    shelf.objects["a.zip"] = zip_of({"series/1.dcm": FILES["series/1.dcm"]})
    rows, n_requests = again(shelf, first)
    assert n_requests > 0
    assert members(rows) == ["series/1.dcm"]
    assert rows.quarantine.is_empty()


def test_an_archive_without_tag_and_time_is_read_again() -> None:
    shelf = Shelf({"a.zip": zip_of(FILES)}, versions_known=False)
    rows, n_requests = again(shelf, read(shelf))
    assert n_requests > 0
    assert len(members(rows)) == 3


def test_an_archive_of_which_one_row_is_in_doubt_is_not_carried_in_part() -> None:
    shelf = Shelf({"a.zip": zip_of(FILES)})
    first = read(shelf)
    other = pl.when(pl.col("member_name") == "series/1.dcm").then(pl.lit("other")).otherwise(pl.col("etag"))
    _, n_requests = again(shelf, replace(first, headers=first.headers.with_columns(etag=other)))
    assert n_requests > 0


# Whatever the bytes


@pytest.mark.slow
@examples(40)
@given(
    st.sampled_from(sorted(KINDS)),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255), st.integers(0, 2)), min_size=1, max_size=12),
    st.integers(200, 9000),
)
def test_a_damaged_archive_never_raises_and_its_rows_do_not_depend_on_how_it_is_read(
    key: str, damage: list[tuple[float, int, int]], first: int
) -> None:
    data = bytearray(KINDS[key])
    for place, byte, kind in damage:
        at = int(place * (len(data) - 1))
        if kind == 0:
            data[at] = byte
        elif kind == 1:
            del data[at : at + byte]
        else:
            data[at:at] = bytes([byte]) * byte
    one, other = read_one(bytes(data), key, first=first), read_one(bytes(data), key, first=1 << 16)
    assert_frame_equal(one.headers, other.headers)
    assert_frame_equal(one.quarantine, other.quarantine)
    assert one.headers.height + one.quarantine.height >= 1
