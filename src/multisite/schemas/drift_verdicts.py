"""What the decision rule says of each month: monitor by monitor, and the site's verdict."""

import polars as pl

from multisite.schemas.artefact import Artefact
from multisite.schemas.column import Column, one_of
from multisite.vocabulary import DriftState, MonitorFamily, MonitorKind, MonitorStatus, Zone

__all__ = ["DRIFT_CASES", "DRIFT_MONITORS", "DRIFT_VERDICTS"]

_TEXT, _COUNT, _FLOAT, _DATE = pl.String(), pl.Int64(), pl.Float64(), pl.Date()
_SITE = Column("site", _TEXT, "Site identifier")
_MONTH = Column("month", _TEXT, "Month as YYYY-MM")
_MODEL = Column("model", _TEXT, "A model of the study file")

DRIFT_MONITORS = Artefact(
    "drift_monitors",
    Zone.AGGREGATE,
    "Each month, monitor by monitor: what was found beside what is usual at this number of studies.",
    (
        _SITE,
        _MONTH,
        _MODEL,
        Column("baseline", _TEXT, "Name of the baseline"),
        Column("is_overlap", pl.Boolean(), "Whether the baseline is the one before, kept for a month beside the new"),
        Column("monitor", _TEXT, "What is watched"),
        Column("axis", _TEXT, "overall, or the watched category within whose values it is watched"),
        Column("level", _TEXT, "overall, or the value of the axis"),
        Column("title", _TEXT, "The monitor in words"),
        Column("family", _TEXT, "Family", constraint=one_of("family", list(MonitorFamily))),
        Column("kind", _TEXT, "What it counts", constraint=one_of("kind", list(MonitorKind))),
        Column("n_studies", _COUNT, "Studies of the month behind it"),
        Column("n_reference", _COUNT, "Studies behind its usual value"),
        Column("cell", _TEXT, "The bin or category that changed most; empty for none"),
        Column("value", _FLOAT, "Mean of a number, share of the cell, studies, or days; missing where undefined",
               nullable=True),
        Column("usual", _FLOAT, "The same in the reference", nullable=True),
        Column("usual_low", _FLOAT, "Lower end of what 95 of 100 months of this size show by chance", nullable=True),
        Column("usual_high", _FLOAT, "Upper end of it", nullable=True),
        Column("unit", _TEXT, "Unit of value and usual: share, studies, days, or the number's; empty for none"),
        Column("change", _FLOAT, "Size of the change, in change_unit", nullable=True),
        Column("change_unit", _TEXT, "share, standard deviations, volume, or the monitor's unit"),
        Column("smallest_change", _FLOAT, "Change below which nobody is told"),
        Column("p_value", _FLOAT, "Chance of such a month where nothing has changed", nullable=True),
        Column("adjusted_p_value", _FLOAT, "The same after Benjamini and Hochberg in family and month", nullable=True),
        Column("evidence", _FLOAT, "Evidence over the months up to this one (an e-detector); 1 is none", nullable=True),
        Column("since", _TEXT, "Month in which the change most likely began", nullable=True),
        Column("detectable_change", _FLOAT, "Smallest change that such a month shows in 80 of 100 cases",
               nullable=True),
        Column("mix_axis", _TEXT, "Watched category whose mix explains most of a changed alert rate", nullable=True),
        Column("mix_change", _FLOAT, "Part of the change that a change of the mix explains", nullable=True),
        Column("within_change", _FLOAT, "Part of it within equal values of that category", nullable=True),
        Column("event", _TEXT, "Event that goes with it; missing for none", nullable=True),
        Column("status", _TEXT, "What the month says", constraint=one_of("status", list(MonitorStatus))),
        Column("reason", _TEXT, "Why it could not be judged, or is not counted", nullable=True),
    ),
    key=("site", "month", "model", "baseline", "monitor", "axis", "level"),
)  # fmt: skip

DRIFT_VERDICTS = Artefact(
    "drift_verdicts",
    Zone.AGGREGATE,
    "The verdict on each month of a site and model, as the mail tells it.",
    (
        _SITE,
        _MONTH,
        _MODEL,
        Column("state", _TEXT, "State", constraint=one_of("state", list(DriftState))),
        Column("cause", _TEXT, "Event or change that the verdict is put down to; empty for none"),
        Column("sentence", _TEXT, "The verdict in one sentence"),
        Column("reason", _TEXT, "Why the month could not be judged; empty where it could"),
        Column("case_number", _COUNT, "The open case that the month belongs to", nullable=True),
        Column("n_studies", _COUNT, "Studies of the month"),
        Column("n_monitors", _COUNT, "Monitors"),
        Column("n_signals", _COUNT, "Monitors with a signal"),
        Column("n_not_assessable", _COUNT, "Monitors that could not be judged"),
        Column("evidence", _FLOAT, "Mean evidence over the monitors", nullable=True),
        Column("amber_line", _FLOAT, "Evidence at which it is amber"),
        Column("red_evidence", _FLOAT, "Mean evidence over the monitors that may turn it red", nullable=True),
        Column("red_line", _FLOAT, "Evidence at which it is red"),
        Column("ambers_last_year", _COUNT, "Amber and red cases opened in the twelve months up to this one"),
        Column("months_grey", _COUNT, "Months in a row that could not be judged, up to this one"),
        Column("baseline", _TEXT, "Name of the baseline"),
        Column("overlap_state", _TEXT, "State by the baseline before, in the month of overlap", nullable=True),
        Column("season", _TEXT, "What is known of the season"),
        Column("is_shadow", pl.Boolean(), "Whether nobody is alarmed yet"),
        Column("digest", _TEXT, "SHA-256 of what the verdict was made from"),
    ),
    key=("site", "month", "model"),
)

DRIFT_CASES = Artefact(
    "drift_cases",
    Zone.AGGREGATE,
    "One case per cause: opened by a signal, added to by later months, acknowledged and closed.",
    (
        _SITE,
        _MODEL,
        Column("case_number", _COUNT, "Number of the case at the site and model, from 1"),
        Column("cause", _TEXT, "What it is put down to"),
        Column("families", _TEXT, "Families with a signal, joined by commas"),
        Column("opened", _TEXT, "Month in which it was opened"),
        Column("last", _TEXT, "Last month with a signal"),
        Column("worst", _TEXT, "Worst state", constraint=one_of("worst", list(DriftState))),
        Column("acknowledged", _TEXT, "When it was acknowledged (UTC); missing where it was not", nullable=True),
        Column("acknowledged_by", _TEXT, "By whom, as the ledger says", nullable=True),
        Column("closed", _TEXT, "Month in which it was closed; missing where open", nullable=True),
    ),
    key=("site", "model", "case_number"),
)
