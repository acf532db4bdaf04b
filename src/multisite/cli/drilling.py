"""The drill: judge a month into which a drift was injected, in memory, and mail the verdict marked DRILL."""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import polars as pl

from multisite import __version__
from multisite.audit import Event, ledger_rows
from multisite.cli.monitoring import Mailing, acknowledging, checked_month
from multisite.cli.running import workspace_location
from multisite.cli.terminal import Terminal
from multisite.cli.verdict_table import print_rows
from multisite.drift.calendar import months_between
from multisite.drift.rule.drill import with_injected_drift
from multisite.drift.rule.stage import rules_of
from multisite.drift.rule.verdicts import SiteTallies, Verdicts, judge_site
from multisite.errors import UsageError
from multisite.runners.baselines import adopted_baselines
from multisite.runners.looks import ledger_of
from multisite.runners.work import open_artefacts
from multisite.schemas.drift import DRIFT_COUNTS
from multisite.schemas.drift_baseline import DRIFT_MOMENTS
from multisite.schemas.drift_feed import DEPLOYMENT_DAYS, DRIFT_EVENTS
from multisite.schemas.drift_performance import DRIFT_PERFORMANCE
from multisite.storage.artefacts import ArtefactStore
from multisite.study import Site, Study, load_sites, load_study
from multisite.vocabulary import OVERALL, MonitorFamily, MonitorStatus, Zone

__all__ = ["run_drill"]


def run_drill(
    study_file: Path, site_files: Sequence[Path], workspace: str, *, month: str, mailing: Mailing, json: bool
) -> int:
    """Inject, judge, print and mail; each site's ledger notes a drill that is mailed; nothing else is kept."""
    checked_month(month)
    study, sites = load_study(study_file), load_sites(site_files)
    store = open_artefacts(workspace_location(workspace), study, Zone.SITE)
    terminal = Terminal(json_lines=json)
    terminal.title(study.title, f"DRILL of {month}: half of the studies' scores are moved to the top")
    drilled = {site.site: _drilled(store, study, site, month) for site in sites}
    rows = [row for made in drilled.values() for row in made.verdicts.filter(month=month).iter_rows(named=True)]
    if not rows:
        raise UsageError(
            "no site has studies in this month", place="--month", remedy="Take a month that `multisite monitor` judged."
        )
    print_rows(rows, terminal, title="Verdicts of the drill")
    unseen = [site for site, made in drilled.items() if not _is_seen(made, month)]
    if unseen:
        terminal.warn(
            f"The injected drift gave no signal at {', '.join(unseen)}: the month has too few studies, or the monitors"
            " are muted. So large a change of the model's output would not be told of in such a month."
        )
    run = uuid.uuid4().hex
    # What nobody was told of has proved nothing.
    for site in sites if mailing.send else ():
        ledger_of(store, site.site).append(
            Event.DRILL, time=datetime.now(UTC), run=run, code_version=__version__, content={"month": month}
        )
    if not mailing.is_asked_for:
        return 0
    # The mail's rooms are loaded where there is a mail.
    from multisite.cli.sending import send_month

    return send_month(
        study=study,
        sites=sites,
        store=store,
        month=month,
        dry_run=mailing.dry_run,
        is_drill=True,
        terminal=terminal,
        clock=partial(datetime.now, UTC),
        run_id=run,
        faults={},
        drilled={site: made.tables() for site, made in drilled.items()},
        command=acknowledging(study_file, site_files, workspace),
    )


def _is_seen(made: Verdicts, month: str) -> bool:
    """Whether a monitor of the model's output, into which the drift was injected, has a signal."""
    output = made.monitors.filter(
        month=month, axis=OVERALL, family=MonitorFamily.OUTPUT.value, status=MonitorStatus.SIGNAL.value
    )
    return not output.is_empty()


def _drilled(store: ArtefactStore, study: Study, site: Site, month: str) -> Verdicts:
    days = store.read(DEPLOYMENT_DAYS, site.site)
    tallies = SiteTallies(
        counts=with_injected_drift(store.read(DRIFT_COUNTS, site.site), month=month),
        moments=store.read(DRIFT_MOMENTS, site.site).filter(pl.col("window") != month),
        days=days,
        events=store.read(DRIFT_EVENTS, site.site),
        performance=store.read(DRIFT_PERFORMANCE, site.site),
        ledger=ledger_rows(ledger_of(store, site.site).chain()),
    )
    first = days["date"].dt.strftime("%Y-%m").min() if days.height else None
    return judge_site(
        tallies,
        adopted_baselines(store, site.site),
        site=site.site,
        models=[model.id for model in study.models],
        months=months_between(str(first), month) if first is not None else [],
        rules=rules_of(study, site),
    )
