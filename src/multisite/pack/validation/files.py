"""The files of a pack, from evidence to bytes: equal evidence, times and keys give equal bytes (but for a PDF)."""

import gzip
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any, Final

import polars as pl
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from multisite.audit import Chain
from multisite.audit.copies import ledger_copy
from multisite.audit.dsse import Subject, sign, statement
from multisite.audit.keys import fingerprint, public_pem
from multisite.checklists.answers import AnswerStatus
from multisite.pack.evidence import Evidence
from multisite.pack.validation.cards import dataset_card, model_card
from multisite.pack.validation.crate import crate_metadata
from multisite.pack.validation.facts import PackFacts
from multisite.pack.validation.page import PackPage, pack_page
from multisite.pack.validation.planning import with_planning
from multisite.pack.validation.prospective import require_dates_of_prospective
from multisite.pack.validation.refusing import require_no_refused_claims
from multisite.pack.verifying.verify import SIGNED_LOCK, SIGNER, STATEMENT, SUMS
from multisite.schemas.across_sites import ACROSS_SITES
from multisite.schemas.performance import ESTIMATES, SCORE_TALLY_GRID
from multisite.schemas.standings import STANDINGS, TIME_FORWARD
from multisite.schemas.verdicts import VERDICTS
from multisite.storage.canonical import canonical_json, sha256_hex
from multisite.vocabulary import Split

__all__ = ["PACK_FORMAT", "PACK_PREDICATE", "PackSources", "SignedPack", "pack_files"]

PACK_FORMAT: Final = 1
PACK_PREDICATE: Final = "https://multisite.example/pack/v1"
"""Type of the signed statement of a pack."""

_RESULTS: Final = (ESTIMATES, ACROSS_SITES, VERDICTS)


@dataclass(frozen=True, slots=True)
class PackSources:
    """All that a pack is made from.

    ``tallies`` are frames of every site by artefact, ``more`` those that a study may lack (they are empty then),
    ``chains`` the ledgers by folder, ``names`` what they are called, ``left_out`` sites that were locked and are
    missing, ``lock`` the signed statement of the lock (None for none), ``built`` the time of building.
    """

    evidence: Evidence
    facts: PackFacts
    tallies: Mapping[str, pl.DataFrame]
    more: Mapping[str, pl.DataFrame]
    chains: Mapping[str, Chain]
    names: Mapping[str, str]
    left_out: tuple[str, ...]
    lock: bytes | None
    built: datetime
    minimum_denominator: int


@dataclass(frozen=True, slots=True)
class SignedPack:
    """The files by path, and the page that they were made from."""

    files: Mapping[str, bytes]
    page: PackPage


def pack_files(
    sources: PackSources, *, key: Ed25519PrivateKey | None, pdf: Callable[[str], bytes] | None = None
) -> SignedPack:
    """Every file of the pack.

    Raises
    ------
    ConfigError
        When the study file claims what no pack can show, or to be prospective where the dates do not bear that out.
    """
    facts, evidence = sources.facts, sources.evidence
    require_no_refused_claims(facts.texts)
    if facts.claims_prospective:
        require_dates_of_prospective(evidence)
    signer = fingerprint(key.public_key()) if key else ""
    page = pack_page(
        evidence,
        facts,
        sources.chains,
        sources.names,
        counts={**sources.tallies, **sources.more},
        left_out=sources.left_out,
        signer=signer,
    )
    tables = {f"tallies/{name}{_suffix(name)}": _tested(frame) for name, frame in sorted(sources.tallies.items())}
    for artefact in _RESULTS:
        frame = with_planning(_tested(evidence.frame(artefact)), facts.endpoints, page.standing.kind)
        tables[f"results/{artefact.name}.csv"] = frame
    made = {path: _packed(path, _csv(frame).encode()) for path, frame in tables.items()}
    made |= {f"exhibits/{slug}.csv": text.encode() for slug, text in sorted(page.exhibits.items())}
    made |= {
        f"ledger/{name}.json": ledger_copy(chain, study=facts.study, site=name)
        for name, chain in sources.chains.items()
    }
    made["index.html"] = page.html.encode()
    made["protocol.json"] = canonical_json(facts.protocol)
    if sources.lock is not None:
        made[SIGNED_LOCK] = sources.lock
    made["pack.json"] = canonical_json(_facts(sources, page))
    made["cards/model_card.md"] = model_card(evidence, facts, page.standing).encode()
    digests = {path: sha256_hex([made[path]]) for path in tables}
    made["cards/dataset_card.json"] = canonical_json(dataset_card(evidence, facts, tables, digests))
    made["verify.py"] = (files("multisite.pack.verifying") / "verify.py").read_bytes()
    made["README.txt"] = _readme(facts, signer).encode()
    if pdf is not None:
        made["pack.pdf"] = pdf(page.html)
    made["ro-crate-metadata.json"] = canonical_json(
        crate_metadata(
            {path: len(content) for path, content in made.items()},
            study=facts.study,
            title=facts.title,
            built=_time(sources.built),
            licence=facts.statements.get("reporting.availability.data", "not stated"),
            software=f"multisite {evidence.parameters.code_version}",
        )
    )
    return SignedPack(_signed(made, sources, key), page)


def _signed(made: Mapping[str, bytes], sources: PackSources, key: Ed25519PrivateKey | None) -> dict[str, bytes]:
    sums = "".join(f"{sha256_hex([content])}  {path}\n" for path, content in sorted(made.items())).encode()
    whole = {**made, SUMS: sums}
    if key is None:
        return whole
    predicate = {
        "study": sources.facts.study,
        "protocol": sources.facts.protocol_sha256,
        "built": _time(sources.built),
        "pack_version": PACK_FORMAT,
        "ledgers": _ledgers(sources),
    }
    said = statement([Subject(SUMS, sha256_hex([sums]))], predicate_type=PACK_PREDICATE, predicate=predicate)
    return {**whole, STATEMENT: sign(said, key), SIGNER: public_pem(key.public_key())}


def _facts(sources: PackSources, page: PackPage) -> dict[str, Any]:
    facts, evidence = sources.facts, sources.evidence
    parameters = evidence.parameters
    levels = {stratum.id: list(evidence.levels(stratum)) for stratum in parameters.strata}
    forward = evidence.frame(TIME_FORWARD).sort("site", "model")
    return {
        "format": PACK_FORMAT,
        "study": facts.study,
        "title": facts.title,
        "protocol": facts.protocol_sha256,
        "built": _time(sources.built),
        "software": f"multisite {parameters.code_version}",
        "standing": {"kind": page.standing.kind.value, "reason": page.standing.sentence},
        "sites": [
            {"site": row["site"], "standing": {"kind": row["standing"], "reason": row["reason"]}}
            for row in evidence.frame(STANDINGS).sort("site").iter_rows(named=True)
        ],
        "ledgers": _ledgers(sources),
        "models": [
            {"id": m.id, "title": m.title, "version": m.version, "sha256": m.sha256, "frozen_on": m.frozen_on}
            for m in facts.models
        ],
        "endpoints": [
            {
                "finding": e.finding.id,
                "model": e.model.id,
                "threshold": evidence.threshold(e),
                "finding_title": e.finding.title,
                "model_title": e.model.with_version,
            }
            for e in evidence.endpoints
        ],
        "planned": [endpoint.model_dump(mode="json") for endpoint in facts.endpoints],
        "strata": [
            {"id": name, "title": title, "unit": unit, "levels": levels.get(name, []), "of": list(crossed)}
            for name, title, unit, crossed in facts.strata
        ],
        "score_grid_steps": parameters.score_grid_steps,
        "ci_level": parameters.ci_level,
        "minimum_denominator": sources.minimum_denominator,
        "guidelines": {
            one.checklist.id: {
                "edition": one.checklist.edition,
                "items": {item.answer.item.id: item.answer.status.value for item in one.items},
                "counts": {
                    status.value: sum(item.answer.status is status for item in one.items) for status in AnswerStatus
                },
            }
            for one in page.answered
        },
        "claim_items": {
            item.answer.item.id: {
                "topic": item.answer.item.topic,
                "statements": [path for path, _ in item.statements],
                "made_from": dict(item.digests),
            }
            for item in page.answered[0].items
        },
        "ladder": [{"rung": rung.title, "status": rung.status.value, "said": rung.text} for rung in page.rungs],
        "time_forward": forward.to_dicts(),
        "statements": dict(facts.statements),
        "inputs": dict(evidence.lineage),
        "deviations": page.standing.n_deviations,
    }


def _ledgers(sources: PackSources) -> dict[str, dict[str, Any]]:
    return {name: {"count": len(chain.links), "head": chain.head} for name, chain in sorted(sources.chains.items())}


def _suffix(tally: str) -> str:
    """Counts at every step of the grid fill ten megabytes, and pack to a twentieth."""
    return ".csv.gz" if tally == SCORE_TALLY_GRID.name else ".csv"


def _csv(frame: pl.DataFrame) -> str:
    """Floats as Python spells them: the shortest text that reads back, and one spelling of each."""
    floats = [name for name, dtype in frame.schema.items() if dtype == pl.Float64()]
    spelt = [pl.Series(name, [None if v is None else repr(v) for v in frame[name]], pl.String()) for name in floats]
    return frame.with_columns(spelt).write_csv()


def _packed(path: str, content: bytes) -> bytes:
    return gzip.compress(content, mtime=0) if path.endswith(".gz") else content


def _tested(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.filter(pl.col("split") == Split.TEST.value) if "split" in frame.columns else frame


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def _readme(facts: PackFacts, signer: str) -> str:
    signed = f"Signed with the key {signer}" if signer else "Not signed"
    return (
        f"Validation pack: {facts.title}\n\n"
        "Open index.html in a browser; nothing is fetched from a network.\n"
        "Check it with Python alone, in this folder: python3 -I verify.py\n"
        f"{signed}.\n"
    )
