"""How far calibration may lie from its ideal and still count as good."""

from typing import Annotated

from pydantic import Field

from multisite.study.section import Section

__all__ = ["Calibration"]

Tolerance = Annotated[float, Field(ge=0, le=1)]


class Calibration(Section):
    """Tolerances: of the slope about 1, and of the calibration in the large about 0, the latter on the logit."""

    slope_tolerance: Tolerance = 0.2
    in_the_large_tolerance: Tolerance = 0.2
