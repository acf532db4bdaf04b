"""What the extraction of DICOM headers writes, object by object: listing, headers, quarantine and their counts."""

import polars as pl

from multisite.dicom import HEADER_COLUMNS
from multisite.schemas.artefact import Artefact
from multisite.schemas.column import Column, at_least, one_of
from multisite.vocabulary import ColumnPrivacy, QuarantineReason, Zone

__all__ = [
    "HEADERS",
    "HEADER_COUNTS",
    "LISTING",
    "LISTING_RANGES",
    "QUARANTINE",
    "READ_SHARDS",
    "SHARDS",
    "SHARD_COUNTS",
]

_TEXT, _COUNT = pl.String(), pl.Int64()
_DIRECT = ColumnPrivacy.DIRECT

_SITE = Column("site", _TEXT, "Site identifier")
_STORE = Column("store", _TEXT, "Name of the store in the site file")
_KEY = Column("object_key", _TEXT, "Key of the object in its store; may hold identifiers", privacy=_DIRECT)
_SIZE = Column(
    "size_bytes",
    _COUNT,
    "Size of the object; missing where the store does not say",
    unit="B",
    nullable=True,
    constraint=at_least("size_bytes", 0),
)
_ETAG = Column("etag", _TEXT, "Entity tag that the store gave", nullable=True)
_MODIFIED = Column("modified_at", pl.Datetime("us", "UTC"), "Last change of the object", nullable=True)
_MEMBER = Column(
    "member_name",
    _TEXT,
    "Name of the member within the archive that the object is; missing where the object is no archive",
    nullable=True,
    privacy=_DIRECT,
)
_SHARD = Column("shard", _TEXT, "Shard that reads the object: a digest of what is in the shard")

LISTING_RANGES = Artefact(
    "listing_ranges",
    Zone.SITE,
    "How the listing is divided: each row is a range of keys that one task lists.",
    (
        _SITE,
        _STORE,
        Column("range", _TEXT, "Number of the range, from 0"),
        Column("after", _TEXT, "Key behind which the range begins; empty at the start of the store", privacy=_DIRECT),
        Column("until", _TEXT, "Last key of the range; missing at the end of it all", nullable=True, privacy=_DIRECT),
    ),
    key=("store", "after"),
    partitioned_by="range",
)

LISTING = Artefact(
    "listing",
    Zone.SITE,
    "Every object in the site's stores at the time of listing, cut into shards.",
    (_SITE, _STORE, _KEY, _SIZE, _ETAG, _MODIFIED, _SHARD),
    key=("store", "object_key"),
    partitioned_by="shard",
    version=2,
)

_SHARD_COLUMNS = (
    _SITE,
    _STORE,
    _SHARD,
    Column("first_key", _TEXT, "First key of the shard", privacy=_DIRECT),
    Column("last_key", _TEXT, "Last key of the shard", privacy=_DIRECT),
    Column("n_objects", _COUNT, "Objects of the shard"),
    Column("cost", _COUNT, "Expected cost of reading the shard, in plain objects"),
)

SHARDS = Artefact(
    "shards",
    Zone.SITE,
    "One row per shard of the listing: which keys it spans, and what reading it costs.",
    _SHARD_COLUMNS,
    key=("shard",),
    interim=True,
)

READ_SHARDS = Artefact(
    "read_shards",
    Zone.SITE,
    "The shards whose headers have all been read: where the next run looks up what has not changed.",
    _SHARD_COLUMNS,
    key=("shard",),
    interim=True,
)

HEADERS = Artefact(
    "headers",
    Zone.SITE,
    "One row per readable DICOM instance: its provenance attributes, identifiers replaced by keyed pseudonyms.",
    (
        _SITE,
        _STORE,
        _KEY,
        _MEMBER,
        _SIZE,
        _ETAG,
        _MODIFIED,
        *(
            Column(
                c.name,
                c.dtype,
                c.description,
                unit=c.unit or None,
                nullable=c.name not in ("header_bytes", "parsed_by"),
                privacy=c.privacy,
            )
            for c in HEADER_COLUMNS
        ),
    ),
    key=("store", "object_key", "member_name"),
    version=3,
)

QUARANTINE = Artefact(
    "quarantine",
    Zone.SITE,
    "One row per object, or member of an archive, that gave no header, with the reason from a closed list.",
    (
        _SITE,
        _STORE,
        _KEY,
        _MEMBER,
        _SIZE,
        _ETAG,
        _MODIFIED,
        Column(
            "reason",
            _TEXT,
            "Why there is no header row",
            constraint=one_of("reason", [r.value for r in QuarantineReason]),
        ),
    ),
    key=("store", "object_key", "member_name"),
    version=2,
)

_COUNTS = (
    Column("n_objects", _COUNT, "Objects; a member of an archive counts as one"),
    Column("n_bytes_total", _COUNT, "Size of these objects; 0 where the store does not say", unit="B"),
    Column("n_bytes_header", _COUNT, "Header bytes of these objects; 0 for quarantined ones", unit="B"),
    Column("n_carried", _COUNT, "Objects whose row was taken over from an earlier run, because nothing had changed"),
    Column("n_one_request", _COUNT, "Objects, not carried and not in an archive, that took one request"),
    Column("n_more_requests", _COUNT, "Objects, not carried and not in an archive, that took more than one"),
    Column("n_requests", _COUNT, "Requests for a range that these objects took in this run"),
    Column("n_bytes_read", _COUNT, "Bytes that these requests brought", unit="B"),
)

SHARD_COUNTS = Artefact(
    "shard_counts",
    Zone.SITE,
    "What became of the objects of one shard, and what reading them took.",
    (_SITE, _STORE, Column("outcome", _TEXT, "scanner, pydicom, or a quarantine reason"), *_COUNTS),
    interim=True,
)

HEADER_COUNTS = Artefact(
    "header_counts",
    Zone.AGGREGATE,
    "What became of the listed objects: read by the scanner, read by pydicom, or quarantined for a reason.",
    (_SITE, Column("outcome", _TEXT, "scanner, pydicom, or a quarantine reason"), *_COUNTS),
    key=("site", "outcome"),
    version=2,
)
