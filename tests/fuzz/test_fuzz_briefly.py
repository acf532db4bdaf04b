"""The fuzzer for some seconds, and proof that it would notice."""

from pathlib import Path
from random import Random

import pytest

from multisite.dicom import RawHeader, reader
from multisite.vocabulary import QuarantineReason
from tests.fuzz import judging
from tests.fuzz.campaign import Campaign, check
from tests.fuzz.corpus import corpus, made_files
from tests.fuzz.guards import TooLongError, memory_bound, peak_memory, within
from tests.fuzz.judging import Reading, judge, judge_all, read_whole
from tests.fuzz.mutation import spoil
from tests.fuzz.structure import places
from tests.lib.dicom_making import SYNTAX_UIDS, deflate, meta_group


@pytest.mark.slow
def test_spoilt_headers_are_never_misread(tmp_path: Path) -> None:
    told: list[str] = []
    campaign = Campaign(seed=20240229, folder=tmp_path, say=told.append)
    campaign.run(5.0)
    assert campaign.failures == 0, told
    assert campaign.inputs > 100
    assert {"row by scanner", "row by pydicom", "truncated header"} <= campaign.outcomes.keys()
    assert told[-1].endswith("no failure")


@pytest.mark.slow
def test_every_header_to_start_from_is_read_as_pydicom_reads_it() -> None:
    readings = [Reading(data, read_whole(data)) for data in corpus()]
    assert [wrong for wrong in judge_all(readings) if wrong] == []
    assert sum(isinstance(reading.outcome, RawHeader) for reading in readings) > 0.9 * len(readings)


def test_the_same_seed_gives_the_same_headers() -> None:
    seeds = corpus()
    first, second = ([spoil(seeds[n % 9], Random(n), seeds) for n in range(40)] for _ in range(2))
    assert first == second
    assert len(set(first)) == len(first)


def test_a_wrong_value_is_noticed() -> None:
    data = made_files()[0]
    other = data.replace(b"20240229", b"20240228")
    assert judge(data) == []
    assert "study_date" in " ".join(judge_all([Reading(data, read_whole(other))])[0])


def test_a_wrong_reason_is_noticed() -> None:
    data = made_files()[0]
    for reason in (
        QuarantineReason.TRUNCATED, QuarantineReason.UNREADABLE, QuarantineReason.NOT_DICOM,
        QuarantineReason.NO_SOP_INSTANCE, QuarantineReason.NOT_AN_INSTANCE, QuarantineReason.HEADER_TOO_LONG,
    ):  # fmt: skip
        assert judge_all([Reading(data, reason)])[0]


def test_what_fails_is_kept_and_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(data: bytes, **sizes: int) -> None:
        raise ValueError

    monkeypatch.setattr(judging, "read_header", fail)
    told: list[str] = []
    campaign = Campaign(seed=1, folder=tmp_path / "kept", say=told.append)
    campaign.run(0.01)
    assert campaign.failures == campaign.inputs > 0
    assert any("ValueError is raised" in line for line in told)
    assert told[-1].startswith(f"done: {campaign.inputs} inputs, {campaign.failures} failures")
    assert list((tmp_path / "kept").glob("*.bin"))


def test_what_does_not_end_is_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(data: bytes, **sizes: int) -> None:
        while True:
            pass

    with pytest.raises(TooLongError), within(0.05):
        hang(b"")
    monkeypatch.setattr("tests.fuzz.campaign.CPU_SECONDS", 0.05)
    monkeypatch.setattr(judging, "read_header", hang)
    assert "processor time" in check(made_files()[0], Random(1), measured=False)[1][0]


@pytest.mark.slow
def test_a_length_that_claims_gigabytes_costs_nothing() -> None:
    for data in made_files():
        for place in [place for place in places(data) if place.width == 4][::4]:
            huge = data[: place.length] + b"\xf0\xff\xff\x7f" + data[place.length + 4 :]
            assert peak_memory(read_whole, huge) < memory_bound(huge)


def test_a_deflated_stream_that_inflates_to_gigabytes_stays_within_the_bound() -> None:
    endless = b"\x09\0\x10\0OB\0\0" + (2**26).to_bytes(4, "little") + bytes(2**26)
    data = b"\0" * 128 + b"DICM" + meta_group(SYNTAX_UIDS["deflated"]) + deflate(endless)
    assert read_whole(data) is QuarantineReason.HEADER_TOO_LONG
    assert peak_memory(read_whole, data) < memory_bound(data)
    assert reader.MAX_HEADER_BYTES > judging.LIMIT
