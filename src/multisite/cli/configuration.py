"""What `check-config` looks at, in the order in which a person would."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import polars as pl

from multisite.cli.terminal import Terminal
from multisite.errors import ConfigError, MultisiteError
from multisite.pipeline import STAGES
from multisite.runners.site_io import site_key, site_table, store_location
from multisite.schemas import Stage
from multisite.schemas.cohort import COHORT
from multisite.schemas.site_tables import CASES, MEASUREMENTS, PREDICTIONS, READINGS
from multisite.storage.opening import open_store
from multisite.study import ColumnSplit, Site, SiteSplit, Store, Study, TableSplit, load_sites, load_study

__all__ = ["check_everything"]

_EMPTY = "✓ sound, but empty"
_UNDECLARED = "– not declared; needed from `{verb}` on"


@dataclass(frozen=True, slots=True)
class Answer:
    """One thing that was looked at: where, what, the fault if there is one, and else an answer other than sound."""

    place: str
    what: str
    fault: MultisiteError | None
    note: str = ""

    @property
    def word(self) -> str:
        """The answer in a table."""
        if self.fault is not None:
            return "✗ fault"
        return self.note or "✓ sound"


def check_everything(study_file: Path, site_places: Sequence[Path], *, offline: bool, json_lines: bool) -> int:
    """Print an answer per file, store and table; 0 when there is no fault, else the exit code of the first.

    A table that is not declared is none: `extract` does without it.

    Raises
    ------
    ConfigError
        With the faults of the study file and of every site file together.
    """
    study, sites = _load(study_file, site_places)
    terminal = Terminal(json_lines=json_lines)
    terminal.title(study.title, f"{len(sites)} site{'s' if len(sites) != 1 else ''}")
    answers = list(_answers(study, sites, offline=offline))
    rows = [(a.place, a.what, a.word) for a in answers]
    terminal.table("Configuration", ("site", "what", "answer"), rows)
    faults = [answer for answer in answers if answer.fault is not None]
    for answer in faults:
        assert answer.fault is not None
        terminal.warn(f"{answer.place}, {answer.what}: {answer.fault.fact}")
        if answer.fault.place:
            terminal.say(f"      at: {answer.fault.place}")
        if answer.fault.remedy:
            terminal.say(f"  do now: {answer.fault.remedy}")
    return faults[0].fault.exit_code if faults and faults[0].fault else 0


def _load(study_file: Path, site_places: Sequence[Path]) -> tuple[Study, tuple[Site, ...]]:
    faults: list[ConfigError] = []
    study: Study | None = None
    sites: tuple[Site, ...] = ()
    try:
        study = load_study(study_file)
    except ConfigError as error:
        faults.append(error)
    try:
        sites = load_sites(site_places)
    except ConfigError as error:
        faults.append(error)
    if study is None or faults:
        raise ConfigError("\n".join(error.fact for error in faults), remedy=faults[0].remedy)
    return study, sites


def _answers(study: Study, sites: Sequence[Site], *, offline: bool) -> Iterator[Answer]:
    for stage in STAGES:
        yield from _only_faults(
            "study", f"parameters of `{stage.name}`", partial(_check_parameters, stage, study, sites)
        )
    yield Answer("study", "study file", None)
    for site in sites:
        yield Answer(site.site, "site file", None)
        yield from _only_faults(site.site, "split", partial(_check_split, study, site))
        if not offline:
            yield from _site_answers(study, site)


def _site_answers(study: Study, site: Site) -> Iterator[Answer]:
    key = _try(site.site, "pseudonym key", partial(_check_key, site))
    yield key
    for store in site.stores:
        yield _try(site.site, f"store `{store.name}`", partial(_check_store, site, store))
    first = "adjudicate" if study.reference else "cohort"
    needed = {CASES.name: first, PREDICTIONS.name: "cohort"} | ({READINGS.name: first} if study.reference else {})
    needed |= {MEASUREMENTS.name: "evaluate"} if study.measures else {}
    for name, verb in needed.items():
        if name not in site.tables:
            yield Answer(site.site, f"table `{name}`", None, _UNDECLARED.format(verb=verb))
    # Without a sound key every table would be told to lack it.
    for name in site.tables if key.fault is None else ():
        yield _try(site.site, f"table `{name}`", partial(_check_table, study, site, name))


def _check_parameters(stage: Stage, study: Study, sites: Sequence[Site]) -> str:
    stage.parameters(study, sites[0])
    return ""


def _check_key(site: Site) -> str:
    site_key(site)
    return ""


def _check_split(study: Study, site: Site) -> str:
    split = study.cohort.split
    if isinstance(split, SiteSplit) and split.split_of(site.site) is None:
        raise ConfigError(
            "the study file puts this site into no split",
            remedy="Name the site under one of `cohort.split.sites`, or leave it out of the run.",
        )
    return ""


def _check_store(site: Site, store: Store) -> str:
    opened = open_store(store_location(store, site=site.site))
    opened.check()
    return _EMPTY if opened.is_empty() else ""


def _check_table(study: Study, site: Site, name: str) -> str:
    table = site_table(site, name)
    if name == CASES.name and table is not None:
        _check_cases(study, table)
    return _EMPTY if table is not None and table.is_empty() else ""


def _check_cases(study: Study, table: pl.DataFrame) -> None:
    of_the_table = [f"reference_{f.id}" for f in study.findings if f.id not in study.reference]
    lacking = [name for name in of_the_table if name not in table.columns]
    known = {*COHORT.schema.names(), *table.columns}
    declared = [
        *(s.column for s in study.cohort.strata),
        *(r.column for r in study.cohort.eligibility),
        *(column for column in study.integrity.disjoint if column.startswith("clinical_")),
    ]
    if isinstance(study.cohort.split, ColumnSplit):
        declared.append(study.cohort.split.column)
    lacking += sorted({column for column in declared if column not in known})
    if isinstance(study.cohort.split, TableSplit) and table.height and table["split"].null_count() == table.height:
        lacking.append("split")
    if lacking:
        raise ConfigError(
            f"neither the table nor the images give {', '.join(f'`{column}`' for column in lacking)}",
            remedy="Map the site's column to it under `tables.cases.columns`, or mend the study file.",
        )


def _try(place: str, what: str, action: Callable[[], str]) -> Answer:
    """What came of ``action``, which gives a note, or nothing worth one."""
    try:
        return Answer(place, what, None, action())
    except MultisiteError as error:
        return Answer(place, what, error)


def _only_faults(place: str, what: str, action: Callable[[], str]) -> Iterator[Answer]:
    answer = _try(place, what, action)
    if answer.fault is not None:
        yield answer
