"""The generated pages under `docs/reference`: data dictionary, stages, commands, exit codes, configuration schemas.

``python -m multisite.cli.reference_pages`` writes them; with ``--check`` it says which are out of date and fails.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import typer.main
from pydantic import BaseModel
from typer.core import TyperGroup

from multisite import errors
from multisite.cli.guideline_pages import companion_page, guidelines_page, hazards_page
from multisite.cli.main import app
from multisite.pipeline import STAGES
from multisite.schemas import Artefact, Column, ColumnFamily
from multisite.schemas.catalogue import ARTEFACTS
from multisite.schemas.site_tables import SITE_TABLES
from multisite.study import Site, Study

__all__ = ["main", "pages"]

_FOLDER = Path("docs/reference")
_MADE = "<!-- Made by `make docs`; edit the declarations in the code instead. -->\n\n"


def pages() -> dict[Path, str]:
    """Path → content of every generated page."""
    return {
        _FOLDER / "artefacts.md": _MADE + "\n".join(_artefacts()),
        _FOLDER / "site-tables.md": _MADE + "\n".join(_site_tables()),
        _FOLDER / "stages.md": _MADE + "\n".join(_stages()),
        _FOLDER / "commands.md": _MADE + "\n".join(_commands()),
        _FOLDER / "guidelines.md": _MADE + "\n".join(guidelines_page()),
        _FOLDER / "hazards.md": _MADE + "\n".join(hazards_page()),
        _FOLDER / "companion-records.md": _MADE + "\n".join(companion_page()),
        _FOLDER / "exit-codes.md": _MADE + "\n".join(_exit_codes()),
        _FOLDER / "study.schema.json": _schema(Study),
        _FOLDER / "site.schema.json": _schema(Site),
    }


def main(arguments: list[str]) -> int:
    """Write the pages, or compare them with what is there."""
    stale = []
    for path, content in pages().items():
        if "--check" in arguments:
            if not path.exists() or path.read_text(encoding="utf-8") != content:
                stale.append(path)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
    for path in stale:
        sys.stderr.write(f"error: {path} is out of date\ndo now: run `make docs` and commit the result\n")
    return 1 if stale else 0


def _artefacts() -> Iterator[str]:
    yield "# Artefacts\n"
    yield "Everything that multisite writes, by name. The zone says how far it may go: `site` artefacts hold rows and"
    yield "never leave the site's storage; `aggregate` ones are counts; `central` ones are made from aggregates.\n"
    for artefact in ARTEFACTS.values():
        yield f"## {artefact.name}\n"
        yield f"{artefact.description}\n"
        yield f"Zone `{artefact.zone}`, version {artefact.version}."
        if not isinstance(artefact, Artefact):
            yield f"A document of type `{artefact.media_type}`.\n"
            continue
        if artefact.key:
            yield f"Key: {', '.join(f'`{name}`' for name in artefact.key)}."
        if artefact.partitioned_by:
            yield f"Kept in parts by `{artefact.partitioned_by}`."
        yield "\n| column | type | unit | may be missing | privacy | meaning | rule |"
        yield "|---|---|---|---|---|---|---|"
        yield from (_row(column) for column in artefact.columns)
        yield from (_family_row(family) for family in artefact.families)
        yield ""


def _row(column: Column) -> str:
    rule = column.constraint.sentence if column.constraint else ""
    missing = "yes" if column.nullable else "no"
    cells = (
        f"`{column.name}`",
        str(column.dtype),
        column.unit or "",
        missing,
        column.privacy.value,
        column.description,
        rule,
    )
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _family_row(family: ColumnFamily) -> str:
    missing = "yes" if family.nullable else "no"
    cells = (f"`{family.prefix}…`", str(family.dtype), "", missing, family.privacy.value, family.description, "")
    return "| " + " | ".join(cells) + " |"


def _site_tables() -> Iterator[str]:
    yield "# Tables a site supplies\n"
    yield "CSV with a header line, or Parquet. The site file maps column names; identifiers are replaced by keyed"
    yield "pseudonyms when the table is read. A column with a DICOM keyword beside it is found under that, too.\n"
    for table in SITE_TABLES.values():
        yield f"## {table.name}\n"
        yield f"{table.description}\n"
        yield "| column | type | required | identifier | meaning |"
        yield "|---|---|---|---|---|"
        for column in table.columns:
            required, identifier = ("yes" if flag else "no" for flag in (column.required, column.pseudonym_kind))
            name = f"`{column.name}`" + (f" (`{column.keyword}`)" if column.keyword else "")
            yield f"| {name} | {column.dtype} | {required} | {identifier} | {column.description} |"
        for prefix in table.open_prefixes:
            yield f"| `{prefix}…` | any | no | no | Named by the study |"
        yield ""


def _stages() -> Iterator[str]:
    yield "# Stages\n"
    yield "In the order in which they run. A stage runs again exactly when its inputs, parameters or version change.\n"
    yield "| stage | verb | once per | reads | writes |"
    yield "|---|---|---|---|---|"
    for stage in STAGES:
        tables = [f"table `{table.name}`" for table in (*stage.tables, *stage.optional_tables)]
        reads = [f"`{artefact.name}`" for artefact in (*stage.reads, *stage.optional_reads)] + tables
        if stage.reads_objects:
            reads.append("the site's stores")
        if stage.reads_ledger:
            reads.append("the site's ledger")
        if stage.reads_baseline:
            reads.append("the adopted baselines")
        writes = [f"`{artefact.name}`" for artefact in stage.writes]
        yield f"| {stage.name} | `{stage.verb}` | {stage.scope} | {', '.join(reads)} | {', '.join(writes)} |"
    yield ""


def _commands() -> Iterator[str]:
    yield "# Commands\n"
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    for name, command in group.commands.items():
        yield f"## multisite {name}\n"
        yield f"{(command.help or '').strip()}\n"
        yield "| argument or option | default | meaning |"
        yield "|---|---|---|"
        for parameter in command.params:
            spelt = " ".join(f"`{text}`" for text in [*parameter.opts, *parameter.secondary_opts])
            default = "" if parameter.required or parameter.default in (None, False) else f"`{parameter.default}`"
            yield f"| {spelt} | {default} | {getattr(parameter, 'help', None) or ''} |"
        yield ""


def _exit_codes() -> Iterator[str]:
    yield "# Exit codes\n"
    yield "| code | name | meaning |"
    yield "|---|---|---|"
    yield "| 0 | | Done; no blocking check failed. |"
    yield "| 130 | | Interrupted twice; nothing was waited for. |"
    kinds = sorted((getattr(errors, name) for name in errors.__all__), key=lambda kind: kind.exit_code)
    for kind in kinds:
        yield f"| {kind.exit_code} | `{kind.__name__}` | {(kind.__doc__ or '').splitlines()[0]} |"
    yield ""


def _schema(model: type[BaseModel]) -> str:
    return json.dumps(model.model_json_schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
