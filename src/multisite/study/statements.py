"""What the authors state, by path in the study file, and which of it can only be written when there are results."""

from collections.abc import Iterator, Mapping
from typing import Any

from multisite.study.protocol import WRITTEN_AFTERWARDS
from multisite.study.study_file import Study

__all__ = ["statements_of", "written_afterwards"]


def statements_of(study: Study) -> Mapping[str, str]:
    """Every statement in words that was made, by its path, as ``intended_use.task`` or ``reporting.data.sources``."""
    whole = study.model_dump(mode="json", include={"title", "intended_use", "reporting"})
    whole["reporting"].pop("not_applicable")
    found = dict(_statements(whole, ""))
    found["models"] = "; ".join(f"{model.title}, version {model.version}" for model in study.models)
    found["performance.threshold"] = f"A score of {study.performance.threshold:g} or more is a positive call"
    return found


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
