"""Values of watched categories that a site's baseline never had, once enough studies of a month show them."""

from collections.abc import Callable

import polars as pl

from multisite.schemas.drift_feed import DRIFT_EVENTS
from multisite.vocabulary import DriftEventKind

__all__ = ["events_of_new_values"]


def events_of_new_values(
    deployment: pl.DataFrame,
    *,
    reference_of: Callable[[str], pl.DataFrame | None],
    headers: pl.DataFrame,
    rare: int,
    site: str,
) -> pl.DataFrame:
    """DRIFT_EVENTS: each value once, in the first month in which ``rare`` or more studies have it.

    Studies are first ones of a patient and month. ``reference_of`` gives the reference rows of a month, as of
    DRIFT_REFERENCE, None where the site has none; a column of which these have no value tells nothing. A value that
    ``headers`` explain (a new device or version of the same month, that changes the column by itself) is no event of
    its own.
    """
    explained = {(month, name) for month, names in headers.select("month", "monitors").iter_rows() for name in names}
    rows: list[dict[str, object]] = []
    told: set[tuple[str, str]] = set()
    firsts = deployment.filter("is_first")
    for month in firsts["month"].unique().sort():
        reference = reference_of(month)
        if reference is None:
            continue
        studies = firsts.filter(month=month)
        for column in sorted(name for name in studies.columns if name.startswith("category_")):
            monitor = column.removeprefix("category_")
            for value, n_studies, first_date in _unseen(studies, reference, column, rare):
                if (column, value) not in told and (month, monitor) not in explained:
                    rows.append(_event(monitor, value, n_studies, first_date, month))
                told.add((column, value))
    schema = {name: dtype for name, dtype in DRIFT_EVENTS.schema.items() if name != "site"}
    frame = pl.DataFrame(rows, schema=schema).with_columns(pl.lit(site).alias("site"))
    return frame.select(DRIFT_EVENTS.schema.names()).sort("date", "kind", "title")


def _unseen(studies: pl.DataFrame, reference: pl.DataFrame, column: str, rare: int) -> list[tuple[str, int, object]]:
    seen = reference[column].drop_nulls().unique() if column in reference.columns else pl.Series([], dtype=pl.String)
    if seen.is_empty():
        return []
    found = studies.filter(pl.col(column).is_not_null()).group_by(column).agg(pl.len(), pl.col("study_date").min())
    return found.filter((pl.col("len") >= rare) & ~pl.col(column).is_in(seen.to_list())).sort(column).rows()


def _event(monitor: str, value: str, n_studies: int, first_date: object, month: str) -> dict[str, object]:
    return {
        "date": first_date,
        "month": month,
        "kind": DriftEventKind.NEW_VALUE.value,
        "device": None,
        "title": f"new value of {monitor.replace('_', ' ')}: {value}",
        "source": "headers",
        "is_planned": False,
        "window_end": None,
        "monitors": [monitor],
        "n_studies": n_studies,
    }
