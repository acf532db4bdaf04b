"""Whatever the headers say of an attribute, an instance has one state of it, and the counts of shards add up."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from multisite.dicom import ATTRIBUTES
from multisite.provenance.completeness import attribute_counts, combine_attribute_counts
from tests.lib.examples import examples
from tests.lib.header_rows import header_rows

_STATES = ("n_present", "n_absent", "n_empty", "n_invalid", "n_removed", "n_unseen")
_LISTS = ("empty_attributes", "invalid_attributes", "removed_attributes", "unseen_attributes")
_KEYWORDS = st.lists(st.sampled_from([*(a.keyword for a in ATTRIBUTES[::40]), "KVP", "NotAnAttribute"]), max_size=4)
_ROW = st.fixed_dictionaries(
    {
        "manufacturer": st.sampled_from(["SIEMENS", "Siemens AG", "Foo", None]),
        "modality": st.sampled_from(["CT", "MR", "nonsense", None]),
        "kvp": st.sampled_from([120.0, None]),
        "pixel_data_present": st.sampled_from([True, False, None]),
        "age_source": st.sampled_from(["patient_age", "dates", "none"]),
        **dict.fromkeys(_LISTS, _KEYWORDS),
    }
)


def _headers(rows: list[dict[str, object]]) -> pl.DataFrame:
    text = "\n".join(["sop_instance_uid", *(f"i{i}" for i in range(len(rows)))])
    blank = header_rows(text)
    given = [pl.Series(name, [row[name] for row in rows], dtype=blank.schema[name]) for name in (rows or [{}])[0]]
    return blank.with_columns(given)


@examples(25)
@given(rows=st.lists(_ROW, max_size=12), cut=st.integers(0, 12))
def test_states_add_up_to_the_instances_and_shards_to_the_whole(rows: list[dict[str, object]], cut: int) -> None:
    headers = _headers(rows)
    shards = [attribute_counts(shard, site="north") for shard in (headers[cut:], headers[:cut])]
    found = combine_attribute_counts(pl.concat(shards), site="north")
    assert (found.select(pl.sum_horizontal(_STATES)).to_series() == found["n_instances"]).all()
    assert (found.select(pl.min_horizontal(_STATES)).to_series() >= 0).all()
    assert found["n_instances"].sum() == headers.height * sum(a.column is not None for a in ATTRIBUTES)
    assert_frame_equal(found, combine_attribute_counts(attribute_counts(headers, site="north"), site="north"))
