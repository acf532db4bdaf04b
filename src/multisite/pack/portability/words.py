"""The check in words: a page for a terminal of 80 columns, and records for machines."""

import textwrap
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from multisite.pack.numbers import count, decimals_for, fixed, write
from multisite.pack.portability.result import ClassWeights, EndpointPortability, MetricPortability, Portability
from multisite.pack.portability.target import COUNTED, STATED
from multisite.pack.words import listed

__all__ = ["portability_records", "portability_text"]

_WIDTH = 80
_TITLES = {"sensitivity": "sensitivity", "specificity": "specificity", "auc": "AUC", "ppv": "PPV", "npv": "NPV"}
_COLUMNS = (13, 8, 23, 15)
_REFUSED = "refused"


def portability_text(found: Portability) -> str:
    """Lines of at most 80 columns."""
    lines = [*_wrapped(f"Portability of {found.title}"), ""]
    lines += _wrapped(_population(found))
    for endpoint in found.endpoints:
        lines += ["", *_endpoint(endpoint, found)]
    lines += ["", "What this rests on"]
    for sentence in _assumptions(found):
        lines += textwrap.wrap(_plain(sentence), _WIDTH, initial_indent="- ", subsequent_indent="  ")
    return "\n".join(line.rstrip() for line in lines) + "\n"


def portability_records(found: Portability) -> Iterator[dict[str, Any]]:
    """One record per endpoint and measure, then one per assumption."""
    for endpoint in found.endpoints:
        names = {"finding": endpoint.endpoint.finding, "model": endpoint.endpoint.model}
        if endpoint.reason is not None:
            yield {"event": "refused", **names, "reason": endpoint.reason}
        for weights in endpoint.weights:
            yield {"event": "weights", **names, **asdict(weights)}
        for metric in endpoint.metrics:
            estimate = metric.estimate
            yield {
                "event": "measure",
                **names,
                "threshold": endpoint.endpoint.threshold,
                "metric": metric.metric,
                "carried_over": estimate is not None,
                "estimate": None if estimate is None else estimate.estimate,
                "ci_low": None if estimate is None else estimate.ci_low,
                "ci_high": None if estimate is None else estimate.ci_high,
                "ci_level": found.ci_level,
                "ci_method": None if estimate is None else estimate.ci_method,
                "in_the_pack": metric.pooled,
                "prevalence": endpoint.prevalence,
                "prevalence_from": endpoint.prevalence_from,
                "unsupported": metric.unsupported,
                "bounds": asdict(metric.bounds),
                "reasons": list(metric.reasons),
                "lacking": [asdict(cell) for cell in metric.lacking],
            }
    for sentence in _assumptions(found):
        yield {"event": "note", "sentence": sentence}


def _population(found: Portability) -> str:
    how = "counted by margins of" if found.raked else "counted by"
    census = "; the table is taken to hold everybody" if found.census else ""
    return f"Your {count(found.n_population)} patients, {how} {listed(found.strata)}{census}."


def _endpoint(endpoint: EndpointPortability, found: Portability) -> Iterator[str]:
    known = endpoint.endpoint
    yield from _wrapped(f"{known.finding_title}, {known.model_title}; positive from {known.threshold:g}")
    if endpoint.reason is not None:
        yield from _wrapped(f"Cannot be carried over: {endpoint.reason}.")
        return
    yield ""
    yield _line("", "pack", f"your patients ({100 * found.ci_level:g} %)", "worst case", "lacking")
    for metric in endpoint.metrics:
        yield _row(metric)
    yield ""
    for reason, metrics in _reasons(endpoint):
        yield from _wrapped(f"{listed(metrics)} cannot be carried over: {reason}.", capital=True)
    yield from _wrapped(f"Prevalence {_prevalence(endpoint)}.")
    for weights in endpoint.weights:
        yield from _wrapped(_weights(weights))
    if endpoint.capped:
        yield from _wrapped(f"The bound on weights, {found.rules.max_ratio:g} times the mean, held weights back.")


def _row(metric: MetricPortability) -> str:
    bounds, estimate = metric.bounds, metric.estimate
    low = bounds.low if bounds.ci_low is None else bounds.ci_low
    high = bounds.high if bounds.ci_high is None else bounds.ci_high
    decimals = max(2, decimals_for(low, high))
    worst = f"{fixed(low, decimals)}–{fixed(high, decimals)}"
    value = _REFUSED
    if estimate is not None and estimate.estimate is not None:
        value = str(write(estimate.estimate, estimate.ci_low, estimate.ci_high))
    pooled = "—" if metric.pooled is None else fixed(metric.pooled, decimals)
    return _line(_TITLES[metric.metric], pooled, value, worst, _share(metric.unsupported))


def _line(*cells: str) -> str:
    *padded, last = cells
    return "".join(f"{cell:<{width}}" for cell, width in zip(padded, _COLUMNS, strict=True)) + f"{last:>9}"


def _reasons(endpoint: EndpointPortability) -> Iterator[tuple[str, list[str]]]:
    by_reason: dict[str, list[str]] = {}
    for metric in endpoint.metrics:
        for reason in metric.reasons:
            by_reason.setdefault(reason, []).append(_TITLES[metric.metric])
    yield from by_reason.items()


def _prevalence(endpoint: EndpointPortability) -> str:
    if endpoint.prevalence is None:
        return "unknown"
    share = f"{100 * endpoint.prevalence:.1f} %"
    if endpoint.prevalence_from == STATED:
        return f"{share}, as you stated it and without error"
    if endpoint.prevalence_from == COUNTED:
        return f"{share}, as counted in your table"
    return f"{share}, if the pack's prevalence in each cell holds for your patients"


def _weights(weights: ClassWeights) -> str:
    ratio = (
        "" if weights.largest_ratio is None else f"; the largest weight is {weights.largest_ratio:.1f} times the mean"
    )
    return (
        f"{count(weights.n_patients)} patients {weights.called} of the pack count, so weighted, for "
        f"{weights.effective_patients:.0f} ({count(weights.n_cases)} cases for {weights.effective_cases:.0f}){ratio}."
    )


def _assumptions(found: Portability) -> Iterator[str]:
    yield (
        f"Within a cell of {listed(found.strata)} your patients are taken to be like the pack's: their images, how ill "
        "they are, how they were selected. That cannot be tested from counts, here or anywhere."
    )
    if not found.counted_positives:
        stated = any(endpoint.prevalence_from == STATED for endpoint in found.endpoints)
        how = "the odds of all cells multiplied by one factor to fit your prevalence" if stated else "as it is"
        yield (
            "How your patients with the finding divide over the cells is from the pack's prevalence in each cell, "
            f"{how}; that cannot be tested either. Count `n_positive` to do without it."
        )
    if found.raked:
        yield (
            "Your strata were counted one by one: how they go together is taken from the pack's own cases (raking). "
            "Give a table of their combinations to do without it."
        )
    if found.summed_from is not None:
        yield (
            f"The cells were added up from those of {found.summed_from}; a patient with cases in several of them "
            "counts once in each."
        )
    error = "has no sampling error (--census)" if found.census else "is a sample, and its error is in the intervals"
    yield f"Your table {error}. It counts patients; the pack counts cases, of which a patient may have several."
    yield (
        "The numbers are for the supported part of your patients, cells with at least "
        f"{found.rules.minimum_patients} of the pack's patients of the class. `lacking` is the rest; the worst case "
        "adds it as wrong throughout, and as right throughout, to the ends of the interval."
    )
    yield (
        f"Refused: with more than {_share(found.rules.most_unsupported)} lacking, or where the pack's patients, "
        f"weighted to yours, count for fewer than {found.rules.least_effective:g}."
    )


def _share(part: float) -> str:
    if 0.0 < part < 0.005:
        return "<1 %"
    return f"{100 * part:.0f} %"


def _wrapped(sentence: str, *, capital: bool = False) -> list[str]:
    text = _plain(sentence)
    return textwrap.wrap(text[:1].upper() + text[1:] if capital else text, _WIDTH, break_long_words=True)


def _plain(text: str) -> str:
    """Titles and levels are the pack's own words: nothing in them may steer a terminal."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)
