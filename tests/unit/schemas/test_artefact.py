from dataclasses import replace

import polars as pl
import pytest

from multisite.errors import SchemaError
from multisite.schemas import Artefact, Column, ColumnFamily
from multisite.schemas.column import between
from multisite.vocabulary import Zone

ARTEFACT = Artefact(
    "thing",
    Zone.SITE,
    "A thing.",
    (
        Column("id", pl.String(), "Identifier"),
        Column("share", pl.Float64(), "Share", nullable=True, constraint=between("share", 0, 1)),
    ),
    key=("id",),
    families=(ColumnFamily("stratum_", pl.String(), "Level"),),
)


def frame(**columns: list[object]) -> pl.DataFrame:
    return pl.DataFrame({"id": ["a", "b"], "share": [0.0, 1.0], **columns}, strict=False)


def test_sound_rows_come_back_in_declared_order_with_family_columns_last() -> None:
    rows = pl.DataFrame({"stratum_sex": ["F", "M"], "share": [0.5, None], "id": ["a", "b"]})
    assert ARTEFACT.conform(rows).columns == ["id", "share", "stratum_sex"]


def test_every_column_fault_is_named_at_once() -> None:
    with pytest.raises(SchemaError) as caught:
        ARTEFACT.conform(pl.DataFrame({"share": ["x"], "extra": [1], "stratum_sex": [1]}))
    for words in ("`id` is missing", "`share` is String", "`extra` is not declared", "`stratum_sex` is Int64"):
        assert words in caught.value.fact


def test_values_outside_a_constraint_are_counted_and_not_quoted() -> None:
    with pytest.raises(SchemaError, match="from 0 to 1: 1 rows are not") as caught:
        ARTEFACT.conform(frame(share=[0.5, 1.234567]))
    assert "1.234567" not in str(caught.value)


def test_a_nan_breaks_a_range() -> None:
    with pytest.raises(SchemaError, match="1 rows are not"):
        ARTEFACT.conform(frame(share=[0.5, float("nan")]))


def test_a_null_in_a_required_column_is_counted() -> None:
    with pytest.raises(SchemaError, match="`id` has 1 nulls"):
        ARTEFACT.conform(frame(id=["a", None]))


def test_a_null_in_a_family_that_forbids_it_is_counted() -> None:
    with pytest.raises(SchemaError, match="`stratum_sex` has 1 nulls"):
        ARTEFACT.conform(frame(stratum_sex=["F", None]))


def test_a_repeated_key_is_counted() -> None:
    with pytest.raises(SchemaError, match=r"the key \(id\) repeats in 1 rows"):
        ARTEFACT.conform(frame(id=["a", "a"]))


def test_the_empty_table_conforms() -> None:
    assert ARTEFACT.conform(ARTEFACT.empty()).is_empty()


def test_labels_can_be_kept_of_tuning_cases_only() -> None:
    labelled = replace(ARTEFACT, families=(*ARTEFACT.families, ColumnFamily("truth_", pl.Boolean(), "", is_label=True)))
    rows = frame(stratum_sex=["F", "M"], truth_nodule=[True, False])
    split = rows.with_columns(split=pl.Series(["tune", "test"]))
    assert labelled.with_tuning_labels(split)["truth_nodule"].to_list() == [True, None]
    assert labelled.with_tuning_labels(split)["stratum_sex"].to_list() == ["F", "M"]
    unknown = rows.with_columns(split=pl.Series([None, "train"]))
    assert labelled.with_tuning_labels(unknown)["truth_nodule"].to_list() == [None, None]
    assert "truth_nodule" not in labelled.with_tuning_labels(rows).columns


def test_columns_of_labels_can_be_left_out_and_no_others_are() -> None:
    labelled = replace(ARTEFACT, families=(*ARTEFACT.families, ColumnFamily("truth_", pl.Boolean(), "", is_label=True)))
    rows = frame(stratum_sex=["F", "M"], truth_nodule=[True, False])
    assert labelled.without_labels(rows).columns == ["id", "share", "stratum_sex"]
    assert ARTEFACT.without_labels(frame(stratum_sex=["F", "M"])).columns == ["id", "share", "stratum_sex"]
