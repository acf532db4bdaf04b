"""The section `reporting` of a study to start from: every statement, with what a reporting guideline asks for it."""

import inspect
from collections import defaultdict
from collections.abc import Iterator, Mapping

from multisite.checklists.catalogue import CHECKLISTS, load_checklist
from multisite.study.reporting import Reporting
from multisite.study.section import Section
from multisite.study.starting.yaml_words import comment
from multisite.study.statements import written_afterwards

__all__ = ["statement_paths", "statements_text"]

_HEAD = """\
# What only the authors can say, for the reporting guidelines: the pack prints each statement where a guideline asks for
# it, and says plainly which are missing. Every statement may be left out. Above each stands what is asked, with the
# items that ask it. Long texts are written over several lines after `>-`, each a step further in. Where
# "Afterwards" stands, it can only be written when there are results, and is not part of what is locked.
reporting:
"""

_NOT_APPLICABLE = """\
  # Afterwards: items of a guideline that do not apply, each with the reason.
  #not_applicable:
    #claim_2024/27: One model, no ensemble
"""


def statements_text() -> str:
    """The section, with every statement but the study's timing as an example that is not in force."""
    return _HEAD + "".join(_lines(Reporting, "reporting", 2, _asked())) + _NOT_APPLICABLE


def statement_paths() -> tuple[str, ...]:
    """Every statement in words, by its path, as ``reporting.data.sources``."""
    return tuple(_paths(Reporting, "reporting"))


def _paths(section: type[Section], above: str) -> Iterator[str]:
    for name, inner in _parts(section):
        yield from [f"{above}.{name}"] if inner is None else _paths(inner, f"{above}.{name}")


def _parts(section: type[Section]) -> Iterator[tuple[str, type[Section] | None]]:
    """Each key of a section, with the section below it, if it is one."""
    for name, field in section.model_fields.items():
        kind = field.annotation
        if name != "not_applicable":
            yield name, kind if isinstance(kind, type) and issubclass(kind, Section) else None


def _lines(section: type[Section], above: str, indent: int, asked: Mapping[str, str]) -> Iterator[str]:
    margin = " " * indent
    for name, inner in _parts(section):
        path = f"{above}.{name}"
        if inner is not None:
            yield comment((inspect.getdoc(inner) or "").replace("``", "`").split("\n\n")[0], indent=indent)
            # One key has to be in force: a section of comments alone is none.
            yield f"{margin}{'' if name == 'design' else '#'}{name}:\n"
            yield from _lines(inner, path, indent + 2, asked)
            continue
        when = "Afterwards: " if written_afterwards(path) else ""
        yield comment(f"{when}{asked.get(path, 'Asked by no item of the guidelines')}.", indent=indent)
        yield f"{margin}timing: retrospective\n" if path == "reporting.design.timing" else f"{margin}#{name}:\n"


def _asked() -> Mapping[str, str]:
    """What is asked of each path, by the item that asks least beside it, and all items that ask it."""
    found = defaultdict(list)
    for name in CHECKLISTS:
        checklist = load_checklist(name)
        for item in checklist.items:
            for path in item.statements:
                found[path].append((len(item.statements), item.asks, f"{checklist.id}/{item.id}"))
    return {
        path: f"{min(items, key=lambda item: item[0])[1]} ({', '.join(item[2] for item in items)})"
        for path, items in found.items()
    }
