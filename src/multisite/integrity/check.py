"""What a check is, and what it hands back."""

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from multisite.vocabulary import Severity, Verdict

__all__ = ["Check", "CheckFrames", "Outcome", "nothing_found"]


@dataclass(frozen=True, slots=True)
class CheckFrames:
    """What a check may look at: included cases, one row per instance with its identities, the series, and what
    was noticed about their instances."""

    included: pl.DataFrame
    instances: pl.DataFrame
    series: pl.DataFrame
    instance_incidents: pl.DataFrame
    train_ends_before_test: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """Verdict, counts, one sentence, and a row (entity, pseudonym, detail) per thing found."""

    verdict: Verdict
    n_examined: int
    n_found: int
    sentence: str
    found: pl.DataFrame


@dataclass(frozen=True, slots=True)
class Check:
    """A question about the set. ``unit`` is what ``n_examined`` and ``n_found`` count."""

    id: str
    title: str
    family: str
    severity: Severity
    method: str
    unit: str
    run: Callable[[CheckFrames], Outcome]


def nothing_found() -> pl.DataFrame:
    """The findings of a check that found nothing."""
    return pl.DataFrame(schema={"entity": pl.String, "pseudonym": pl.String, "detail": pl.String})
