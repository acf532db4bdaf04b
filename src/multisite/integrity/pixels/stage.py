"""The stage that looks at the pixels of the included cases, shard by shard, where the study file asks for it."""

from dataclasses import dataclass

from multisite.dicom import Pseudonymiser
from multisite.dicom.pixels import PIXEL_READER_VERSION
from multisite.errors import UsageError
from multisite.integrity.pixels.choice import chosen
from multisite.integrity.pixels.reading import look_at
from multisite.schemas import Scope, Stage, StageInputs, StageOutputs
from multisite.schemas.cohort import COHORT
from multisite.schemas.pixels import OBJECT_OF_PIXELS, PIXELS
from multisite.schemas.provenance import HEADERS, READ_SHARDS, SHARDS
from multisite.study import Site, Study
from multisite.vocabulary import PixelStatus

__all__ = ["PIXELS_STAGE", "PixelParameters", "pixel_parameters"]


@dataclass(frozen=True, slots=True)
class PixelParameters:
    """Whether pixels are asked for; of how many instances per series (None: all), in objects of which size at most."""

    asked_for: bool
    instances_per_series: int | None
    max_object_bytes: int


def pixel_parameters(study: Study, site: Site | None) -> PixelParameters:
    """What the study file says of pixels."""
    declared = study.integrity.pixels
    if declared is None:
        return PixelParameters(False, None, 0)
    per_series = None if declared.instances_per_series == "all" else declared.instances_per_series
    return PixelParameters(True, per_series, declared.max_object_bytes)


def _look(inputs: StageInputs, parameters: PixelParameters) -> StageOutputs:
    if inputs.pseudonym_key is None or inputs.objects is None:
        raise UsageError(
            "the stage needs the site's stores and its pseudonym key",
            place=f"site {inputs.site}",
            remedy="Run it with a runner.",
        )
    wanted = inputs.frame(COHORT.name).filter("included").select("series_instance_uid").drop_nulls().unique()
    rows = look_at(
        chosen(inputs.frame(HEADERS.name), wanted, per_series=parameters.instances_per_series),
        objects=inputs.objects,
        pseudonyms=Pseudonymiser(inputs.pseudonym_key),
        max_object_bytes=parameters.max_object_bytes,
        earlier=inputs.earlier.get(PIXELS.name, PIXELS.empty()),
    )
    return StageOutputs(frames={PIXELS.name: rows}, settled=not (rows["status"] == PixelStatus.NOT_FETCHED.value).any())


def _is_asked_for(parameters: PixelParameters) -> bool:
    return parameters.asked_for


PIXELS_STAGE = Stage(
    name="pixels",
    title="Look at pixels",
    verb="check",
    scope=Scope.SHARD,
    version=PIXEL_READER_VERSION,
    reads=(HEADERS, COHORT),
    writes=(PIXELS,),
    run=_look,
    parameters=pixel_parameters,
    is_asked_for=_is_asked_for,
    partition_of=HEADERS,
    projection={
        HEADERS.name: (
            *OBJECT_OF_PIXELS,
            "sop_instance_uid",
            "series_instance_uid",
            "study_instance_uid",
            "instance_number",
            "content_fingerprint",
            "burned_in_annotation",
            "transfer_syntax_uid",
        ),
        COHORT.name: ("included", "series_instance_uid"),
    },
    reads_objects=True,
    needs_key=True,
    version_is_enough=True,
    carries=(PIXELS,),
    spans=(SHARDS, READ_SHARDS),
)
