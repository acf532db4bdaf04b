"""What drift monitoring writes: the reference rows, counts per window, and the comparison with each later month."""

import polars as pl

from multisite.schemas.artefact import Artefact, FileArtefact
from multisite.schemas.column import Column, ColumnFamily, one_of
from multisite.vocabulary import ColumnPrivacy, Zone

__all__ = [
    "DEPLOYMENT",
    "DEPLOYMENT_COUNTS",
    "DRIFT_COMPARISON",
    "DRIFT_COUNTS",
    "DRIFT_COUNTS_BASELINE",
    "DRIFT_REFERENCE",
    "EVIDENTLY_BASELINE_PAGE",
    "EVIDENTLY_BASELINE_SNAPSHOT",
    "EVIDENTLY_DEFINITION",
    "EVIDENTLY_MONTH_PAGE",
    "EVIDENTLY_MONTH_SNAPSHOT",
]

_TEXT, _COUNT, _FLOAT = pl.String(), pl.Int64(), pl.Float64()
_SITE = Column("site", _TEXT, "Site identifier")
_PSEUDONYM, _QUASI = ColumnPrivacy.PSEUDONYM, ColumnPrivacy.QUASI

_MONITORED = (
    ColumnFamily("number_", _FLOAT, "A monitored number", nullable=True),
    ColumnFamily("category_", _TEXT, "A monitored category", nullable=True),
    ColumnFamily("share_", pl.Boolean(), "Whether a study alerts, fails, …", nullable=True),
)
_STUDY_UID = Column("study_instance_uid", _TEXT, "Pseudonym of the study", privacy=_PSEUDONYM)
_PATIENT = Column("patient_id", _TEXT, "Pseudonym of the patient", privacy=_PSEUDONYM)

DRIFT_REFERENCE = Artefact(
    "drift_reference",
    Zone.SITE,
    "The rows that later months are compared with: one per validated study, with the monitored columns.",
    (
        _SITE,
        _STUDY_UID,
        _PATIENT,
        Column("month", _TEXT, "Month of the case as YYYY-MM; missing where it has no date", nullable=True),
    ),
    families=_MONITORED,
    key=("study_instance_uid",),
    version=2,
)

DEPLOYMENT = Artefact(
    "deployment",
    Zone.SITE,
    "One row per study in routine use, with its month and the monitored columns.",
    (
        _SITE,
        _STUDY_UID,
        _PATIENT,
        Column("month", _TEXT, "Month of the study as YYYY-MM"),
        Column("study_date", pl.Date(), "StudyDate", privacy=_QUASI),
        Column("device", _TEXT, "Pseudonym of the device", nullable=True, privacy=_PSEUDONYM),
        Column("is_first", pl.Boolean(), "Whether it is the first study of its patient in the month: what is counted"),
    ),
    families=_MONITORED,
    key=("study_instance_uid",),
    partitioned_by="month",
    version=2,
)

DEPLOYMENT_COUNTS = Artefact(
    "deployment_counts",
    Zone.AGGREGATE,
    "What became of the rows of the deployment table.",
    (
        _SITE,
        Column("outcome", _TEXT, "monitored, or why the row's score is not monitored: no images, score missing, …"),
        Column("n_rows", _COUNT, "Rows of the table"),
    ),
    key=("site", "outcome"),
)

_MONITOR = (
    Column("monitor", _TEXT, "What is watched: a column, missing_<column>, score_, alert_, abstained_, disagrees_ …"),
    Column("axis", _TEXT, "overall, or the watched category within whose values it is watched"),
    Column("level", _TEXT, "overall, or the value of the axis"),
)
_COUNTS = (
    _SITE,
    Column("window", _TEXT, "baseline, a calendar month of the baseline as baseline-MM, or a month as YYYY-MM"),
    Column("baseline", _TEXT, "Name of the baseline whose bins these are; empty in the baseline itself"),
    *_MONITOR,
    Column("kind", _TEXT, "number, category or share"),
    Column("bin", _COUNT, "Position of the bin or category, from 0"),
    Column(
        "bin_kind",
        _TEXT,
        "What is counted: a range of a number, a category, rare categories together, a category that the baseline "
        "never saw, or studies without a value",
        constraint=one_of("bin_kind", ["range", "category", "other", "unseen", "missing"]),
    ),
    Column("label", _TEXT, "The bin's edges or the category; missing is a category"),
    Column("lower", _FLOAT, "Lower edge of a range, inside it; null when open", nullable=True),
    Column("upper", _FLOAT, "Upper edge of a range, outside it; null when open", nullable=True),
    Column("n_studies", _COUNT, "Studies, each the first of its patient in the month"),
)
_COUNTS_KEY = ("site", "window", "baseline", "monitor", "axis", "level", "bin")

DRIFT_COUNTS_BASELINE = Artefact(
    "drift_counts_baseline",
    Zone.AGGREGATE,
    "Counts of the reference rows per monitor on bins that are kept for every later month.",
    _COUNTS,
    key=_COUNTS_KEY,
    version=2,
)

DRIFT_COUNTS = Artefact(
    "drift_counts",
    Zone.AGGREGATE,
    "Counts of one month's rows on the baseline's bins.",
    _COUNTS,
    key=_COUNTS_KEY,
    version=2,
)

DRIFT_COMPARISON = Artefact(
    "drift_comparison",
    Zone.AGGREGATE,
    "One month against the baseline, per monitor: Evidently's statistic, as a picture and not an alarm.",
    (
        _SITE,
        Column("window", _TEXT, "Month as YYYY-MM"),
        Column("monitor", _TEXT, "The monitored column, without its number_ or category_"),
        Column("kind", _TEXT, "number or category"),
        Column("n_reference", _COUNT, "Reference studies with a value"),
        Column("n_current", _COUNT, "Studies of the month with a value"),
        Column("missing_reference", _FLOAT, "Share of reference studies without a value", nullable=True),
        Column("missing_current", _FLOAT, "Share of the month's studies without a value", nullable=True),
        Column("method", _TEXT, "Evidently's method", nullable=True),
        Column("statistic", _FLOAT, "Evidently's p-value or distance", nullable=True),
        Column("threshold", _FLOAT, "Evidently's own limit", nullable=True),
        Column("evidently_drift", pl.Boolean(), "Evidently's verdict; a picture, not an alarm", nullable=True),
        Column("mean_reference", _FLOAT, "Mean of a number, or share of the commonest category", nullable=True),
        Column("mean_current", _FLOAT, "The same in the month", nullable=True),
        Column("reason", _TEXT, "Why there is no comparison", nullable=True),
    ),
    key=("site", "window", "monitor"),
)


def _page(name: str, description: str) -> FileArtefact:
    return FileArtefact(name, Zone.SITE, ".html", "text/html", description)


def _snapshot(name: str, description: str) -> FileArtefact:
    return FileArtefact(name, Zone.SITE, ".json", "application/json", description)


EVIDENTLY_BASELINE_PAGE = _page("evidently_baseline_page", "Evidently's page of the reference rows.")
EVIDENTLY_BASELINE_SNAPSHOT = _snapshot("evidently_baseline_snapshot", "Evidently's snapshot of the reference rows.")
EVIDENTLY_DEFINITION = _snapshot(
    "evidently_definition", "Evidently's DataDefinition of the reference rows: which columns are numbers."
)
EVIDENTLY_MONTH_PAGE = _page("evidently_month_page", "Evidently's page of one month against the reference.")
EVIDENTLY_MONTH_SNAPSHOT = _snapshot("evidently_month_snapshot", "Evidently's snapshot of one month.")
