from hypothesis import given
from hypothesis import strategies as st

from multisite.dicom.transposed import Transposed

records = st.lists(st.dictionaries(st.integers(0, 5), st.binary(max_size=2), max_size=4), max_size=12)


@given(records)
def test_a_column_holds_what_each_record_has_in_the_slot(rows: list[dict[int, bytes]]) -> None:
    transposed = Transposed(rows)
    for slot in range(7):
        assert transposed.column(slot) == [row.get(slot) for row in rows]
    assert transposed.slots == {slot for row in rows for slot in row}
