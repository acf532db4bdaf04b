"""A small and complete pack in memory: two sites, two endpoints, strata, ledgers, a real signature.

Its numbers are made by the program's own functions, from simulated cases, so that a verifier is held against them.
"""

import csv
import hashlib
import io
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from multisite.audit import Entry, Event
from multisite.audit.dsse import Subject, sign, statement
from multisite.pack.verifying import verify as verifying
from multisite.performance.estimates.evaluation import EvaluationParameters, evaluate
from multisite.performance.estimates.spread import PatientRows
from multisite.performance.estimates.stage import evaluate_study
from multisite.schemas import StageInputs
from multisite.schemas.performance import RELIABILITY
from multisite.storage.canonical import canonical_json, sha256_hex
from multisite.tallies import SegmentPatients, tally_at_thresholds, tally_scores, with_patients

__all__ = [
    "KEY",
    "OTHER_KEY",
    "PREDICATE_TYPE",
    "csv_rows",
    "csv_text",
    "pem",
    "sealed",
    "small_pack",
    "statement_of",
    "summed",
]

KEY, OTHER_KEY = (Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32) for number in (7, 8))
PREDICATE_TYPE = "https://multisite.example/pack/v1"
STUDY, BUILT = "small-study", "2026-03-01T12:00:00+00:00"
SITES = ("north", "south")
STRATA = ("stratum_sex", "stratum_age", "stratum_sex_age")
PARAMETERS = EvaluationParameters(
    threshold=0.5,
    ci_level=0.95,
    reliability_bins=5,
    minimum_denominator=6,
    score_grid_steps=20,
    null_replicates=5,
    seed=1,
    own_thresholds=(("effusion", "second-net", 0.3),),
    patient_level=True,
    not_probabilities=("second-net",),
)
_ENDPOINTS = (("nodule", "reader-net", 0.5), ("effusion", "second-net", 0.3))
_UNNAMED = {"SHA256SUMS", "statement.dsse.json", "signer.pem"}


def small_pack(*, early_look: bool = False, signed: bool = True) -> dict[str, bytes]:
    """The files of the pack. With ``early_look`` the test labels of ``south`` were read before the protocol's lock."""
    files = dict(_unsealed(early_look))
    return sealed(files) if signed else summed(files)


def sealed(files: Mapping[str, bytes], key: Ed25519PrivateKey = KEY) -> dict[str, bytes]:
    """The files with sums and signature anew, as whoever holds a key could make them of changed files."""
    named = summed(files)
    return {**named, "statement.dsse.json": sign(statement_of(named), key), "signer.pem": pem(key)}


def statement_of(files: Mapping[str, bytes], **changed: Any) -> bytes:
    """The statement that is signed; ``changed`` goes into its predicate."""
    said: dict[str, Any] = json.loads(files["pack.json"])
    predicate = {name: said[name] for name in ("study", "protocol", "built", "ledgers")} | {"pack_version": 1} | changed
    subject = Subject("SHA256SUMS", sha256_hex([files["SHA256SUMS"]]))
    return statement([subject], predicate_type=PREDICATE_TYPE, predicate=predicate)


def pem(key: Ed25519PrivateKey) -> bytes:
    """The public key as ``signer.pem`` holds it."""
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def csv_rows(content: bytes) -> list[dict[str, str]]:
    """The rows of a table of the pack."""
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


def csv_text(rows: list[dict[str, Any]]) -> bytes:
    """A table of the pack: floats as ``repr``, nulls as empty cells."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
    return text.getvalue().encode()


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    return repr(value) if isinstance(value, float) else value


def summed(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files with sums anew and without a signature."""
    named = {name: content for name, content in files.items() if name not in _UNNAMED}
    lines = [f"{hashlib.sha256(named[name]).hexdigest()}  {name}\n" for name in sorted(named)]
    return {**named, "SHA256SUMS": "".join(lines).encode()}


@cache
def _unsealed(early_look: bool) -> dict[str, bytes]:
    protocol = canonical_json({"study": STUDY, "performance": {"threshold": 0.5}, "title": "Kleine Prüfung"})
    digest = sha256_hex([protocol])
    kinds = {"north": "planned", "south": "exploratory" if early_look else "planned"}
    study_kind = "exploratory" if early_look else "planned"
    ledgers = {site: _ledger(site, digest, early_look=early_look and site == "south") for site in SITES}
    said = {
        "format": 1,
        "study": STUDY,
        "title": "Kleine Prüfung",
        "protocol": digest,
        "built": BUILT,
        "software": "multisite 0.1.0",
        "standing": {"kind": study_kind, "reason": ""},
        "sites": [{"site": site, "standing": {"kind": kinds[site], "reason": ""}} for site in SITES],
        "ledgers": {site: {"count": held["count"], "head": held["head"]} for site, held in ledgers.items()},
        "endpoints": [
            {"finding": f, "model": m, "threshold": t, "finding_title": f.title(), "model_title": m.title()}
            for f, m, t in _ENDPOINTS
        ],
        "strata": [],
        "score_grid_steps": PARAMETERS.score_grid_steps,
        "ci_level": PARAMETERS.ci_level,
        "minimum_denominator": PARAMETERS.minimum_denominator,
    }
    tables = {name: csv_text(frame.rows(named=True)) for name, frame in _tables().items()}
    return {
        **tables,
        **{f"ledger/{site}.json": canonical_json(held) for site, held in ledgers.items()},
        "README.txt": b"Read this first.\n",
        "exhibits/roc-nodule.csv": b"x,y\n0.0,0.0\n1.0,1.0\n",
        "index.html": "<!doctype html><title>Prüfung</title>\n".encode(),
        "pack.json": canonical_json(said),
        "protocol.json": protocol,
        "verify.py": Path(verifying.__file__).read_bytes(),
    }


def _ledger(site: str, protocol: str, *, early_look: bool) -> dict[str, Any]:
    look = Event.LOOK, {"stages": ["performance"], "protocol": protocol, "evaluated": "e" * 64}
    lock = Event.LOCK, {"protocol": protocol, "parts": {"cohort": "c" * 64}, "by": "J. Doe"}
    mail = {"model": "reader-net", "month": "2026-01", "message_id": "1", "digest": "d", "outcome": "sent"}
    happened = [
        (Event.DRILL, {"month": "2026-01"}),
        *([look, lock] if early_look else [lock, look]),
        (Event.MAIL, {**mail, "revision": 0, "is_drill": False}),
    ]
    entries: list[dict[str, Any]] = []
    before = "0" * 64
    for number, (event, content) in enumerate(happened, start=1):
        time = f"2026-02-0{number}T08:00:00+00:00"
        entry = Entry(number, time, event.value, STUDY, site, "run-1", "0.1.0", content, before)
        before = sha256_hex([entry.to_bytes()])
        given = event in (Event.LOCK, Event.DEVIATION, Event.LOOK)
        entries.append({"number": number, "sha256": before, "entry": json.loads(entry.to_bytes()) if given else None})
    return {"study": STUDY, "site": site, "count": len(entries), "head": before, "entries": entries}


@cache
def _tables() -> dict[str, pl.DataFrame]:
    made: dict[str, list[pl.DataFrame]] = {}
    for site in SITES:
        cases = _cases(site)
        tally = tally_scores(cases, strata=STRATA)
        moments = tally_at_thresholds(cases, strata=STRATA, thresholds=PARAMETERS.thresholds)
        tally, moments = with_patients(tally, moments, cases, thresholds=PARAMETERS.thresholds)
        spread = PatientRows(SegmentPatients(cases, STRATA))
        found = evaluate(tally, moments, PARAMETERS, spread=spread)
        frames = {
            "score_tally_grid": tally.on_grid(PARAMETERS.score_grid_steps).to_frame(),
            "proportion_moments": moments.frame,
            "design_effects": spread.design_effects(),
            "site_estimates": found.estimates,
            "site_reliability": found.reliability,
        }
        for name, frame in frames.items():
            made.setdefault(name, []).append(frame)
    frames = {name: pl.concat(parts) for name, parts in made.items()}
    pooled = evaluate_study(StageInputs(site="", frames=frames), PARAMETERS)
    assert set(pooled.frames) == {"estimates", RELIABILITY.name}
    tallies = ("score_tally_grid", "proportion_moments", "design_effects")
    tested = {f"tallies/{name}.csv": frames[name].filter(split="test") for name in tallies}
    return {**tested, "results/estimates.csv": pooled.frames["estimates"]}


def _cases(site: str) -> pl.DataFrame:
    """Sixty patients per endpoint, every third with two cases; a level of three patients, and one of positives only."""
    rng = np.random.default_rng(SITES.index(site))
    rows = []
    for finding, model, _ in _ENDPOINTS:
        for patient in range(60):
            sex, age = ("F", "M")[patient % 2], "90+" if patient < 3 else ("<65", '"65, or more"')[patient % 4 // 2]
            for _ in range(1 + (patient % 3 == 0)):
                positive = bool(rng.random() < 0.4) or age == "90+"
                score = float(np.clip(rng.normal(0.62 if positive else 0.38, 0.2), 0.0, 1.0))
                who = {"site": site, "finding": finding, "model": model, "split": "test", "patient_id": str(patient)}
                rows.append(
                    {
                        **who,
                        "reference": positive,
                        "score": round(score, 3),
                        "stratum_sex": sex,
                        "stratum_age": age,
                        "stratum_sex_age": f"{sex} × {age}",
                    }
                )
    return pl.DataFrame(rows)
