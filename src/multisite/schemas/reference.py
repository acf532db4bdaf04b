"""What adjudication writes: readings as cleaned, the reference standard with its lineage, counts and agreement."""

import polars as pl

from multisite.schemas.artefact import Artefact
from multisite.schemas.column import Column, at_least, between, one_of
from multisite.schemas.status import STATUS_COLUMNS
from multisite.vocabulary import ColumnPrivacy, Judgement, ReferenceState, Zone

__all__ = ["AGREEMENT", "DECLARED_TRUTH", "PERFECT_MODEL", "READINGS", "READING_COUNTS", "REFERENCE"]

PERFECT_MODEL, DECLARED_TRUTH = "perfect model", "declared truth"
"""What stands in the place of two readers in AGREEMENT where a model that is always right is held against labels."""

_TEXT, _COUNT, _FLOAT, _YES_NO = pl.String(), pl.Int64(), pl.Float64(), pl.Boolean()
_PSEUDONYM, _QUASI = ColumnPrivacy.PSEUDONYM, ColumnPrivacy.QUASI
_SITE = Column("site", _TEXT, "Site identifier")
_CASE = Column("case_id", _TEXT, "Pseudonym of the case", privacy=_PSEUDONYM)
_FINDING = Column("finding", _TEXT, "Finding of the study file")

READINGS = Artefact(
    "readings",
    Zone.SITE,
    "One row per case, finding, reader, arm and session: what it says, and whether it decided the case.",
    (
        _SITE,
        _CASE,
        _FINDING,
        Column("reader", _TEXT, "Pseudonym of the reader", privacy=_PSEUDONYM),
        Column("session", _TEXT, "Pseudonym of the session", nullable=True, privacy=_PSEUDONYM),
        Column("arm", _TEXT, "Arm that the study file names; other is any that it does not", nullable=True),
        Column("blinded", _YES_NO, "Whether the reader did not see the model's output", nullable=True),
        Column(
            "judgement",
            _TEXT,
            "What the rating means by the study file",
            constraint=one_of("judgement", [one.value for one in Judgement]),
            is_label=True,
        ),
        Column("confidence", _FLOAT, "How sure the reader was", nullable=True, constraint=between("confidence", 0, 1)),
        Column("read_on", pl.Date(), "Date of the reading", nullable=True, privacy=_QUASI),
        Column("n_lesions", _COUNT, "Lesions that its rows name", constraint=at_least("n_lesions", 0)),
        Column(
            "ballot",
            _TEXT,
            "Where the rule counts it: majority, latent_class, or its arm; null where nowhere",
            nullable=True,
        ),
        Column("decided", _YES_NO, "Whether it is one of those that decided the case"),
    ),
    key=("case_id", "finding", "reader", "session", "arm"),
)

REFERENCE = Artefact(
    "reference",
    Zone.SITE,
    "One row per case and finding that was read: the reference standard, and the lineage of it.",
    (
        _SITE,
        _CASE,
        _FINDING,
        Column("decision", _YES_NO, "Reference standard; null where there is none", nullable=True, is_label=True),
        Column(
            "state",
            _TEXT,
            "How it was decided, or why not",
            constraint=one_of("state", [state.value for state in ReferenceState]),
        ),
        Column("rule", _TEXT, "Rule of the study file"),
        Column("rule_version", _COUNT, "Its version", constraint=at_least("rule_version", 1)),
        Column("decided_by", _TEXT, "Majority, latent_class, or the arm that decided", nullable=True),
        Column("n_readings", _COUNT, "Readings that the rule counts, one per reader and arm"),
        Column("n_positive", _COUNT, "Positive ones among them", is_label=True),
        Column("n_negative", _COUNT, "Negative ones", is_label=True),
        Column("unanimous", _YES_NO, "Whether all say the same; null below two", nullable=True),
        Column(
            "posterior",
            _FLOAT,
            "Probability of a positive case by the latent class model, where the rule goes by it",
            nullable=True,
            constraint=between("posterior", 0, 1),
            is_label=True,
        ),
    ),
    key=("case_id", "finding"),
    version=2,
)

READING_COUNTS = Artefact(
    "reading_counts",
    Zone.AGGREGATE,
    "Who read how much, what became of the rows and of the cases, and how independent the deciding readings were.",
    (
        _SITE,
        _FINDING,
        Column("topic", _TEXT, "What is counted"),
        Column("level", _TEXT, "Its value, of a closed list or a number"),
        Column("level_order", _COUNT, "Position of the level, from 0"),
        Column("n", _COUNT, "How many", constraint=at_least("n", 0)),
    ),
    key=("site", "finding", "topic", "level"),
)

AGREEMENT = Artefact(
    "agreement",
    Zone.AGGREGATE,
    "Agreement of readers before adjudication, by finding: of each pair, and of all. With them, what a model that is "
    "always right would show against the declared labels, where the readings tell it.",
    (
        _SITE,
        _FINDING,
        Column("first", _TEXT, "Reader by number (reader 1 has most readings), all readers, or perfect model"),
        Column("second", _TEXT, "The other one, all readers, or declared truth"),
        Column("statistic", _TEXT, "Statistic"),
        Column("estimate", _FLOAT, "Value; null where undefined or of too few patients", nullable=True),
        Column("ci_low", _FLOAT, "Lower end of its interval", nullable=True),
        Column("ci_high", _FLOAT, "Upper end", nullable=True),
        Column("ci_level", _FLOAT, "Level of the interval", nullable=True),
        Column("ci_method", _TEXT, "Method of the interval"),
        Column("n_patients", _COUNT, "Patients of these cases", constraint=at_least("n_patients", 0)),
        Column(
            "n_cases",
            _COUNT,
            "Cases that two readers or more have read; of a perfect model, decided",
            constraint=at_least("n_cases", 0),
        ),
        Column("n_readers", _COUNT, "Readers"),
        Column("n_readings", _COUNT, "Readings of these cases"),
        *STATUS_COLUMNS,
    ),
    key=("site", "finding", "first", "second", "statistic"),
)
