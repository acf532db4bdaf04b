"""What a claim is about: the use that is intended, and the uses for which nothing has been shown."""

from multisite.study.section import Section

__all__ = ["IntendedUse"]


class IntendedUse(Section):
    """The claim in words. What may be left out and is, the pack names as missing.

    ``acquisition`` says under which conditions images are made (devices, protocols, contrast), ``input_quality``
    what becomes of images that are not fit for the model.
    """

    task: str
    population: str
    setting: str
    human_role: str
    not_validated_for: tuple[str, ...] = ()
    purpose: str | None = None
    user: str | None = None
    care_pathway: str | None = None
    acquisition: str | None = None
    input_quality: str | None = None
