"""What the feed of routine use looks like: days, devices and events, as tallies that the monthly verdict reads."""

import polars as pl

from multisite.schemas.artefact import Artefact
from multisite.schemas.column import Column, one_of
from multisite.vocabulary import ColumnPrivacy, DriftEventKind, Zone

__all__ = ["DEPLOYMENT_DAYS", "DEPLOYMENT_DEVICES", "DRIFT_EVENTS"]

_TEXT, _COUNT, _DATE = pl.String(), pl.Int64(), pl.Date()
_SITE = Column("site", _TEXT, "Site identifier")
_PSEUDONYM = ColumnPrivacy.PSEUDONYM

DEPLOYMENT_DAYS = Artefact(
    "deployment_days",
    Zone.AGGREGATE,
    "Studies in routine use per day and model, by what became of them; a day without any has no row.",
    (
        _SITE,
        Column("model", _TEXT, "A model of the study file"),
        Column("date", _DATE, "StudyDate"),
        Column("n_studies", _COUNT, "Studies of the day"),
        Column("n_failed", _COUNT, "Studies that the model could not process"),
        Column("n_abstained", _COUNT, "Studies on which the model abstained"),
    ),
    key=("site", "model", "date"),
)

DEPLOYMENT_DEVICES = Artefact(
    "deployment_devices",
    Zone.SITE,
    "Devices in routine use: with which software, how many studies, first and last seen in the month.",
    (
        _SITE,
        Column("month", _TEXT, "Month as YYYY-MM"),
        Column("device", _TEXT, "Pseudonym of the device", privacy=_PSEUDONYM),
        Column("software_versions", _TEXT, "SoftwareVersions; empty where unknown"),
        Column("modality", _TEXT, "Modality", nullable=True),
        Column("vendor", _TEXT, "Normalised manufacturer", nullable=True),
        Column("model_name", _TEXT, "Normalised ManufacturerModelName", nullable=True),
        Column("n_studies", _COUNT, "Studies"),
        Column("first_date", _DATE, "Date of the first of them"),
        Column("last_date", _DATE, "Date of the last of them"),
    ),
    key=("site", "month", "device", "software_versions"),
)

DRIFT_EVENTS = Artefact(
    "drift_events",
    Zone.SITE,
    "What happened at the site that may explain a change: found in the headers, or told in the site's table `events`.",
    (
        _SITE,
        Column("date", _DATE, "Day of the event; found in headers, the first study that shows it"),
        Column("month", _TEXT, "Its month as YYYY-MM"),
        Column("kind", _TEXT, "What kind of event", constraint=one_of("kind", list(DriftEventKind))),
        Column("device", _TEXT, "Pseudonym of the device; missing where it is no event of one", nullable=True,
               privacy=_PSEUDONYM),
        Column("title", _TEXT, "The event in a few words: software 5.2 → 5.3 on GE Revolution CT"),
        Column("source", _TEXT, "headers, or site table", constraint=one_of("source", ["headers", "site table"])),
        Column("is_planned", pl.Boolean(), "Whether the site had planned it"),
        Column("window_end", _DATE, "Last day of its acceptance window", nullable=True),
        Column("monitors", pl.List(_TEXT), "Monitors that it changes by itself: the columns whose values it brings"),
        Column("n_studies", _COUNT, "Studies of its month that show it; missing where told by the site", nullable=True),
    ),
    key=("site", "date", "kind", "title"),
)  # fmt: skip
