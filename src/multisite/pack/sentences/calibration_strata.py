"""Which levels are miscalibrated, whether prevalence explains it, and what a recalibration would change."""

from multisite.pack.calibration_strata import Line, causes, gains, levels, place_words
from multisite.pack.evidence import Endpoint, Evidence
from multisite.pack.metrics import BRIER, INTERCEPT, SLOPE
from multisite.pack.numbers import Written, fixed, per_cent, write
from multisite.pack.words import capital, listed, named
from multisite.vocabulary import ALL_SITES, OVERALL, SITE_AXIS, CalibrationState, MiscalibrationCause

__all__ = ["calibration_strata_sentences"]

_LOGISTIC = "intercept and slope"
_URGENCY = (
    MiscalibrationCause.OTHER,
    MiscalibrationCause.PREVALENCE,
    MiscalibrationCause.INSUFFICIENT,
    MiscalibrationCause.NONE,
)


def calibration_strata_sentences(evidence: Evidence, endpoint: Endpoint) -> tuple[str, ...]:
    """Levels, causes and advice, the empty ones left out; none where the scores are no probabilities."""
    if endpoint.model.id in evidence.parameters.not_probabilities:
        return ()
    return tuple(filter(None, (_levels(evidence, endpoint), _causes(evidence, endpoint), _advice(evidence, endpoint))))


def _levels(evidence: Evidence, endpoint: Endpoint) -> str:
    """What departs among the sites, and of which strata it is shown that the levels differ."""
    found = levels(evidence, endpoint)
    sites = {level for stratum, level, _ in found if stratum == SITE_AXIS}
    off = sorted(
        level
        for level in sites
        if any(
            row is not None and row["state"] == CalibrationState.DEPARTS
            for row in (found.get((SITE_AXIS, level, metric)) for metric in (INTERCEPT, SLOPE))
        )
    )
    told = [f"{level} ({_numbers(found, level)})" for level in off]
    text = (
        f"After shrinkage, intercept or slope depart from their ideal at {listed(told)}."
        if off
        else "After shrinkage, neither intercept nor slope is shown to depart from its ideal at any site."
    )
    return f"{text} {_differences(evidence, found)}"


def _differences(evidence: Evidence, found: dict[tuple[str, str, str], Line]) -> str:
    """By which strata either metric differs: two families of tests, each adjusted by itself."""
    alpha = 1.0 - evidence.parameters.ci_level
    titles = {stratum.id: stratum.title for stratum in evidence.parameters.strata} | {SITE_AXIS: "site"}
    said = []
    for metric, name in ((INTERCEPT, "intercept"), (SLOPE, "slope")):
        differ = sorted(
            {
                stratum
                for (stratum, _, of), row in found.items()
                if of == metric and row["q_p_adjusted"] is not None and row["q_p_adjusted"] <= alpha
            }
        )
        if differ:
            said.append(f"the {name} differs by {listed([titles.get(s, s).lower() for s in differ])}")
    if not said:
        return "That intercept or slope differ by site or by any stratum is not shown (Holm over the strata of each)."
    return f"{capital('; '.join(said))} (Holm over the strata of each)."


def _numbers(found: dict[tuple[str, str, str], Line], level: str) -> str:
    said = []
    for metric, name in ((INTERCEPT, "intercept"), (SLOPE, "slope")):
        row = found.get((SITE_AXIS, level, metric))
        if row is None or row["state"] != CalibrationState.DEPARTS:
            continue
        drawn = ("shrunken", "shrunken_low", "shrunken_high")
        names = drawn if row["shrunken"] is not None else ("estimate", "ci_low", "ci_high")
        said.append(f"{name} {write(*(row[n] for n in names), expected=row['ideal'])}")
    return ", ".join(said)


def _causes(evidence: Evidence, endpoint: Endpoint) -> str:
    """Of each site, and of all cases, whether the prevalence would explain what is off."""
    own = [row for row in causes(evidence, endpoint).values() if row["stratum"] in (SITE_AXIS, OVERALL)]
    found: dict[tuple[str, str | None], list[Line]] = {}
    for row in own:
        found.setdefault((row["cause"], row["reason"]), []).append(row)
    said = []
    for (cause, reason), rows in sorted(found.items(), key=lambda held: _URGENCY.index(held[0][0])):
        places = listed([place_words(evidence, row) for row in rows])
        if cause == MiscalibrationCause.NONE:
            said.append(f"No sign of miscalibration: {places}.")
        elif cause == MiscalibrationCause.PREVALENCE:
            said += [_explained(evidence, row) for row in rows]
        else:
            said.append(f"{places}: {cause} ({reason}).")
    return " ".join(said)


def _explained(evidence: Evidence, row: Line) -> str:
    here, there = (per_cent(100 * row[name]) for name in ("prevalence", "tuning_prevalence"))
    shift = write(row["shift"], row["shift_low"], row["shift_high"], expected=0.0)
    return (
        f"{place_words(evidence, row)}: explained by prevalence, {here} with the finding and {there} among the tuning "
        f"cases; it shifts the logits of true scores by {shift}."
    )


def _advice(evidence: Evidence, endpoint: Endpoint) -> str:
    """What the recalibration with intercept and slope would change over all sites, and where a site's own helps."""
    found = gains(evidence, endpoint)
    overall = found.get((ALL_SITES, ALL_SITES, _LOGISTIC, BRIER))
    if overall is None:
        return ""
    if overall["fall"] is None:
        text = f"Advice: no recalibration can be suggested over all sites: {overall['reason']}."
    else:
        text = f"Advice: on the tuning cases of all sites, {_fit(overall)}; on test cases {_fall(overall)}."
    own = [
        row
        for (site, on, method, metric), row in sorted(found.items())
        if on == site != ALL_SITES and (method, metric) == (_LOGISTIC, BRIER) and row["fall"] is not None
    ]
    helped = [row for row in own if row["fall_low"] is not None and row["fall_low"] > 0.0]
    harmed = [row for row in own if row["fall_high"] is not None and row["fall_high"] < 0.0]
    for row in helped:
        text += f" On {row['site']}'s own tuning cases, {_fit(row)}; on its test cases {_fall(row)}."
    if harmed:
        rises = listed([f"at {row['site']} by {_rise(row)}" for row in harmed])
        text += f" With a fit of a site's own the Brier score would rise {rises}: it is not advised."
    rest = len(own) - len(helped) - len(harmed)
    if rest:
        of = named(rest, "other site", "other sites") if len(own) > rest else named(rest, "site", "sites")
        text += f" At {of} with tuning cases a fit of its own is not shown to help."
    return text + " No result of this report is recalibrated."


def _rise(row: Line) -> Written:
    return write(-row["fall"], -row["fall_high"], -row["fall_low"], expected=0.0)


def _fit(row: Line) -> str:
    return f"the intercept is {fixed(row['intercept'], 2)} and the slope {fixed(row['slope'], 2)}"


def _fall(row: Line) -> str:
    number = write(row["fall"], row["fall_low"], row["fall_high"], expected=0.0)
    if row["fall_low"] is None or row["fall_low"] <= 0.0 <= row["fall_high"]:
        return f"a change of the Brier score is not shown (fall {number})"
    if row["fall"] < 0.0:
        return f"the Brier score would rise by {_rise(row)}: it is not advised"
    return f"the Brier score would fall by {number}"
