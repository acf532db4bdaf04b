"""Whatever is done to a file of a pack, the verifier fails, and at the step that the change is a matter of."""

import io
import json
import tempfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from multisite.pack.verifying.verify import Step, conclusion, ed25519_holds, read_pack, verify
from multisite.storage.canonical import canonical_json
from tests.lib.examples import examples
from tests.lib.small_pack import sealed, small_pack, summed

pytestmark = pytest.mark.slow

PACK = small_pack()
NAMES = sorted(PACK)

# The first step that may fail where the bytes of a file change. A changed digest in SHA256SUMS is a changed file.
STEP_OF = {"SHA256SUMS": {1, 2}, "statement.dsse.json": {3}, "signer.pem": {3}}
IN_SUMS = {2}
FIRST = {name: STEP_OF.get(name, IN_SUMS) for name in NAMES}

# The steps that may fail where a file is changed and the signer seals it again: what then is left to find it.
RESEALED = {
    "pack.json": {4, 5, 6, 7, 8},
    "protocol.json": {4},
    "ledger/north.json": {5},
    "ledger/south.json": {5},
    "results/estimates.csv": {7, 8},
    "tallies/proportion_moments.csv": {7, 8},
    "tallies/score_tally_grid.csv": {8},
}


def first_failing(files: dict[str, bytes]) -> int:
    """Number of the first step that fails; the pack must not pass as verified."""
    steps = verify(files, allow_unsigned=True)
    assert len(steps) == 8
    assert all(type(step) is Step and step.sentence for step in steps)
    line, code = conclusion(steps)
    assert line.startswith("NOT verified")
    assert code == 1
    return next(step.number for step in steps if step.outcome == "FAILS")


def changed_at(content: bytes, place: int, value: int) -> bytes:
    return content[:place] + bytes([value]) + content[place + 1 :]


@st.composite
def changed_bytes(draw: st.DrawFn, names: tuple[str, ...] = tuple(NAMES)) -> tuple[str, bytes]:
    """A file, and its content with one byte that is another."""
    name = draw(st.sampled_from(names))
    content = PACK[name]
    place = draw(st.integers(0, len(content) - 1))
    return name, changed_at(content, place, draw(st.integers(0, 255).filter(lambda value: value != content[place])))


@examples(150)
@given(changed_bytes())
def test_one_byte_of_any_file_that_is_another_fails_its_step(changed: tuple[str, bytes]) -> None:
    name, content = changed
    assert first_failing({**PACK, name: content}) in FIRST[name]


def test_bytes_all_along_the_signed_parts_matter() -> None:
    for name in STEP_OF:
        content = PACK[name]
        # A prime, so that no column of a line is passed over.
        for place in range(0, len(content), 23):
            assert first_failing({**PACK, name: changed_at(content, place, content[place] ^ 1)}) in FIRST[name]


@examples(60)
@given(st.sampled_from(NAMES), st.integers(min_value=0), st.binary(max_size=40))
def test_a_file_that_is_cut_or_grown_fails_its_step(name: str, place: int, more: bytes) -> None:
    content = PACK[name][: place % len(PACK[name])] + more
    if content != PACK[name]:
        assert first_failing({**PACK, name: content}) in FIRST[name]


@examples(40)
@given(st.sets(st.sampled_from(NAMES), min_size=1))
def test_files_that_are_removed_fail_the_first_step_or_the_signature(removed: set[str]) -> None:
    files = {name: content for name, content in PACK.items() if name not in removed}
    signature = {"statement.dsse.json", "signer.pem"}
    if removed == signature:
        # Without either the pack is an unsigned one, which is no failure, and nothing that passes unasked.
        steps = verify(files)
        assert [step.outcome for step in steps if step.number != 3] == ["ok"] * 7
        assert conclusion(steps)[1] == 1
    else:
        assert first_failing(files) == (3 if removed < signature else 1)


@examples(60)
@given(st.text(max_size=30).filter(lambda name: name not in PACK), st.binary(max_size=20))
def test_a_file_that_is_added_fails_the_first_step(name: str, content: bytes) -> None:
    assert first_failing({**PACK, name: content}) == 1


@examples(60)
@given(st.sampled_from(NAMES), st.sampled_from(NAMES))
def test_two_files_that_are_exchanged_fail_the_step_of_either(one: str, other: str) -> None:
    if PACK[one] != PACK[other]:
        files = {**PACK, one: PACK[other], other: PACK[one]}
        assert first_failing(files) in (FIRST[one] | FIRST[other])


def _json_or_none(content: bytes) -> object:
    try:
        return json.loads(content)
    except ValueError:
        return None


@examples(150)
@given(changed_bytes(tuple(RESEALED)))
def test_a_changed_file_that_is_sealed_again_fails_its_step_or_says_the_same(changed: tuple[str, bytes]) -> None:
    """What sums and signature no longer find: the steps behind them must fail at their own, and never fall over."""
    name, content = changed
    files = {**PACK, name: content}
    said = _json_or_none(files["pack.json"])
    whole = isinstance(said, dict) and {"study", "protocol", "built", "ledgers"} <= said.keys()
    steps = verify(sealed(files) if whole else summed(files))
    failed = {step.number for step in steps if step.outcome == "FAILS"}
    assert failed <= RESEALED[name]


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@examples(60)
@given(ANY_JSON, st.sampled_from(["pack.json", "protocol.json", "ledger/north.json", "statement.dsse.json"]))
def test_any_json_in_the_place_of_another_fails_its_step(said: object, name: str) -> None:
    try:
        content = canonical_json(said)
    except ValueError:
        return
    expected = {"pack.json": 4, "protocol.json": 4, "ledger/north.json": 5, "statement.dsse.json": 3}[name]
    files = {**PACK, name: content}
    if name != "statement.dsse.json":
        files = summed(files)
        assert next(step.number for step in verify(files) if step.outcome == "FAILS") == expected
    else:
        assert first_failing(files) == expected


def zipped() -> bytes:
    text = io.BytesIO()
    with zipfile.ZipFile(text, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in PACK.items():
            archive.writestr(f"small-pack/{name}", content)
    return text.getvalue()


ZIP = zipped()


@examples(150)
@given(st.integers(0, len(ZIP) - 1) | st.integers(len(ZIP) - 1500, len(ZIP) - 1), st.integers(0, 255))
def test_a_damaged_zip_holds_the_same_files_or_fails(place: int, value: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "pack.zip")
        file.write_bytes(changed_at(ZIP, place, value))
        files = read_pack(file)
    assert files == PACK or first_failing(files) in (1, 2, 3)


@examples(60)
@given(st.binary(min_size=28, max_size=36), st.binary(max_size=20), st.binary(min_size=60, max_size=68))
def test_no_random_signature_holds(key: bytes, message: bytes, signature: bytes) -> None:
    assert ed25519_holds(key, message, signature) is False
