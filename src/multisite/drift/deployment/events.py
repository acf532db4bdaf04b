"""Events that may explain a change: found in the headers of routine use, or told in the site's table."""

from collections.abc import Iterable, Iterator
from typing import Any

import polars as pl

from multisite.schemas.drift_feed import DRIFT_EVENTS
from multisite.vocabulary import DriftEventKind

__all__ = ["device_name", "events_in_headers", "events_told", "joined_events"]

_BY_ITSELF = {
    DriftEventKind.SOFTWARE: ("software_versions",),
    DriftEventKind.DEVICE: (
        "vendor",
        "manufacturer",
        "model",
        "manufacturer_model_name",
        "software_versions",
        "modality",
    ),
}
"""The columns that an event of a kind changes by itself. For other kinds the site must name them: what is named is
excused while an acceptance window is open."""

_KINDS = {kind.value: kind for kind in DriftEventKind}


def events_in_headers(devices: pl.DataFrame, *, rare: int, site: str) -> pl.DataFrame:
    """New software on a known device, and devices that appear after the first month: DRIFT_EVENTS.

    Devices of the first month of routine use are what routine use began with. A version is new where the device was not
    seen with it in the last month before in which it was seen at all: going back to an earlier version is an event, and
    two versions side by side, month after month, are none. What fewer than ``rare`` studies of the month show is told
    without the words of their headers.
    """
    return _table(list(_header_events(devices, rare)), site)


def events_told(table: pl.DataFrame | None, *, site: str) -> pl.DataFrame:
    """Events of the site's table; one without a date is dropped, and one of an unknown kind is called ``other``."""
    rows = []
    for row in [] if table is None else table.iter_rows(named=True):
        if row["date"] is None:
            continue
        kind = _KINDS.get(str(row["kind"] or "").strip().lower(), DriftEventKind.OTHER)
        named = str(row.get("monitors") or "").split()
        rows.append(
            {
                "date": row["date"],
                "kind": kind.value,
                "device": row.get("device"),
                "title": str(row["title"] or kind.value).strip()[:120] or kind.value,
                "source": "site table",
                "is_planned": bool(row.get("planned")),
                "window_end": row.get("window_end") if row.get("planned") else None,
                "monitors": sorted(set(named or _BY_ITSELF.get(kind, ()))),
                "n_studies": None,
            }
        )
    return _table(rows, site)


def joined_events(parts: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """Events of all sources, one row per date, kind and title; of the same event told twice the later part's stands."""
    return (
        pl.concat(parts)
        .unique(["date", "kind", "title"], maintain_order=True, keep="last")
        .sort("date", "kind", "title")
        .select(DRIFT_EVENTS.schema.names())
    )


def device_name(row: dict[str, Any]) -> str:
    """A device in words: maker and model, else its modality."""
    words = [row[name] for name in ("vendor", "model_name") if row[name]]
    return " ".join(words) or f"a {row['modality'] or 'device'}"


def _header_events(devices: pl.DataFrame, rare: int) -> Iterator[dict[str, object]]:
    first_month = devices["month"].min() if devices.height else None
    ordered = devices.sort("device", "month", "first_date", "software_versions")
    for (device,), seen in ordered.group_by("device", maintain_order=True):
        known: set[str] = set()
        latest = ""
        for (month,), rows in seen.group_by("month", maintain_order=True):
            versions = set(rows["software_versions"]) - {""}
            for place, row in enumerate(rows.iter_rows(named=True)):
                version = row["software_versions"]
                if place == 0 and month == seen["month"][0] and month != first_month:
                    yield _new_device(row, str(device), int(rows["n_studies"].sum()), rare)
                elif version and known and version not in known:
                    yield _new_software(row, str(device), latest, rare)
                latest = version or latest
            known = versions or known


def _new_device(row: dict[str, Any], device: str, n_studies: int, rare: int) -> dict[str, object]:
    title = f"new device {device_name(row)}" if n_studies >= rare else "new device"
    return _event({**row, "n_studies": n_studies}, device, DriftEventKind.DEVICE, title)


def _new_software(row: dict[str, Any], device: str, before: str, rare: int) -> dict[str, object]:
    change = f"software {before} → {row['software_versions']} on {device_name(row)}"
    title = change if row["n_studies"] >= rare else "new software on a device"
    return _event(row, device, DriftEventKind.SOFTWARE, title)


def _event(row: dict[str, Any], device: str, kind: DriftEventKind, title: str) -> dict[str, object]:
    return {
        "date": row["first_date"],
        "kind": kind.value,
        "device": device,
        "title": title,
        "source": "headers",
        "is_planned": False,
        "window_end": None,
        "monitors": list(_BY_ITSELF[kind]),
        "n_studies": row["n_studies"],
    }


def _table(rows: list[dict[str, object]], site: str) -> pl.DataFrame:
    """DRIFT_EVENTS: the same title on one day is one event, of no device where it is of several."""
    schema = {name: dtype for name, dtype in DRIFT_EVENTS.schema.items() if name not in ("site", "month")}
    frame = pl.DataFrame(rows, schema=schema)
    one_device = pl.when(pl.col("device").n_unique() == 1).then(pl.col("device").first()).alias("device")
    n_studies = pl.when(pl.col("n_studies").count() > 0).then(pl.col("n_studies").sum()).alias("n_studies")
    rest = [pl.col(name).last() for name in ("source", "is_planned", "window_end", "monitors")]
    merged = frame.group_by("date", "kind", "title", maintain_order=True).agg(one_device, n_studies, *rest)
    dated = merged.with_columns(pl.lit(site).alias("site"), pl.col("date").dt.strftime("%Y-%m").alias("month"))
    return dated.select(DRIFT_EVENTS.schema.names()).sort("date", "kind", "title")
