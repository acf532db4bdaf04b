"""A chain is whole, or broken at a number."""

import json
from collections.abc import Sequence

import pytest

from multisite.audit import Entry, chain_of
from multisite.audit.chain import BEFORE_THE_FIRST
from multisite.storage.canonical import canonical_json, sha256_hex

Files = list[tuple[int, bytes]]
LOOKED_AT = {"stages": ["performance"], "protocol": "p", "evaluated": "e"}


def written(n: int, *, site: str = "north") -> Files:
    files: Files = []
    previous = BEFORE_THE_FIRST
    for number in range(1, n + 1):
        time = f"2026-01-0{number}T00:00:00+00:00"
        entry = Entry(number, time, "test labels read", "chest", site, f"run {number}", "0.1.0", LOOKED_AT, previous)
        files.append((number, entry.to_bytes()))
        previous = sha256_hex([entry.to_bytes()])
    return files


def broken_at(files: Sequence[tuple[int, bytes]]) -> int | None:
    return chain_of(files, study="chest", site="north").broken_at


def test_an_untouched_chain_is_whole_in_whatever_order_its_files_come() -> None:
    files = written(4)
    chain = chain_of([files[2], files[0], files[3], files[1]], study="chest", site="north")
    assert chain.broken_at is None
    assert [link.entry.run for link in chain.links if link.entry] == ["run 1", "run 2", "run 3", "run 4"]
    assert chain.head == sha256_hex([files[3][1]])


def test_a_ledger_without_an_entry_is_whole() -> None:
    chain = chain_of([], study="chest", site="north")
    assert (chain.broken_at, chain.links, chain.head) == (None, (), BEFORE_THE_FIRST)


def test_a_changed_entry_breaks_the_chain_behind_it_and_the_last_one_only_if_it_is_no_entry_any_more() -> None:
    files = written(3)
    files[1] = (2, files[1][1].replace(b"run 2", b"run X"))
    assert broken_at(files) == 3
    files = written(3)
    files[2] = (3, files[2][1].replace(b'"sequence":3', b'"sequence":4'))
    assert broken_at(files) == 3


def test_a_missing_entry_breaks_the_chain_at_its_number() -> None:
    files = written(4)
    assert broken_at(files[:1] + files[2:]) == 2
    assert broken_at(files[1:]) == 1


def test_entries_that_were_numbered_anew_after_one_was_taken_out_break_the_chain() -> None:
    files = written(4)
    renumbered = [(2, files[2][1].replace(b'"sequence":3', b'"sequence":2'))]
    assert broken_at(files[:1] + renumbered) == 2


def test_the_last_entries_can_be_cut_off_without_a_trace() -> None:
    assert broken_at(written(4)[:2]) is None


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"7", b'{"sequence": 2}', b"\xff", b'"text"'], ids=lambda content: repr(content)
)
def test_a_file_that_holds_no_entry_breaks_the_chain_and_raises_nothing(content: bytes) -> None:
    files = written(3)
    files[1] = (2, content)
    chain = chain_of(files, study="chest", site="north")
    assert chain.broken_at == 2
    assert [link.entry is None for link in chain.links] == [False, True, False]


@pytest.mark.parametrize(
    "change",
    [
        {"sequence": True},
        {"sequence": 1.0},
        {"time": 77_123},
        {"run": ["a"]},
        {"content": {**LOOKED_AT, "stages": 5}},
        {"content": {**LOOKED_AT, "stages": [5]}},
        {"content": {"stages": []}},
    ],
    ids=str,
)
def test_an_entry_with_a_field_of_another_type_is_no_entry(change: dict[str, object]) -> None:
    ((_, first),) = written(1)
    assert broken_at([(1, canonical_json({**json.loads(first), **change}))]) == 1


def test_a_file_that_is_nested_very_deep_breaks_the_chain_and_raises_nothing() -> None:
    assert broken_at([(1, b"[" * 100_000)]) == 1


def test_another_spelling_of_an_entry_is_no_entry() -> None:
    files = written(1)
    files[0] = (1, json.dumps(json.loads(files[0][1]), indent=1).encode())
    assert broken_at(files) == 1


def test_an_entry_of_another_site_or_study_has_no_place_in_the_chain() -> None:
    assert broken_at(written(2, site="south")) == 1
    assert chain_of(written(2), study="brain", site="north").broken_at == 1


def test_the_digest_of_a_ledger_changes_with_every_file_of_it() -> None:
    files = written(3)
    whole = chain_of(files, study="chest", site="north").sha256
    assert chain_of(files[:2], study="chest", site="north").sha256 != whole
    files[0] = (1, b"")
    assert chain_of(files, study="chest", site="north").sha256 != whole
