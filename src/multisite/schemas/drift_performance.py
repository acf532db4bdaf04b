"""How well the model does in routine use: labels as they arrive, what an audit adds, and what scores lead to expect."""

import polars as pl

from multisite.schemas.artefact import Artefact
from multisite.schemas.column import Column, at_least, between, one_of
from multisite.vocabulary import ColumnPrivacy, Zone

__all__ = ["DEPLOYMENT_LABELS", "DRIFT_AUDIT", "DRIFT_LABEL_COUNTS", "DRIFT_PERFORMANCE", "DRIFT_SCORE_COUNTS"]

_TEXT, _COUNT, _FLOAT, _FLAG = pl.String(), pl.Int64(), pl.Float64(), pl.Boolean()
_SITE = Column("site", _TEXT, "Site identifier")
_PSEUDONYM, _QUASI = ColumnPrivacy.PSEUDONYM, ColumnPrivacy.QUASI
_PAIR = (Column("finding", _TEXT, "A finding of the study file"), Column("model", _TEXT, "A model of the study file"))
_GROUP = (
    Column("axis", _TEXT, "overall, software_versions, month (of the studies), or since (from a month on)"),
    Column("level", _TEXT, "overall, the software versions, or a month as YYYY-MM"),
)

DEPLOYMENT_LABELS = Artefact(
    "deployment_labels",
    Zone.SITE,
    "One row per scored study in routine use, finding and model: the first study of each patient in a month.",
    (
        _SITE,
        Column("study_instance_uid", _TEXT, "Pseudonym of the study", privacy=_PSEUDONYM),
        Column("patient_id", _TEXT, "Pseudonym of the patient", privacy=_PSEUDONYM),
        Column("month", _TEXT, "Month of the study as YYYY-MM"),
        *_PAIR,
        Column("score", _FLOAT, "Score", constraint=between("score", 0, 1)),
        Column("is_alert", _FLAG, "Whether it is at or above the threshold"),
        Column("software_versions", _TEXT, "SoftwareVersions of the index series; empty where unknown"),
        Column("reference_positive", _FLAG, "Whether the finding is there; missing where not known", nullable=True),
        Column("known_in", _TEXT, "Month in which that was known as YYYY-MM; missing where not known", nullable=True,
               privacy=_QUASI),
        Column("audit_probability", _FLOAT, "Chance with which it was drawn into the audit; missing where it was not",
               nullable=True),
    ),
    key=("study_instance_uid", "finding", "model"),
)  # fmt: skip

DRIFT_LABEL_COUNTS = Artefact(
    "drift_label_counts",
    Zone.AGGREGATE,
    "Studies by month, alert, label and the months that the label took; without a label the delay is missing.",
    (
        _SITE,
        Column("month", _TEXT, "Month of the studies as YYYY-MM"),
        *_PAIR,
        *_GROUP,
        Column("is_alert", _FLAG, "Whether the score is at or above the threshold"),
        Column("delay", _COUNT, "Months from the study to the label; missing where none has arrived", nullable=True),
        Column("reference_positive", _FLAG, "The label; missing where none has arrived", nullable=True),
        Column("n_studies", _COUNT, "Studies", constraint=at_least("n_studies", 1)),
    ),
    key=("site", "month", "finding", "model", "axis", "level", "is_alert", "delay", "reference_positive"),
)

DRIFT_SCORE_COUNTS = Artefact(
    "drift_score_counts",
    Zone.AGGREGATE,
    "A month's studies on the registered grid of scores.",
    (
        _SITE,
        Column("month", _TEXT, "Month as YYYY-MM"),
        *_PAIR,
        Column("score", _FLOAT, "Score on the grid", constraint=between("score", 0, 1)),
        Column("n_studies", _COUNT, "Studies", constraint=at_least("n_studies", 1)),
    ),
    key=("site", "month", "finding", "model", "score"),
)

_SUMS = ("u", "v", "uu", "uv", "vv", "du", "dv", "duu", "duv", "dvv")
DRIFT_AUDIT = Artefact(
    "drift_audit",
    Zone.AGGREGATE,
    "Sums over a month's studies and its random audit, from which a prediction-powered share follows. They add.",
    (
        _SITE,
        Column("month", _TEXT, "Month of the studies as YYYY-MM"),
        Column("known_in", _TEXT, "Month in which labels of its audit were known as YYYY-MM; empty: all its studies"),
        *_PAIR,
        Column("measure", _TEXT, "sensitivity or specificity",
               constraint=one_of("measure", ["sensitivity", "specificity"])),
        Column("n_studies", _COUNT, "Studies"),
        Column("n_drawn", _COUNT, "Studies that were drawn into the audit, with a label or without"),
        Column("n_audited", _COUNT, "Audited studies with a label"),
        Column("n_positive", _COUNT, "Of these, those that the measure is of"),
        *(Column(name, _FLOAT, f"Sum {name} over studies or audited studies") for name in _SUMS),
    ),
    key=("site", "month", "known_in", "finding", "model", "measure"),
    version=2,
)  # fmt: skip

DRIFT_PERFORMANCE = Artefact(
    "drift_performance",
    Zone.AGGREGATE,
    "Sensitivity and specificity in routine use, as they could be told at the end of a month.",
    (
        _SITE,
        Column("month", _TEXT, "Month at whose end it is told as YYYY-MM"),
        *_PAIR,
        *_GROUP,
        Column("measure", _TEXT, "sensitivity or specificity",
               constraint=one_of("measure", ["sensitivity", "specificity"])),
        Column("method", _TEXT, "labels, audit, or without labels",
               constraint=one_of("method", ["labels", "audit", "without labels"])),
        Column("n_studies", _COUNT, "Studies behind it"),
        Column("n_labelled", _COUNT, "Of these, with a label that the measure is of"),
        Column("maturity", _FLOAT, "Share of the studies whose label has arrived", nullable=True),
        Column("estimate", _FLOAT, "The measure", nullable=True),
        Column("lower", _FLOAT, "Lower end of its interval", nullable=True),
        Column("upper", _FLOAT, "Upper end of its interval", nullable=True),
        Column("ci_method", _TEXT, "How the interval was made"),
        Column("reference", _FLOAT, "The measure of the validated set", nullable=True),
        Column("margin", _FLOAT, "Fall below the reference that is a breach"),
        Column("verdict", _TEXT, "holds, fallen, breached, insufficient evidence, or estimate only",
               constraint=one_of(
                   "verdict", ["holds", "fallen", "breached", "insufficient evidence", "estimate only"]
               )),
        Column("backtest_error", _FLOAT, "Mean distance of earlier such estimates from what labels said later",
               nullable=True),
        Column("n_backtested", _COUNT, "Earlier months behind it"),
        Column("n_needed", _COUNT, "Labelled studies at which such a fall is seen in 80 of 100 cases", nullable=True),
        Column("next_month", _TEXT, "Month in which so many are to be expected as YYYY-MM", nullable=True),
        Column("reason", _TEXT, "Why there is no estimate, or what is to be kept in mind", nullable=True),
    ),
    key=("site", "month", "finding", "model", "axis", "level", "measure", "method"),
)  # fmt: skip
