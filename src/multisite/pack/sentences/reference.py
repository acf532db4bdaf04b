"""How the reference standard was made, who made it, how far it can be trusted, and what hangs on it."""

from typing import Any

import polars as pl

from multisite.pack.evidence import Endpoint, Evidence
from multisite.pack.metrics import AUC
from multisite.pack.numbers import count, fixed, per_cent, share
from multisite.pack.parameters import FindingText, ReferenceText
from multisite.schemas.reference import AGREEMENT, PERFECT_MODEL, READING_COUNTS
from multisite.schemas.truth_sensitivity import READER_BENCHMARK, TRUTH_TORNADO
from multisite.vocabulary import EstimateStatus, TruthVariant

__all__ = [
    "UNKNOWN_READING",
    "benchmark_title",
    "ceiling_sentence",
    "declared_reference",
    "independence_sentence",
    "readers_sentence",
    "rule_sentence",
    "tornado_rows",
    "tornado_title",
]

UNKNOWN_READING = "The reference standard comes from the sites' tables; nothing is known about how it was read."
"""Of a finding whose labels are not made from readings."""

_PART_OF_A_POINT = 0.0005


def declared_reference(evidence: Evidence, finding: FindingText) -> ReferenceText | None:
    """The rule that makes the labels of the finding; ``None`` where tables give them."""
    return next((r for r in evidence.parameters.references if r.finding == finding.id), None)


def rule_sentence(reference: ReferenceText) -> str:
    """The declared rule in words, with its version."""
    return f"A case has the finding, or not, by {reference.rule} (version {reference.version} of the rule)."


def readers_sentence(evidence: Evidence, finding: FindingText) -> str:
    """Readers, readings, cases, and what became of them, over the sites."""
    counts = _counts(evidence, finding)
    total = _levels(counts, "total")
    states = _levels(counts, "state")
    n_cases, decided = total.get("cases read", 0), states.get("decided", 0)
    n_readers, n_readings = total.get("readers", 0), total.get("readings", 0)
    others = [f"{count(n)} {state.replace('_', '-')}" for state, n in states.items() if n and state != "decided"]
    left = f"; the others: {', '.join(others)}" if others else ""
    return (
        f"{_several(n_readers, 'reader')} made {_several(n_readings, 'reading')} of {_several(n_cases, 'case')}, "
        f"readers counted at each site. {share(decided, n_cases)} of the cases were decided{left}."
    )


def independence_sentence(evidence: Evidence, finding: FindingText) -> str:
    """Of how many decided cases those who decided were not independent, or are not known to be."""
    levels = _levels(_counts(evidence, finding), "decided case")
    whole = sum(levels.values())
    if not whole:
        return "No case was decided, so that nobody's independence can be told."
    known = {level: n for level, n in levels.items() if n and not level.startswith(("independent", "not said"))}
    unsaid = sum(n for level, n in levels.items() if level.startswith("not said"))
    found = [f"{share(n, whole)} of the decided cases were {level}" for level, n in known.items()]
    first = f"{'; '.join(found)}." if found else "No decided case is known to depend on the model's output."
    return first + (
        f" Of {share(unsaid, whole)} of the decided cases it is not said whether readers saw the output."
        if unsaid
        else ""
    )


def ceiling_sentence(evidence: Evidence, finding: FindingText) -> str:
    """How far readers agree, with each other and with a truth of others, and what a perfect model would show."""
    rows = evidence.frame(AGREEMENT).filter(pl.col("finding") == finding.id, pl.col("estimate").is_not_null())
    pairs = rows.filter(pl.col("statistic") == "observed_agreement", pl.col("first").str.starts_with("reader "))
    held = evidence.frame(READER_BENCHMARK).filter(
        pl.col("of_reader").is_not_null(), finding=finding.id, metric="agreement"
    )
    said = []
    if pairs.height:
        said.append(f"Two readers of the same cases agree in {_range(pairs['estimate'])} of them.")
    if held.height:
        said.append(
            f"A reader who is held out of the truth says the same as it in {_range(held['of_reader'])} of the test "
            "cases: the readers' benchmark, and no ceiling, for several readers together are right more often than one "
            "where they err independently."
        )
    if not said:
        said.append("How far readers agree is not known: too few patients were read twice.")
    return " ".join([*said, _perfect_sentence(rows.filter(first=PERFECT_MODEL))])


def _perfect_sentence(rows: pl.DataFrame) -> str:
    found = {statistic: rows.filter(statistic=statistic)["estimate"] for statistic in rows["statistic"].unique()}
    if "expected_agreement" not in found:
        return (
            "What a model that is always right would show against these labels cannot be told: that takes labels made "
            "from readings alone, and readings that tell how each reader errs."
        )
    of_class = [
        f"{word} {_range(found[f'expected_{word}'])}"
        for word in ("sensitivity", "specificity")
        if f"expected_{word}" in found
    ]
    sites = _several(rows["site"].n_unique(), "site")
    return (
        "A model that is always right would be expected to agree with the declared labels in "
        f"{_range(found['expected_agreement'])} of the decided cases ({', '.join(of_class)}; by a latent class model, "
        f"at {sites}). That is the ceiling of the claim if readers err independently of each other; "
        "where they err together it is lower, and a model that has learnt their errors can pass it."
    )


def tornado_rows(evidence: Evidence, endpoint: Endpoint) -> list[dict[str, Any]]:
    """A row per truth with its metrics under ``auc``, ``sensitivity`` and ``specificity``; most effect on AUC first.

    The declared truth is the first. One that leaves all labels and cases as they are is left out.
    """
    frame = evidence.frame(TRUTH_TORNADO).filter(finding=endpoint.finding.id, model=endpoint.model.id)
    found: dict[tuple[str, str | None], dict[str, Any]] = {}
    for row in frame.iter_rows(named=True):
        found.setdefault((row["variant"], row["reader_site"]), {})[row["metric"]] = row
    declared = found.pop((TruthVariant.DECLARED.value, None), None)
    if declared is None:
        return []
    same = (TruthVariant.INDEPENDENT.value, None)
    if same in found and all(_alike(found[same][metric], declared[metric]) for metric in declared):
        del found[same]
    ordered = sorted(
        found.items(), key=lambda item: (-abs(item[1][AUC]["change"] or 0.0), item[0][0], item[0][1] or "")
    )
    return [{"variant": TruthVariant.DECLARED.value, "reader_site": None} | declared] + [
        {"variant": variant, "reader_site": site} | metrics for (variant, site), metrics in ordered
    ]


def tornado_title(evidence: Evidence, endpoint: Endpoint) -> str:
    """Between what values the AUC moves with the truth, of those that can be had at the same sites, and how many those
    are.
    """
    rows = [row[AUC] for row in tornado_rows(evidence, endpoint)]
    sound = [row for row in rows if row["estimate"] is not None and row["n_sites"] == rows[0]["n_sites"]]
    if not rows or rows[0]["estimate"] is None or len(sound) < 2:
        return "What hangs on the reference standard could not be estimated"
    values = [row["estimate"] for row in sound]
    low, high, own = min(values), max(values), rows[0]["estimate"]
    n, n_all = len(sound) - 1, len(rows) - 1
    others = f"{_several(n, 'other truth')}" if n == n_all else f"{count(n)} of {_several(n_all, 'other truth')}"
    left_out = "" if n == n_all else f"; {count(n_all - n)} could not be estimated at the same sites"
    if high - low < _PART_OF_A_POINT:
        return f"Under {others} the AUC stays at {fixed(own, 3)}{left_out}"
    ends = f"{fixed(low, 3)} and {fixed(high, 3)}"
    return f"Under {others} the AUC moves between {ends}; as declared it is {fixed(own, 3)}{left_out}"


def benchmark_title(evidence: Evidence, endpoint: Endpoint) -> str:
    """Whether the model is better or worse than single readers, as far as intervals tell."""
    rows = evidence.frame(READER_BENCHMARK).filter(
        pl.col("status") == EstimateStatus.OK.value,
        finding=endpoint.finding.id,
        model=endpoint.model.id,
        metric="agreement",
    )
    if rows.is_empty():
        return "No reader could be compared with the model"
    above = rows.filter(pl.col("ci_low") > 0).height
    below = rows.filter(pl.col("ci_high") < 0).height
    return (
        f"Of {_several(rows.height, 'reader')}, the model agrees with the truth of others more often than "
        f"{count(above)}, less often than {count(below)}, by the intervals"
    )


def _counts(evidence: Evidence, finding: FindingText) -> pl.DataFrame:
    rows = evidence.frame(READING_COUNTS).filter(finding=finding.id)
    return (
        rows.group_by("topic", "level").agg(pl.col("n").sum(), pl.col("level_order").min()).sort("topic", "level_order")
    )


def _levels(counts: pl.DataFrame, topic: str) -> dict[str, int]:
    return dict(counts.filter(topic=topic).select("level", "n").rows())


def _range(shares: pl.Series) -> str:
    low, high = (100 * float(value) for value in (shares.to_numpy().min(), shares.to_numpy().max()))
    return per_cent(low) if per_cent(low) == per_cent(high) else f"{fixed(low, 0)} to {per_cent(high)}"


def _several(n: int, word: str) -> str:
    return f"{count(n)} {word}" if n == 1 else f"{count(n)} {word}s"


def _alike(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return all(one[name] == other[name] for name in ("n_cases", "estimate"))
