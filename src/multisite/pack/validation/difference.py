"""Two packs side by side: what changed of model, data, protocol and results, and which claims that touches."""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from multisite.errors import UsageError
from multisite.study import changes_between, protocol_parts
from multisite.vocabulary import ALL_SITES, OVERALL

__all__ = ["Change", "PackDifference", "ResultPair", "TouchedClaim", "difference_of"]

_HEAD: Final = ("auc", "sensitivity", "specificity")


@dataclass(frozen=True, slots=True)
class Change:
    """What is of the one pack and of the other; empty where a pack lacks it."""

    kind: str
    what: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class ResultPair:
    """A result over all sites in both packs, as ``0.91 (0.88 to 0.94)``, and whether the intervals lie apart."""

    result: str
    before: str
    after: str
    apart: bool


@dataclass(frozen=True, slots=True)
class TouchedClaim:
    """An item of CLAIM 2024 whose answer rests on something that changed."""

    item: str
    topic: str
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PackDifference:
    """All of it; nothing in any of them says that both packs say the same."""

    changes: tuple[Change, ...]
    results: tuple[ResultPair, ...]
    claims: tuple[TouchedClaim, ...]


def difference_of(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> PackDifference:
    """What ``after`` has otherwise than ``before``: files of two packs.

    Raises
    ------
    UsageError
        When one is no pack, or they are of two studies.
    """
    old, new = _facts(before, "the earlier pack"), _facts(after, "the later pack")
    if old["study"] != new["study"]:
        raise UsageError(
            "the packs are of two studies", place="packs", remedy="Compare two packs of one study, by its identifier."
        )
    changes = (
        *_identity(old, new),
        *_models(old, new),
        *_protocol(before, after),
        *_data(old, new),
        *_ledgers(before, after, old, new),
    )
    results = tuple(_results(before, after, old, new))
    return PackDifference(changes, results, tuple(_claims(old, new)))


def _facts(files: Mapping[str, bytes], which: str) -> dict[str, Any]:
    try:
        held: dict[str, Any] = json.loads(files["pack.json"])
        for name in ("study", "models", "inputs", "claim_items", "statements", "planned", "sites", "ledgers", "ladder"):
            held[name]
    except (KeyError, ValueError, TypeError):
        raise UsageError(
            f"{which} has no `pack.json` that can be read", place=which, remedy="Check it with `multisite pack verify`."
        ) from None
    return held


def _identity(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    for name, title in (("built", "built"), ("software", "software"), ("protocol", "protocol (SHA-256)")):
        if old[name] != new[name]:
            yield Change("pack", title, _short(old[name]), _short(new[name]))
    if old["standing"]["kind"] != new["standing"]["kind"]:
        yield Change("pack", "results are", old["standing"]["kind"], new["standing"]["kind"])
    sites = [{one["site"] for one in facts["sites"]} for facts in (old, new)]
    for site in sorted(sites[0] ^ sites[1]):
        yield Change("data", f"site {site}", *("there" if site in known else "" for known in sites))


def _models(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    known = [{model["id"]: model for model in facts["models"]} for facts in (old, new)]
    for name in sorted({*known[0], *known[1]}):
        one, other = (models.get(name, {}) for models in known)
        for field in ("version", "sha256", "frozen_on"):
            if one.get(field) != other.get(field):
                yield Change("model", f"{name}, {field}", _short(one.get(field)), _short(other.get(field)))


def _protocol(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> Iterator[Change]:
    try:
        texts = [json.loads(files.get("protocol.json", b"{}")) for files in (before, after)]
    except ValueError:
        yield Change("protocol", "`protocol.json`", "", "one of them cannot be read")
        return
    parts = [protocol_parts(text) for text in texts]
    for part in parts[1]:
        old, new = parts[0].get(part, {}), parts[1][part]
        for path in changes_between(old, new):
            yield Change(f"protocol, {part}", path, _short(_at(old, path)), _short(_at(new, path)))


def _data(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    places = sorted({*old["inputs"], *new["inputs"]})
    for place in places:
        if place.endswith("/cohort_identity") and old["inputs"].get(place) != new["inputs"].get(place):
            site = place.partition("/")[0]
            yield Change("data", f"test set of {site}", *(_short(f["inputs"].get(place)) for f in (old, new)))


def _ledgers(
    before: Mapping[str, bytes], after: Mapping[str, bytes], old: Mapping[str, Any], new: Mapping[str, Any]
) -> Iterator[Change]:
    """Per ledger what was noted in between, and whether the later one still holds the head of the earlier one."""
    for name, held in old["ledgers"].items():
        if name not in new["ledgers"]:
            continue
        entries = _entries(after, name)
        kept = [one["sha256"] for one in entries if one["number"] == held["count"]]
        if held["count"] and kept != [held["head"]]:
            yield Change("ledger", f"{name}: entry {held['count']}", _short(held["head"]), "another, or cut off")
        for event in ("protocol locked", "test labels read", "deviation from the protocol"):
            counts = [sum(_event(one) == event for one in _entries(files, name)) for files in (before, after)]
            if counts[0] != counts[1]:
                yield Change("ledger", f"{name}: {event}", str(counts[0]), str(counts[1]))
    for one in old["ladder"]:
        later = next((other["status"] for other in new["ladder"] if other["rung"] == one["rung"]), "")
        if one["status"] != later:
            yield Change("ladder", one["rung"], one["status"], later)


def _entries(files: Mapping[str, bytes], name: str) -> list[dict[str, Any]]:
    try:
        held: list[dict[str, Any]] = json.loads(files[f"ledger/{name}.json"])["entries"]
    except (KeyError, ValueError, TypeError):
        return []
    return held


def _event(one: Mapping[str, Any]) -> str:
    entry = one.get("entry") or {}
    return str(entry.get("event", ""))


def _results(
    before: Mapping[str, bytes], after: Mapping[str, bytes], old: Mapping[str, Any], new: Mapping[str, Any]
) -> Iterator[ResultPair]:
    """Planned endpoints and the three of the first page, over all sites, where they differ."""
    strata = {(one["metric"], one["stratum"] or OVERALL) for facts in (old, new) for one in facts["planned"]}
    strata |= {(metric, OVERALL) for metric in _HEAD}
    known = [_estimates(files, strata) for files in (before, after)]
    for key in sorted({*known[0], *known[1]}):
        one, other = (estimates.get(key) for estimates in known)
        if one != other:
            finding, model, stratum, level, metric = key
            of = "" if stratum == OVERALL else f", {stratum} {level}"
            name = f"{metric} of {finding} by {model}{of}"
            yield ResultPair(name, _written(one), _written(other), _apart(one, other))


_Row = tuple[str, str, str]


def _estimates(files: Mapping[str, bytes], wanted: set[tuple[str, str]]) -> dict[tuple[str, ...], _Row]:
    text = files.get("results/estimates.csv", b"").decode(errors="replace")
    found = {}
    for row in csv.DictReader(io.StringIO(text)):
        if row.get("site") == ALL_SITES and (row.get("metric", ""), row.get("stratum", "")) in wanted:
            key = tuple(row[name] for name in ("finding", "model", "stratum", "level", "metric"))
            found[key] = (row["estimate"], row["ci_low"], row["ci_high"])
    return found


def _written(row: _Row | None) -> str:
    if row is None or not row[0]:
        return "none"
    estimate, low, high = row
    return f"{float(estimate):.3f}" + (f" ({float(low):.3f} to {float(high):.3f})" if low and high else "")


def _apart(one: _Row | None, other: _Row | None) -> bool:
    if one is None or other is None or not all((*one, *other)):
        return False
    return float(one[2]) < float(other[1]) or float(other[2]) < float(one[1])


def _claims(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[TouchedClaim]:
    for item, held in new["claim_items"].items():
        earlier = old["claim_items"].get(item, {"statements": [], "made_from": {}})
        because = []
        paths = sorted({*held["statements"], *earlier["statements"]})
        said = [path for path in paths if old["statements"].get(path) != new["statements"].get(path)]
        if said:
            because.append(f"statements: {', '.join(said)}")
        places = sorted({*held["made_from"], *earlier["made_from"]})
        made = [p for p in places if held["made_from"].get(p) != earlier["made_from"].get(p)]
        if made:
            because.append(f"artefacts: {', '.join(made[:3])}{f' and {len(made) - 3} more' if len(made) > 3 else ''}")
        status = [f["guidelines"]["claim_2024"]["items"].get(item, "none") for f in (old, new)]
        if status[0] != status[1]:
            because.append(f"{status[0]}, now {status[1]}")
        if because:
            yield TouchedClaim(item, held["topic"], tuple(because))


def _at(held: Any, path: str) -> Any:
    for name in path.split("."):
        if isinstance(held, Mapping):
            held = held.get(name)
        elif isinstance(held, list) and name.isdigit() and int(name) < len(held):
            held = held[int(name)]
        else:
            return None
    return held


def _short(value: Any) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    is_digest = len(text) == 64 and set(text) <= set("0123456789abcdef")
    return text[:12] if is_digest else text if len(text) <= 60 else f"{text[:59]}…"
