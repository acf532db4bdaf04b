"""The stages of extraction, and the plain parameters each takes from the protocol."""

from dataclasses import dataclass, field

from multisite.dicom import READER_VERSION, Pseudonymiser
from multisite.errors import UsageError
from multisite.provenance.completeness import attribute_counts
from multisite.provenance.headers import read_shard
from multisite.provenance.listing import ListedShards, divide_stores
from multisite.provenance.markers import demographics_parts, marker_parts
from multisite.provenance.series_parts import series_parts
from multisite.schemas import ObjectReader, Scope, Stage, StageInputs, StageOutputs
from multisite.schemas.completeness import ATTRIBUTE_COUNTS
from multisite.schemas.markers import DEMOGRAPHICS_PARTS, MARKER_PARTS
from multisite.schemas.provenance import (
    HEADERS,
    LISTING,
    LISTING_RANGES,
    QUARANTINE,
    READ_SHARDS,
    SHARD_COUNTS,
    SHARDS,
)
from multisite.schemas.series_parts import SERIES_PARTS
from multisite.study import Site, Study

__all__ = [
    "HEADERS_STAGE",
    "LISTING_RANGES_STAGE",
    "LISTING_STAGE",
    "HeadersParameters",
    "ListingParameters",
    "ListingRangesParameters",
]


@dataclass(frozen=True, slots=True)
class ListingRangesParameters:
    """Ranges per store at most, each listed by a task of its own; and the cost of a shard, in plain objects."""

    parts: int
    target_cost: int


@dataclass(frozen=True, slots=True)
class ListingParameters:
    """Cost of a shard, in plain objects."""

    target_cost: int


@dataclass(frozen=True, slots=True)
class HeadersParameters:
    """Bytes asked for first (which changes no row), and at most, per object and per archive."""

    first_read_bytes: int = field(metadata={"changes_rows": False})
    max_header_bytes: int = field()
    max_archive_bytes: int = field()


def _objects(inputs: StageInputs) -> ObjectReader:
    if inputs.objects is None:
        raise UsageError(
            "the stage needs the site's stores", place=f"site {inputs.site}", remedy="Run it with a runner."
        )
    return inputs.objects


def _divide(inputs: StageInputs, parameters: ListingRangesParameters) -> StageOutputs:
    ranges = divide_stores(
        _objects(inputs), site=inputs.site, parts=parameters.parts, target_cost=parameters.target_cost
    )
    return StageOutputs(frames={LISTING_RANGES.name: ranges})


def _list(inputs: StageInputs, parameters: ListingParameters) -> StageOutputs:
    shards = ListedShards(
        inputs.frame(LISTING_RANGES.name), _objects(inputs), site=inputs.site, target_cost=parameters.target_cost
    )
    # In the order in which the stage declares them: the shards are described once they have been written.
    return StageOutputs(frames={LISTING.name: shards, SHARDS.name: shards.descriptions()})


def _read_headers(inputs: StageInputs, parameters: HeadersParameters) -> StageOutputs:
    if inputs.pseudonym_key is None:
        raise UsageError("the stage needs the site's pseudonym key", place=f"site {inputs.site}")
    rows = read_shard(
        inputs.frame(LISTING.name),
        site=inputs.site,
        objects=_objects(inputs),
        pseudonyms=Pseudonymiser(inputs.pseudonym_key),
        first_read_bytes=parameters.first_read_bytes,
        max_header_bytes=parameters.max_header_bytes,
        max_archive_bytes=parameters.max_archive_bytes,
        earlier=inputs.earlier,
    )
    return StageOutputs(
        frames={
            HEADERS.name: rows.headers,
            QUARANTINE.name: rows.quarantine,
            SHARD_COUNTS.name: rows.counts,
            SERIES_PARTS.name: series_parts(rows.headers, site=inputs.site),
            ATTRIBUTE_COUNTS.name: attribute_counts(rows.headers, site=inputs.site),
            MARKER_PARTS.name: marker_parts(rows.headers, site=inputs.site),
            DEMOGRAPHICS_PARTS.name: demographics_parts(rows.headers, site=inputs.site),
        },
        settled=rows.settled,
    )


def _ranges_parameters(study: Study, site: Site | None) -> ListingRangesParameters:
    return ListingRangesParameters(study.extraction.listing_tasks, study.extraction.shard_objects)


def _listing_parameters(study: Study, site: Site | None) -> ListingParameters:
    return ListingParameters(study.extraction.shard_objects)


def _headers_parameters(study: Study, site: Site | None) -> HeadersParameters:
    extraction = study.extraction
    return HeadersParameters(extraction.first_read_bytes, extraction.max_header_bytes, extraction.max_archive_bytes)


LISTING_RANGES_STAGE = Stage(
    name="listing_ranges",
    title="Divide the site's stores",
    verb="extract",
    scope=Scope.SITE,
    version=1,
    reads=(),
    writes=(LISTING_RANGES,),
    run=_divide,
    parameters=_ranges_parameters,
    reads_objects=True,
    always_runs=True,
)

LISTING_STAGE = Stage(
    name="listing",
    title="List the site's objects",
    verb="extract",
    scope=Scope.SHARD,
    version=2,
    reads=(LISTING_RANGES,),
    writes=(LISTING, SHARDS),
    partition_of=LISTING_RANGES,
    run=_list,
    parameters=_listing_parameters,
    reads_objects=True,
    always_runs=True,
)

HEADERS_STAGE = Stage(
    name="headers",
    title="Read DICOM headers",
    verb="extract",
    scope=Scope.SHARD,
    version=READER_VERSION,
    reads=(LISTING,),
    writes=(HEADERS, QUARANTINE, SHARD_COUNTS, SERIES_PARTS, ATTRIBUTE_COUNTS, MARKER_PARTS, DEMOGRAPHICS_PARTS),
    partition_of=LISTING,
    run=_read_headers,
    parameters=_headers_parameters,
    reads_objects=True,
    needs_key=True,
    version_is_enough=True,
    carries=(HEADERS, QUARANTINE),
    spans=(SHARDS, READ_SHARDS),
)
