"""A stage: what it reads, what it writes, and a pure function between the two.

A stage never opens a file, a socket or a clock. A runner reads its inputs, calls ``run``, checks what comes back
against the declared artefacts and writes it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import polars as pl

from multisite.errors import ArtefactMissingError
from multisite.schemas.artefact import AnyArtefact, Artefact
from multisite.schemas.objects import ObjectReader
from multisite.schemas.site_tables import SiteTable

__all__ = ["AdoptedBaseline", "Scope", "Stage", "StageInputs", "StageOutputs"]


class Scope(StrEnum):
    """What one run of a stage covers."""

    SITE = "site"
    SHARD = "shard"
    MONTH = "month"
    STUDY = "study"


@dataclass(frozen=True, slots=True)
class AdoptedBaseline:
    """A drift baseline that a site has adopted: its name, the first month (YYYY-MM) that it is for, and its tables.

    The first of a site is for every month from the beginning, with an empty ``from_month``.
    """

    name: str
    from_month: str
    frames: Mapping[str, pl.DataFrame]


@dataclass(frozen=True, slots=True)
class StageInputs:
    """All that a stage may look at.

    ``frames`` holds the declared artefacts (of every site, told apart by the ``site`` column, when the scope is the
    study), ``tables`` the site's own tables, and ``lineage`` the SHA-256 of each input as ``site/artefact``.
    ``earlier`` holds rows that the stage itself wrote in an earlier run with the same version, parameters and key,
    where they may bear on this part; whatever is taken from them must be what doing the work again would give.
    ``ledger`` is the site's ledger (LEDGER_ROWS), for a stage that reads it, ``baselines`` what the site has adopted,
    the oldest first, and ``through`` the month (YYYY-MM) that was asked for, None for the last that has studies.
    """

    site: str
    partition: str | None = None
    frames: Mapping[str, pl.DataFrame] = field(default_factory=dict)
    tables: Mapping[str, pl.DataFrame] = field(default_factory=dict)
    objects: ObjectReader | None = None
    pseudonym_key: bytes | None = field(default=None, repr=False)
    lineage: Mapping[str, str] = field(default_factory=dict)
    earlier: Mapping[str, pl.DataFrame] = field(default_factory=dict)
    ledger: pl.DataFrame | None = None
    baselines: tuple[AdoptedBaseline, ...] = ()
    through: str | None = None

    def frame(self, artefact: str) -> pl.DataFrame:
        """The rows of a declared input."""
        if artefact not in self.frames:
            raise ArtefactMissingError(
                f"`{artefact}` has not been made",
                place=f"site {self.site}",
                remedy="Run the stage that writes it first.",
            )
        return self.frames[artefact]

    def baselines_of(self, month: str) -> tuple[AdoptedBaseline, ...]:
        """The baselines that ``month`` is held against: the latest that is for it, after the one before where the month
        is the first of the latest, and so is judged by both.
        """
        known = [baseline for baseline in self.baselines if baseline.from_month <= month]
        overlaps = len(known) > 1 and known[-1].from_month == month
        return tuple(known[-2:] if overlaps else known[-1:])


@dataclass(frozen=True, slots=True)
class StageOutputs:
    """What a stage hands back: a frame per table artefact, bytes per file artefact.

    An artefact that is kept in parts may come as frames one after another, each part whole in one of them, so that
    neither the stage nor the runner ever holds all of it. ``settled`` is false when doing the same work again might
    give more: the next run then repeats it.
    """

    frames: Mapping[str, pl.DataFrame | Iterable[pl.DataFrame]] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)
    settled: bool = True


@dataclass(frozen=True, slots=True)
class Stage:
    """A named step of the pipeline.

    ``parameters`` picks, from the study protocol and the site, the plain values that ``run`` needs; their digest is
    part of the run's identity, so a stage runs again exactly when its inputs, parameters or ``version`` change.

    A stage of scope SHARD or MONTH runs once per part of ``partition_of``, and sees that part only.
    ``projection`` names the columns it needs of a wide input. ``optional_reads`` may be missing, and are then left out.
    ``always_runs`` says that its result depends on the state of a store, so that no receipt can stand for running it
    again, and ``version_is_enough`` that its version alone, not the release, tells whether its rows may differ.
    ``carries`` names those of its own artefacts whose earlier rows it is handed, and ``spans`` the two artefacts that
    tell which keys a part covers: now, and when all of it had last been done. ``is_asked_for`` says of the parameters
    whether there is anything to do; where not, the stage has no task, and what it writes no part.
    ``reads_test_labels`` says that it looks at the reference standard of test cases: a run notes that in the site's
    ledger before such a stage begins. ``copies_labels`` says that it passes them on and holds them against nothing,
    which is no look. ``reads_tuning_labels`` stages are handed the labels of the split ``tune`` only. All others are
    handed their inputs without labels. ``reads_ledger`` stages run again when the ledger has
    changed (but for mails and drills, which bear on no stage),
    ``reads_baseline`` stages when a baseline was adopted, ``reads_calendar`` stages when another month is asked for.
    ``isolates_sites`` says that a fault at one site is that site's alone: the run goes on at the others.
    """

    name: str
    title: str
    verb: str
    scope: Scope
    version: int
    reads: tuple[AnyArtefact, ...]
    writes: tuple[AnyArtefact, ...]
    run: Callable[[StageInputs, Any], StageOutputs]
    parameters: Callable[[Any, Any], Any]
    optional_reads: tuple[Artefact, ...] = ()
    tables: tuple[SiteTable, ...] = ()
    optional_tables: tuple[SiteTable, ...] = ()
    partition_of: Artefact | None = None
    projection: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    reads_objects: bool = False
    needs_key: bool = False
    reads_test_labels: bool = False
    copies_labels: bool = False
    reads_tuning_labels: bool = False
    reads_ledger: bool = False
    reads_baseline: bool = False
    reads_calendar: bool = False
    isolates_sites: bool = False
    always_runs: bool = False
    version_is_enough: bool = False
    carries: tuple[Artefact, ...] = ()
    spans: tuple[Artefact, Artefact] | None = None
    is_asked_for: Callable[[Any], bool] | None = None
