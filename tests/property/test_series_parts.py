"""However the headers of a site are cut into shards, and in whichever order the parts come, its series are the same."""

from collections import Counter

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from multisite.provenance.series import SeriesTables, combine_series
from multisite.provenance.series_parts import series_parts
from multisite.provenance.studies import index_studies
from multisite.schemas.series_parts import SERIES_PARTS
from tests.lib.examples import examples
from tests.lib.header_rows import header_rows

_COLUMNS = {
    "series_instance_uid": ["e1", "e2", "e3"],
    "sop_instance_uid": ["i1", "i2", "i3", "i4", "i5", "i6"],
    "dataset_digest": ["a", "b", "-"],
    "content_fingerprint": ["f1", "f2", "f3", "-"],
    "study_instance_uid": ["s1", "s2"],
    "patient_id": ["p1", "p2", "-"],
    "modality": ["CT", "MR", "SR"],
    "manufacturer": ["SIEMENS", "Siemens AG", "GE", "-"],
    "convolution_kernel": ["B30f", "B70s", "LUNG", "-"],
    "kvp": ["100", "120", "-"],
    "age_years": ["40", "41"],
    "age_source": ["dates", "patient_age"],
    "image_type": ["ORIGINAL PRIMARY", "DERIVED SECONDARY"],
    "frame_of_reference_uid": ["f1", "f1", "f1", "f2"],
    "image_orientation_patient": ["1 0 0 0 1 0", "1 0 0 0 1 0", "1 0 0 0 0 -1", "-"],
    "image_position_patient": ["0 0 1", "0 1 2", "0 2 3", "0 3 5", "-"],
    "acquisition_datetime": ["2024-03-01 10:00:05", "2024-03-01 10:00:07", "2024-03-01 00:00:00", "-"],
}
_HEADERS = st.lists(st.tuples(*map(st.sampled_from, _COLUMNS.values())), max_size=14).map(
    lambda rows: header_rows("\n".join(map(" | ".join, [tuple(_COLUMNS), *rows])))
)


def _combined(shards: list[pl.DataFrame]) -> SeriesTables:
    parts = [SERIES_PARTS.conform(series_parts(shard, site="north")) for shard in shards]
    return combine_series(pl.concat([SERIES_PARTS.empty(), *parts]), site="north")


@pytest.mark.slow
@examples(25)
@given(headers=_HEADERS, data=st.data())
def test_any_cut_and_any_order_of_the_parts_give_the_same_tables(headers: pl.DataFrame, data: st.DataObject) -> None:
    shard_of = data.draw(st.lists(st.integers(0, 4), min_size=headers.height, max_size=headers.height))
    order = data.draw(st.permutations(range(5)))
    of_rows = pl.Series(shard_of, dtype=pl.Int64)
    cut, whole = _combined([headers.filter(of_rows == shard) for shard in order]), _combined([headers])
    assert_frame_equal(cut.series, whole.series, check_exact=True)
    assert_frame_equal(cut.instance_incidents, whole.instance_incidents, check_exact=True)
    assert_frame_equal(cut.content_incidents, whole.content_incidents, check_exact=True)
    assert_frame_equal(cut.normalisation, whole.normalisation, check_exact=True)
    studies = [index_studies(tables.series, modalities=("CT",)) for tables in (cut, whole)]
    assert_frame_equal(*studies, check_exact=True)


@examples(25)
@given(headers=_HEADERS)
def test_counts_and_commonest_values_are_those_of_a_plain_count_over_the_headers(headers: pl.DataFrame) -> None:
    found = {row["series_instance_uid"]: row for row in _combined([headers]).series.to_dicts()}
    assert set(found) == set(headers["series_instance_uid"])
    for name, rows in headers.group_by("series_instance_uid"):
        series, objects = found[name[0]], rows.to_dicts()
        contents = Counter((row["sop_instance_uid"], row["dataset_digest"]) for row in objects if row["dataset_digest"])
        per_instance = Counter(instance for instance, _ in contents)
        assert series["n_objects"] == len(objects)
        assert series["n_instances"] == len({row["sop_instance_uid"] for row in objects})
        assert series["n_resent"] == sum(contents.values()) - len(contents)
        assert series["n_conflicting_instances"] == sum(n > 1 for n in per_instance.values())
        voltages = Counter(row["kvp"] for row in objects if row["kvp"] is not None)
        commonest = min(voltages, key=lambda value: (-voltages[value], value), default=None)
        assert series["tube_voltage_kv"] == commonest
        assert ("tube_voltage_kv" in series["inconsistent_attributes"]) == (len(voltages) > 1)
