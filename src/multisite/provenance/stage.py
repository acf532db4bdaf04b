"""The three stages of extraction, and the plain parameters each takes from the protocol."""

from dataclasses import dataclass

import polars as pl

from multisite.dicom import Pseudonymiser
from multisite.errors import UsageError
from multisite.provenance.headers import read_shard
from multisite.provenance.series import SERIES_COLUMNS, count_outcomes, roll_up_series
from multisite.provenance.shards import cut_into_shards
from multisite.provenance.studies import index_studies
from multisite.schemas import ObjectReader, Scope, Stage, StageInputs, StageOutputs
from multisite.schemas.provenance import HEADER_COUNTS, HEADERS, LISTING, QUARANTINE, SERIES, STUDIES
from multisite.study import Site, Study

__all__ = [
    "HEADERS_STAGE",
    "LISTING_STAGE",
    "SERIES_STAGE",
    "HeadersParameters",
    "ListingParameters",
    "SeriesParameters",
]

_READER_VERSION = 1
"""Raised when a changed reader would give other rows for the same bytes; every header is then read again."""


@dataclass(frozen=True, slots=True)
class ListingParameters:
    """Mean number of objects in a shard."""

    shard_objects: int


@dataclass(frozen=True, slots=True)
class HeadersParameters:
    """Bytes asked for first, and at most, per object."""

    first_read_bytes: int
    max_header_bytes: int


@dataclass(frozen=True, slots=True)
class SeriesParameters:
    """Modalities that a study's index series may have."""

    modalities: tuple[str, ...]


def _objects(inputs: StageInputs) -> ObjectReader:
    if inputs.objects is None:
        raise UsageError(
            "the stage needs the site's stores", place=f"site {inputs.site}", remedy="Run it with a runner."
        )
    return inputs.objects


def _list(inputs: StageInputs, parameters: ListingParameters) -> StageOutputs:
    shards = cut_into_shards(
        _objects(inputs).listing(), target_objects=parameters.shard_objects, reader_version=_READER_VERSION
    )
    frame = shards.select(pl.lit(inputs.site).alias("site"), *LISTING.schema.names()[1:])
    return StageOutputs(frames={LISTING.name: frame})


def _read_headers(inputs: StageInputs, parameters: HeadersParameters) -> StageOutputs:
    if inputs.pseudonym_key is None:
        raise UsageError("the stage needs the site's pseudonym key", place=f"site {inputs.site}")
    headers, quarantine = read_shard(
        inputs.frame(LISTING.name),
        site=inputs.site,
        objects=_objects(inputs),
        pseudonyms=Pseudonymiser(inputs.pseudonym_key),
        first_read_bytes=parameters.first_read_bytes,
        max_header_bytes=parameters.max_header_bytes,
    )
    return StageOutputs(frames={HEADERS.name: headers, QUARANTINE.name: quarantine})


def _roll_up(inputs: StageInputs, parameters: SeriesParameters) -> StageOutputs:
    headers = inputs.frame(HEADERS.name)
    series = roll_up_series(headers)
    return StageOutputs(
        frames={
            SERIES.name: series,
            STUDIES.name: index_studies(series, modalities=parameters.modalities),
            HEADER_COUNTS.name: count_outcomes(headers, inputs.frame(QUARANTINE.name), site=inputs.site),
        }
    )


def _listing_parameters(study: Study, site: Site | None) -> ListingParameters:
    return ListingParameters(study.extraction.shard_objects)


def _headers_parameters(study: Study, site: Site | None) -> HeadersParameters:
    return HeadersParameters(study.extraction.first_read_bytes, study.extraction.max_header_bytes)


def _series_parameters(study: Study, site: Site | None) -> SeriesParameters:
    return SeriesParameters(study.cohort.modalities)


LISTING_STAGE = Stage(
    name="listing",
    title="List the site's objects",
    verb="extract",
    scope=Scope.SITE,
    version=1,
    reads=(),
    writes=(LISTING,),
    run=_list,
    parameters=_listing_parameters,
    reads_objects=True,
)

HEADERS_STAGE = Stage(
    name="headers",
    title="Read DICOM headers",
    verb="extract",
    scope=Scope.SHARD,
    version=1,
    reads=(LISTING,),
    writes=(HEADERS, QUARANTINE),
    partition_of=LISTING,
    run=_read_headers,
    parameters=_headers_parameters,
    reads_objects=True,
    needs_key=True,
)

SERIES_STAGE = Stage(
    name="series",
    title="Roll up series and studies",
    verb="extract",
    scope=Scope.SITE,
    version=1,
    reads=(HEADERS, QUARANTINE),
    writes=(SERIES, STUDIES, HEADER_COUNTS),
    projection={HEADERS.name: SERIES_COLUMNS},
    run=_roll_up,
    parameters=_series_parameters,
)
