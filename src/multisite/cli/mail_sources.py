"""What the mails of a site are made with: its agreement, its server, its tables, and the entry in its ledger."""

from collections.abc import Mapping, Sequence

import polars as pl

from multisite import __version__
from multisite.audit import Event
from multisite.errors import ConfigError
from multisite.notify.content.agreement import Agreement, Step
from multisite.notify.delivery.outbox import Record, RecordState
from multisite.notify.delivery.smtp import Server
from multisite.runners.baselines import adopted_baselines
from multisite.runners.looks import Clock, ledger_of
from multisite.schemas import AdoptedBaseline, Artefact
from multisite.schemas.catalogue import ARTEFACTS
from multisite.storage.artefacts import ArtefactStore
from multisite.study.monthly import DEFAULT_ESCALATION, Monthly

__all__ = ["agreement_of", "load_tables", "note_mail", "server_of"]

_TABLES = (
    "drift_verdicts",
    "drift_monitors",
    "drift_cases",
    "drift_events",
    "drift_budget",
    "drift_performance",
    "deployment_days",
)


def agreement_of(monthly: Monthly) -> Agreement:
    """What the site file agrees to, as the mails take it."""
    steps = {}
    for state in DEFAULT_ESCALATION:
        told = monthly.escalation_of(state)
        steps[state] = Step(told.tell, told.owner, told.within_working_days, told.act)
    return Agreement(
        people=monthly.people,
        steps=steps,
        sender=monthly.sender,
        contact=monthly.contact,
        devices=monthly.devices,
        holidays=frozenset(monthly.holidays),
    )


def server_of(monthly: Monthly, *, site: str, environment: Mapping[str, str]) -> Server:
    """The mail server, with user and password from ``environment``; ConfigError where they are not there."""
    declared = monthly.server
    names = [name for name in (declared.user_env, declared.password_env) if name is not None]
    lacking = [name for name in names if not environment.get(name)]
    if lacking:
        raise ConfigError(
            f"the environment lacks {' and '.join(f'`{name}`' for name in lacking)}",
            place=f"site {site}, section `monthly.server`",
            remedy="Set it on the machine that sends, and run the same command again: the mails wait in the outbox.",
        )
    return Server(
        host=declared.host,
        port=declared.port,
        security=declared.security,
        timeout_seconds=declared.timeout_seconds,
        attempts=declared.attempts,
        user=environment[names[0]] if names else None,
        password=environment[names[1]] if names else None,
        ca_file=declared.ca_file,
    )


def _adopted(store: ArtefactStore, site: str) -> Sequence[AdoptedBaseline]:
    return [one for one in adopted_baselines(store, site) if "drift_budget" in one.frames]


def load_tables(store: ArtefactStore, site: str) -> dict[str, pl.DataFrame]:
    """Those of a mail's tables that have been made, by name."""
    found = {}
    for name in _TABLES:
        artefact = ARTEFACTS.get(name)
        if isinstance(artefact, Artefact) and store.manifest(artefact, site) is not None:
            found[name] = store.read(artefact, site)
    # The workspace holds the budget of the validated set as it now is; months are judged by the adopted baselines.
    budgets = [one.frames["drift_budget"].with_columns(baseline=pl.lit(one.name)) for one in _adopted(store, site)]
    return found | ({"drift_budget": pl.concat(budgets)} if budgets else {})


def note_mail(
    store: ArtefactStore, site: str, record: Record, outcome: RecordState, *, clock: Clock, run_id: str
) -> None:
    """Add to the site's ledger which mail, of which content, and what became of it; no address."""
    ledger_of(store, site).append(
        Event.MAIL,
        time=clock(),
        run=run_id,
        code_version=__version__,
        content={
            "model": record.model,
            "month": record.month,
            "revision": record.revision,
            "message_id": record.message_id,
            "digest": record.digest,
            "outcome": outcome.value,
            "is_drill": record.is_drill,
        },
    )
