"""The content of one mail, as data that text and HTML write alike."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from multisite.storage.canonical import digest_of
from multisite.vocabulary import DriftState

__all__ = ["Change", "Gap", "MonthMail", "StatusLine", "Task", "Trust", "Volumes"]


@dataclass(frozen=True, slots=True)
class StatusLine:
    """One line of the status table. ``word`` is in range, changed, not judged, planned change, muted or not watched."""

    title: str
    word: str
    now: str
    usual: str = ""
    since: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that changed; texts that do not apply are empty."""

    title: str
    now: str
    usual: str
    size: str
    n_studies: str
    since: str
    event: str
    mix: str


@dataclass(frozen=True, slots=True)
class Gap:
    """What could not be judged, and why."""

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Task:
    """The one thing to do; ``due`` is None where there is nothing to acknowledge. ``owner`` is a role."""

    act: str
    owner: str
    due: date | None
    acknowledge: str
    told_next: tuple[str, ...]
    next_day: date | None
    unfilled: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Trust:
    """What the mail can be held to: how often it is wrong, what it was made from, and where the ledger stood."""

    budget: str
    so_far: str
    could_show: str
    baseline: str
    verdict_sha256: str
    page_sha256: str
    ledger_head: str
    n_entries: int
    run: str


@dataclass(frozen=True, slots=True)
class Volumes:
    """The footer's numbers, in words."""

    received: str
    cut_off: str
    labels: str


@dataclass(frozen=True, slots=True)
class MonthMail:
    """All that a mail says.

    ``cause`` is the end of the subject; ``notes`` are sentences that belong under the verdict (season, overlap, shadow
    months, revision). ``overdue`` is the day by which nobody had acknowledged: such a mail is an escalation.
    ``is_fault`` marks one on a month that was told of before: it says that a later run failed, and takes nothing back.
    """

    study: str
    study_title: str
    site: str
    site_title: str
    model: str
    model_title: str
    month: str
    state: DriftState
    cause: str
    sentence: str
    notes: tuple[str, ...]
    task: Task
    lines: tuple[StatusLine, ...]
    changes: tuple[Change, ...]
    n_more_changes: int
    gaps: tuple[Gap, ...]
    n_more_gaps: int
    trust: Trust
    volumes: Volumes
    contact: str
    minimum_cell: int
    page: str
    sent: datetime
    case_number: int | None = None
    revision: int = 1
    differences: tuple[str, ...] = ()
    is_drill: bool = False
    overdue: date | None = None
    is_fault: bool = False

    @property
    def is_short(self) -> bool:
        """Whether three lines are enough: a green month that nobody has to read closely."""
        return self.state is DriftState.GREEN and not self.is_drill and self.overdue is None

    @property
    def facts(self) -> dict[str, Any]:
        """What the mail tells of the month: not when, by which run or after how many entries of the ledger it is sent,
        nor who has acknowledged it. Mails of equal facts are the same mail.
        """
        return {
            "state": self.state.value,
            "cause": self.cause,
            "sentence": self.sentence,
            "lines": [[line.title, line.word, line.now, line.usual, line.since] for line in self.lines],
            "changes": [[one.title, one.now, one.usual, one.size, one.n_studies, one.event] for one in self.changes],
            "gaps": [[gap.what, gap.why] for gap in self.gaps],
            "more": [self.n_more_changes, self.n_more_gaps],
            "baseline": self.trust.baseline,
            "received": self.volumes.received,
        }

    @property
    def digest(self) -> str:
        """SHA-256 of the facts."""
        return digest_of(self.facts)

    def revised(self, revision: int, differences: tuple[str, ...]) -> "MonthMail":
        """The same as revision ``revision``, with what changed since the one before."""
        return replace(self, revision=revision, differences=differences)
