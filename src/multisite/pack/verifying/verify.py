"""Verifies a pack of validation results: `python3 verify.py [FOLDER_OR_ZIP] [--key signer.pem] [--allow-unsigned]`.

One file, Python 3.9 or later, nothing but the standard library; it opens no connection and writes no file. Read it
before you run it, and take it from where you trust it: a copy that came with a pack may have been changed with it.

The eight steps stand in STEPS, in their order. A step that cannot be done is never taken for one that holds, and
whatever a damaged file brings about is a failure of the step that reads it. No step stops those after it.
"""

import sys

if __name__ == "__main__" and not (sys.flags.isolated or getattr(sys.flags, "safe_path", False)):
    # Python looks for modules beside the script first, and a pack could bring a `json` of its own.
    del sys.path[0]

import argparse
import base64
import csv
import gzip
import hashlib
import io
import json
import math
import os
import re
import stat
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["Step", "conclusion", "ed25519_holds", "raw_key", "read_pack", "verify"]

OK, FAILS, NOT_POSSIBLE = "ok", "FAILS", "not possible"
STUDY = "_study"  # the ledger of the study as a whole, beside those of its sites
SUMS, STATEMENT, SIGNER = "SHA256SUMS", "statement.dsse.json", "signer.pem"
SIGNED_LOCK = "lock.dsse.json"
ESTIMATES = "results/estimates.csv"
ALL_SITES, BEFORE_THE_FIRST = "all sites", "0" * 64
LOCK, DEVIATION, LOOK = "protocol locked", "deviation from the protocol", "test labels read"
# What the content of an entry holds at least, by event: all else of a ledger is given by its digest only.
FORMS: dict[str, dict[str, type]] = {
    LOCK: {"protocol": str, "parts": dict, "by": str},
    DEVIATION: {"protocol": str, "what": str, "why": str, "by": str},
    LOOK: {"stages": list, "protocol": str, "evaluated": str},
}
ENTRY = {"sequence", "time", "event", "study", "site", "run", "code_version", "content", "previous"}
SEGMENT = ("site", "finding", "model", "split", "stratum", "level")
PROPORTIONS = ("sensitivity", "specificity", "ppv", "npv", "prevalence")
COMPUTED = ("auc", "brier", "observed_expected")
TOLERANCE = 1e-9
PLAIN = r"[A-Za-z0-9_][A-Za-z0-9_.-]*(?:/[A-Za-z0-9_][A-Za-z0-9_.-]*)*"
LARGEST = 4 << 30  # bytes of a whole pack; a zip may name any size

NOT_SHOWN = """What these steps do not show:
- that the sites' tallies are true to their rows, for those never leave a site;
- that the key belongs to whom it says: compare the fingerprint with what the signer published elsewhere;
- that an entry of which only the digest is given is no look at the test labels: each site can compare its ledger;
- that the protocol was sensible, and that no clock was wrong;
- what the index, the ladder and the texts of pack.json and index.html say;
- intervals and other results, and the numbers as index.html and the figures print them: they are not computed anew."""


@dataclass(frozen=True)
class Step:
    """One step: its outcome is `ok`, `FAILS` or `not possible`; `details` are further lines to print.

    `accepted` is that the pack is not signed, and that the caller allows this.
    """

    number: int
    title: str
    outcome: str
    sentence: str
    details: tuple[str, ...] = ()
    accepted: bool = False

    @property
    def holds(self) -> bool:
        """Whether nothing speaks against the pack, or nothing that the caller has not allowed."""
        return self.outcome == OK or self.accepted


class _StepError(Exception):
    """The step fails; the message is its sentence."""

    outcome = FAILS


class _BlockedError(_StepError):
    """The step cannot be done."""

    outcome = NOT_POSSIBLE


class _Pack:
    """The files, and what earlier steps have found in them for later ones: None where they failed."""

    def __init__(self, files: Mapping[str, bytes], key: "bytes | None") -> None:
        self.files, self.key = files, key
        self.listed: dict[str, str] | None = None
        self.predicate: dict[str, Any] | None = None
        self.described: dict[str, Any] | None = None
        self.plan: dict[str, Any] | None = None
        self.entries: dict[str, list[dict[str, Any]]] | None = None

    def file(self, name: str) -> bytes:
        if name not in self.files:
            raise _StepError(f"{name} is missing")
        return self.files[name]

    def said(self) -> dict[str, Any]:
        if self.described is None:
            raise _BlockedError("it depends on pack.json, in which step 4 finds a fault")
        return self.described

    def protocol(self) -> dict[str, Any]:
        if self.plan is None:
            raise _BlockedError("it depends on protocol.json, in which step 4 finds a fault")
        return self.plan


def verify(files: Mapping[str, bytes], *, key: "bytes | None" = None, allow_unsigned: bool = False) -> list[Step]:
    """Every step for the files of a pack by name; `key` is the PEM of the only signer who will do."""
    pack, steps = _Pack(files, key), []
    for number, (title, check) in enumerate(STEPS, start=1):
        details: list[str] = []
        accepted = False
        try:
            outcome, sentence = OK, check(pack, details)
        except _StepError as why:
            outcome, sentence = why.outcome, str(why)
            accepted = allow_unsigned and check is _signature and outcome == NOT_POSSIBLE
        except Exception:
            # A damaged file may bring about anything. Nothing of the exception is told: it may quote the file.
            outcome, sentence = FAILS, "a file that it reads is not of its form"
        steps.append(Step(number, title, outcome, sentence, tuple(details), accepted))
    return steps


def conclusion(steps: Sequence[Step]) -> tuple[str, int]:
    """The last line, and the exit code."""
    if all(step.outcome == OK for step in steps):
        return "verified: every step holds", 0
    if all(step.outcome == OK for step in steps if step.title != "signature" or step.outcome == FAILS):
        line = "every file is as it was packed, but nothing says by whom"
        if all(step.holds for step in steps):
            return f"{line} (accepted, because of --allow-unsigned)", 0
        return f"NOT verified: {line} (--allow-unsigned would accept that)", 1
    failed = [f"step {step.number} fails" for step in steps if step.outcome == FAILS]
    failed += [
        f"step {step.number} was not possible" for step in steps if step.outcome == NOT_POSSIBLE and step.number != 3
    ]
    return f"NOT verified: {', '.join(failed)}", 1


# --- 1, 2: the files and their digests -------------------------------------------------------------------------------


def _files(pack: _Pack, details: list[str]) -> str:
    text = pack.file(SUMS)
    if not re.fullmatch(rb"(?:[0-9a-f]{64}  [^\n]+\n)+", text):
        raise _StepError(f"{SUMS} is not in its form: 64 hexadecimal digits, two spaces and a path in every line")
    lines = text.decode("utf-8", "replace").split("\n")[:-1]
    names = [line[66:] for line in lines]
    if not all(re.fullmatch(PLAIN, name) for name in names) or {SUMS, STATEMENT, SIGNER} & set(names):
        raise _StepError(f"{SUMS} names a file that is not a plain relative path, or that it must not name")
    if names != sorted(set(names)) or len({name.lower() for name in names}) < len(names):
        raise _StepError(f"{SUMS} is not sorted by path, or names a path twice")
    pack.listed = {line[66:]: line[:64] for line in lines}
    missing = sorted(set(names) - set(pack.files))
    besides = sorted(set(pack.files) - set(names) - {SUMS, STATEMENT, SIGNER})
    details += [f"missing: {_shown(name)}" for name in missing[:5]] + [f"besides: {_shown(n)}" for n in besides[:5]]
    if missing or besides:
        raise _StepError(f"of {len(names)} files, {len(missing)} are missing; {len(besides)} are there besides")
    return f"all {len(names)} files that {SUMS} names are there, and none besides"


def _digests(pack: _Pack, details: list[str]) -> str:
    if pack.listed is None:
        raise _BlockedError(f"it depends on {SUMS}, which step 1 could not read")
    there = [name for name in pack.listed if name in pack.files]
    changed = [name for name in there if _sha256(pack.files[name]) != pack.listed[name]]
    details += [f"changed: {name}" for name in changed[:5]]
    if changed:
        raise _StepError(f"of {len(there)} files, {len(changed)} are not those that were packed")
    return f"all {len(there)} files have the SHA-256 that {SUMS} names"


# --- 3: the signature ------------------------------------------------------------------------------------------------


def _signature(pack: _Pack, details: list[str]) -> str:
    envelope, pem = pack.files.get(STATEMENT), pack.files.get(SIGNER)
    if envelope is None and pem is None:
        if pack.key is not None:
            raise _StepError("the pack is not signed, and a signer's key was given")
        raise _BlockedError("the pack is not signed; anybody could have made it")
    if envelope is None or pem is None:
        raise _StepError(f"of {STATEMENT} and {SIGNER} there is one without the other")
    raw = raw_key(pem)
    if raw is None:
        raise _StepError(f"{SIGNER} is no Ed25519 public key in its only form")
    digits = _sha256(raw)
    details.append("key " + " ".join(digits[place : place + 4] for place in range(0, 64, 4)))
    details.append("compare it with what the signer published elsewhere: a forger can sign, too, with another key")
    if pack.key is not None and raw_key(pack.key) != raw:
        raise _StepError("the key of the pack is not the key that was given")
    said = _canonical(_signed_payload(envelope, raw, STATEMENT), "the signed statement")
    if {name: said[name] for name in said if name != "predicate"} != {
        "_type": "https://in-toto.io/Statement/v1",
        "predicateType": "https://multisite.example/pack/v1",
        "subject": [{"digest": {"sha256": _sha256(pack.file(SUMS))}, "name": SUMS}],
    }:
        raise _StepError(f"the signature holds, but what is signed is no statement on this {SUMS}")
    if set(said["predicate"]) != {"study", "protocol", "built", "pack_version", "ledgers"}:
        raise _StepError("the signature holds, but the statement does not say what it must")
    pack.predicate = said["predicate"]
    return f"the signature of {SUMS} holds" + (" and is by the key that was given" if pack.key is not None else "")


def _signed_payload(envelope: bytes, raw: bytes, name: str) -> bytes:
    """The payload of a DSSE envelope with one signature, by the key `raw`, and in its only form."""
    held, kind = _canonical(envelope, name), "application/vnd.in-toto+json"
    payload, signature = (base64.b64decode(text) for text in (held["payload"], held["signatures"][0]["sig"]))
    encoded = {"keyid": _sha256(raw)[:16], "sig": base64.b64encode(signature).decode()}
    only = {"payload": base64.b64encode(payload).decode(), "payloadType": kind, "signatures": [encoded]}
    if _json(only) != envelope:
        raise _StepError(f"{name} is not an envelope with one signature by the key of {SIGNER}, in its only form")
    signed = b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(payload), payload)
    if not ed25519_holds(raw, signed, signature):
        raise _StepError("the signature does not hold")
    return payload


def raw_key(pem: bytes) -> "bytes | None":
    """The 32 bytes of an Ed25519 public key in PEM (SubjectPublicKeyInfo); None for anything else."""
    prefix = bytes.fromhex("302a300506032b6570032100")
    found = re.fullmatch(rb"-----BEGIN PUBLIC KEY-----\n([A-Za-z0-9+/]{59}=)\n-----END PUBLIC KEY-----\n", pem)
    der = base64.b64decode(found[1]) if found else b""
    if not found or base64.b64encode(der) != found[1] or der[:12] != prefix:
        return None
    return der[12:]


# Ed25519 as RFC 8032 verifies it (5.1.7), in extended coordinates (x, y, z, xy/z) on the curve of 5.1.

_Point = tuple[int, int, int, int]
_P = 2**255 - 19
_ORDER = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, _P - 2, _P) % _P
_ROOT = pow(2, (_P - 1) // 4, _P)
_NEUTRAL = (0, 1, 1, 0)


def ed25519_holds(key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether `signature` is one of `message` by `key`, strictly.

    Refused are s of the order or more, a key that is not in its only form, and a key of small order, under which
    signatures hold of many messages. R is compared byte for byte, and so has one form as well.
    """
    point = _decoded(key) if len(key) == 32 and len(signature) == 64 else None
    s = int.from_bytes(signature[32:], "little")
    if point is None or s >= _ORDER:
        return False
    x, y, z, _ = _times(8, point)
    if x == 0 and y == z:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % _ORDER
    minus = (-point[0] % _P, point[1], point[2], -point[3] % _P)
    x, y, z, _ = _sum(_times(s, _BASE), _times(k, minus))
    inverse = pow(z, _P - 2, _P)
    encoded = y * inverse % _P | (x * inverse % _P & 1) << 255
    return encoded.to_bytes(32, "little") == signature[:32]


def _sum(a: _Point, b: _Point) -> _Point:
    m = (a[1] - a[0]) * (b[1] - b[0]) % _P
    n = (a[1] + a[0]) * (b[1] + b[0]) % _P
    t = 2 * _D * a[3] * b[3] % _P
    z = 2 * a[2] * b[2] % _P
    e, f, g, h = n - m, z - t, z + t, n + m
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _times(factor: int, point: _Point) -> _Point:
    total = _NEUTRAL
    while factor:
        if factor & 1:
            total = _sum(total, point)
        point = _sum(point, point)
        factor >>= 1
    return total


def _decoded(raw: bytes) -> "_Point | None":
    sign, y = divmod(int.from_bytes(raw, "little"), 1 << 255)
    square = (y * y - 1) * pow(_D * y * y + 1, _P - 2, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * _ROOT % _P
    if y >= _P or (x * x - square) % _P or (x == 0 and sign):
        return None
    x = _P - x if x & 1 != sign else x
    return x, y, 1, x * y % _P


_BASE = _decoded((4 * pow(5, _P - 2, _P) % _P).to_bytes(32, "little")) or _NEUTRAL


# --- 4, 5, 6: the protocol, the ledgers and what follows from them ---------------------------------------------------


def _protocol(pack: _Pack, details: list[str]) -> str:
    said = pack.described = _described(_canonical(pack.file("pack.json"), "pack.json"))
    protocol = pack.file("protocol.json")
    plan = _canonical(protocol, "protocol.json")
    if _sha256(protocol) != said["protocol"]:
        raise _StepError("protocol.json is not the protocol that pack.json names")
    pack.plan = plan
    if SIGNED_LOCK in pack.files:
        details.append(_lock(pack, said["protocol"]))
    if pack.predicate is None:
        return "protocol.json is the protocol that pack.json names; there is no signed statement that holds to ask"
    if any(pack.predicate[name] != said[name] for name in ("protocol", "study", "built")):
        raise _StepError("the signed statement is of another protocol, study or time than pack.json")
    return "protocol.json is the protocol that pack.json and the signed statement name"


def _lock(pack: _Pack, protocol: str) -> str:
    """What the signed statement of the lock comes to; it must be of this protocol."""
    envelope, raw = pack.file(SIGNED_LOCK), raw_key(pack.files.get(SIGNER, b""))
    if raw is None:
        return "the lock is signed; whether by whom made this pack cannot be asked, for the pack is not"
    if json.loads(envelope)["signatures"][0]["keyid"] != _sha256(raw)[:16]:
        return "the lock is signed with another key than the pack"
    said = _canonical(_signed_payload(envelope, raw, SIGNED_LOCK), "the statement of the lock")
    if [one["digest"] for one in said["subject"]] != [{"sha256": protocol}]:
        raise _StepError("the signed lock is of another protocol")
    return "the lock of this protocol is signed with the key of the pack"


def _described(said: Any) -> dict[str, Any]:
    """pack.json with its values of the right types; sites and endpoints as `standings` and `thresholds` by name."""
    standings = {one["site"]: one["standing"]["kind"] for one in said["sites"]}
    thresholds = {(one["finding"], one["model"]): one["threshold"] for one in said["endpoints"]}
    texts = [said["study"], said["built"], said["protocol"], said["standing"]["kind"], *standings, *standings.values()]
    texts += [name for endpoint in thresholds for name in endpoint]
    counts = said["format"], said["score_grid_steps"], said["minimum_denominator"]
    typed = all(type(text) is str for text in texts) and all(type(count) is int for count in counts)
    if not typed or not all(type(threshold) is float for threshold in thresholds.values()):
        raise _StepError("pack.json holds a value of the wrong type")
    if counts[0] != 1 or not 0 < counts[1] < 1 << 31:
        raise _StepError("pack.json is of another format than this verifier reads")
    if not standings or not all(re.fullmatch("[a-z][a-z0-9_-]*", site) for site in standings):
        raise _StepError("pack.json names no site, or one whose name is not plain")
    if len(standings) < len(said["sites"]) or len(thresholds) < len(said["endpoints"]):
        raise _StepError("pack.json names a site or an endpoint twice")
    return {**said, "standings": standings, "thresholds": thresholds}


def _ledgers(pack: _Pack, details: list[str]) -> str:
    said, found, ends, n_wrong = pack.said(), {}, {}, 0
    names = [*said["standings"], *([STUDY] if STUDY in said["ledgers"] else [])]
    for site in names:
        try:
            entries = _ledger(pack.file(f"ledger/{site}.json"), said["study"], site)
            found[site], head = entries, entries[-1]["sha256"] if entries else BEFORE_THE_FIRST
            ends[site] = {"count": len(entries), "head": head}
            details.append(f"{site}: count {len(entries)}, head {head[:12]}; compare with the monthly mails")
        except (_StepError, KeyError, TypeError, IndexError, AttributeError) as why:
            n_wrong += 1
            details.append(f"{site}: {why if isinstance(why, _StepError) else 'its ledger is not of its form'}")
    if n_wrong:
        raise _StepError(f"of {len(names)} ledgers, {n_wrong} do not hold")
    if {name for name in pack.files if name.startswith("ledger/")} != {f"ledger/{site}.json" for site in ends}:
        raise _StepError("there is a ledger of a site that pack.json does not name")
    if _json(ends) != _json(said["ledgers"]):
        raise _StepError("the ledgers have other counts or heads than pack.json names")
    if pack.predicate is not None and _json(ends) != _json(pack.predicate["ledgers"]):
        raise _StepError("the ledgers have other counts or heads than the signed statement names")
    pack.entries = found
    every = [one["entry"] for entries in found.values() for one in entries]
    n_given = sum(entry is not None for entry in every)
    return f"{len(found)} ledgers are whole; of {len(every)} entries {n_given} are given, of all others the digest"


def _ledger(content: bytes, study: str, site: str) -> list[dict[str, Any]]:
    held = _canonical(content, "its ledger")
    entries, before = held["entries"], BEFORE_THE_FIRST
    if set(held) != {"study", "site", "count", "head", "entries"} or (held["study"], held["site"]) != (study, site):
        raise _StepError("its ledger is not one of this study and site")
    for number, one in enumerate(entries, start=1):
        entry, digest = one["entry"], one["sha256"]
        if set(one) != {"number", "sha256", "entry"} or type(one["number"]) is not int or one["number"] != number:
            raise _StepError(f"its ledger lacks entry {number}, or has it elsewhere")
        if not re.fullmatch("[0-9a-f]{64}", digest) or (entry is not None and _sha256(_json(entry)) != digest):
            raise _StepError(f"entry {number} has another digest than it says")
        if entry is not None and not _fits(entry, number, study, site, before):
            raise _StepError(f"entry {number} does not follow from those before it, or is not of its form")
        before = digest
    if type(held["count"]) is not int or (held["count"], held["head"]) != (len(entries), before):
        raise _StepError("its ledger does not end where it says")
    return list(entries)


def _fits(entry: dict[str, Any], number: int, study: str, site: str, before: str) -> bool:
    place = entry["sequence"], entry["study"], entry["site"], entry["previous"]
    texts = entry["time"], entry["event"], entry["run"], entry["code_version"]
    form, content = FORMS.get(entry["event"]), entry["content"]
    return (
        set(entry) == ENTRY
        and type(entry["sequence"]) is int
        and place == (number, study, site, before)
        and all(type(text) is str for text in texts)
        and form is not None
        and all(type(content.get(name)) is kind for name, kind in form.items())
        and all(type(stage) is str for stage in content.get("stages", []))
    )


def _standing(pack: _Pack, details: list[str]) -> str:
    said = pack.said()
    if pack.entries is None:
        raise _BlockedError("it depends on the ledgers, in which step 5 finds a fault")
    of_sites = {site: entries for site, entries in pack.entries.items() if site != STUDY}
    found = {site: _kind([one["entry"] for one in entries], said["protocol"]) for site, entries in of_sites.items()}
    details += [f"{site}: {kind}" for site, kind in found.items()]
    looked = {site for site, held in of_sites.items() if any(e["entry"] and e["entry"]["event"] == LOOK for e in held)}
    locks = [e["entry"]["content"] for e in pack.entries.get(STUDY, []) if e["entry"] and e["entry"]["event"] == LOCK]
    meant = {site for content in locks for site in content.get("sites", [])}
    is_planned = set(found.values()) == {"planned"} and looked == set(found) and meant <= set(found)
    of_study = "planned" if is_planned else "exploratory"
    plan = pack.protocol().get("analysis_plan")
    if plan is not None and any(
        row.get("planning") != _planning(plan["endpoints"], of_study, segment, row["metric"])
        for segment, row in _rows(pack, ESTIMATES, "metric")
    ):
        raise _StepError(f"rows of {ESTIMATES} are marked otherwise than the plan and the ledgers say")
    left = {
        tuple(e["entry"]["content"][name] for name in ("what", "why", "by"))
        for held in of_sites.values()
        for e in held
        if e["entry"] and e["entry"]["event"] == DEVIATION
    }
    if len(left) != said.get("deviations", len(left)):
        raise _StepError("the ledgers have another number of deviations than pack.json says")
    if found != said["standings"] or of_study != said["standing"]["kind"]:
        raise _StepError("by the ledgers a site or the study stands otherwise than pack.json says")
    return f"by the ledgers the study is {of_study}, and every site stands as pack.json says"


def _planning(endpoints: Sequence[Mapping[str, Any]], standing: str, segment: Sequence[str], metric: str) -> str:
    """Planned by which kind of endpoint of the protocol, post hoc, or exploratory."""
    stratum = None if segment[4] == "overall" else segment[4]
    roles = {
        one["role"]
        for one in endpoints
        if one["metric"] == metric
        and one["finding"] in (None, segment[1])
        and one["model"] in (None, segment[2])
        and one["stratum"] == stratum
    }
    if standing != "planned":
        return "exploratory"
    return "planned, primary" if "primary" in roles else "planned, secondary" if roles else "post hoc"


def _kind(entries: "Sequence[dict[str, Any] | None]", protocol: str) -> str:
    """Planned where the last lock before any look at the site's test labels is of this protocol, exploratory else."""
    locked = ""
    for entry in entries:
        if entry is not None and entry["event"] == LOOK:
            break
        if entry is not None and entry["event"] == LOCK:
            locked = entry["content"]["protocol"]
    return "planned" if locked == protocol else "exploratory"


# --- 7, 8: the numbers -----------------------------------------------------------------------------------------------


def _counts(pack: _Pack, details: list[str]) -> str:
    moments, minimum, wrong, seen, n_empty = _moments(pack), pack.said()["minimum_denominator"], [], set(), 0
    for place, (segment, row) in enumerate(_rows(pack, ESTIMATES, "metric"), start=1):
        if row["metric"] not in PROPORTIONS:
            continue
        seen.add((segment, row["metric"]))
        patients, y, n = moments.get((segment, row["metric"]), (0, -1, -1))
        stands = n > 0 and patients >= minimum
        n_empty += not stands
        counted = [_count(row[name]) for name in ("n_patients", "n_cases", "numerator", "denominator")]
        right = counted == [patients, n, y, n] and _is_at(row, y / n if stands else None, 1e-12)
        wrong += [] if right and _number(row["threshold"]) == _threshold(pack, segment, row["metric"]) else [place]
    return _judged(wrong, moments.keys() - seen, f"{len(seen)} proportions, {n_empty} of them rightly left empty,")


def _scores(pack: _Pack, details: list[str]) -> str:
    moments, tallies, minimum = _moments(pack), _tallies(pack), pack.said()["minimum_denominator"]
    models = pack.protocol().get("models", [])
    probable = {model["id"] for model in models if model.get("scores") == "probability"}
    wrong, seen, made = [], set(), dict.fromkeys((*COMPUTED, "bound", "else", "empty"), 0)
    for place, (segment, row) in enumerate(_rows(pack, ESTIMATES, "metric"), start=1):
        seen.add((segment, row["metric"]))
        tally = tallies.get(segment, _Tally({}))
        p, n, metric = tally.positives, tally.negatives, row["metric"]
        of = {name: moments.get((segment, name), (0, 0, 0)) for name in PROPORTIONS}
        right = [_count(row["n_positive"]), _count(row["n_negative"])] == [p, n] and of["prevalence"][1:] == (p, p + n)
        if metric not in PROPORTIONS:
            # Where either class has too few patients, every metric of the scores is left empty.
            enough = min(of["sensitivity"][0], of["specificity"][0]) >= minimum
            counted = [_count(row["n_patients"]), _count(row["n_cases"])] == [of["prevalence"][0], p + n]
            right = right and counted and _is_right(segment, row, tally, enough, made, probable)
        wrong += [] if right else [place]
    details.append(f"over all sites: {made['auc']} AUC, {made['brier']} Brier scores, {made['observed_expected']} O:E")
    details.append(f"of a site: {made['bound']} AUC are as near to that of the grid as the exact one must be")
    details.append(f"not computed anew: {made['else']} that need exact scores or a fit; {made['empty']} are left empty")
    due = {(segment, metric) for segment in tallies for metric in COMPUTED}
    return _judged(wrong, due - seen, f"positives and negatives of {len(tallies)} segments, and their scores,")


def _is_right(
    segment: Sequence[str],
    row: Mapping[str, str],
    tally: "_Tally",
    enough: bool,
    made: dict[str, int],
    probable: "set[str]",
) -> bool:
    """Whether a metric of the scores is what the tally gives; `made` counts what could be computed, and what not.

    `probable` are the models whose scores are probabilities, as the protocol says.
    """
    pooled, metric, pairs = segment[0] == ALL_SITES, row["metric"], tally.positives * tally.negatives
    if metric == "auc" and enough and pairs:
        made["auc" if pooled else "bound"] += 1
        # Exact scores may order the pairs that share a cell either way; the grid counts each for a half.
        return _is_at(row, tally.auc(), TOLERANCE if pooled else TOLERANCE + tally.shared / (2 * pairs))
    if not row["estimate"] or not enough or metric == "auc":
        made["empty"] += 1
        # Empty for a reason: too few patients, or a model whose scores are no probabilities.
        is_due = pooled and enough and metric in ("brier", "observed_expected") and segment[2] in probable
        return _is_at(row, None, 0.0) and not is_due
    if pooled and metric in COMPUTED:
        made[metric] += 1
        return _is_at(row, tally.brier() if metric == "brier" else tally.observed_expected(), TOLERANCE)
    made["else"] += 1
    return True


def _is_at(row: Mapping[str, str], value: "float | None", slack: float) -> bool:
    """Whether the estimate is `value`; or, where that is None, empty and not called ok."""
    estimate = _number(row["estimate"])
    if value is None or estimate is None:
        return value is None and estimate is None and row["status"] != "ok"
    return abs(estimate - value) <= slack * max(1.0, abs(value))


def _judged(wrong: Sequence[int], absent: set[Any], right: str) -> str:
    if wrong:
        raise _StepError(
            f"rows of {ESTIMATES} that do not follow from the tallies: {len(wrong)}, at first row {wrong[0]}"
        )
    if absent:
        raise _StepError(f"rows that the tallies give and {ESTIMATES} lacks: {len(absent)}")
    return f"{right} follow from the tallies"


class _Tally:
    """Positives and negatives at each score of the grid, for one segment; `shared` counts the pairs in one cell."""

    def __init__(self, cells: Mapping[float, Sequence[int]]) -> None:
        self.cells = sorted((score, p, n) for score, (p, n) in cells.items())
        self.positives = sum(p for _, p, _ in self.cells)
        self.negatives = sum(n for _, _, n in self.cells)
        self.shared = sum(p * n for _, p, n in self.cells)

    def auc(self) -> float:
        """Pairs of a positive and a lower negative, and half of those in one cell, over all pairs."""
        below = doubled = 0
        for _, p, n in self.cells:
            doubled += p * (2 * below + n)
            below += n
        return doubled / (2 * self.positives * self.negatives)

    def brier(self) -> float:
        squares = (p * (1.0 - score) ** 2 + n * score**2 for score, p, n in self.cells)
        return math.fsum(squares) / (self.positives + self.negatives)

    def observed_expected(self) -> float:
        return self.positives / math.fsum((p + n) * score for score, p, n in self.cells)


def _moments(pack: _Pack) -> dict[tuple[tuple[str, ...], str], tuple[int, int, int]]:
    """Patients, numerator and denominator by segment and metric, of every site and over all sites."""
    name = "tallies/proportion_moments.csv"
    found: dict[tuple[tuple[str, ...], str], tuple[int, int, int]] = {}
    for segment, row in _rows(pack, name, "metric"):
        metric, (k, y, n) = row["metric"], (_count(row[column]) for column in ("n_patients", "sum_y", "sum_n"))
        at_threshold = _number(row["threshold"]) == _threshold(pack, segment, metric)
        if not at_threshold or metric not in PROPORTIONS or not y <= n >= k or segment[0] == ALL_SITES:
            raise _StepError(f"{name} has a row at another threshold, or with sums that cannot be")
        pooled = (ALL_SITES, *segment[1:]), metric
        before = found.get(pooled, (0, 0, 0))
        found[segment, metric], found[pooled] = (k, y, n), (before[0] + k, before[1] + y, before[2] + n)
    return found


def _tallies(pack: _Pack) -> dict[tuple[str, ...], _Tally]:
    name, steps = "tallies/score_tally_grid.csv", pack.said()["score_grid_steps"]
    found: dict[tuple[str, ...], dict[float, list[int]]] = {}
    for segment, row in _rows(pack, name, "score"):
        score, counts = _number(row["score"]) or 0.0, [_count(row["n_positive"]), _count(row["n_negative"])]
        # Each in the middle of its cell, so that cases share a cell exactly where they share a score.
        if not 0 < score < 1 or score != (math.floor(score * steps) + 0.5) / steps or segment[0] == ALL_SITES:
            raise _StepError(f"{name} has a row with a score that is not on the grid, or over all sites")
        found.setdefault(segment, {})[score] = counts
        pooled = found.setdefault((ALL_SITES, *segment[1:]), {}).setdefault(score, [0, 0])
        pooled[:] = [pooled[0] + counts[0], pooled[1] + counts[1]]
    return {segment: _Tally(cells) for segment, cells in found.items()}


def _rows(pack: _Pack, name: str, last: str) -> Iterator[tuple[tuple[str, ...], dict[str, str]]]:
    """The rows of a table, each with its segment, which and column `last` make its key."""
    said, text = pack.said(), _unpacked(pack, name).decode("utf-8")
    if "\r" in text:
        raise _StepError(f"{name} has a carriage return, which not every reader takes for the same")
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    header, sites, seen = next(reader, []), {*said["standings"], ALL_SITES}, set()
    for cells in reader:
        row = {header[place]: cell for place, cell in enumerate(cells)}
        if len(row) != len(header):
            raise _StepError(f"{name} has a row with more or fewer cells than its header, or a column twice")
        segment = tuple(row[column] for column in SEGMENT)
        if segment[0] not in sites or segment[1:3] not in said["thresholds"] or segment[3] != "test":
            raise _StepError(f"{name} has a row of a site, an endpoint or a split that pack.json does not name")
        if (segment, row[last]) in seen:
            raise _StepError(f"{name} has a row twice")
        seen.add((segment, row[last]))
        yield segment, row


def _unpacked(pack: _Pack, name: str) -> bytes:
    """A table, which may be kept packed by gzip."""
    if name in pack.files or f"{name}.gz" not in pack.files:
        return pack.file(name)
    with gzip.open(io.BytesIO(pack.files[f"{name}.gz"])) as packed:
        content: bytes = packed.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise _StepError(f"{name} is larger than a pack may be")
    return content


def _threshold(pack: _Pack, segment: Sequence[str], metric: str) -> "float | None":
    threshold: float = pack.said()["thresholds"][segment[1], segment[2]]
    return None if metric == "prevalence" else threshold


# --- small things ----------------------------------------------------------------------------------------------------


def _count(cell: str) -> int:
    if not re.fullmatch("[0-9]{1,15}", cell):
        raise _StepError("a table holds something else where a count should be")
    return int(cell)


def _number(cell: str) -> "float | None":
    if cell and not (repr(float(cell)) == cell and math.isfinite(float(cell))):
        raise _StepError("a table holds a number that is not written as it must be")
    return float(cell) if cell else None


def _json(content: Any) -> bytes:
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode(
        "utf-8"
    )


def _canonical(content: bytes, name: str) -> Any:
    """The JSON in `content`, which must be what it would be written as: so no key stands twice, and NaN nowhere."""
    try:
        said = json.loads(content.decode("utf-8"))
        if _json(said) == content:
            return said
    except (ValueError, RecursionError):
        pass
    raise _StepError(f"{name} is not canonical JSON")


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _shown(name: str) -> str:
    return name if re.fullmatch(rf"(?:{PLAIN})?(?: ?\([a-z, ]+\))?", name) else "a file whose name is not plain"


STEPS: "tuple[tuple[str, Callable[[_Pack, list[str]], str]], ...]" = (
    ("files", _files),
    ("digests", _digests),
    ("signature", _signature),
    ("protocol", _protocol),
    ("ledgers", _ledgers),
    ("standing", _standing),
    ("counts", _counts),
    ("scores", _scores),
)


# --- reading a pack, and the command ---------------------------------------------------------------------------------


def read_pack(path: "str | os.PathLike[str]") -> dict[str, bytes]:
    """Every file of a folder, or of a zip without the one folder that all of it lies in.

    What is no plain file or cannot be read stands under a name with a note in brackets, which fails step 1.
    """
    folder = Path(path)
    return _of_folder(folder) if folder.is_dir() else _of_zip(folder)


def _of_folder(folder: Path) -> dict[str, bytes]:
    found, room = {}, LARGEST
    for top, folders, names in os.walk(folder):
        for file in (Path(top, name) for name in (*folders, *names)):
            name, mode = file.relative_to(folder).as_posix(), file.lstat().st_mode
            if stat.S_ISDIR(mode):
                continue
            room -= file.lstat().st_size
            if not stat.S_ISREG(mode):
                # A link may lead out of the pack, and a pipe would never end.
                found[f"{name} (a link or no file)"] = b""
            elif room < 0:
                found[f"{name} (too large)"] = b""
            else:
                try:
                    found[name] = file.read_bytes()
                except OSError:
                    found[f"{name} (cannot be read)"] = b""
    return found


def _of_zip(file: Path) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    try:
        with zipfile.ZipFile(file) as archive:
            members = [member for member in archive.infolist() if not member.is_dir() or member.file_size]
            tops = {member.filename.partition("/")[0] for member in members}
            room = LARGEST
            if len(tops) == 1 and not re.fullmatch(PLAIN, next(iter(tops))):
                found["(the folder in the zip has no plain name)"] = b""
            for member in members:
                name = member.filename.partition("/")[2] if len(tops) == 1 else member.filename
                room -= member.file_size
                if name in found or stat.S_ISLNK(member.external_attr >> 16) or room < 0:
                    found[f"{name} (twice, a link, or too large)"] = b""
                else:
                    found[name] = archive.read(member)
    except Exception:
        # Every part of a zip may be damaged, and zipfile has no one exception for that.
        found["(the zip cannot be read to its end)"] = b""
    return found


def main() -> int:
    """The command; its exit code is 0 where the pack is verified, 1 where it is not, and 2 where nothing was done."""
    parser = argparse.ArgumentParser(description="Verifies a pack of validation results, step by step.")
    parser.add_argument("pack", nargs="?", default=str(Path(__file__).parent), help="folder or zip (default: here)")
    parser.add_argument("--key", help="PEM file with the public key of the only signer who will do")
    parser.add_argument("--allow-unsigned", action="store_true", help="accept a pack that nobody has signed")
    asked = parser.parse_args()
    key = None
    try:
        if asked.key is not None:
            key = Path(asked.key).read_bytes().replace(b"\r\n", b"\n").strip() + b"\n"
        if not Path(asked.pack).is_dir():
            Path(asked.pack).open("rb").close()
    except (OSError, ValueError):
        parser.error("the pack or the key cannot be read")
    if key is not None and raw_key(key) is None:
        parser.error("the key is no Ed25519 public key in PEM")
    steps = verify(read_pack(asked.pack), key=key, allow_unsigned=asked.allow_unsigned)
    lines = []
    for step in steps:
        lines.append(f"{step.number}. {step.title}: {step.outcome}: {step.sentence}.")
        lines += [f"     {detail}" for detail in step.details]
    line, code = conclusion(steps)
    sys.stdout.write("\n".join([*lines, "", NOT_SHOWN, "", line, ""]))
    return code


if __name__ == "__main__":
    sys.exit(main())
