"""What people decide about cases and monitors, noted in the site's ledger."""

import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from multisite import __version__
from multisite.audit import Event
from multisite.cli.monitoring import checked_month
from multisite.cli.running import workspace_location
from multisite.cli.terminal import Terminal
from multisite.errors import UsageError
from multisite.runners.looks import ledger_of
from multisite.runners.work import open_artefacts
from multisite.schemas.drift_verdicts import DRIFT_CASES, DRIFT_MONITORS
from multisite.storage.artefacts import ArtefactStore
from multisite.study import Study, load_sites, load_study
from multisite.vocabulary import Zone

__all__ = ["Muting", "note_acknowledgement", "note_closure", "note_mute"]

_LONGEST_MUTE = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Muting:
    """A monitor that shall not signal, why, who approved it, and up to which day (YYYY-MM-DD)."""

    monitor: str
    axis: str
    level: str
    reason: str
    approver: str
    until: str


def note_acknowledgement(
    study_file: Path,
    site_files: Sequence[Path],
    workspace: str,
    *,
    site: str,
    model: str,
    case: int,
    by: str,
    cause: str,
) -> None:
    """Note that somebody takes care of a case."""
    store, model = _opened(study_file, site_files, workspace, site, model)
    noted = _case(store, site, model, case)
    _require(by, "--by")
    # Late data may give the case another number: it is known by the month that opened it.
    content = {
        "model": model,
        "case_number": case,
        "opened": noted["opened"],
        "state": noted["worst"],
        "by": by.strip(),
        "cause": cause.strip(),
    }
    _append(store, site, Event.ACKNOWLEDGED, content)
    Terminal().say(f"Case {case} of {model} at {site} is acknowledged by {by.strip()}.")


def note_closure(
    study_file: Path,
    site_files: Sequence[Path],
    workspace: str,
    *,
    site: str,
    model: str,
    case: int,
    by: str,
    reason: str,
    month: str,
) -> None:
    """Note that a case is closed at the end of a month."""
    store, model = _opened(study_file, site_files, workspace, site, model)
    noted = _case(store, site, model, case)
    _require(by, "--by")
    _require(reason, "--reason")
    content = {
        "model": model,
        "case_number": case,
        "opened": noted["opened"],
        "by": by.strip(),
        "reason": reason.strip(),
        "month": checked_month(month),
    }
    if content["month"] < noted["opened"]:
        raise UsageError(
            "the case was opened after this month", place="--month", remedy=f"It was opened in {noted['opened']}."
        )
    _append(store, site, Event.CLOSED, content)
    Terminal().say(f"Case {case} of {model} at {site} is closed at the end of {month}.")


def note_mute(
    study_file: Path, site_files: Sequence[Path], workspace: str, *, site: str, model: str, muting: Muting
) -> None:
    """Note that a monitor does not signal up to a day.

    Raises
    ------
    UsageError
        Without reason or approver, for a day that is past or more than a year ahead, or for an unknown monitor.
    """
    store, model = _opened(study_file, site_files, workspace, site, model)
    _require(muting.reason, "--reason")
    _require(muting.approver, "--approver")
    today = datetime.now(UTC).date()
    try:
        until = date.fromisoformat(muting.until)
    except ValueError:
        raise UsageError("a day is written as YYYY-MM-DD", place="--until", remedy="Give it as 2026-09-30.") from None
    if not today < until <= today + _LONGEST_MUTE:
        raise UsageError(
            "a monitor is muted up to a day of the coming year",
            place="--until",
            remedy="Give a nearer day, and renew it.",
        )
    known = store.read(DRIFT_MONITORS, site).filter(
        model=model, monitor=muting.monitor, axis=muting.axis, level=muting.level
    )
    if known.is_empty():
        raise UsageError(
            "the site has no such monitor", place="--monitor, --axis, --level", remedy="Take them from the timeline."
        )
    # Python takes 20260930 for a day, too; the ledger spells it in one way.
    noted = replace(muting, reason=muting.reason.strip(), approver=muting.approver.strip(), until=until.isoformat())
    _append(store, site, Event.MUTED, {"model": model, **asdict(noted)})
    Terminal().say(f"The monitor does not signal at {site} up to {noted.until}; it is still judged and printed.")


def _opened(
    study_file: Path, site_files: Sequence[Path], workspace: str, site: str, model: str
) -> tuple[ArtefactStore, str]:
    study = load_study(study_file)
    if site not in {one.site for one in load_sites(site_files)}:
        raise UsageError("no site file is of this site", place="--site", remedy="Give the identifier of a site file.")
    return open_artefacts(workspace_location(workspace), study, Zone.SITE), _model(study, model)


def _model(study: Study, model: str) -> str:
    models = [one.id for one in study.models]
    if not model and len(models) == 1:
        return models[0]
    if model not in models:
        raise UsageError("name a model of the study", place="--model", remedy=f"Models: {', '.join(models)}.")
    return model


def _case(store: ArtefactStore, site: str, model: str, case: int) -> dict[str, Any]:
    cases = store.read(DRIFT_CASES, site).filter((pl.col("model") == model) & (pl.col("case_number") == case))
    if cases.is_empty():
        raise UsageError(
            "the site has no such case", place="--case", remedy="Take its number from the mail or the timeline."
        )
    return cases.row(0, named=True)


def _require(text: str, option: str) -> None:
    if not text.strip():
        raise UsageError("it must not be empty", place=option, remedy="Say who, or why; it stands in the ledger.")


def _append(store: ArtefactStore, site: str, event: Event, content: dict[str, object]) -> None:
    ledger_of(store, site).append(
        event, time=datetime.now(UTC), run=uuid.uuid4().hex, code_version=__version__, content=content
    )
