"""The reviewer's first two minutes: what is claimed, how it stands, the worst that was found, and what is not known."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from multisite.pack.evidence import Endpoint, Evidence
from multisite.pack.failure_modes import Line, confirmed, share_words, slice_words
from multisite.pack.marks import CONCERN
from multisite.pack.sentences.across_sites import new_site, sites_in_training
from multisite.pack.sentences.calibration import calibration_statement
from multisite.pack.sentences.failure_modes import failure_sentences
from multisite.pack.sentences.integrity import integrity_statement
from multisite.pack.sentences.missing import missing_statement
from multisite.pack.sentences.statement import Statement
from multisite.pack.sentences.verdicts import verdict_statement
from multisite.pack.standing import StudyStanding
from multisite.pack.tables.performance import sites_table
from multisite.pack.tables.table import Table
from multisite.pack.validation.facts import ModelFacts, PackFacts
from multisite.pack.validation.ladder import Rung, RungStatus
from multisite.pack.words import listed, named
from multisite.schemas.cohort import COHORT_IDENTITY
from multisite.schemas.looks import LOOKS
from multisite.vocabulary import ALL_SITES

__all__ = ["FirstPage", "first_page"]

_WORST = 3


@dataclass(frozen=True, slots=True)
class FirstPage:
    """Sentences and pairs, in the order in which they are read."""

    identity: tuple[tuple[str, str], ...]
    sites: tuple[Table, ...]
    new_sites: tuple[str, ...]
    tested: str
    concerns: tuple[Statement, ...]
    worst: tuple[str, ...]
    without_worst: str
    not_shown: tuple[str, ...]
    deviations: str


def first_page(evidence: Evidence, facts: PackFacts, rungs: tuple[Rung, ...], standing: StudyStanding) -> FirstPage:
    """What the first page says beside the headline table."""
    worst = tuple(_worst(evidence))[:_WORST]
    missing = [missing_statement(evidence, endpoint).text for endpoint in evidence.endpoints]
    lower = [f"{rung.title}: {rung.text}" for rung in rungs if rung.status is RungStatus.NOT_CLIMBED]
    searched = [sentence for endpoint in evidence.endpoints for sentence in failure_sentences(evidence, endpoint)[:1]]
    return FirstPage(
        identity=_identity(evidence, facts),
        # The same tables stand in the chapter on performance, and no name may stand twice in a page.
        sites=tuple(
            replace(table, slug=f"first-{table.slug}", csv="")
            for table in (sites_table(evidence, endpoint) for endpoint in evidence.endpoints)
        ),
        new_sites=tuple(new_site(evidence, endpoint) for endpoint in evidence.endpoints),
        tested=_tested(evidence),
        concerns=tuple(_concerns(evidence)),
        worst=worst,
        without_worst=" ".join(searched) or "The protocol does without a search for failure modes.",
        not_shown=(
            *missing,
            *lower,
            "How radiologists do with the model, the workflow and what becomes of patients was not measured.",
        ),
        deviations=_deviations(evidence, standing),
    )


def _identity(evidence: Evidence, facts: PackFacts) -> tuple[tuple[str, str], ...]:
    models = [(f"Index test {_model_words(model)}", model.sha256 or "no digest is declared") for model in facts.models]
    sets = [
        (f"Test set of {row['site']}", row["sha256"])
        for row in evidence.frame(COHORT_IDENTITY).sort("site").iter_rows(named=True)
    ]
    return (
        *models,
        ("Protocol", facts.protocol_sha256),
        *sets,
        ("Software", f"multisite {evidence.parameters.code_version}"),
    )


def _model_words(model: ModelFacts) -> str:
    frozen = f", frozen on {model.frozen_on:%-d %B %Y}" if model.frozen_on else ""
    return f"{model.title} {model.version}{frozen}"


def _tested(evidence: Evidence) -> str:
    identity = evidence.frame(COHORT_IDENTITY)
    months = sorted(
        [*identity["first_case_date"].drop_nulls().to_list(), *identity["last_case_date"].drop_nulls().to_list()]
    )
    dates = f"Cases of all splits lie between {months[0]:%B %Y} and {months[-1]:%B %Y}. " if months else ""
    return f"{dates}{sites_in_training(evidence)}"


def _concerns(evidence: Evidence) -> Iterator[Statement]:
    """What the checks of the set say, and what became of the declared margins: good or bad, a reviewer asks for it."""
    yield integrity_statement(evidence)
    for endpoint in evidence.endpoints:
        found = verdict_statement(evidence, endpoint)
        if found is not None:
            title = f"{endpoint.title}: " if len(evidence.endpoints) > 1 else ""
            yield replace(found, text=f"{title}{found.text}")
        calibrated = calibration_statement(evidence, endpoint)
        if calibrated is not None and calibrated.mark == CONCERN:
            yield calibrated


def _worst(evidence: Evidence) -> list[str]:
    """Confirmed failure modes over all sites first, then of single sites, by the shrunken gap."""
    rows = [(endpoint, row) for endpoint in evidence.endpoints for row in confirmed(evidence, endpoint)]
    ranked = sorted(
        rows,
        key=lambda pair: (pair[1]["site"] != ALL_SITES, -(pair[1]["shrunken_gap"] or pair[1]["gap"])),
    )
    return [_failure(evidence, endpoint, row) for endpoint, row in ranked]


def _failure(evidence: Evidence, endpoint: Endpoint, row: Line) -> str:
    called = "missed" if row["kind"] == "miss" else "falsely called"
    where = "" if row["site"] == ALL_SITES else f" at {row['site']}"
    of = f" ({endpoint.title})" if len(evidence.endpoints) > 1 else ""
    shares = f"{called} {share_words(row, 'n')}, elsewhere {share_words(row, 'rest')}"
    return f"{slice_words(evidence, row)}{where}: {shares}{of}."


def _deviations(evidence: Evidence, standing: StudyStanding) -> str:
    looks = evidence.frame(LOOKS)
    again = looks.filter(looks["n_evaluations"] > 1)["site"].to_list()
    noted = named(standing.n_deviations, "deviation from the protocol is", "deviations from the protocol are")
    said = f"{noted[:1].upper()}{noted[1:]} noted."
    if looks["n_runs"].sum() == 0:
        return f"{said} No look at the test labels is on record."
    if not again:
        return f"{said} The test labels were read for one evaluation at each site."
    return f"{said} The test labels were read for more than one evaluation at {listed(again)}."
