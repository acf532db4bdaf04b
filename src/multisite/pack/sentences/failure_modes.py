"""Where the model fails, in sentences: the confirmed slices with their numbers, and how many were not confirmed."""

from collections import Counter

from multisite.pack.evidence import Endpoint, Evidence
from multisite.pack.failure_modes import Line, confirmed, held, searched_cases, share_words, slice_words
from multisite.pack.numbers import fixed
from multisite.pack.words import listed, named
from multisite.stats import LEAST_Z
from multisite.vocabulary import ALL_SITES, ErrorKind, SliceOutcome

__all__ = ["failure_sentences"]

_LEAST_P = 0.001
_PLURAL = {ErrorKind.MISS: "misses", ErrorKind.FALSE_ALARM: "false alarms"}
_CALLED = {ErrorKind.MISS: "missed", ErrorKind.FALSE_ALARM: "falsely called"}


def failure_sentences(evidence: Evidence, endpoint: Endpoint) -> tuple[str, ...]:
    """What was searched and confirmed, the others counted, and each slice that is confirmed over all sites.

    Empty where the protocol does without the search.
    """
    least = evidence.parameters.slice_minimum_patients
    if least is None:
        return ()
    rows, sure = held(evidence, endpoint), confirmed(evidence, endpoint)
    if not rows:
        return (_nothing_found(evidence, endpoint, least),)
    counts = Counter(row["outcome"] for row in rows)
    sound = named(len(sure), "", "").rstrip() if sure else "none"
    searched = (
        f"Of {named(len(rows), 'slice', 'slices')} in which one half of the patients points to more misses or false "
        f"alarms than elsewhere, the other half confirms {sound}."
    )
    thin = counts[SliceOutcome.INSUFFICIENT]
    if thin:
        searched += f" For {named(thin, 'slice', 'slices')} it has too few patients."
    if len(sure) < len(rows):
        searched += " A slice that is not confirmed is not shown to be sound."
    together = [_sentence(evidence, row) for row in sure if row["site"] == ALL_SITES]
    return tuple(filter(None, (searched, " ".join(together))))


def _nothing_found(evidence: Evidence, endpoint: Endpoint, least: int) -> str:
    thin = [kind for kind in ErrorKind if searched_cases(evidence, endpoint, kind) < 2 * least]
    too_few = f"too few patients to search {listed([_PLURAL[kind] for kind in thin])}"
    if len(thin) == len(ErrorKind):
        return f"In one half of the patients there are {too_few} for slices of {least} patients or more."
    none = (
        f"In the first half of the patients, which was searched, no slice of {least} patients or more stands out "
        f"(z of {LEAST_Z:g} or more)."
    )
    return f"{none} There are {too_few}." if thin else none


def _sentence(evidence: Evidence, row: Line) -> str:
    called = _CALLED[ErrorKind(row["kind"])]
    counted = _gap(row, "gap", "ci")
    first = "no shrunken gap, for it is the only slice"
    if row["shrunken_gap"] is not None:
        first = f"{_gap(row, 'shrunken_gap', 'shrunken')}, shrunken"
    p_value = f"Holm p < {_LEAST_P:g}" if row["p_holm"] < _LEAST_P else f"Holm p = {fixed(row['p_holm'], 3)}"
    return (
        f"{slice_words(evidence, row)}: {first}. As counted, which flatters a slice that was confirmed: {counted}, "
        f"{called} {share_words(row, 'n')} where the others are {called} {share_words(row, 'rest')}; {p_value}."
    )


def _gap(row: Line, gap: str, interval: str) -> str:
    low, high = (_signed(row[f"{interval}_{end}"]) for end in ("low", "high"))
    return f"{_signed(row[gap])} points ({low} to {high})"


def _signed(gap: float) -> str:
    return f"{'+' if round(100 * gap) > 0 else ''}{fixed(100 * gap, 0)}"
