"""The stage that makes series and studies out of what the shards wrote, and out of the site's own header table."""

from dataclasses import dataclass

import polars as pl

from multisite.provenance.completeness import combine_attribute_counts
from multisite.provenance.markers import combine_demographics, combine_markers
from multisite.provenance.series import combine_series
from multisite.provenance.series_table import count_table, series_from_table, with_table
from multisite.provenance.studies import index_studies
from multisite.provenance.table_completeness import attributes_of_table
from multisite.schemas import Scope, Stage, StageInputs, StageOutputs
from multisite.schemas.completeness import ATTRIBUTE_COMPLETENESS, ATTRIBUTE_COUNTS
from multisite.schemas.markers import DEMOGRAPHICS, DEMOGRAPHICS_PARTS, MARKER_PARTS, MARKERS
from multisite.schemas.provenance import HEADER_COUNTS, READ_SHARDS, SHARD_COUNTS, SHARDS
from multisite.schemas.series import CONTENT_INCIDENTS, INSTANCE_INCIDENTS, NORMALISATION, SERIES, STUDIES
from multisite.schemas.series_parts import SERIES_PARTS
from multisite.schemas.series_table import SERIES_TABLE_COUNTS
from multisite.schemas.site_tables import SERIES_TABLE
from multisite.study import Site, Study

__all__ = ["SERIES_STAGE", "SeriesParameters"]


@dataclass(frozen=True, slots=True)
class SeriesParameters:
    """Modalities that a study's index series may have."""

    modalities: tuple[str, ...]


def _roll_up(inputs: StageInputs, parameters: SeriesParameters) -> StageOutputs:
    parts = inputs.frame(SERIES_PARTS.name)
    found = combine_series(parts, site=inputs.site)
    attributes = inputs.frame(ATTRIBUTE_COUNTS.name)
    counted = SERIES_TABLE_COUNTS.empty()
    table = inputs.tables.get(SERIES_TABLE.name)
    if table is not None:
        series = series_from_table(table, site=inputs.site)
        counted = count_table(table, series, found.series, site=inputs.site)
        attributes = pl.concat([attributes, attributes_of_table(table, found.series, site=inputs.site)])
        found = with_table(found, parts, series, site=inputs.site)
    return StageOutputs(
        frames={
            SERIES.name: found.series,
            STUDIES.name: index_studies(found.series, modalities=parameters.modalities),
            INSTANCE_INCIDENTS.name: found.instance_incidents,
            CONTENT_INCIDENTS.name: found.content_incidents,
            NORMALISATION.name: found.normalisation,
            SERIES_TABLE_COUNTS.name: counted,
            ATTRIBUTE_COMPLETENESS.name: combine_attribute_counts(attributes, site=inputs.site),
            MARKERS.name: combine_markers(inputs.frame(MARKER_PARTS.name), site=inputs.site),
            DEMOGRAPHICS.name: combine_demographics(inputs.frame(DEMOGRAPHICS_PARTS.name), site=inputs.site),
            HEADER_COUNTS.name: _add_up(inputs.frame(SHARD_COUNTS.name)),
            READ_SHARDS.name: inputs.frame(SHARDS.name),
        }
    )


def _add_up(counts: pl.DataFrame) -> pl.DataFrame:
    """The counts of all shards, the commonest outcome first."""
    totals = counts.group_by("site", "outcome").agg(pl.exclude("store").sum())
    return totals.select(HEADER_COUNTS.schema.names()).sort("n_objects", "outcome", descending=[True, False])


def _series_parameters(study: Study, site: Site | None) -> SeriesParameters:
    return SeriesParameters(study.cohort.modalities)


SERIES_STAGE = Stage(
    name="series",
    title="Roll up series and studies",
    verb="extract",
    scope=Scope.SITE,
    version=4,
    reads=(SHARDS, SHARD_COUNTS, SERIES_PARTS, ATTRIBUTE_COUNTS, MARKER_PARTS, DEMOGRAPHICS_PARTS),
    optional_tables=(SERIES_TABLE,),
    writes=(
        SERIES,
        STUDIES,
        INSTANCE_INCIDENTS,
        CONTENT_INCIDENTS,
        NORMALISATION,
        ATTRIBUTE_COMPLETENESS,
        SERIES_TABLE_COUNTS,
        MARKERS,
        DEMOGRAPHICS,
        HEADER_COUNTS,
        READ_SHARDS,
    ),
    run=_roll_up,
    parameters=_series_parameters,
)
