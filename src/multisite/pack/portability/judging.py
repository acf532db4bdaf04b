"""One endpoint: its measures in the target, the gates that refuse them, and the bounds that need no assumption."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from multisite.pack.portability.cells import Cells
from multisite.pack.portability.facts import TIMES, PackEndpoint
from multisite.pack.portability.result import (
    ClassWeights,
    EndpointPortability,
    LackingCell,
    MetricPortability,
    PortabilityRules,
)
from multisite.pack.portability.target import Target
from multisite.stats import (
    CellShares,
    CellSupport,
    FilledBounds,
    StandardisedEstimate,
    TargetMix,
    auc,
    cell_support,
    effective_sample_size,
    filled_bounds,
    largest_weight_ratio,
    standardised_auc,
    standardised_predictive_values,
    standardised_proportion,
)

__all__ = ["judged"]

_POSITIVE, _NEGATIVE = "with the finding", "without the finding"
_MOST_NAMED = 3
_BOTH = (_POSITIVE, _NEGATIVE)
_NEEDS: Mapping[str, tuple[str, ...]] = {
    "sensitivity": (_POSITIVE,),
    "specificity": (_NEGATIVE,),
    "auc": _BOTH,
    "ppv": _BOTH,
    "npv": _BOTH,
}


@dataclass(frozen=True, slots=True, eq=False)
class _Class:
    """One class of cases: the target's shares, the pack's patients and cases per cell, and what is supported."""

    called: str
    shares: CellShares
    held: tuple[int, ...]
    cases: tuple[int, ...]
    support: CellSupport
    unsupported: float


@dataclass(frozen=True, slots=True, eq=False)
class _Work:
    """What every measure of an endpoint is judged by."""

    cells: Cells
    patients: CellShares
    classes: Mapping[str, _Class]
    weights: Mapping[str, ClassWeights]
    rules: PortabilityRules


def judged(
    endpoint: PackEndpoint, cells: Cells, target: Target, *, level: float, rules: PortabilityRules
) -> EndpointPortability:
    """Every measure of the endpoint in the target, or why it is refused."""
    if target.mix is None or target.patients is None:
        return EndpointPortability(
            endpoint=endpoint,
            prevalence=None,
            prevalence_from=target.prevalence_from,
            capped=target.capped,
            weights=(),
            metrics=(),
            reason=target.reason,
        )
    classes = {called: _class(called, cells, target.mix, target, rules) for called in _BOTH}
    weights = {called: _weights(one) for called, one in classes.items() if one.support.unsupported < 1.0}
    work = _Work(cells, target.patients, classes, weights, rules)
    estimates = _estimates(work, target.mix, level)
    bounds = _bounds(estimates, classes, target.mix.prevalence)
    pooled: dict[str, float | None] = {
        metric: moments.sum_y / moments.sum_n for metric, moments in cells.everyone.items() if moments.sum_n
    }
    pooled["auc"] = auc(cells.all_scores).estimate
    return EndpointPortability(
        endpoint=endpoint,
        prevalence=target.mix.prevalence,
        prevalence_from=target.prevalence_from,
        capped=target.capped,
        weights=tuple(weights.values()),
        metrics=tuple(_metric(m, pooled.get(m), estimates.get(m), bounds[m], work) for m in _NEEDS),
    )


def _class(called: str, cells: Cells, mix: TargetMix, target: Target, rules: PortabilityRules) -> _Class:
    positive = called == _POSITIVE
    shares, moments = (mix.positive, cells.sensitivity) if positive else (mix.negative, cells.specificity)
    held, cases = tuple(cell.n_patients for cell in moments), tuple(cell.sum_n for cell in moments)
    support = cell_support(shares, held, minimum=rules.minimum_patients)
    unsupported = support.unsupported
    if not target.counted and target.patients is not None:
        # Few cases say little of a cell's prevalence, and so of its share of a class: its share of all patients counts
        # where that is larger.
        of_patients = cell_support(target.patients, held, minimum=rules.minimum_patients)
        unsupported = max(unsupported, of_patients.unsupported)
        support = CellSupport(support.unsupported, support.kept, of_patients.lacking)
    return _Class(called, shares, held, cases, support, unsupported)


def _weights(one: _Class) -> ClassWeights:
    kept = one.shares.within(one.support.kept)
    return ClassWeights(
        called=one.called,
        n_patients=sum(n for n, share in zip(one.held, kept.share, strict=True) if share > 0.0),
        effective_patients=effective_sample_size(kept, one.held),
        n_cases=sum(n for n, share in zip(one.cases, kept.share, strict=True) if share > 0.0),
        effective_cases=effective_sample_size(kept, one.cases),
        largest_ratio=largest_weight_ratio(
            kept, [n if used else 0 for n, used in zip(one.held, one.support.kept, strict=True)]
        ),
    )


def _estimates(work: _Work, mix: TargetMix, level: float) -> dict[str, StandardisedEstimate]:
    """Of the supported part; none of what a class without any supported cell is needed for."""
    cells, found = work.cells, {}
    kept = {called: one.support.kept for called, one in work.classes.items() if called in work.weights}
    if _POSITIVE in kept:
        positives = mix.positive.within(kept[_POSITIVE])
        found["sensitivity"] = standardised_proportion(cells.sensitivity, positives, level=level)
    if _NEGATIVE in kept:
        negatives = mix.negative.within(kept[_NEGATIVE])
        found["specificity"] = standardised_proportion(cells.specificity, negatives, level=level)
    if len(kept) == len(_BOTH):
        inside = mix.within(kept[_POSITIVE], kept[_NEGATIVE])
        found["auc"] = standardised_auc(cells.scores, inside, design_effect=cells.design_effect, level=level)
        values = standardised_predictive_values(cells.sensitivity, cells.specificity, inside, level=level)
        found["ppv"], found["npv"] = values.ppv, values.npv
    return found


def _bounds(
    estimates: Mapping[str, StandardisedEstimate], classes: Mapping[str, _Class], prevalence: float
) -> dict[str, FilledBounds]:
    """Unsupported patients filled with 0 and 1; of predictive values, by Bayes from those of both rates."""
    positive, negative = (classes[called].unsupported for called in _BOTH)
    shares = {"sensitivity": positive, "specificity": negative, "auc": 1.0 - (1.0 - positive) * (1.0 - negative)}
    nothing = FilledBounds(low=0.0, high=1.0, ci_low=None, ci_high=None)
    bounds = {m: filled_bounds(estimates[m], s) if m in estimates else nothing for m, s in shares.items()}
    se, sp, odds = bounds["sensitivity"], bounds["specificity"], prevalence / (1.0 - prevalence)
    for metric, hits, others, prior in (("ppv", se, sp, odds), ("npv", sp, se, 1.0 / odds)):
        own = estimates.get(metric)
        if positive == negative == 0.0 and own is not None and own.estimate is not None:
            bounds[metric] = filled_bounds(own, 0.0)
            continue
        bounds[metric] = FilledBounds(
            low=_bayes(hits.low, others.low, prior, empty=0.0),
            high=_bayes(hits.high, others.high, prior, empty=1.0),
            ci_low=_bayes(_lower(hits), _lower(others), prior, empty=0.0),
            ci_high=_bayes(_upper(hits), _upper(others), prior, empty=1.0),
        )
    return bounds


def _lower(bounds: FilledBounds) -> float:
    return bounds.low if bounds.ci_low is None else bounds.ci_low


def _upper(bounds: FilledBounds) -> float:
    return bounds.high if bounds.ci_high is None else bounds.ci_high


def _bayes(hits: float, others: float, prior: float, *, empty: float) -> float:
    """Predictive value of two rates; ``empty`` where there is no result of the kind."""
    alarms = 1.0 - others
    return hits * prior / (hits * prior + alarms) if hits > 0.0 or alarms > 0.0 else empty


def _metric(
    metric: str, pooled: float | None, estimate: StandardisedEstimate | None, bounds: FilledBounds, work: _Work
) -> MetricPortability:
    needed = [work.classes[called] for called in _NEEDS[metric]]
    parts = [one.unsupported for one in needed]
    # A pair of an AUC is supported where both of its cases are.
    unsupported = 1.0 - math.prod(1.0 - part for part in parts) if metric == "auc" else max(parts)
    reasons = [reason for one in needed for reason in _gates(one, work)]
    if unsupported > work.rules.most_unsupported and not reasons:
        reasons.append(f"{_per_cent(unsupported)} of the pairs of your patients with and without it lack support")
    if not reasons and (estimate is None or estimate.ci_low is None):
        reasons.append("there is no estimate" if estimate is None else str(estimate.reason))
    return MetricPortability(
        metric=metric,
        pooled=pooled,
        estimate=None if reasons else estimate,
        unsupported=unsupported,
        bounds=bounds,
        reasons=tuple(dict.fromkeys(reasons)),
        lacking=tuple(cell for one in needed for cell in _lacking(one, work)),
    )


def _gates(one: _Class, work: _Work) -> list[str]:
    rules, found = work.rules, []
    if one.unsupported > rules.most_unsupported:
        found.append(_missing(one, work))
    weights = work.weights.get(one.called)
    if weights is not None and weights.effective_patients < rules.least_effective:
        found.append(
            f"weighted to your patients, the pack's {weights.n_patients} patients {one.called} count for "
            f"{weights.effective_patients:.0f}; at least {rules.least_effective:g} are needed"
        )
    return found


def _missing(one: _Class, work: _Work) -> str:
    """The largest unsupported cells, in the words of the refusal."""
    cells = _lacking(one, work)
    if not cells:
        return f"the pack has fewer than {work.rules.minimum_patients} patients {one.called} wherever yours are"
    shown = [
        f"{_per_cent(cell.share)} of your patients are {TIMES.join(cell.levels)}; the pack has "
        f"{cell.n_patients if cell.n_patients else 'no'} patient{'' if cell.n_patients == 1 else 's'} {cell.of} there"
        for cell in cells[:_MOST_NAMED]
    ]
    more = len(cells) - len(shown)
    rest = f"; and {more} smaller cell{'' if more == 1 else 's'}" if more else ""
    return "; ".join(shown) + rest + f" (a cell needs {work.rules.minimum_patients})"


def _lacking(one: _Class, work: _Work) -> tuple[LackingCell, ...]:
    share = work.patients.share
    order = sorted(one.support.lacking, key=lambda k: -share[k])
    return tuple(LackingCell(work.cells.keys[k], float(share[k]), one.held[k], one.called) for k in order)


def _per_cent(part: float) -> str:
    return f"{100 * part:.0f} %" if part >= 0.005 else "under 1 %"
