"""Fault planted → found by whom, as Markdown: ``python tests/benchmarks/peers/table.py <folder>``.

Reads ``ours.json`` and ``peers.json``. A tool found a fault if a check of it fails on the faulty cohort and passes on
the clean cohort that the faulty one was made from.
"""

import csv
import json
import sys
from pathlib import Path
from typing import Any

_LABEL = "reference_nodule"
_NOTHING = "nothing"


def main(folder: Path) -> int:
    """Print three tables: faults in cohorts, faults in images, and alarms on clean cohorts."""
    ours = json.loads((folder / "ours.json").read_text(encoding="utf-8"))
    peers = json.loads((folder / "peers.json").read_text(encoding="utf-8"))
    sites = peers["sites"]
    print(", ".join(f"{name} {version}" for name, version in peers["versions"].items()))
    print("\n| planted | multisite | deepchecks | cleanlab | cleanvision |\n|---|---|---|---|---|")
    for site, said in ours.items():
        if said["fault"] == _NOTHING:
            continue
        cells = (
            said["fault"],
            _new(said["failed"], ours[said["twin"]]["failed"]),
            _deepchecks(sites[site], sites[said["twin"]]),
            _cleanlab(folder, site, said["twin"], sites),
            _cleanvision(sites[site].get("cleanvision")),
        )
        print(f"| {' | '.join(cells)} |")
    print("\n| clean | multisite | deepchecks | cleanlab | cleanvision |\n|---|---|---|---|---|")
    for site, said in ours.items():
        if said["fault"] == _NOTHING:
            judged = sites[site]
            alarms = _new(judged["deepchecks"]["failed"], {}) if "deepchecks" in judged else ""
            cells = (site, _new(said["failed"], {}), alarms, _clean(judged), _cleanvision(judged.get("cleanvision")))
            print(f"| {' | '.join(cells)} |")
    return 0


def _new(failed: dict[str, str], before: dict[str, str]) -> str:
    new = (f"{name}: {' '.join(what.split())}" for name, what in failed.items() if name not in before)
    return "; ".join(new) or "—"


def _deepchecks(said: dict[str, Any], twin: dict[str, Any]) -> str:
    if "deepchecks" not in said:
        return ""
    not_run = sorted(set(said["deepchecks"]["not run"]))
    answer = _new(said["deepchecks"]["failed"], twin["deepchecks"]["failed"])
    return answer + (f" (not run: {', '.join(not_run)})" if not_run else "")


def _cleanlab(folder: Path, site: str, twin: str, sites: dict[str, Any]) -> str:
    if "cleanlab" not in sites[site]:
        return ""
    said, before = sites[site]["cleanlab"], sites[twin]["cleanlab"]
    rows, rows_before = _labels(folder, site), _labels(folder, twin)
    parts = [
        f"rows not iid ({view}): p = {said[view]['non_iid p']} (clean {before[view]['non_iid p']})"
        for view in ("acquisition", "acquisition and label")
        if said[view]["non_iid p"] < min(0.05, before[view]["non_iid p"])
    ]
    further = rows.keys() - rows_before.keys()
    if further:
        near = said["acquisition"]["near duplicates"]
        planted = f"{len(further & set(near))} of {len(further)} planted cases"
        parts.append(f"near duplicates: {planted}, {len(near)} of {len(rows)} in all")
    wrong = {case for case in rows.keys() & rows_before.keys() if rows[case] != rows_before[case]}
    flagged = set(said["scores"]["label issues"])
    if site == "labels-wrong":
        scored = _scored(folder, site) & wrong
        parts.append(f"label issues: {len(flagged & scored)} of {len(scored)} wrong and scored, {len(flagged)} in all")
    return "; ".join(parts) or "—"


def _clean(said: dict[str, Any]) -> str:
    if "cleanlab" not in said:
        return ""
    views = {name: found for name, found in said["cleanlab"].items() if name != "scores"}
    parts = [
        f"{name}: {', '.join(f'{issue} {n}' for issue, n in found.items() if issue != 'near duplicates')}"
        for name, found in views.items()
    ]
    return "; ".join([*parts, f"scores: label {len(said['cleanlab']['scores']['label issues'])}"])


def _cleanvision(said: dict[str, Any] | None) -> str:
    if said is None:
        return ""
    parts = []
    for kind in ("exact_duplicates", "near_duplicates"):
        found = said[kind]
        planted = f"{found['planted found']} of {said['planted']} planted, " if said["planted"] else ""
        others = f"{found['sets without a planted pair']} other sets"
        parts.append(f"{kind}: {planted}{others}, {found['sets of several patients']} sets of several patients")
    return "; ".join(parts)


def _labels(folder: Path, site: str) -> dict[str, str]:
    with (folder / "sites" / site / "table.csv").open(encoding="utf-8") as rows:
        return {row["case_id"]: row[_LABEL] for row in csv.DictReader(rows)}


def _scored(folder: Path, site: str) -> set[str]:
    with (folder / "sites" / site / "table.csv").open(encoding="utf-8") as rows:
        return {row["case_id"] for row in csv.DictReader(rows) if row["score"]}


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1])))
