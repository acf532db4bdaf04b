"""Sites kept apart: where every stage allows it, what fails at one site is told, and the others go on."""

from collections.abc import Callable, Sequence

from multisite.errors import MultisiteError
from multisite.runners.work import Task
from multisite.study import Site

__all__ = ["Isolation"]


class Isolation:
    """The sites of a run and the faults at them. Not ``on``, a fault is raised as ever."""

    def __init__(self, sites: Sequence[Site], *, on: bool) -> None:
        self._sites = tuple(sites)
        self._on = on
        self.faults: dict[str, MultisiteError] = {}

    @property
    def sound(self) -> tuple[Site, ...]:
        """The sites without a fault."""
        return tuple(site for site in self._sites if site.site not in self.faults)

    def sets_apart(self, site: str, error: MultisiteError) -> bool:
        """Whether the run goes on without ``site``; its first fault is kept."""
        if self._on:
            self.faults.setdefault(site, error)
        return self._on

    def plan(self, plan: Callable[..., list[Task]]) -> list[Task]:
        """The tasks of the sound sites: all at once, or one by one, so that one whose inputs lack stands alone."""
        if not self._on:
            return plan(sites=self._sites)
        tasks: list[Task] = []
        for site in self.sound:
            try:
                tasks += plan(sites=(site,))
            except MultisiteError as error:
                self.faults[site.site] = error
        return tasks
