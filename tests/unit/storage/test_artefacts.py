from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from multisite.errors import ArtefactMissingError, MachineError, SchemaError, ZoneError
from multisite.schemas import Artefact, Column, FileArtefact
from multisite.storage.artefacts import WHOLE, ArtefactStore
from multisite.storage.location import StoreLocation
from multisite.storage.manifest import Manifest, Part, Receipt
from multisite.storage.opening import open_store
from multisite.vocabulary import Zone

ROWS = Artefact("rows", Zone.SITE, "Rows.", (Column("id", pl.String(), "Id"), Column("month", pl.String(), "Month")))
MONTHS = Artefact("months", Zone.SITE, "Rows.", ROWS.columns, partitioned_by="month")
PAGE = FileArtefact("page", Zone.CENTRAL, ".html", "text/html", "A page.")
FRAME = pl.DataFrame({"id": ["a", "b", "c"], "month": ["2025-02", "2025-01", "2025-02"]})


def store_in(folder: Path, zone: Zone = Zone.SITE) -> ArtefactStore:
    return ArtefactStore(open_store(StoreLocation(name="workspace", url=str(folder))), study="chest", zone=zone)


def manifest_of(artefact: Artefact, parts: tuple[Part, ...]) -> Manifest:
    return Manifest(artefact.name, 1, "site", "north", "stage", 1, "0", "p", {"north/other": "f00"}, parts)


def receipt_of(parts: dict[str, tuple[Part, ...]]) -> Receipt:
    return Receipt(stage="stage", site="north", partition=WHOLE, identity="i", parts=parts)


def test_rows_can_be_read_only_once_their_manifest_stands(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    parts = store.write_table(ROWS, "north", WHOLE, FRAME)
    with pytest.raises(ArtefactMissingError, match="`rows` has not been made"):
        store.read(ROWS, "north")
    store.commit(ROWS, manifest_of(ROWS, parts))
    assert store.read(ROWS, "north").equals(FRAME)


def test_a_partitioned_artefact_has_one_part_per_value_in_order(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    parts = store.write_table(MONTHS, "north", WHOLE, FRAME)
    assert [(part.partition, part.n_rows) for part in parts] == [("2025-01", 1), ("2025-02", 2)]
    store.commit(MONTHS, manifest_of(MONTHS, parts))
    assert store.read(MONTHS, "north", partitions=["2025-01"])["id"].to_list() == ["b"]
    assert store.read(MONTHS, "north", columns=["id"]).columns == ["id"]


def test_an_artefact_without_parts_reads_as_an_empty_table(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    store.commit(ROWS, manifest_of(ROWS, ()))
    assert store.read(ROWS, "north").schema == ROWS.schema


def test_a_commit_removes_only_the_parts_it_no_longer_names(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    both = store.write_table(MONTHS, "north", WHOLE, FRAME)
    store.commit(MONTHS, manifest_of(MONTHS, both))
    store.commit(MONTHS, manifest_of(MONTHS, both[1:]))
    left = sorted(path.name for path in (tmp_path / "chest/north/months").iterdir())
    assert left == ["manifest.json", "part-2025-02.parquet"]


def test_equal_rows_give_equal_bytes_and_an_equal_digest(tmp_path: Path) -> None:
    first = store_in(tmp_path / "a").write_table(ROWS, "north", WHOLE, FRAME)
    second = store_in(tmp_path / "b").write_table(ROWS, "north", WHOLE, FRAME.clone())
    assert first == second


def test_row_level_artefacts_are_refused_by_a_store_of_a_less_trusted_zone(tmp_path: Path) -> None:
    for zone in (Zone.AGGREGATE, Zone.CENTRAL):
        with pytest.raises(ZoneError, match="`rows` belongs to the zone `site`"):
            store_in(tmp_path, zone).write_table(ROWS, "north", WHOLE, FRAME)
    assert not list(tmp_path.rglob("*.parquet"))


def test_rows_that_break_the_schema_are_not_written(tmp_path: Path) -> None:
    with pytest.raises(SchemaError):
        store_in(tmp_path).write_table(ROWS, "north", WHOLE, FRAME.drop("month"))
    assert not list(tmp_path.rglob("*.parquet"))


def test_a_document_is_read_back_byte_for_byte(tmp_path: Path) -> None:
    store = store_in(tmp_path, Zone.CENTRAL)
    parts = store.write_file(PAGE, "_study", WHOLE, b"<p>")
    store.commit(PAGE, Manifest("page", 1, "central", "_study", "report", 1, "0", "p", {}, parts))
    assert store.read_file(PAGE, "_study") == b"<p>"


def test_a_receipt_holds_while_identity_and_parts_are_as_it_says(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    parts = store.write_table(ROWS, "north", WHOLE, FRAME)
    store.write_receipt(receipt_of({"rows": parts}))

    def valid(identity: str = "i", artefact: Artefact = ROWS) -> bool:
        return bool(store.valid_receipts("stage", "north", {WHOLE: identity}, (artefact,)))

    assert valid()
    assert not valid(identity="other")
    assert not valid(artefact=MONTHS)
    part = tmp_path / "chest/north/rows/part-all.parquet"
    part.write_bytes(part.read_bytes()[:-1])
    assert not valid()


def test_a_receipt_that_is_half_a_file_counts_as_none(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    store.write_receipt(receipt_of({"rows": store.write_table(ROWS, "north", WHOLE, FRAME)}))
    receipt = tmp_path / "chest/north/_receipts/stage/all.json"
    receipt.write_bytes(receipt.read_bytes()[:20])
    assert store.valid_receipts("stage", "north", {WHOLE: "i"}, (ROWS,)) == {}


def test_a_receipt_of_work_that_is_not_settled_counts_as_none(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    receipt = receipt_of({"rows": store.write_table(ROWS, "north", WHOLE, FRAME)})
    store.write_receipt(replace(receipt, settled=False))
    assert store.valid_receipts("stage", "north", {WHOLE: "i"}, (ROWS,)) == {}
    store.write_receipt(receipt)
    assert store.valid_receipts("stage", "north", {WHOLE: "i", "none": "i"}, (ROWS,)) == {WHOLE: receipt}


def test_frames_are_written_as_they_come_and_none_is_kept(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    written: list[list[str]] = []

    def frames() -> Iterator[pl.DataFrame]:
        for month in ("2025-03", "2025-01", "2025-02"):
            yield pl.DataFrame({"id": ["a"], "month": [month]})
            written.append(sorted(path.name for path in (tmp_path / "chest/north/months").iterdir()))

    parts = store.write_table(MONTHS, "north", WHOLE, frames())
    assert [len(names) for names in written] == [1, 2, 3]
    assert [part.partition for part in parts] == ["2025-01", "2025-02", "2025-03"]


def test_a_part_that_comes_in_two_frames_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MachineError, match="came twice"):
        store_in(tmp_path).write_table(MONTHS, "north", WHOLE, iter([FRAME, FRAME]))


def test_frames_of_an_artefact_without_parts_become_one(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    parts = store.write_table(ROWS, "north", WHOLE, iter([FRAME, FRAME]))
    assert [part.n_rows for part in parts] == [6]
    assert store.read_parts(ROWS, "north", [WHOLE])["id"].to_list() == ["a", "b", "c"] * 2


def test_many_parts_are_read_in_the_order_in_which_they_are_named(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    names = [f"{n:03}" for n in range(60)]
    store.write_table(MONTHS, "north", WHOLE, (pl.DataFrame({"id": [name], "month": [name]}) for name in names))
    asked = names[::-1]
    assert store.read_parts(MONTHS, "north", asked)["id"].to_list() == asked
    assert store.read_parts(MONTHS, "north", [], columns=["id"]).schema == {"id": pl.String}


def test_a_manifest_survives_its_bytes() -> None:
    manifest = manifest_of(ROWS, (Part("all", "ab", 3, 2),))
    assert Manifest.from_bytes(manifest.to_bytes()) == manifest
    assert manifest.n_rows == 2
