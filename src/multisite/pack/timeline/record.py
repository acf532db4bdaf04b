"""A site's months as lookups: which models, months and monitors there are, and which of them come first."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import polars as pl

from multisite.pack.timeline.parameters import TimelineParameters
from multisite.schemas import Artefact, StageInputs
from multisite.schemas.drift import DRIFT_COMPARISON
from multisite.schemas.drift_baseline import DRIFT_BUDGET
from multisite.schemas.drift_feed import DEPLOYMENT_DEVICES, DRIFT_EVENTS
from multisite.schemas.drift_performance import DRIFT_PERFORMANCE
from multisite.schemas.drift_verdicts import DRIFT_CASES, DRIFT_MONITORS, DRIFT_VERDICTS
from multisite.vocabulary import DriftEventKind, DriftState, MonitorFamily, MonitorStatus

__all__ = ["NOTABLE", "SiteRecord", "Watched", "letters"]

NOTABLE = (MonitorStatus.SIGNAL.value, MonitorStatus.PLANNED.value, MonitorStatus.MUTED.value)
"""What lifts a monitor out of the quiet ones."""

_URGENCY = (
    MonitorStatus.IN_RANGE,
    MonitorStatus.NOT_ASSESSABLE,
    MonitorStatus.SMALL,
    MonitorStatus.PLANNED,
    MonitorStatus.MUTED,
    MonitorStatus.SIGNAL,
)
_MONITOR_KEY = ("family", "monitor", "axis", "level")
_NUMBER_OF_LETTERS = 26


@dataclass(frozen=True, slots=True)
class Watched:
    """A monitor with its rows of DRIFT_MONITORS by month."""

    key: tuple[str, str, str, str]
    title: str
    rows: Mapping[str, dict[str, Any]]

    @property
    def last_notable(self) -> str:
        """The last month that lifts it out of the quiet ones; empty for none."""
        return max((month for month, row in self.rows.items() if row["status"] in NOTABLE), default="")

    @property
    def last_signal(self) -> str:
        """The last month with a signal; empty for none."""
        signal = MonitorStatus.SIGNAL.value
        return max((month for month, row in self.rows.items() if row["status"] == signal), default="")

    @property
    def evidence(self) -> float:
        """That of the last month; 0 for none."""
        return self.rows[max(self.rows)]["evidence"] or 0.0


@dataclass(frozen=True)
class SiteRecord:
    """All frames of one site, and the questions that its page asks of them."""

    parameters: TimelineParameters
    site: str
    frames: Mapping[str, pl.DataFrame]

    @classmethod
    def from_inputs(cls, inputs: StageInputs, parameters: TimelineParameters) -> "SiteRecord":
        """The record; without a simulated budget, devices or performance, their frames are empty."""
        needed = (DRIFT_VERDICTS, DRIFT_MONITORS, DRIFT_CASES, DRIFT_EVENTS, DRIFT_COMPARISON)
        frames = {artefact.name: inputs.frame(artefact.name) for artefact in needed}
        for artefact in (DRIFT_BUDGET, DEPLOYMENT_DEVICES, DRIFT_PERFORMANCE):
            frames[artefact.name] = inputs.frames.get(artefact.name, artefact.empty())
        return cls(parameters, inputs.site, frames)

    def frame(self, artefact: Artefact) -> pl.DataFrame:
        """The rows of an artefact."""
        return self.frames[artefact.name]

    @cached_property
    def months(self) -> tuple[str, ...]:
        """Every judged month, the earliest first."""
        return tuple(self.frame(DRIFT_VERDICTS)["month"].unique().sort())

    @cached_property
    def verdicts(self) -> dict[str, list[dict[str, Any]]]:
        """Rows of DRIFT_VERDICTS by model, the earliest first."""
        found: dict[str, list[dict[str, Any]]] = {}
        for row in self.frame(DRIFT_VERDICTS).sort("month").iter_rows(named=True):
            found.setdefault(row["model"], []).append(row)
        return found

    @cached_property
    def models(self) -> tuple[str, ...]:
        """Models with a verdict, by the state of their last month, the worst first; then as declared."""
        declared = [model for model, _ in self.parameters.models]
        known = sorted(self.verdicts, key=lambda model: (declared.index(model) if model in declared else 99, model))
        return tuple(sorted(known, key=lambda model: -DriftState(self.verdicts[model][-1]["state"]).rank))

    def model_title(self, model: str) -> str:
        """Title and version; the id of one that is no longer declared."""
        return dict(self.parameters.models).get(model, model)

    @cached_property
    def watched(self) -> tuple[Watched, ...]:
        """Every monitor once: those with the latest signal first, then by evidence.

        A column is judged for each model. Where these differ, the row that has most to say is kept.
        """
        rank = pl.col("status").replace_strict({s.value: i for i, s in enumerate(_URGENCY)}, return_dtype=pl.Int64)
        rows = self.frame(DRIFT_MONITORS).filter(~pl.col("is_overlap")).with_columns(rank.alias("urgency"))
        kept = rows.sort(*_MONITOR_KEY, "month", "urgency", "model", descending=[False] * 5 + [True, False])
        kept = kept.unique([*_MONITOR_KEY, "month"], keep="first", maintain_order=True)
        found: dict[tuple[str, str, str, str], dict[str, dict[str, Any]]] = {}
        for row in kept.iter_rows(named=True):
            family, monitor, axis, level = (row[name] for name in _MONITOR_KEY)
            found.setdefault((family, monitor, axis, level), {})[row["month"]] = row
        made = [Watched(key, months[max(months)]["title"], months) for key, months in sorted(found.items())]
        by_evidence = sorted(made, key=lambda one: -one.evidence)
        by_notice = sorted(by_evidence, key=lambda one: one.last_notable, reverse=True)
        return tuple(sorted(by_notice, key=lambda one: one.last_signal, reverse=True))

    @cached_property
    def families(self) -> dict[MonitorFamily, tuple[Watched, ...]]:
        """Monitors by family: the family of the first monitor is the first."""
        found: dict[MonitorFamily, list[Watched]] = {}
        for one in self.watched:
            found.setdefault(MonitorFamily(one.key[0]), []).append(one)
        return {family: tuple(monitors) for family, monitors in found.items()}

    @cached_property
    def events(self) -> tuple[dict[str, Any], ...]:
        """Events of the months that are shown, each with its letter, the earliest first."""
        rows = self.frame(DRIFT_EVENTS).filter(pl.col("month").is_in(list(self.months)))
        ordered = rows.sort("date", "kind", "title").iter_rows(named=True)
        return tuple({**row, "letter": letters(i)} for i, row in enumerate(ordered))

    def events_of(self, monitor: str) -> dict[str, tuple[str, ...]]:
        """Letters of events by month: those of the site, and values never seen before that are of this monitor."""
        found: dict[str, tuple[str, ...]] = {}
        for event in self.events:
            if event["kind"] != DriftEventKind.NEW_VALUE or monitor in (event["monitors"] or ()):
                found[event["month"]] = (*found.get(event["month"], ()), event["letter"])
        return found

    @cached_property
    def cases(self) -> tuple[dict[str, Any], ...]:
        """Cases, the open ones first, then the latest."""
        rows = list(self.frame(DRIFT_CASES).sort("opened", "model", "case_number").iter_rows(named=True))[::-1]
        return tuple(sorted(rows, key=lambda row: row["closed"] is not None))

    @cached_property
    def pictured(self) -> frozenset[str]:
        """Months of which Evidently drew a page."""
        drawn = self.frame(DRIFT_COMPARISON).filter(pl.col("evidently_drift").is_not_null())
        return frozenset(drawn["window"])


def letters(place: int) -> str:
    """Names of events in order: A to Z, then AA, AB, …"""
    more, last = divmod(place, _NUMBER_OF_LETTERS)
    return (letters(more - 1) if more else "") + chr(ord("A") + last)
