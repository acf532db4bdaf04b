"""Checks from installed packages: each that the study file names, found by its entry point."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points

from multisite.errors import ConfigError
from multisite.integrity.check import Check

__all__ = ["GROUP", "Plugin", "installed_plugins", "plugin_checks"]

GROUP = "multisite.checks"
"""Group of entry points under which packages offer checks; each leads to a Check or a tuple of them."""

_PLACE = "study file, `integrity.plugins`"


@dataclass(frozen=True, slots=True)
class Plugin:
    """An entry point of the study file, and the package that provides it: another version is another check."""

    name: str
    package: str
    version: str


def installed_plugins(names: Sequence[str]) -> tuple[Plugin, ...]:
    """The plugins called ``names``, in that order.

    Raises
    ------
    ConfigError
        When one is not installed, or two packages provide it.
    """
    found = []
    for name in names:
        point = _entry_point(name)
        package = point.dist
        found.append(Plugin(name, package.name if package else "", package.version if package else ""))
    return tuple(found)


def plugin_checks(names: Sequence[str], *, taken: Collection[str]) -> tuple[Check, ...]:
    """The checks of the plugins called ``names``, in that order. ``taken`` are ids that they may not have.

    Raises
    ------
    ConfigError
        When a plugin is not installed, cannot be imported, offers something else than checks, or a check whose id is
        taken, be it by another plugin.
    """
    checks: list[Check] = []
    for name in names:
        offered = _load(name)
        ids = [*taken, *(check.id for check in checks)]
        again = sorted({check.id for check in offered if [*ids, *(o.id for o in offered)].count(check.id) > 1})
        if again:
            raise ConfigError(
                f"the plugin `{name}` has a check called {', '.join(f'`{id}`' for id in again)}, and so has another",
                place=_PLACE,
                remedy="Ask its author for another id, or leave it out.",
            )
        checks += offered
    return tuple(checks)


def _entry_point(name: str) -> EntryPoint:
    points = tuple(entry_points(group=GROUP, name=name))
    if not points:
        raise ConfigError(
            f"no installed package offers the plugin `{name}`",
            place=_PLACE,
            remedy="Install it on every machine that runs the checks, or leave it out.",
        )
    if len(points) > 1:
        raise ConfigError(
            f"{len(points)} installed packages offer a plugin `{name}`",
            place=_PLACE,
            remedy="Uninstall all but one of them.",
        )
    return points[0]


def _load(name: str) -> tuple[Check, ...]:
    point = _entry_point(name)
    try:
        loaded = point.load()
    except Exception as error:  # Whatever a foreign module raises; its class alone is told.
        raise ConfigError(
            f"the plugin `{name}` cannot be imported ({type(error).__name__})",
            place=_PLACE,
            remedy="Mend its installation: its entry point names a module and an object in it.",
        ) from None
    offered = (loaded,) if isinstance(loaded, Check) else loaded
    if not isinstance(offered, tuple) or not offered or not all(isinstance(check, Check) for check in offered):
        raise ConfigError(
            f"the plugin `{name}` offers neither a Check nor a tuple of them",
            place=_PLACE,
            remedy="Let its entry point lead to a multisite.integrity.check.Check.",
        )
    return offered
