"""What was answered, and the identifiers that follow from it."""

import re
import unicodedata
from dataclasses import dataclass

__all__ = ["Answers", "identifier_from"]

_LONGEST = 63
"""Of an identifier, as `multisite.study.section` has it."""


@dataclass(frozen=True, slots=True)
class Answers:
    """One study with one finding, one model and one site, as its author has told it."""

    title: str
    study: str
    task: str
    population: str
    setting: str
    human_role: str
    finding: str
    model: str
    model_version: str
    modalities: tuple[str, ...]
    threshold: float
    site: str

    @property
    def finding_id(self) -> str:
        """The finding's identifier, made of its title."""
        return identifier_from(self.finding, otherwise="finding")

    @property
    def model_id(self) -> str:
        """The model's identifier, made of its title."""
        return identifier_from(self.model, otherwise="model")

    @property
    def key_variable(self) -> str:
        """The environment variable of the site's pseudonym key."""
        return f"MULTISITE_KEY_{self.site.upper().replace('-', '_')}"


def identifier_from(title: str, *, otherwise: str) -> str:
    """An identifier made of a title's letters and digits without their accents.

    It is ``otherwise`` where the title has none of them, and begins with it where the title begins with a digit.
    """
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")
    if not words:
        return otherwise
    return (words if words[0].isalpha() else f"{otherwise}_{words}")[:_LONGEST].rstrip("_")
