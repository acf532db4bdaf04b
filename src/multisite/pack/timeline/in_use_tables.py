"""Tables of the timeline on the feed's devices and on performance in use."""

from typing import Any

import polars as pl

from multisite.pack.numbers import decimals_for_width, fixed, per_cent
from multisite.pack.tables.table import Cell, Column, Row, Table, counted, missing, plain_table
from multisite.pack.timeline.record import SiteRecord
from multisite.pack.words import month_words
from multisite.schemas.drift_feed import DEPLOYMENT_DEVICES
from multisite.schemas.drift_performance import DRIFT_PERFORMANCE
from multisite.vocabulary import OVERALL, SINCE

__all__ = ["devices_table", "performance_table"]

_SHOWN_OF_PSEUDONYM = 12


def devices_table(record: SiteRecord) -> Table | None:
    """When each device was last seen, the longest silent first; None where no device is known."""
    seen = record.frame(DEPLOYMENT_DEVICES).filter(pl.col("month").is_in(list(record.months)))
    if seen.is_empty():
        return None
    last = seen["last_date"].max()
    devices = (
        seen.sort("last_date", "software_versions")
        .group_by("device", maintain_order=True)
        .agg(
            *(pl.col(name).last() for name in ("modality", "vendor", "model_name", "software_versions", "last_date")),
            pl.col("first_date").min(),
            pl.col("n_studies").sum(),
        )
    )
    rows = [_device_row(row, last) for row in devices.sort("last_date", "device").iter_rows(named=True)]
    columns = (
        Column("Device", "pseudonym"),
        Column("Make"),
        Column("Software"),
        Column("First seen"),
        Column("Last seen"),
        Column("Silent for", "days", kind="number"),
        Column("Studies", kind="number"),
    )
    return plain_table("devices", "Devices, the longest silent first", columns, rows, data=seen)


def performance_table(record: SiteRecord) -> Table | None:
    """Sensitivity and specificity at the end of the last month, by method; None where nothing was estimated."""
    stretches = pl.col("axis").is_in([OVERALL, SINCE])
    told = record.frame(DRIFT_PERFORMANCE).filter(stretches & (pl.col("month") == record.months[-1]))
    if told.is_empty():
        return None
    rows = [
        _performance_row(row)
        for row in told.sort("finding", "model", "measure", "method", "axis").iter_rows(named=True)
    ]
    columns = (
        Column("Measure"),
        Column("From"),
        Column("Labelled", "of the studies", kind="number"),
        Column("Estimate", "with its interval", kind="number"),
        Column("Validated", kind="number"),
        Column("Verdict"),
    )
    title = f"Performance in use, as told at the end of {month_words(record.months[-1])}"
    return plain_table("in-use", title, columns, rows, data=record.frame(DRIFT_PERFORMANCE))


def _device_row(row: dict[str, Any], last: Any) -> Row:
    make = " ".join(word for word in (row["vendor"], row["model_name"]) if word) or "not known"
    silent = (last - row["last_date"]).days
    return Row(
        (
            Cell(f"{row['device'][:_SHOWN_OF_PSEUDONYM]}…"),
            Cell(make, note=row["modality"] or ""),
            Cell(row["software_versions"] or "not known"),
            Cell(row["first_date"].isoformat(), sort=row["first_date"].isoformat()),
            Cell(row["last_date"].isoformat(), sort=row["last_date"].isoformat()),
            counted(silent),
            counted(row["n_studies"]),
        )
    )


def _performance_row(row: dict[str, Any]) -> Row:
    measure = f"{row['measure'].capitalize()}, {row['finding']}"
    labelled = counted(row["n_labelled"]) if row["method"] != "without labels" else missing("without labels")
    if row["maturity"] is not None and row["method"] != "without labels":
        labelled = counted(row["n_labelled"], f"{per_cent(100 * row['maturity'], 0)} of the studies have a label")
    reference = row["reference"]
    note = row["reason"] or (f"needs about {row['n_needed']} to see such a fall" if row["n_needed"] else "")
    return Row(
        (
            Cell(measure, note=row["model"]),
            Cell(row["method"], note=f"studies since {month_words(row['level'])}" if row["axis"] == SINCE else ""),
            labelled,
            _estimate(row),
            Cell(fixed(reference, 2), sort=reference) if reference is not None else missing("no validated value"),
            Cell(row["verdict"], note=note),
        )
    )


def _estimate(row: dict[str, Any]) -> Cell:
    value, low, high = row["estimate"], row["lower"], row["upper"]
    if value is None or low is None or high is None:
        return missing(row["reason"] or "too few labels")
    digits = decimals_for_width((high - low) / 4) if high > low else 2
    beside = f"error of such estimates so far: {fixed(row['backtest_error'], 2)}" if row["backtest_error"] else ""
    return Cell(f"{fixed(value, digits)} ({fixed(low, digits)}–{fixed(high, digits)})", sort=value, note=beside)
