"""The verifier, held against a pack whose numbers the program made, and against packs that somebody made worse."""

import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from multisite.audit.dsse import Subject, sign, statement
from multisite.pack.verifying.verify import Step, conclusion, raw_key, read_pack, verify
from multisite.storage.canonical import canonical_json, sha256_hex
from tests.lib.small_pack import (
    KEY,
    OTHER_KEY,
    PREDICATE_TYPE,
    csv_rows,
    csv_text,
    pem,
    sealed,
    small_pack,
    statement_of,
    summed,
)

ESTIMATES, MOMENTS, GRID = "results/estimates.csv", "tallies/proportion_moments.csv", "tallies/score_tally_grid.csv"
Files = dict[str, bytes]
Row = dict[str, Any]


def outcomes(files: Files, **options: Any) -> list[str]:
    return [step.outcome for step in verify(files, **options)]


def failing(files: Files, **options: Any) -> list[int]:
    return [step.number for step in verify(files, **options) if step.outcome == "FAILS"]


def step(files: Files, number: int, **options: Any) -> Step:
    return verify(files, **options)[number - 1]


def with_json(files: Files, name: str, change: Callable[[Any], None]) -> Files:
    """The pack with one JSON file changed, and sealed anew by the signer."""
    said = json.loads(files[name])
    change(said)
    return sealed({**files, name: canonical_json(said)})


def with_row(files: Files, name: str, chosen: dict[str, str], **cells: str) -> Files:
    """The pack with the first row that has the ``chosen`` cells changed, and sealed anew by the signer."""
    rows = csv_rows(files[name])
    row = next(one for one in rows if all(one[column] == cell for column, cell in chosen.items()))
    row.update(cells)
    return sealed({**files, name: csv_text(rows)})


def without_rows(files: Files, name: str, chosen: dict[str, str]) -> Files:
    rows = [row for row in csv_rows(files[name]) if any(row[column] != cell for column, cell in chosen.items())]
    return sealed({**files, name: csv_text(rows)})


def estimate_of(files: Files, **chosen: str) -> Row:
    rows = csv_rows(files[ESTIMATES])
    return next(row for row in rows if all(row[column] == cell for column, cell in chosen.items()))


def test_every_step_holds_of_a_pack_as_it_was_made() -> None:
    steps = verify(small_pack())
    assert [one.outcome for one in steps] == ["ok"] * 8
    assert [one.number for one in steps] == list(range(1, 9))
    assert conclusion(steps) == ("verified: every step holds", 0)


def test_the_numbers_that_were_computed_anew_are_counted() -> None:
    found = csv_rows(small_pack()[ESTIMATES])
    shown = [row for row in found if row["estimate"]]
    pooled = [row for row in shown if row["site"] == "all sites"]
    n_auc, n_brier, n_ratio = (sum(row["metric"] == m for row in pooled) for m in ("auc", "brier", "observed_expected"))
    n_bound = sum(row["metric"] == "auc" and row["site"] != "all sites" for row in shown)
    assert min(n_auc, n_brier, n_ratio, n_bound) > 5
    details = step(small_pack(), 8).details
    assert details[0] == f"over all sites: {n_auc} AUC, {n_brier} Brier scores, {n_ratio} O:E"
    assert details[1].startswith(f"of a site: {n_bound} AUC ")
    n_proportions = sum(row["metric"] in ("sensitivity", "specificity", "ppv", "npv", "prevalence") for row in found)
    assert step(small_pack(), 7).sentence.startswith(f"{n_proportions} proportions, ")


def test_count_and_head_of_every_ledger_are_told_for_comparison() -> None:
    ledgers = json.loads(small_pack()["pack.json"])["ledgers"]
    expected = tuple(
        f"{site}: count {held['count']}, head {held['head'][:12]}; compare with the monthly mails"
        for site, held in ledgers.items()
    )
    assert step(small_pack(), 5).details == expected


def test_the_fingerprint_of_the_key_is_told() -> None:
    digits = sha256_hex([KEY.public_key().public_bytes_raw()])
    assert step(small_pack(), 3).details[0].replace(" ", "") == f"key{digits}"


@pytest.mark.parametrize(
    "content", [b"", b"x", bytes(range(256)), b'{"a":' * 50_000, b"[" * 100_000, b"9" * 9_000, b"NaN"]
)
@pytest.mark.parametrize("name", sorted(small_pack()))
def test_no_content_of_a_file_is_too_much(name: str, content: bytes) -> None:
    files = {**small_pack(), name: content}
    expected = {"SHA256SUMS": 1, "statement.dsse.json": 3, "signer.pem": 3}.get(name, 2)
    assert failing(files)[0] == expected
    assert len(verify(summed(files))) == len(verify({name: content})) == 8


# --- 1 and 2


def test_a_file_that_is_missing_or_there_besides_fails_the_first_step() -> None:
    files = small_pack()
    without = {name: content for name, content in files.items() if name != "README.txt"}
    assert failing(without) == [1]
    assert step(without, 1).details == ("missing: README.txt",)
    assert failing({**files, "__pycache__/verify.pyc": b""}) == [1]
    assert step({**files, "\x1b[2J\udcff": b""}, 1).details == ("besides: a file whose name is not plain",)


@pytest.mark.parametrize("name", ["../x", "/x", "a//b", "a/./b", "a\\b", ".x", "-x", "a b", "x\r", "readme.txt"])
def test_a_path_that_is_not_plain_fails_the_first_step(name: str) -> None:
    assert failing(sealed({**small_pack(), name: b"x"}))[0] == 1


def test_sums_have_one_form() -> None:
    files = small_pack()
    text = files["SHA256SUMS"]
    lines = text.splitlines(keepends=True)
    for changed in (
        text[:-1],
        text + b"\n",
        text.replace(b"\n", b"\r\n"),
        text.replace(b"  ", b" *"),
        b"".join(reversed(lines)),
        text + lines[-1],
        b"0" * 64 + b"  SHA256SUMS\n" + text,
        text[:64].upper() + text[64:],
        b"\xef\xbb\xbf" + text,
    ):
        steps = verify({**files, "SHA256SUMS": changed})
        assert [one.outcome for one in steps[:2]] == ["FAILS", "not possible"]


def test_a_changed_file_fails_the_second_step_and_is_named() -> None:
    files = {**small_pack(), "index.html": b"other"}
    assert failing(files) == [2]
    assert step(files, 2).details == ("changed: index.html",)


# --- 3


def test_a_pack_that_is_not_signed_is_accepted_on_request_only() -> None:
    files = small_pack(signed=False)
    steps = verify(files)
    assert steps[2].outcome == "not possible"
    assert steps[2].sentence == "the pack is not signed; anybody could have made it"
    line, code = conclusion(steps)
    assert "every file is as it was packed, but nothing says by whom" in line
    assert code == 1
    allowed = verify(files, allow_unsigned=True)
    line, code = conclusion(allowed)
    assert line.startswith("every file is as it was packed, but nothing says by whom")
    assert code == 0
    assert conclusion(verify({**files, "index.html": b""}, allow_unsigned=True)) == ("NOT verified: step 2 fails", 1)


def test_a_key_that_is_asked_for_must_be_the_signers() -> None:
    files = small_pack()
    assert failing(files, key=pem(KEY)) == []
    assert failing(files, key=pem(OTHER_KEY)) == [3]
    assert failing(files, key=b"no key") == [3]
    assert failing(sealed(files, OTHER_KEY), key=pem(KEY)) == [3]
    assert failing(small_pack(signed=False), key=pem(KEY), allow_unsigned=True) == [3]


def test_a_statement_without_its_key_or_a_key_without_its_statement_fails() -> None:
    for name in ("statement.dsse.json", "signer.pem"):
        assert failing({one: content for one, content in small_pack().items() if one != name}) == [3]
        assert conclusion(verify({n: c for n, c in small_pack().items() if n != name}, allow_unsigned=True))[1] == 1


def test_a_signature_by_another_key_fails() -> None:
    assert failing({**small_pack(), "signer.pem": pem(OTHER_KEY)}) == [3]


def test_an_envelope_has_one_form() -> None:
    files = small_pack()
    held = json.loads(files["statement.dsse.json"])
    signature = held["signatures"][0]
    changed = [
        {**held, "payloadType": "text/plain"},
        {**held, "signatures": [signature, signature]},
        {**held, "signatures": []},
        {**held, "signatures": [{**signature, "keyid": "0" * 16}]},
        {**held, "signatures": [{**signature, "sig": signature["sig"] + "\n"}]},
        {**held, "payload": held["payload"].rstrip("=") + "===="},
        {**held, "more": 1},
        [held],
        None,
    ]
    for one in changed:
        assert failing({**files, "statement.dsse.json": canonical_json(one)}) == [3]
    assert failing({**files, "statement.dsse.json": json.dumps(held).encode()}) == [3]
    doubled = files["statement.dsse.json"].replace(b'{"payload":', b'{"payload":"","payload":', 1)
    assert failing({**files, "statement.dsse.json": doubled}) == [3]


def test_a_key_in_another_form_is_none() -> None:
    text = pem(KEY)
    assert raw_key(text) == KEY.public_key().public_bytes_raw()
    lines = text.split(b"\n")
    unused_bits = lines[1][:-2] + bytes([lines[1][-2] + 1]) + b"="
    for other in (text[:-1], text + b"\n", text.replace(b"\n", b"\r\n"), text.replace(lines[1], unused_bits)):
        assert raw_key(other) is None
        assert failing({**small_pack(), "signer.pem": other}) == [3]


def test_what_is_signed_must_be_about_these_sums() -> None:
    files = small_pack()
    said = json.loads(statement_of(files))
    subject = [Subject("SHA256SUMS", sha256_hex([files["SHA256SUMS"]]))]
    for payload in (
        statement([Subject("SHA256SUMS", "0" * 64)], predicate_type=PREDICATE_TYPE, predicate=said["predicate"]),
        statement(subject * 2, predicate_type=PREDICATE_TYPE, predicate=said["predicate"]),
        statement(subject, predicate_type="https://other.example", predicate=said["predicate"]),
        statement(subject, predicate_type=PREDICATE_TYPE, predicate={}),
        json.dumps(said).encode(),
        b"[]",
    ):
        assert failing({**files, "statement.dsse.json": sign(payload, KEY)}) == [3]


# --- 4


@pytest.mark.parametrize("name", ["protocol", "study", "built"])
def test_the_statement_must_agree_with_the_description(name: str) -> None:
    files = small_pack()
    envelope = sign(statement_of(files, **{name: "another"}), KEY)
    assert failing({**files, "statement.dsse.json": envelope}) == [4]


def test_another_protocol_fails_the_fourth_step() -> None:
    files = small_pack()
    assert failing(sealed({**files, "protocol.json": canonical_json({"study": "other"})})) == [4]
    assert failing(sealed({**files, "protocol.json": files["protocol.json"] + b"\n"})) == [4]
    without = {name: content for name, content in files.items() if name != "protocol.json"}
    assert failing(sealed(without)) == [4]


@pytest.mark.parametrize(
    "change",
    [
        lambda said: said.update(format=2),
        lambda said: said.update(format=True),
        lambda said: said.update(sites=[]),
        lambda said: said.update(sites=said["sites"] * 2),
        lambda said: said["sites"][0].update(site="../north"),
        lambda said: said.update(endpoints=said["endpoints"] * 2),
        lambda said: said["endpoints"][0].update(threshold="0.5"),
        lambda said: said.update(score_grid_steps=0),
        lambda said: said.update(score_grid_steps=10**400),
        lambda said: said.pop("minimum_denominator"),
    ],
)
def test_a_description_of_another_form_fails_the_fourth_step_and_those_that_need_it_say_so(
    change: Callable[[Any], None],
) -> None:
    files = with_json(small_pack(), "pack.json", change)
    assert outcomes(files) == ["ok", "ok", "ok", "FAILS", *["not possible"] * 4]


# --- 5 and 6


def relink(held: Any) -> None:
    held["head"] = held["entries"][-1]["sha256"]


@pytest.mark.parametrize(
    "change",
    [
        lambda held: held["entries"].pop(),
        lambda held: held["entries"].pop(1),
        lambda held: held["entries"].reverse(),
        lambda held: held.update(count=5),
        lambda held: held.update(head="0" * 64),
        lambda held: held.update(site="south"),
        lambda held: held.update(more=1),
        lambda held: held["entries"][1]["entry"].update(time="2020-01-01T00:00:00+00:00"),
        lambda held: held["entries"][1]["entry"]["content"].update(by="somebody else"),
        lambda held: held["entries"][0].update(sha256="1" * 64),
        lambda held: held["entries"][0].update(number=True),
        lambda held: held["entries"][0].update(entry={}),
        lambda held: held.update(entries=None),
    ],
)
def test_a_ledger_that_is_not_whole_fails_the_fifth_step_and_its_standing_is_not_known(
    change: Callable[[Any], None],
) -> None:
    files = with_json(small_pack(), "ledger/north.json", change)
    assert outcomes(files) == [*["ok"] * 4, "FAILS", "not possible", "ok", "ok"]
    assert any(detail.startswith("north: ") for detail in step(files, 5).details)


def test_a_ledger_is_missing_or_one_too_many() -> None:
    files = small_pack()
    assert failing(sealed({name: content for name, content in files.items() if name != "ledger/north.json"})) == [5]
    assert failing(sealed({**files, "ledger/west.json": files["ledger/north.json"]})) == [5]


def test_the_ledgers_must_be_those_that_the_description_and_the_statement_name() -> None:
    files = small_pack()
    ledgers = json.loads(files["pack.json"])["ledgers"]
    other = {**ledgers, "north": {"count": 3, "head": "0" * 64}}
    assert failing(with_json(files, "pack.json", lambda said: said.update(ledgers=other))) == [5]
    envelope = sign(statement_of(files, ledgers=other), KEY)
    assert failing({**files, "statement.dsse.json": envelope}) == [5]


def test_a_look_before_the_lock_makes_a_site_and_the_study_exploratory() -> None:
    files = small_pack(early_look=True)
    assert failing(files) == []
    assert step(files, 6).details == ("north: planned", "south: exploratory")
    planned = with_json(files, "pack.json", lambda said: said["standing"].update(kind="planned"))
    assert failing(planned) == [6]
    site = with_json(files, "pack.json", lambda said: said["sites"][1]["standing"].update(kind="planned"))
    assert failing(site) == [6]


def test_a_lock_of_another_protocol_does_not_count() -> None:
    files = small_pack()
    protocol = canonical_json({"study": "small-study", "performance": {"threshold": 0.4}})
    changed = with_json(
        {**files, "protocol.json": protocol}, "pack.json", lambda said: said.update(protocol=sha256_hex([protocol]))
    )
    assert failing(changed) == [6]
    assert step(changed, 6).details == ("north: exploratory", "south: exploratory")


# --- 7 and 8

SHOWN = {"site": "all sites", "finding": "nodule", "stratum": "overall"}


@pytest.mark.parametrize(
    ("metric", "column", "cell"),
    [
        ("sensitivity", "estimate", "0.99"),
        ("specificity", "estimate", ""),
        ("ppv", "numerator", "1"),
        ("npv", "denominator", "1000"),
        ("prevalence", "n_patients", "1"),
        ("sensitivity", "threshold", "0.4"),
        ("sensitivity", "threshold", ""),
        ("prevalence", "threshold", "0.5"),
        ("ppv", "n_cases", "1"),
        ("ppv", "numerator", "-1"),
        ("ppv", "numerator", "9" * 5000),
        ("ppv", "estimate", "nan"),
        ("ppv", "estimate", "1e999"),
        ("ppv", "estimate", "١"),
    ],
)
def test_a_proportion_that_the_tallies_do_not_give_fails_the_seventh_step(metric: str, column: str, cell: str) -> None:
    files = with_row(small_pack(), ESTIMATES, {**SHOWN, "metric": metric}, **{column: cell})
    assert failing(files)[0] == 7
    assert cell[:3] not in step(files, 7).sentence or cell in ("", "1")


def test_an_estimate_of_too_few_patients_must_be_empty() -> None:
    chosen = {"site": "north", "stratum": "age", "level": "90+", "metric": "sensitivity"}
    assert estimate_of(small_pack(), **chosen)["status"] == "insufficient"
    assert failing(with_row(small_pack(), ESTIMATES, chosen, estimate="1.0")) == [7]
    assert failing(with_row(small_pack(), ESTIMATES, chosen, status="ok")) == [7]


def test_a_proportion_may_be_off_by_no_more_than_rounding() -> None:
    value = float(estimate_of(small_pack(), **SHOWN, metric="sensitivity")["estimate"])
    near, far = (
        with_row(small_pack(), ESTIMATES, {**SHOWN, "metric": "sensitivity"}, estimate=repr(value + off))
        for off in (1e-13, 1e-10)
    )
    assert failing(near) == []
    assert failing(far) == [7]


@pytest.mark.parametrize("metric", ["auc", "brier", "observed_expected"])
def test_a_number_of_the_scores_over_all_sites_must_be_that_of_the_grid(metric: str) -> None:
    value = float(estimate_of(small_pack(), **SHOWN, metric=metric)["estimate"])
    for off, expected in ((1e-11, []), (1e-7, [8])):
        changed = with_row(small_pack(), ESTIMATES, {**SHOWN, "metric": metric}, estimate=repr(value + off))
        assert failing(changed) == expected


def test_an_area_of_a_site_must_be_as_near_as_the_grid_can_tell() -> None:
    chosen = {**SHOWN, "site": "north", "metric": "auc"}
    value = float(estimate_of(small_pack(), **chosen)["estimate"])
    for off, expected in ((-0.0001, []), (-0.2, [8])):
        assert failing(with_row(small_pack(), ESTIMATES, chosen, estimate=repr(value + off))) == expected


@pytest.mark.parametrize("column", ["n_positive", "n_negative", "n_patients", "n_cases"])
def test_the_counts_of_every_metric_must_be_those_of_the_tallies(column: str) -> None:
    assert failing(with_row(small_pack(), ESTIMATES, {**SHOWN, "metric": "ece"}, **{column: "3"})) == [8]


def test_rows_that_the_tallies_give_must_be_there() -> None:
    assert failing(without_rows(small_pack(), ESTIMATES, {**SHOWN, "metric": "npv"})) == [7]
    assert failing(without_rows(small_pack(), ESTIMATES, {**SHOWN, "metric": "auc"})) == [8]
    assert failing(without_rows(small_pack(), MOMENTS, {"site": "north"})) == [7, 8]
    assert failing(without_rows(small_pack(), GRID, {"site": "north", "stratum": "overall"})) == [8]


def test_an_area_must_not_be_left_empty_without_need() -> None:
    chosen = {**SHOWN, "metric": "auc"}
    assert failing(with_row(small_pack(), ESTIMATES, chosen, estimate="", status="insufficient")) == [8]


@pytest.mark.parametrize(
    ("name", "cells", "expected"),
    [
        (MOMENTS, {"sum_y": "1"}, [7, 8]),
        (MOMENTS, {"threshold": "0.25"}, [7, 8]),
        (MOMENTS, {"site": "west"}, [7, 8]),
        (MOMENTS, {"split": "train"}, [7, 8]),
        (MOMENTS, {"site": "all sites"}, [7, 8]),
        (GRID, {"n_positive": "77"}, [8]),
        (GRID, {"score": "0.5"}, [8]),
        (GRID, {"score": "-0.025"}, [8]),
        (GRID, {"score": "0.0250"}, [8]),
        (GRID, {"model": "reader-net "}, [8]),
        (ESTIMATES, {"site": "west"}, [7, 8]),
    ],
)
def test_a_changed_tally_fails_what_follows_from_it(name: str, cells: dict[str, str], expected: list[int]) -> None:
    chosen = {"metric": "prevalence"} if name == MOMENTS and "sum_y" in cells else {}
    assert failing(with_row(small_pack(), name, chosen, **cells)) == expected


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace(b"site,", b"site,site,", 1),
        lambda text: text.replace(b"site,", b"place,", 1),
        lambda text: text + b"\n",
        lambda text: text + b'"',
        lambda text: text + b"a,b\n",
        lambda text: text + text.splitlines(keepends=True)[-1],
        lambda text: text + b"\xff",
        lambda text: text.replace(b"\n", b"\r"),
        lambda text: text + b"\x00",
        lambda text: text + b"x" * 200_000,
        lambda text: b"",
    ],
)
@pytest.mark.parametrize("name", [ESTIMATES, MOMENTS, GRID])
def test_a_table_that_is_damaged_fails_the_steps_that_read_it(name: str, change: Callable[[bytes], bytes]) -> None:
    files = small_pack()
    assert failing(sealed({**files, name: change(files[name])})) == ([8] if name == GRID else [7, 8])


# --- reading


def written(files: Files, folder: Path) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def zipped(files: Files, file: Path, top: str = "small-pack/") -> Path:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(top + name, content)
    return file


def test_a_folder_and_a_zip_are_read_alike(tmp_path: Path) -> None:
    files = small_pack()
    assert read_pack(written(files, tmp_path / "pack")) == files
    assert read_pack(zipped(files, tmp_path / "pack.zip")) == files


def test_links_and_pipes_of_a_folder_are_not_followed(tmp_path: Path) -> None:
    folder = written(small_pack(), tmp_path / "pack")
    held = (folder / "README.txt").rename(tmp_path / "elsewhere.txt")
    (folder / "README.txt").symlink_to(held)
    (folder / "loop").symlink_to(folder)
    (folder / "dangling").symlink_to(tmp_path / "nothing")
    os.mkfifo(folder / "pipe")
    steps = verify(read_pack(folder))
    assert [one.number for one in steps if one.outcome == "FAILS"] == [1]
    assert "missing: README.txt" in steps[0].details
    assert "besides: pipe (a link or no file)" in steps[0].details


def test_members_of_a_zip_cannot_lead_out_of_it_or_stand_twice(tmp_path: Path) -> None:
    file = zipped(small_pack(), tmp_path / "pack.zip")
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("small-pack/../../escaped", b"x")
    assert failing(read_pack(file)) == [1]
    assert not (tmp_path.parent / "escaped").exists()
    file = zipped(small_pack(), tmp_path / "twice.zip")
    with zipfile.ZipFile(file, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("small-pack/README.txt", b"x")
    assert failing(read_pack(file)) == [1]
    file = zipped(small_pack(), tmp_path / "beside.zip")
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("other/README.txt", b"x")
    assert failing(read_pack(file))[0] == 1


def test_a_zip_that_names_a_size_beyond_reason_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("multisite.pack.verifying.verify.LARGEST", 100_000)
    assert failing(read_pack(zipped(small_pack(), tmp_path / "pack.zip")))[0] == 1
    assert failing(read_pack(written(small_pack(), tmp_path / "pack")))[0] == 1


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"no zip"])
def test_what_is_no_zip_fails_the_first_step(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "pack.zip").write_bytes(content)
    assert failing(read_pack(tmp_path / "pack.zip"))[0] == 1


@pytest.mark.parametrize("top", ["..", "C:", "", "a b"])
def test_a_zip_whose_folder_has_no_plain_name_fails_the_first_step(tmp_path: Path, top: str) -> None:
    archive = tmp_path / "pack.zip"
    with zipfile.ZipFile(archive, "w") as written:
        for name, content in small_pack().items():
            written.writestr(f"{top}/{name}", content)
    assert 1 in failing(read_pack(archive))


def test_a_folder_in_a_zip_that_holds_bytes_fails_the_first_step(tmp_path: Path) -> None:
    archive = tmp_path / "pack.zip"
    with zipfile.ZipFile(archive, "w") as written:
        for name, content in small_pack().items():
            written.writestr(f"pack/{name}", content)
        written.writestr("pack/hidden.txt/", b"something")
    assert 1 in failing(read_pack(archive))


def test_what_was_not_possible_is_named_in_the_last_line() -> None:
    steps = [Step(1, "files", "ok", ""), Step(9, "intervals", "not possible", "")]
    assert conclusion(steps) == ("NOT verified: step 9 was not possible", 1)
