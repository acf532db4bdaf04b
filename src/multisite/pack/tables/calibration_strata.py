"""Tables of calibration by level, as seen and shrunken, and of what a recalibration would change."""

from collections.abc import Mapping

from multisite.pack.calibration_strata import (
    Line,
    cause_mark,
    causes,
    gains,
    levels,
    state_mark,
    strata_in_order,
)
from multisite.pack.evidence import Endpoint, Evidence
from multisite.pack.metrics import BRIER, INTERCEPT, METRICS, OBSERVED_EXPECTED, SLOPE
from multisite.pack.numbers import count, fixed, per_cent, write
from multisite.pack.tables.calibration import ECE_DECIMALS
from multisite.pack.tables.table import Cell, Column, Group, Row, Table, csv_text, missing, written
from multisite.schemas.calibration_strata import (
    CALIBRATION_BY_LEVEL,
    CALIBRATION_CAUSES,
    RECALIBRATION,
    RECALIBRATION_METHODS,
)
from multisite.vocabulary import ALL_SITES, OVERALL, SITE_AXIS

__all__ = ["calibration_levels_tables", "ratios_table", "recalibration_table"]

_LEAST_P = 0.001
_LOGISTIC = "intercept and slope"
_TOLD = (BRIER, INTERCEPT, SLOPE, OBSERVED_EXPECTED)


def calibration_levels_tables(evidence: Evidence, endpoint: Endpoint) -> tuple[Table, Table]:
    """All cases and the sites; and every stratum, to be folded away."""
    places = strata_in_order(evidence)
    first = [place for place in places if place[0] in (OVERALL, SITE_AXIS)]
    rest = [place for place in places if place[0] not in (OVERALL, SITE_AXIS)]
    method = (
        f"Test split, {per_cent(100 * evidence.parameters.ci_level)} intervals. Shrunken: drawn towards the mean of "
        "the stratum, the fewer cases the further (empirical Bayes). Meets: the whole shrunken interval lies within "
        "the tolerance about the ideal; departs: it leaves the ideal out, as the interval as seen does. Prevalence "
        "explains what departs where only the intercept does, and where the difference to the tuning cases' prevalence "
        "is shown to leave nothing over. Strata are not adjusted for sites: a level also departs because its cases are "
        "of a site that does."
    )
    title = f"Calibration by level, as seen and shrunken: {endpoint.title}"
    slug = f"calibration-levels-{endpoint.slug}"
    return (
        _table(evidence, endpoint, first, f"{slug}-sites", title, method),
        _table(evidence, endpoint, rest, slug, f"{title}, every stratum", method),
    )


def ratios_table(evidence: Evidence, endpoint: Endpoint) -> Table:
    """O:E of every level, as seen and shrunken."""
    found = levels(evidence, endpoint)
    groups = []
    for stratum, heading, names in strata_in_order(evidence):
        lines = [line for name in names if (line := found.get((stratum, name, OBSERVED_EXPECTED)))]
        rows = [
            Row((Cell(_label(line)), Cell(count(line["n_cases"]), sort=float(line["n_cases"])), *_pair(line)))
            for line in lines
        ]
        if rows:
            groups.append(Group(heading, tuple(rows)))
    columns = (
        Column("Level"),
        Column("Cases", kind="number"),
        Column("O:E as seen", "1 expected", kind="number"),
        Column("Shrunken", kind="number"),
    )
    data = endpoint.rows(evidence.frame(CALIBRATION_BY_LEVEL)).filter(metric=OBSERVED_EXPECTED)
    return Table(
        f"ratios-{endpoint.slug}", f"O:E by level: {endpoint.title}", columns, tuple(groups), csv=csv_text(data)
    )


def recalibration_table(evidence: Evidence, endpoint: Endpoint) -> Table:
    """Before and after on test cases: the fits of all sites over all, and at each site its own beside one of these."""
    found = gains(evidence, endpoint)
    groups = []
    for site in (ALL_SITES, *evidence.sites):
        fits = [(site, method) for method in RECALIBRATION_METHODS]
        if site != ALL_SITES:
            fits.append((ALL_SITES, _LOGISTIC))
        held = {fit: {m: found[site, *fit, m] for m in _TOLD} for fit in fits if (site, *fit, BRIER) in found}
        rows = [_fit_row(on, lines) for (on, _), lines in held.items() if lines[BRIER]["fall"] is not None]
        why = [
            f"{method}{' of all sites' if on != site else ''}: {lines[BRIER]['reason']}"
            for (on, method), lines in held.items()
            if lines[BRIER]["fall"] is None
        ]
        if held:
            groups.append(Group(site, tuple(rows), "; ".join(why)))
    return Table(
        f"recalibration-{endpoint.slug}",
        f"What a recalibration would change: {endpoint.title}",
        (
            Column("Fit", "intercept, slope"),
            Column("Fitted on", "tuning cases"),
            Column("Fall of Brier", "above 0 is better", kind="number"),
            Column("Intercept after", "0 expected", kind="number"),
            Column("Slope after", "1 expected", kind="number"),
            Column("O:E after", "1 expected", kind="number"),
        ),
        tuple(groups),
        "Fitted on tuning cases only, held against test cases; no result of this report is recalibrated. Before stands "
        "in the second line. A site's own fit: from its rows, patients as clusters. Fits of all sites: from counts on "
        "the score grid. The intervals do not count that the fit itself is uncertain.",
        csv_text(endpoint.rows(evidence.frame(RECALIBRATION))),
    )


def _fit_row(fitted_on: str, lines: Mapping[str, Line]) -> Row:
    brier = lines[BRIER]
    numbers = f"{fixed(brier['intercept'], 2)}, {fixed(brier['slope'], 2)}" if brier["slope"] is not None else "a curve"
    fall = write(brier["fall"], brier["fall_low"], brier["fall_high"], expected=0.0)
    return Row(
        (
            Cell(brier["method"], note=numbers),
            Cell(fitted_on, note=count(brier["n_tuning_cases"])),
            written(fall, brier["fall"]),
            *(_move(lines[metric], METRICS[metric].expected) for metric in _TOLD if metric != BRIER),
        )
    )


def _table(
    evidence: Evidence,
    endpoint: Endpoint,
    places: list[tuple[str, str, tuple[str, ...]]],
    slug: str,
    title: str,
    method: str,
) -> Table:
    found, why = levels(evidence, endpoint), causes(evidence, endpoint)
    groups = []
    for stratum, heading, names in places:
        rows = [_row(found, why, stratum, name) for name in names if (stratum, name, SLOPE) in found]
        if rows:
            groups.append(Group(heading, tuple(rows), _difference(found, stratum, names)))
    columns = (
        Column("Level"),
        Column("Miscalibrated"),
        Column("Intercept as seen", "slope 1; 0 expected", kind="number"),
        Column("Shrunken", kind="number"),
        Column("Slope as seen", "1 expected", kind="number"),
        Column("Shrunken", kind="number"),
        Column("ECE", "beside chance", kind="number"),
    )
    of_places = [stratum for stratum, _, _ in places]
    data = endpoint.rows(evidence.frame(CALIBRATION_CAUSES))
    own = data.filter(data["stratum"].is_in(of_places))
    return Table(slug, title, columns, tuple(groups), method, csv_text(own))


def _row(found: dict[tuple[str, str, str], Line], why: dict[tuple[str, str], Line], stratum: str, level: str) -> Row:
    large, slope = found[stratum, level, INTERCEPT], found[stratum, level, SLOPE]
    cause = why.get((stratum, level))
    return Row(
        (
            Cell(_label(slope), note=f"{count(slope['n_patients'])} patients"),
            missing("not computed")
            if cause is None
            else Cell("", note=cause["reason"] or "", mark=cause_mark(cause["cause"])),
            *_pair(large),
            *_pair(slope),
            _ece(cause),
        ),
        total=stratum == OVERALL,
    )


def _label(line: Line) -> str:
    return "All test cases" if line["stratum"] == OVERALL else str(line["level"])


def _pair(line: Line) -> tuple[Cell, Cell]:
    """As seen, and shrunken with its state; a level that has nothing to be drawn to keeps the state of its own."""
    ideal = line["ideal"]
    if line["estimate"] is None:
        return missing(line["reason"] or line["status"]), missing("")
    seen = written(write(line["estimate"], line["ci_low"], line["ci_high"], expected=ideal), line["estimate"])
    mark = state_mark(line["state"]) if line["state"] else None
    if line["shrunken"] is None:
        return seen, Cell("", note="as seen", mark=mark)
    number = write(line["shrunken"], line["shrunken_low"], line["shrunken_high"], expected=ideal)
    return seen, Cell(number.point, number.interval, line["state"] or "", float(line["shrunken"]))


def _ece(cause: Line | None) -> Cell:
    if cause is None or cause["ece"] is None:
        return missing("")
    text = fixed(cause["ece"], ECE_DECIMALS)
    if cause["ece_null_95"] is None:
        return Cell(text, note="chance not simulated", sort=cause["ece"], quiet=True)
    within = "beyond" if cause["ece"] > cause["ece_null_95"] else "within"
    return Cell(text, note=f"{within} chance ({fixed(cause['ece_null_95'], ECE_DECIMALS)})", sort=cause["ece"])


def _difference(found: dict[tuple[str, str, str], Line], stratum: str, names: tuple[str, ...]) -> str:
    """Whether the levels differ at all."""
    said = []
    for metric in (INTERCEPT, SLOPE):
        line = next((found[stratum, n, metric] for n in names if (stratum, n, metric) in found), None)
        if line is not None and line["q_p_adjusted"] is not None:
            p = line["q_p_adjusted"]
            words = f"p < {_LEAST_P:g}" if p < _LEAST_P else f"p = {fixed(p, 3 if p < 0.1 else 2)}"
            said.append(f"{METRICS[metric].title.lower()} {words} (τ {fixed(line['tau'], 2)})")
    return f"test of any difference: {', '.join(said)}, Holm over the strata" if said else ""


def _move(line: Line, ideal: float | None) -> Cell:
    if line["after"] is None:
        return missing(line["reason"] or "")
    number = write(line["after"], line["after_low"], line["after_high"], expected=ideal)
    return Cell(number.point, number.interval, f"before {fixed(line['before'], 2)}", float(line["after"]))
