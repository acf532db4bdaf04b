"""Events that may explain a change: found in the headers of routine use, or told in the site's table."""

from collections.abc import Iterator
from typing import Any

import polars as pl

from multisite.schemas.drift_feed import DRIFT_EVENTS
from multisite.vocabulary import DriftEventKind

__all__ = ["device_name", "events_in_headers", "events_told"]

_SOFTWARE = ("software_versions",)
_DEVICE = ("vendor", "manufacturer", "model", "manufacturer_model_name", "software_versions", "modality")


def events_in_headers(devices: pl.DataFrame, *, site: str) -> pl.DataFrame:
    """New software on a known device, and devices that appear after the first month: DRIFT_EVENTS.

    Devices of the first month of routine use are what routine use began with. A version counts as new where the device
    was last seen with another one; going back to an earlier one is an event, too.
    """
    rows = list(_header_events(devices))
    return _table(rows, site)


def events_told(table: pl.DataFrame | None, *, site: str) -> pl.DataFrame:
    """Events of the site's table; one without a date, or of an unknown kind, is dropped or called `other`."""
    rows = []
    for row in [] if table is None else table.iter_rows(named=True):
        if row["date"] is None:
            continue
        kind = str(row["kind"] or "").strip().lower()
        known = kind if kind in [k.value for k in DriftEventKind] else DriftEventKind.OTHER.value
        rows.append(
            {
                "date": row["date"],
                "kind": known,
                "device": row.get("device"),
                "title": str(row["title"] or known).strip()[:120] or known,
                "source": "site table",
                "is_planned": bool(row.get("planned")),
                "window_end": row.get("window_end") if row.get("planned") else None,
                "monitors": sorted(set(str(row.get("monitors") or "").split())),
                "n_studies": None,
            }
        )
    return _table(rows, site)


def device_name(row: dict[str, Any]) -> str:
    """A device in words: maker and model, else its modality."""
    words = [row[name] for name in ("vendor", "model_name") if row[name]]
    return " ".join(words) or f"a {row['modality'] or 'device'}"


def _header_events(devices: pl.DataFrame) -> Iterator[dict[str, object]]:
    first_month = devices["month"].min() if devices.height else None
    for (device,), seen in devices.sort("first_date", "software_versions").group_by("device", maintain_order=True):
        before: dict[str, Any] | None = None
        for row in seen.iter_rows(named=True):
            if before is None:
                if row["month"] != first_month:
                    yield _event(row, str(device), DriftEventKind.DEVICE, f"new device {device_name(row)}", _DEVICE)
            elif row["software_versions"] and before["software_versions"] not in ("", row["software_versions"]):
                change = f"software {before['software_versions']} → {row['software_versions']} on {device_name(row)}"
                yield _event(row, str(device), DriftEventKind.SOFTWARE, change, _SOFTWARE)
            if before is None or row["software_versions"]:
                before = row


def _event(
    row: dict[str, Any], device: str, kind: DriftEventKind, title: str, monitors: tuple[str, ...]
) -> dict[str, object]:
    return {
        "date": row["first_date"],
        "kind": kind.value,
        "device": device,
        "title": title,
        "source": "headers",
        "is_planned": False,
        "window_end": None,
        "monitors": list(monitors),
        "n_studies": row["n_studies"],
    }


def _table(rows: list[dict[str, object]], site: str) -> pl.DataFrame:
    schema = {name: dtype for name, dtype in DRIFT_EVENTS.schema.items() if name not in ("site", "month")}
    frame = pl.DataFrame(rows, schema=schema)
    dated = frame.with_columns(pl.lit(site).alias("site"), pl.col("date").dt.strftime("%Y-%m").alias("month"))
    return dated.select(DRIFT_EVENTS.schema.names()).unique(["date", "kind", "title"]).sort("date", "kind", "title")
