"""The method line under a table of estimates: how the intervals were made, as the estimates themselves say."""

import re
from collections import Counter
from collections.abc import Sequence

from multisite.pack.evidence import EstimateRow, Evidence
from multisite.pack.metrics import METRICS
from multisite.pack.numbers import per_cent
from multisite.pack.words import listed
from multisite.vocabulary import ALL_SITES

__all__ = ["interval_methods"]

_AUTHORS = ("Wilson", "DeLong", "Wald", "Newcombe", "Clopper", "Pearson")


def interval_methods(evidence: Evidence, rows: Sequence[EstimateRow | None]) -> str:
    """The level, and per measure of ``rows`` its methods, the commonest first, each with its remarks."""
    said: dict[str, list[str]] = {}
    for name, metric in METRICS.items():
        words = _measure([row for row in rows if row is not None and row.metric == name and row.ci_method])
        if words:
            said.setdefault(words, []).append(metric.title)
    level = f"Intervals of {per_cent(100 * evidence.parameters.ci_level)}."
    return " ".join([level, *(f"{listed(titles)}: {words}." for words, titles in said.items())])


def _measure(rows: Sequence[EstimateRow]) -> str:
    split = [(row.site, (row.ci_method or "").split("; ")) for row in rows]
    # Where no number could be given, how it would have been made is of no interest.
    methods = Counter(parts[0] for (_, parts), row in zip(split, rows, strict=True) if row.estimate is not None)
    ranked = sorted(methods, key=lambda method: (-methods[method], method))
    remarks = {
        remark: {site for site, parts in split if remark in parts[1:]} for _, parts in split for remark in parts[1:]
    }
    told = [f"over all sites {remark}" if sites == {ALL_SITES} else remark for remark, sites in sorted(remarks.items())]
    return "; ".join([" or ".join(_proper(method) for method in ranked), *told]) if ranked else ""


def _proper(method: str) -> str:
    """The name with the capitals of its authors, and what qualifies it in brackets."""
    for name in _AUTHORS:
        method = re.sub(rf"\b{name.lower()}\b", name, method)
    name, comma, qualification = method.partition(", ")
    return f"{name} ({qualification})" if comma else name
