"""The planted changes as the monthly verdicts tell them: which month alarms, what for, and which one does not."""

import polars as pl

from multisite.demo.counted import Reader, Sighting
from multisite.demo.planted import Planted
from multisite.schemas.drift_verdicts import DRIFT_MONITORS, DRIFT_VERDICTS
from multisite.vocabulary import ALL_SITES, DriftEventKind, DriftState, MonitorStatus

__all__ = ["in_planned_change", "in_verdict"]

_ALARMS = (DriftState.AMBER_1.value, DriftState.AMBER_2.value, DriftState.RED.value)
_SOFTWARE = "software_versions"
_CAUSE = DriftEventKind.SOFTWARE.value.split()[0]


def in_verdict(planted: Planted, read: Reader) -> Sighting:
    """The verdict on every month of every site.

    Found when the planted month is amber or red at the planted site and put down to new software, no month before it
    is either, and no month of any other site.
    """
    month = str(planted.expected["name"])
    where = f"{DRIFT_VERDICTS.name}, {planted.site}, {month}"
    verdicts = read(ALL_SITES, DRIFT_VERDICTS.name).select("site", "month", "state", "cause")
    own = verdicts.filter(site=planted.site, month=month)
    if own.height != 1:
        return Sighting(False, "no verdict on the month", where)
    _, _, state, cause = own.row(0)
    elsewhere = (pl.col("site") != planted.site) | (pl.col("month") < month)
    false = verdicts.filter(elsewhere & pl.col("state").is_in(_ALARMS)).height
    judged = verdicts.filter(elsewhere).height
    number = f"{state}, {cause or 'no cause'}; {false} of {judged} other months alarm"
    return Sighting(state in _ALARMS and str(cause).startswith(_CAUSE) and not false, number, where)


def in_planned_change(planted: Planted, read: Reader) -> Sighting:
    """The verdicts on the site's months from that of the announced update on.

    Found when the software is told as a planned change in one of them, and none of them alarms.
    """
    month = str(planted.expected["name"])
    where = f"{DRIFT_MONITORS.name}, {planted.site}, since {month}"
    since = (pl.col("site") == planted.site) & (pl.col("month") >= month)
    told = read(ALL_SITES, DRIFT_MONITORS.name).filter(since & (pl.col("status") == MonitorStatus.PLANNED.value))
    states = read(ALL_SITES, DRIFT_VERDICTS.name).filter(since).sort("month")["state"].to_list()
    software = told.filter(monitor=_SOFTWARE)["month"].n_unique()
    number = f"planned in {software} of {len(states)} months: {', '.join(states)}"
    return Sighting(bool(software) and not set(states) & set(_ALARMS), number, where)
