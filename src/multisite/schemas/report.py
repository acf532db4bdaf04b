"""The report: one self-contained page, and the numbers behind its figures."""

from multisite.schemas.artefact import FileArtefact
from multisite.vocabulary import Zone

__all__ = ["REPORT"]

REPORT = FileArtefact(
    "report",
    Zone.CENTRAL,
    ".html",
    "text/html",
    "The validation report: one page that a reviewer reads without the team.",
)
