"""What belongs to a drift baseline beside its counts: its monitors, their limits, and how often it may be wrong."""

import polars as pl

from multisite.schemas.artefact import Artefact
from multisite.schemas.column import Column, one_of
from multisite.vocabulary import LearntFrom, MonitorFamily, MonitorKind, Zone

__all__ = ["DRIFT_BASELINE_MONITORS", "DRIFT_BUDGET", "DRIFT_LIMITS", "DRIFT_MOMENTS"]

_TEXT, _COUNT, _FLOAT = pl.String(), pl.Int64(), pl.Float64()
_SITE = Column("site", _TEXT, "Site identifier")
_MONITOR = (
    Column("monitor", _TEXT, "What is watched"),
    Column("axis", _TEXT, "overall, or the watched category within whose values it is watched"),
    Column("level", _TEXT, "overall, or the value of the axis"),
)
_KEY = ("site", "monitor", "axis", "level")

DRIFT_BASELINE_MONITORS = Artefact(
    "drift_baseline_monitors",
    Zone.AGGREGATE,
    "Every monitor of a baseline: its family, what its usual value is learnt from, and below which change nobody is"
    " told.",
    (
        _SITE,
        *_MONITOR,
        Column("family", _TEXT, "Family", constraint=one_of("family", list(MonitorFamily))),
        Column("kind", _TEXT, "What it counts", constraint=one_of("kind", list(MonitorKind))),
        Column("learnt_from", _TEXT, "Where its usual value comes from",
               constraint=one_of("learnt_from", list(LearntFrom))),
        Column("finding", _TEXT, "A finding of the study file; empty where it is of none"),
        Column("model", _TEXT, "A model of the study file; empty where it is of none"),
        Column("unit", _TEXT, "Unit of its values; empty for none"),
        Column("n_studies", _COUNT, "Reference studies with a value"),
        Column("n_patients", _COUNT, "Their patients"),
        Column("design_effect", _FLOAT, "By how much repeated studies of patients divide the number of studies"),
        Column("mean", _FLOAT, "Mean of a number, or share of the first category of a share", nullable=True),
        Column("standard_deviation", _FLOAT, "Of a number", nullable=True),
        Column("smallest_change", _FLOAT, "Change below which nobody is told"),
        Column("change_unit", _TEXT, "share, standard deviations, volume, or the monitor's unit"),
        Column("season", _TEXT, "not separable yet, none seen, or by calendar month",
               constraint=one_of("season", ["not separable yet", "none seen", "by calendar month"])),
    ),
    key=_KEY,
)  # fmt: skip

DRIFT_MOMENTS = Artefact(
    "drift_moments",
    Zone.AGGREGATE,
    "Mean and spread of the watched numbers in a month.",
    (
        _SITE,
        Column("window", _TEXT, "Month as YYYY-MM"),
        Column("baseline", _TEXT, "Name of the baseline"),
        *_MONITOR,
        Column("n_studies", _COUNT, "Studies with a value"),
        Column("mean", _FLOAT, "Their mean", nullable=True),
        Column("standard_deviation", _FLOAT, "Their standard deviation; missing for fewer than two", nullable=True),
    ),
    key=("site", "window", "baseline", "monitor", "axis", "level"),
)

DRIFT_LIMITS = Artefact(
    "drift_limits",
    Zone.AGGREGATE,
    "What a statistic exceeds by chance alone with a given probability, where a month has so many studies.",
    (
        _SITE,
        *_MONITOR,
        Column("statistic", _TEXT, "cells: the largest change of a bin; location: the change of a number's ranks",
               constraint=one_of("statistic", ["cells", "location"])),
        Column("n_studies", _COUNT, "Studies of the month with a value"),
        Column("probability", _FLOAT, "Chance of a larger statistic where nothing has changed"),
        Column("limit", _FLOAT, "The statistic that is exceeded with that chance"),
    ),
    key=(*_KEY, "statistic", "n_studies", "probability"),
)  # fmt: skip

DRIFT_BUDGET = Artefact(
    "drift_budget",
    Zone.AGGREGATE,
    "How often the verdict is wrong in simulated years without any change, with this baseline and these monitors.",
    (
        _SITE,
        Column("model", _TEXT, "A model of the study file"),
        Column("n_studies", _COUNT, "Studies a month, as simulated"),
        Column("n_monitors", _COUNT, "Monitors"),
        Column("n_years", _COUNT, "Simulated years"),
        Column("n_ambers", _COUNT, "Amber cases that were opened in them"),
        Column("n_reds", _COUNT, "Red cases that were opened in them"),
        Column("ambers_per_year", _FLOAT, "False ambers a year"),
        Column("ambers_per_year_upper", _FLOAT, "Upper 95 % bound"),
        Column("reds_per_five_years", _FLOAT, "False reds in five years"),
        Column("reds_per_five_years_upper", _FLOAT, "Upper 95 % bound"),
        Column("budget_ambers_per_year", _FLOAT, "What the study file allows"),
        Column("budget_reds_per_five_years", _FLOAT, "What the study file allows"),
    ),
    key=("site", "model", "n_studies"),
)
