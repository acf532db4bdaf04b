"""The hash of the set: blind to order and partition, sensitive to every value."""

from datetime import date

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from multisite.cohort.identity import set_digest

_TEXT = st.one_of(st.none(), st.text(max_size=8))
_ROWS = st.lists(
    st.tuples(_TEXT, st.one_of(st.none(), st.floats(allow_nan=False)), st.one_of(st.none(), st.booleans())),
    min_size=1,
    max_size=12,
)


def frame(rows: list[tuple[str | None, float | None, bool | None]]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "case_id": [f"c{i:03}" for i in range(len(rows))],
            "vendor": pl.Series([row[0] for row in rows], dtype=pl.String),
            "thickness": pl.Series([row[1] for row in rows], dtype=pl.Float64),
            "reference": pl.Series([row[2] for row in rows], dtype=pl.Boolean),
            "day": [date(2024, 1, 1)] * len(rows),
        }
    )


@given(_ROWS, st.randoms(use_true_random=False), st.integers(0, 12))
def test_reordering_and_repartitioning_leave_the_hash(rows: list, random: object, cut: int) -> None:
    whole = frame(rows)
    order = list(range(whole.height))
    random.shuffle(order)  # type: ignore[attr-defined]  # hypothesis types the strategy's value as object
    shuffled = whole[order].select(sorted(whole.columns, reverse=True))
    parts = pl.concat([whole[cut:], whole[:cut]])
    assert set_digest(shuffled) == set_digest(whole) == set_digest(parts)


@given(_ROWS, st.integers(0, 11), st.sampled_from(["vendor", "thickness", "reference", "day"]))
def test_any_changed_value_changes_the_hash(rows: list, at: int, column: str) -> None:
    whole = frame(rows)
    row = at % whole.height
    old = whole[column][row]
    new: object
    if column == "vendor":
        new = f"{old}x"
    elif column == "thickness":
        new = 1.0 if old is None else (2.0 if old == 1.0 else 1.0)
    elif column == "reference":
        new = old is None or not old
    else:
        new = date(2024, 1, 2)
    values = whole[column].to_list()
    values[row] = new
    changed = whole.with_columns(pl.Series(column, values, dtype=whole.schema[column]))
    assert set_digest(changed) != set_digest(whole)


@given(_ROWS)
def test_a_missing_row_or_column_changes_the_hash(rows: list) -> None:
    whole = frame(rows)
    assert set_digest(whole[1:]) != set_digest(whole)
    assert set_digest(whole.drop("vendor")) != set_digest(whole)
