"""Trials → how often each planted fault was found and each check failed falsely, and whether that is often enough."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from multisite.integrity import CHECKS
from multisite.stats import ProportionEstimate, proportion
from multisite.vocabulary import Verdict
from tests.power.trial import Trial

__all__ = ["FALSE_AT_MOST", "FOUND_AT_LEAST", "Share", "Summary", "summarise", "table"]

FOUND_AT_LEAST = 0.99
"""Share of the cohorts in which a planted fault has to be found."""

FALSE_AT_MOST = 0.05
"""Share of the clean cohorts in which any check, at any site, may fail."""

_JUDGED = (Verdict.PASS, Verdict.FAIL)
_FALSE = (Verdict.FAIL, Verdict.ERROR)


@dataclass(frozen=True, slots=True)
class Share:
    """``count`` of ``of``, with Wilson's interval."""

    count: int
    of: int

    @property
    def estimate(self) -> ProportionEstimate:
        """The share."""
        return proportion(self.count, self.of)

    @property
    def words(self) -> tuple[str, str, str]:
        """Counts, share and interval, as they are printed."""
        e = self.estimate
        if e.estimate is None or e.ci_low is None or e.ci_high is None:
            return f"{self.count} of {self.of}", "—", "—"
        return f"{self.count} of {self.of}", f"{e.estimate:.1%}", f"{e.ci_low:.1%} to {e.ci_high:.1%}"


@dataclass(frozen=True, slots=True)
class Summary:
    """What the trials showed.

    ``found`` is by (what was planted, where it is looked for, site); ``judged`` and ``false_failures`` are by check,
    over sites of clean cohorts and over clean cohorts; ``failed_cohorts`` are those in which any check failed.
    """

    found: dict[tuple[str, str, str], Share]
    judged: dict[str, Share]
    false_failures: dict[str, Share]
    failed_cohorts: Share

    @property
    def missed(self) -> list[tuple[str, str, str]]:
        """The planted faults that are not found often enough."""
        return [name for name, share in self.found.items() if share.count < FOUND_AT_LEAST * share.of]

    @property
    def cries_wolf(self) -> bool:
        """Whether clean cohorts fail too often."""
        return self.failed_cohorts.count > FALSE_AT_MOST * self.failed_cohorts.of

    @property
    def unplanted(self) -> list[str]:
        """The checks for which no fault was planted."""
        asked = {looked_for for _, looked_for, _ in self.found}
        return [check.id for check in CHECKS if check.id not in asked]

    def lines(self) -> Iterator[str]:
        """Both tables and the verdict, for people."""
        heads = ("planted", "looked for in", "site", "found", "share", "95 % interval")
        yield from table([heads, *((*name, *share.words) for name, share in self.found.items())])
        yield f"no fault planted for: {', '.join(self.unplanted) or 'none of the checks'}"
        yield ""
        failed = [(check, self.judged[check].words[0], *share.words) for check, share in self.false_failures.items()]
        total = ("all checks together", "", *self.failed_cohorts.words)
        yield from table([("clean cohorts", "judged at sites", "failed in", "share", "95 % interval"), *failed, total])
        yield ""
        yield f"found too seldom (below {FOUND_AT_LEAST:.0%}): {len(self.missed)} of {len(self.found)}"
        verdict = "too many" if self.cries_wolf else "few enough"
        yield f"clean cohorts that fail: {verdict} (at most {FALSE_AT_MOST:.0%})"

    def to_json(self) -> dict[str, Any]:
        """The counts."""
        return {
            "found": [
                {"planted": planted, "looked_for": looked_for, "site": site, **asdict(share)}
                for (planted, looked_for, site), share in self.found.items()
            ],
            "judged": {check: asdict(share) for check, share in self.judged.items()},
            "false_failures": {check: asdict(share) for check, share in self.false_failures.items()},
            "failed_cohorts": asdict(self.failed_cohorts),
            "unplanted": self.unplanted,
        }


def summarise(trials: Iterable[Trial]) -> Summary:
    """Add up the trials."""
    found: defaultdict[tuple[str, str, str], list[bool]] = defaultdict(list)
    judged: defaultdict[str, list[bool]] = defaultdict(list)
    failed: defaultdict[str, list[bool]] = defaultdict(list)
    any_failed = []
    for trial in trials:
        for seen in trial.sightings:
            found[seen.planted, seen.looked_for, seen.site].append(seen.found)
        of_check: defaultdict[str, list[Verdict]] = defaultdict(list)
        for check, _, verdict in trial.clean:
            of_check[check].append(verdict)
        for check, verdicts in of_check.items():
            judged[check] += [verdict in _JUDGED for verdict in verdicts]
            failed[check].append(any(verdict in _FALSE for verdict in verdicts))
        any_failed.append(any(verdict in _FALSE for _, _, verdict in trial.clean))
    return Summary(
        {name: _share(seen) for name, seen in found.items()},
        {name: _share(seen) for name, seen in judged.items()},
        {name: _share(seen) for name, seen in failed.items()},
        _share(any_failed),
    )


def _share(seen: Sequence[bool]) -> Share:
    return Share(sum(seen), len(seen))


def table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Rows with columns of one width; the first is the heads."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for number, row in enumerate(rows):
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        if number == 0:
            yield "  ".join("─" * width for width in widths)
