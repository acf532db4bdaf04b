"""The closed enumerations that every room shares. A new word here is a decision; a synonym is a mistake."""

from enum import StrEnum

__all__ = [
    "ALL_SITES",
    "FALLS",
    "OVERALL",
    "PATIENTS",
    "SINCE",
    "SITE_AXIS",
    "UNKNOWN",
    "CalibrationState",
    "ColumnPrivacy",
    "DriftEventKind",
    "DriftState",
    "ErrorKind",
    "EstimateStatus",
    "Judgement",
    "LearntFrom",
    "MarginKind",
    "MarginVerdict",
    "MiscalibrationCause",
    "MonitorFamily",
    "MonitorKind",
    "MonitorStatus",
    "PixelStatus",
    "Pool",
    "QuarantineReason",
    "ReferenceState",
    "Severity",
    "SiteRole",
    "SliceOutcome",
    "Split",
    "Standing",
    "StratumRole",
    "ThresholdAgreement",
    "Transfer",
    "TruthVariant",
    "Verdict",
    "Zone",
]

ALL_SITES = "all sites"
"""The value of a ``site`` column in rows that were combined over every site."""

OVERALL = "overall"
"""The stratum, and its only level, that holds every case."""

FALLS = ("breached", "fallen")
"""Verdicts on performance in use for the worse: surely beyond the margin; sure, and beyond it only as measured."""

SINCE = "since"
"""The axis of performance in use whose levels are months: all studies from that month on."""

PATIENTS = "patients"
"""The stratum whose only level, ``overall``, counts patients in the place of their cases."""

SITE_AXIS = "site"
"""The axis whose levels are the sites themselves: always there, and no stratum of the study file."""

UNKNOWN = "unknown"
"""The level of a case whose value for a stratum is missing, where the study file lets that be a level."""


class Zone(StrEnum):
    """How far an artefact may travel, from the most to the least trusted place."""

    SITE = "site"
    AGGREGATE = "aggregate"
    CENTRAL = "central"

    @property
    def trust(self) -> int:
        """Rank of the place: a store may hold artefacts of its own rank or below."""
        return {Zone.SITE: 2, Zone.AGGREGATE: 1, Zone.CENTRAL: 0}[self]


class ColumnPrivacy(StrEnum):
    """What a column says about a person."""

    DIRECT = "direct identifier"
    QUASI = "quasi-identifier"
    PSEUDONYM = "pseudonym"
    SAFE = "safe"


class Split(StrEnum):
    """The part of the cohort a case belongs to; "validation" is never used for a split."""

    TRAIN = "train"
    TUNE = "tune"
    TEST = "test"


class Standing(StrEnum):
    """Whether a result was planned, its protocol locked before any test label was read; all else is exploratory."""

    PLANNED = "planned"
    EXPLORATORY = "exploratory"


class Severity(StrEnum):
    """How much a failed check threatens the claim."""

    CRITICAL = "critical"
    MAJOR = "major"
    MINOR = "minor"


class Verdict(StrEnum):
    """The outcome of a check."""

    PASS = "pass"
    FAIL = "fail"
    INSUFFICIENT = "insufficient evidence"
    NOT_APPLICABLE = "not applicable"
    ERROR = "error"


class EstimateStatus(StrEnum):
    """Why an estimate has, or lacks, a number. Zero is a number; these are not."""

    OK = "ok"
    INSUFFICIENT = "insufficient"
    UNDEFINED = "undefined"
    SUPPRESSED = "suppressed"


class SiteRole(StrEnum):
    """Whether a site's tests are of a model that had seen the site: by its own table, cases for training or tuning."""

    INTERNAL = "internal testing"
    EXTERNAL = "external testing"


class Pool(StrEnum):
    """Which sites a mean over sites is of."""

    ALL = "all sites"
    INTERNAL = "internal testing"
    EXTERNAL = "external testing"
    WITHOUT = "without one site"


class ThresholdAgreement(StrEnum):
    """Whether the threshold that the study file declares is that which its rule gives on the tuning cases."""

    AGREES = "agrees"
    DIFFERS = "differs"


class Transfer(StrEnum):
    """Whether what a rule asked of a threshold is found among other cases: at a site, a vendor, a software version."""

    HOLDS = "holds"
    DOES_NOT_HOLD = "does not hold"
    INSUFFICIENT = "insufficient evidence"


class StratumRole(StrEnum):
    """Whether a stratum's levels are judged against the margins, or only point to something."""

    PRIMARY = "primary"
    EXPLORATORY = "exploratory"


class MarginKind(StrEnum):
    """What a margin bounds: the metric itself, or the shortfall of a level against all other cases."""

    VALUE = "value"
    GAP = "gap"


class MarginVerdict(StrEnum):
    """What an interval says of a margin: wholly inside it, wholly outside, or neither."""

    MEETS = "meets"
    FAILS = "fails"
    INSUFFICIENT = "insufficient evidence"


class ErrorKind(StrEnum):
    """Which wrong call the declared threshold makes: none of a positive case, or one of a negative."""

    MISS = "miss"
    FALSE_ALARM = "false alarm"


class SliceOutcome(StrEnum):
    """What the patients who were not searched say of a slice that the others point to."""

    CONFIRMED = "confirmed"
    NOT_CONFIRMED = "not confirmed"
    INSUFFICIENT = "insufficient"


class CalibrationState(StrEnum):
    """What is known of a measure of calibration against its ideal and the tolerance about it."""

    MEETS = "meets"
    DEPARTS = "departs"
    INSUFFICIENT = "insufficient evidence"


class MiscalibrationCause(StrEnum):
    """Whether a level is miscalibrated, and whether its prevalence alone would explain that."""

    NONE = "no sign of miscalibration"
    PREVALENCE = "explained by prevalence"
    OTHER = "not explained by prevalence"
    INSUFFICIENT = "insufficient evidence"


class Judgement(StrEnum):
    """What a reading says of a finding, once its rating has been mapped as the study file declares."""

    POSITIVE = "positive"
    NEGATIVE = "negative"
    AMBIGUOUS = "ambiguous"
    NON_DIAGNOSTIC = "non_diagnostic"


class TruthVariant(StrEnum):
    """A truth against which the model is held besides the declared one; single readers go by their number."""

    DECLARED = "declared"
    UNANIMOUS = "unanimous only"
    MAJORITY = "majority"
    LATENT_CLASS = "latent class"
    INDEPENDENT = "independent decisions only"


class ReferenceState(StrEnum):
    """What became of the readings of a case: how its reference standard was decided, or why it was not."""

    DECIDED = "decided"
    AMBIGUOUS = "ambiguous"
    NON_DIAGNOSTIC = "non_diagnostic"
    TIE = "tie"
    NOT_ADJUDICATED = "not adjudicated"
    TOO_FEW_READINGS = "too few readings"
    TOO_MANY_READINGS = "too many readings"


class PixelStatus(StrEnum):
    """What became of the pixels of an instance that was chosen to be looked at."""

    READ = "read"
    NO_PIXELS = "no pixel data"
    UNKNOWN_SYNTAX = "transfer syntax that is not decoded"
    UNDECODABLE = "pixel data that cannot be decoded"
    TOO_LARGE = "larger than the limit"
    IN_ARCHIVE = "in an archive"
    NO_SIZE = "of a store that tells no sizes"
    NOT_FETCHED = "object changed, vanished or not readable"


class QuarantineReason(StrEnum):
    """Why an object gave no header row."""

    EMPTY_OBJECT = "empty object"
    NOT_DICOM = "not DICOM"
    TRUNCATED = "truncated header"
    UNREADABLE = "unreadable header"
    HEADER_TOO_LONG = "header longer than the limit"
    NO_SOP_INSTANCE = "no SOPInstanceUID"
    NOT_AN_INSTANCE = "DICOM, but not an instance"
    VANISHED = "object vanished after listing"
    CHANGED = "object changed after listing"
    READ_FAILED = "object could not be read"
    BAD_ARCHIVE = "archive cannot be read"
    ENCRYPTED_MEMBER = "encrypted member of an archive"
    NESTED_ARCHIVE = "archive inside an archive"
    ARCHIVE_TOO_LARGE = "archive beyond the limits"

    @property
    def is_passing(self) -> bool:
        """Whether the object may well be readable another time: a fault of the machine or of the moment."""
        return self in (QuarantineReason.VANISHED, QuarantineReason.CHANGED, QuarantineReason.READ_FAILED)


class MonitorFamily(StrEnum):
    """What a monitor in routine use is about; signals are corrected for their number within a family and month."""

    FEED = "feed"
    ACQUISITION = "acquisition"
    POPULATION = "population"
    OUTPUT = "output"
    AGREEMENT = "agreement"
    PERFORMANCE = "performance"
    SUBGROUPS = "subgroups"


class MonitorKind(StrEnum):
    """What a monitor counts: values of a number on bins, categories, yes and no, studies, or days without any."""

    NUMBER = "number"
    CATEGORY = "category"
    SHARE = "share"
    VOLUME = "volume"
    SILENCE = "silence"


class LearntFrom(StrEnum):
    """Where a monitor's usual value comes from."""

    VALIDATED = "validated set"
    FIRST_MONTHS = "first months"


class MonitorStatus(StrEnum):
    """What a month says of a monitor."""

    IN_RANGE = "in range"
    SIGNAL = "signal"
    SMALL = "change too small"
    NOT_ASSESSABLE = "not assessable"
    PLANNED = "planned change"
    MUTED = "muted"


class DriftState(StrEnum):
    """The verdict on a site and month."""

    GREEN = "GREEN"
    GREY = "GREY"
    AMBER_1 = "AMBER-1"
    AMBER_2 = "AMBER-2"
    RED = "RED"

    @property
    def rank(self) -> int:
        """Order from nothing to do to the most urgent."""
        return list(DriftState).index(self)


class DriftEventKind(StrEnum):
    """What happened at a site that may explain a change."""

    SOFTWARE = "software version"
    DEVICE = "new device"
    PROTOCOL = "protocol"
    MODEL = "model version"
    MAPPING = "site mapping"
    NEW_VALUE = "value never seen before"
    OTHER = "other"
