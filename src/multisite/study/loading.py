"""Reading a configuration file, with every fault at once, each with file, line and path."""

from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from multisite.errors import ConfigError
from multisite.study.site_file import Site
from multisite.study.study_file import Study

__all__ = ["load_site", "load_sites", "load_study"]

Loaded = TypeVar("Loaded", bound=BaseModel)
Location = tuple[int | str, ...]


def load_study(path: Path) -> Study:
    """The study protocol in ``path``.

    Raises
    ------
    ConfigError
        Naming every fault with file, line and path.
    """
    return _load(path, Study)


def load_site(path: Path) -> Site:
    """One site file; folders and paths of tables and certificates in it are made absolute, relative to the file.

    Raises
    ------
    ConfigError
        Naming every fault with file, line and path.
    """
    site = _load(path, Site)
    folder = path.resolve().parent
    stores = tuple(
        store if "://" in store.url else store.model_copy(update={"url": str((folder / store.url).resolve())})
        for store in site.stores
    )
    tables = {
        name: table.model_copy(update={"path": str((folder / table.path).resolve())})
        for name, table in site.tables.items()
    }
    monthly = site.monthly
    if monthly is not None and monthly.server.ca_file is not None:
        server = monthly.server.model_copy(update={"ca_file": str((folder / monthly.server.ca_file).resolve())})
        monthly = monthly.model_copy(update={"server": server})
    return site.model_copy(update={"stores": stores, "tables": tables, "monthly": monthly})


def load_sites(places: Sequence[Path]) -> tuple[Site, ...]:
    """Every site named by ``places`` (files, or folders of ``*.yaml``), ordered by site identifier.

    Raises
    ------
    ConfigError
        When a place does not exist or holds no site file, when two files name the same site, or with the faults
        of all the files together.
    """
    files = [file for place in places for file in _site_files(place)]
    sites: list[Site] = []
    faults: list[str] = []
    for file in files:
        try:
            sites.append(load_site(file))
        except ConfigError as error:
            faults.append(error.fact)
    names = [site.site for site in sites]
    faults += [f"site `{name}` is named by two files" for name in sorted({n for n in names if names.count(n) > 1})]
    if faults:
        raise ConfigError("\n".join(faults), remedy="Mend the lines named above; nothing has been run.")
    return tuple(sorted(sites, key=lambda site: site.site))


def _site_files(place: Path) -> list[Path]:
    if place.is_dir():
        found = sorted(place.glob("*.yaml"))
        if not found:
            raise ConfigError(
                "the folder holds no site file", place=str(place), remedy="Name a folder with *.yaml files."
            )
        return found
    return [place]


def _load(path: Path, model: type[Loaded]) -> Loaded:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            f"{path}: the file cannot be read ({type(error).__name__})", remedy="Check the path and its permissions."
        ) from None
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        _refuse_repeated_keys(path, root)
        content = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ConfigError(
            f"{path}:{line}: not valid YAML: {error.problem}", remedy="Mend the line named above."
        ) from None
    try:
        return model.model_validate(content)
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
        faults = [_fault(path, root, detail) for detail in details if not _is_echo(detail, details)]
        raise ConfigError("\n".join(faults), remedy="Mend the lines named above; nothing has been run.") from None


def _is_echo(detail: ErrorDetails, details: list[ErrorDetails]) -> bool:
    """Whether a list is called too short only because its entries are already named as faulty."""
    place = detail["loc"]
    return detail["type"] == "too_short" and any(
        len(other["loc"]) > len(place) and other["loc"][: len(place)] == place for other in details
    )


def _fault(path: Path, root: yaml.Node | None, detail: ErrorDetails) -> str:
    location = _written(root, detail["loc"])
    message = {
        "missing": "required key is missing",
        "extra_forbidden": "unknown key",
        "union_tag_not_found": "required key `by` is missing",
    }.get(detail["type"], detail["msg"].removeprefix("Value error, "))
    return f"{path}:{_line(root, location)}: {_dotted(location)}: {message}"


def _written(node: yaml.Node | None, location: Location) -> Location:
    """``location`` without the kind of a section (the value of its key ``by``), which is no key of the file."""
    parts: list[int | str] = []
    for part in location:
        if isinstance(node, yaml.MappingNode):
            values = {key.value: value for key, value in node.value}
            if part not in values and "by" in values and values["by"].value == part:
                continue
            node = values.get(str(part))
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
        parts.append(part)
    return tuple(parts)


def _dotted(location: Location) -> str:
    words = ""
    for part in location:
        words += f"[{part}]" if isinstance(part, int) else f".{part}" if words else str(part)
    return words or "file"


def _line(node: yaml.Node | None, location: Location) -> int:
    line = 1
    for part in location:
        if node is None:
            break
        line = node.start_mark.line + 1
        if isinstance(node, yaml.MappingNode):
            pair = next((p for p in node.value if p[0].value == str(part)), None)
            if pair is None:
                return line
            line, node = pair[0].start_mark.line + 1, pair[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
    return line


def _refuse_repeated_keys(path: Path, node: yaml.Node | None) -> None:
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                raise ConfigError(
                    f"{path}:{key.start_mark.line + 1}: {key.value}: the key stands twice", remedy="Keep one of them."
                )
            seen.add(key.value)
            _refuse_repeated_keys(path, value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _refuse_repeated_keys(path, item)
