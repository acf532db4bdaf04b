"""Claims that no pack can show, refused with their place in the study file."""

from collections.abc import Mapping

from multisite.checklists.boundary import refused_claims
from multisite.errors import ConfigError

__all__ = ["require_no_refused_claims"]


def require_no_refused_claims(texts: Mapping[str, str]) -> None:
    """Nothing where none of ``texts`` (by path) claims what no pack can show.

    Raises
    ------
    ConfigError
        With every place and word.
    """
    found = refused_claims(texts)
    if found:
        told = "; ".join(f"`{one.path}` says “{one.word}”" for one in found)
        raise ConfigError(
            f"the study file claims what no pack can show: {told}",
            place="study file",
            remedy="Say what was measured instead; an approval or a certificate is a record beside the pack"
            " (`companion`).",
        )
