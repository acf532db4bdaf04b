"""What people look at besides the mail: a page of all months of a site, and the picture inside the mail."""

from multisite.schemas.artefact import FileArtefact
from multisite.vocabulary import Zone

__all__ = ["MONTH_CHART", "TIMELINE_PAGE"]

TIMELINE_PAGE = FileArtefact(
    "timeline_page",
    Zone.SITE,
    ".html",
    "text/html",
    "All months of a site in routine use on one page: states, control charts, evidence, verdicts and cases.",
)
MONTH_CHART = FileArtefact(
    "month_chart",
    Zone.AGGREGATE,
    ".png",
    "image/png",
    "The picture inside the mail: the states of the last months, and what changed most in the last of them.",
)
