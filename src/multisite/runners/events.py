"""What a run tells while it runs. Counts only: no key, identifier or value ever reaches an observer."""

from typing import Protocol

from multisite.schemas import Stage

__all__ = ["Observer", "Silent"]


class Observer(Protocol):
    """Somebody who watches: a terminal, a log, a test."""

    def stage_started(self, stage: Stage, *, n_tasks: int, n_done_before: int) -> None:
        """``n_tasks`` in all, of which ``n_done_before`` have a valid receipt and are not run again."""

    def task_done(self, stage: Stage, *, site: str, n_rows: int) -> None:
        """One task is complete, and its receipt written."""

    def stage_done(self, stage: Stage, *, n_rows: int, seconds: float) -> None:
        """The stage's artefacts are committed at every site."""


class Silent:
    """Watches and says nothing."""

    def stage_started(self, stage: Stage, *, n_tasks: int, n_done_before: int) -> None:
        """Nothing."""

    def task_done(self, stage: Stage, *, site: str, n_rows: int) -> None:
        """Nothing."""

    def stage_done(self, stage: Stage, *, n_rows: int, seconds: float) -> None:
        """Nothing."""
