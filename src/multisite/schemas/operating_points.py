"""The operating points: what the rules give on tuning cases, and what the declared thresholds do on test cases."""

import polars as pl

from multisite.schemas.artefact import Artefact
from multisite.schemas.column import Column, at_least, between, one_of
from multisite.schemas.status import STATUS_COLUMNS
from multisite.vocabulary import ThresholdAgreement, Transfer, Zone

__all__ = [
    "DECISION_CURVES",
    "OPERATING_POINTS",
    "OUTCOMES_PER_1000",
    "OUTCOME_MEASURES",
    "SITE_OPERATING_POINTS",
    "THRESHOLD_TRANSFER",
    "TRANSFER_METRICS",
    "TRANSFER_PLACES",
]

TRANSFER_METRICS = ("sensitivity", "specificity", "called_positive")
"""What is looked at elsewhere; the last is the share of all cases that are called positive."""

TRANSFER_PLACES = ("declared", "chosen", "low", "high")
"""The threshold of the study file, that of its rule over all sites, and the two ends of that one's interval."""

OUTCOME_MEASURES = (
    "true_positives",
    "false_negatives",
    "false_positives",
    "called_positive",
    "called_per_true_positive",
    "net_benefit",
)
"""What happens to 1,000 cases, in the order of the report; the fifth is a ratio, the last in true positives."""

_TEXT, _COUNT, _FLOAT = pl.String(), pl.Int64(), pl.Float64()
_SITE = Column("site", _TEXT, "Site identifier, or all sites")
_ENDPOINT = (
    Column("finding", _TEXT, "Finding of the study file"),
    Column("model", _TEXT, "Model of the study file"),
)
_INTERVAL = (
    Column("ci_low", _FLOAT, "Lower end of the interval", nullable=True),
    Column("ci_high", _FLOAT, "Upper end of the interval", nullable=True),
    Column("ci_level", _FLOAT, "Confidence level", nullable=True),
    Column("ci_method", _TEXT, "How the interval was made", nullable=True),
)


def _share(name: str, description: str) -> Column:
    return Column(name, _FLOAT, description, nullable=True, constraint=between(name, 0, 1))


def _tuned(prefix: str, at: str) -> tuple[Column, ...]:
    return tuple(
        _share(f"{prefix}{metric}{end}", f"{words} on tuning cases at {at}")
        for metric in ("sensitivity", "specificity")
        for end, words in (
            ("", metric.capitalize()),
            ("_low", f"Lower end of the interval of {metric}"),
            ("_high", f"Upper end of the interval of {metric}"),
        )
    )


_POINT = (
    _SITE,
    *_ENDPOINT,
    Column("rule", _TEXT, "By what the rule takes a threshold; null where none is declared", nullable=True),
    _share("at_least", "What the rule asks of sensitivity or specificity"),
    Column("judged_by", _TEXT, "Whether its estimate or its lower bound must have that", nullable=True),
    _share("act_from", "Probability from which on one would act, of a rule by net benefit"),
    Column("declared_threshold", _FLOAT, "Threshold of the study file", constraint=between("declared_threshold", 0, 1)),
    _share("threshold", "Threshold that the rule gives, on the score grid"),
    *_INTERVAL,
    Column("n_replicates", _COUNT, "Replicates of the bootstrap", constraint=at_least("n_replicates", 0)),
    Column("n_undefined", _COUNT, "Those in which no threshold had what the rule asks for"),
    _share("share_below", "Share of the others with a threshold below the declared one"),
    _share("share_above", "Share of the others with a threshold above the declared one"),
    Column(
        "agreement",
        _TEXT,
        "Whether the declared threshold is that of the rule, to the nearest step of the score grid",
        nullable=True,
        constraint=one_of("agreement", [word.value for word in ThresholdAgreement]),
    ),
    *_tuned("", "the rule's threshold"),
    *_tuned("declared_", "the declared threshold"),
    Column("n_patients", _COUNT, "Patients with a tuning case"),
    Column("n_cases", _COUNT, "Tuning cases"),
    Column("n_positive", _COUNT, "Tuning cases with the finding"),
    Column("n_negative", _COUNT, "Tuning cases without it"),
    *STATUS_COLUMNS,
)

SITE_OPERATING_POINTS = Artefact(
    "site_operating_points",
    Zone.AGGREGATE,
    "The threshold that the study file's rule gives on one site's tuning cases, with its interval over patients.",
    _POINT,
    key=("site", "finding", "model"),
)

OPERATING_POINTS = Artefact(
    "operating_points",
    Zone.CENTRAL,
    "The threshold that the rule gives on tuning cases, of every site and over all, beside the declared one.",
    _POINT,
    key=("site", "finding", "model"),
)

THRESHOLD_TRANSFER = Artefact(
    "threshold_transfer",
    Zone.CENTRAL,
    "What the declared threshold, and the rule's with the ends of its interval, show on test cases elsewhere.",
    (
        _SITE,
        *_ENDPOINT,
        Column("stratum", _TEXT, "Stratum, or overall"),
        Column("level", _TEXT, "Level of the stratum"),
        Column("place", _TEXT, "Which threshold it is", constraint=one_of("place", list(TRANSFER_PLACES))),
        Column("metric", _TEXT, "What is estimated", constraint=one_of("metric", list(TRANSFER_METRICS))),
        Column("threshold", _FLOAT, "The threshold", constraint=between("threshold", 0, 1)),
        _share("estimate", "The share"),
        *_INTERVAL,
        Column("n_patients", _COUNT, "Patients with a case in the denominator"),
        Column("n_cases", _COUNT, "Cases in the denominator"),
        _share("target", "What the rule asks of this metric"),
        Column(
            "verdict",
            _TEXT,
            "Whether that is found here; null where the rule asks nothing of the metric",
            nullable=True,
            constraint=one_of("verdict", [word.value for word in Transfer]),
        ),
        *STATUS_COLUMNS,
    ),
    key=("site", "finding", "model", "stratum", "level", "place", "metric"),
)

OUTCOMES_PER_1000 = Artefact(
    "outcomes_per_1000",
    Zone.CENTRAL,
    "What the declared threshold does to 1,000 cases at a prevalence: hits, misses, false alarms, calls, net benefit.",
    (
        _SITE,
        *_ENDPOINT,
        Column("measure", _TEXT, "What is counted", constraint=one_of("measure", list(OUTCOME_MEASURES))),
        Column("threshold", _FLOAT, "Threshold of the study file", constraint=between("threshold", 0, 1)),
        Column("act_from", _FLOAT, "Probability from which on one would act", constraint=between("act_from", 0, 1)),
        _share("prevalence", "Share of cases with the finding"),
        Column("prevalence_source", _TEXT, "Where the prevalence was taken from"),
        Column("estimate", _FLOAT, "Per 1,000 cases; called_per_true_positive is a ratio", nullable=True),
        *_INTERVAL,
        Column("treat_all", _FLOAT, "Net benefit per 1,000 of calling every case positive", nullable=True),
        Column("n_patients", _COUNT, "Patients behind the number"),
        Column("n_cases", _COUNT, "Cases behind the number"),
        *STATUS_COLUMNS,
    ),
    key=("site", "finding", "model", "measure"),
)

DECISION_CURVES = Artefact(
    "decision_curves",
    Zone.CENTRAL,
    "Net benefit on test cases of calling positive what scores at or above the probability from which one would act.",
    (
        _SITE,
        *_ENDPOINT,
        Column("act_from", _FLOAT, "Probability from which on one would act", constraint=between("act_from", 0, 1)),
        _share("prevalence", "Share of cases with the finding"),
        Column("estimate", _FLOAT, "Net benefit, in true positives per case", nullable=True),
        *_INTERVAL,
        Column("treat_all", _FLOAT, "That of calling every case positive; of none it is 0", nullable=True),
        Column("n_cases", _COUNT, "Cases behind the number"),
        *STATUS_COLUMNS,
    ),
    key=("site", "finding", "model", "act_from"),
)
