"""What the authors state, by path in the study file, and which of it can only be written when there are results."""

from collections.abc import Iterator, Mapping
from typing import Any

from multisite.study.protocol import WRITTEN_AFTERWARDS
from multisite.study.study_file import Study

__all__ = ["statements_of", "texts_of", "written_afterwards"]

_PRINTED = {"title", "intended_use", "findings", "models", "analysis_plan", "risks", "companion", "reporting"}
"""Sections whose texts a pack prints as the authors write them."""


def statements_of(study: Study) -> Mapping[str, str]:
    """Every statement in words that was made, by its path, as ``intended_use.task`` or ``reporting.data.sources``."""
    whole = study.model_dump(mode="json", include={"title", "intended_use", "reporting"})
    whole["reporting"].pop("not_applicable")
    found = dict(_statements(whole, ""))
    found["models"] = "; ".join(f"{model.title}, version {model.version}" for model in study.models)
    found["performance.threshold"] = f"A score of {study.performance.threshold:g} or more is a positive call"
    return found


def texts_of(study: Study) -> Mapping[str, str]:
    """Every text of the authors that a pack prints, by its path."""
    return dict(_texts(study.model_dump(mode="json", include=_PRINTED), ""))


def written_afterwards(path: str) -> bool:
    """Whether a statement is not part of what is locked."""
    sections = WRITTEN_AFTERWARDS["reporting"]
    return any(path == f"reporting.{one}" or path.startswith(f"reporting.{one}.") for one in sections)


def _statements(held: Mapping[str, Any], above: str) -> Iterator[tuple[str, str]]:
    for name, value in held.items():
        if isinstance(value, Mapping):
            yield from _statements(value, f"{above}{name}.")
        elif isinstance(value, list):
            yield from [(f"{above}{name}", "; ".join(map(str, value)))] if value else []
        elif value is not None:
            yield f"{above}{name}", str(value)


def _texts(held: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(held, str):
        yield path, held
        return
    items = held.items() if isinstance(held, Mapping) else enumerate(held) if isinstance(held, list) else ()
    for name, value in items:
        yield from _texts(value, f"{path}.{name}".removeprefix("."))
