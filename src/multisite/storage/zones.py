"""Which artefact may be written where."""

from multisite.errors import ZoneError
from multisite.schemas import AnyArtefact
from multisite.vocabulary import Zone

__all__ = ["require_zone"]


def require_zone(artefact: AnyArtefact, place: Zone) -> None:
    """Refuse to write ``artefact`` into a place that is less trusted than its zone.

    Raises
    ------
    ZoneError
        For row-level artefacts in a store opened as aggregate or central, and aggregates in a central one.
    """
    if artefact.zone.trust > place.trust:
        raise ZoneError(
            f"`{artefact.name}` belongs to the zone `{artefact.zone}`",
            place=f"a store opened as `{place}`",
            remedy="Write it to the site's own store; only what passes the gate may travel further.",
        )
