"""What the timeline takes from the study file."""

from dataclasses import dataclass

from multisite.study import Site, Study

__all__ = ["TimelineParameters", "timeline_parameters"]


@dataclass(frozen=True, slots=True)
class TimelineParameters:
    """The study's title, its models by id with title and version, and the smallest count that the picture tells."""

    title: str
    models: tuple[tuple[str, str], ...]
    minimum_cell: int = 10


def timeline_parameters(study: Study, site: Site | None) -> TimelineParameters:
    """The parameters; nothing of the site file is looked at."""
    return TimelineParameters(
        study.title,
        tuple((model.id, f"{model.title} {model.version}") for model in study.models),
        study.drift.minimum_cell,
    )
