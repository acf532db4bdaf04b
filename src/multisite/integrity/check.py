"""What a check is, what it may look at, and what it hands back."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

import polars as pl

from multisite.schemas.markers import DEMOGRAPHICS, MARKERS
from multisite.vocabulary import Severity, Verdict

__all__ = ["Check", "CheckFrames", "Claims", "Outcome", "insufficient", "judged", "not_applicable", "nothing_found"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What the study file claims of the set, and some check asks."""

    train_ends_before_test: bool = True
    """Whether training was over before the first test case."""
    prospective_from: date | None = None
    """The day from which on every test case was acquired."""
    disjoint: tuple[str, ...] = ()
    """Columns of the case none of whose values is in both train and test."""
    patients_stay_within: tuple[str, ...] = ()
    """Columns of the case of which a patient has one value only, such as the hospital of a trust."""
    tune_may_fit: bool = True
    """Whether something may have been fitted on cases of the split tune."""
    split_follows: tuple[str, ...] = ()
    """What decided the split, as planned: columns of the case, or ``time`` for its date."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckFrames:
    """What a check may look at, of one site."""

    included: pl.DataFrame
    """The included cases, as ``described_cases`` gives them."""
    series: pl.DataFrame
    """The series, cases or not."""
    instance_incidents: pl.DataFrame
    """The instances with more than one content, series, study or patient."""
    content_incidents: pl.DataFrame
    """The pairs of series that hold the same acquisitions under other SOPInstanceUIDs."""
    pixels: pl.DataFrame | None = None
    """The images that were chosen to be looked at, of the index series; None where the study file asks for none."""
    fitted: pl.DataFrame | None = None
    """The site's table of what was fitted on whom; None where it has none."""
    markers: pl.DataFrame = field(default_factory=MARKERS.empty)
    """What stands in series beside the image, and what of a person was found."""
    demographics: pl.DataFrame = field(default_factory=DEMOGRAPHICS.empty)
    """Which patients have which name, birth date and sex, by key."""
    predictions: pl.DataFrame | None = None
    """The models' scores, rows of PREDICTIONS; None where nobody asked for them."""
    claims: Claims
    """What the study file claims."""
    seed: int
    """Where random draws start."""


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


def judged(found: pl.DataFrame, n_examined: int, *, failed: str, passed: str) -> Outcome:
    """The outcome of a check that could look: it fails with the rows of ``found``, and passes without any."""
    if found.height:
        return Outcome(Verdict.FAIL, n_examined, found.height, failed, found)
    return Outcome(Verdict.PASS, n_examined, 0, passed, nothing_found())


def insufficient(sentence: str, n_examined: int = 0) -> Outcome:
    """The outcome of a check that lacks what it needs."""
    return Outcome(Verdict.INSUFFICIENT, n_examined, 0, sentence, nothing_found())


def not_applicable(sentence: str, n_examined: int = 0) -> Outcome:
    """The outcome of a check whose question does not arise."""
    return Outcome(Verdict.NOT_APPLICABLE, n_examined, 0, sentence, nothing_found())
