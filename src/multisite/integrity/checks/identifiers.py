"""Whether a person can be told from keys, texts, or headers that say that they were de-identified."""

from collections.abc import Callable

from multisite.dicom import LEFT, OBJECT_KEY, TEXTS, UIDS, TraceOf, left, trace
from multisite.integrity.check import Check, CheckFrames, Outcome, insufficient, judged, not_applicable
from multisite.integrity.checks.marked import Marked, index_series, marked_series, series_with
from multisite.schemas.markers import MARKER_CODES, Marker
from multisite.vocabulary import Severity

__all__ = ["IDENTIFIER_CHECKS"]

_IN_KEYS = [trace(of, OBJECT_KEY) for of in TraceOf if trace(of, OBJECT_KEY) in MARKER_CODES]
_IN_TEXTS = [trace(of, text) for of in TraceOf if of is not TraceOf.DATE for text in TEXTS]
_LEFT = [left(keyword) for keyword in LEFT]
_DATES_IN_TEXTS = [trace(TraceOf.DATE, text) for text in TEXTS]
_DATES_IN_UIDS = [trace(TraceOf.DATE, uid) for uid in UIDS]

_FEWEST, _SMALLEST_SHARE = 3, 0.01
"""Index series, and their share, below which a date in a UID may be chance: one random UID in 30,000 reads as one."""

_NO_HEADERS = "No included case has a series made from headers."

Look = Callable[[CheckFrames], Outcome]


def embedded_dates(frames: CheckFrames) -> Outcome:
    """Index series with a date in a text or a UID, of those whose headers say that dates are gone."""
    among = series_with(frames, [Marker.DATES_REMOVED])
    dated = marked_series(frames, _DATES_IN_UIDS, among=among)
    beyond_chance = dated.found.height >= max(_FEWEST, _SMALLEST_SHARE * dated.n_examined)
    codes = [*_DATES_IN_TEXTS, *(_DATES_IN_UIDS if beyond_chance else ())]
    return _of_declared(frames, Marker.DATES_REMOVED, codes, "a date in a text or a UID")


def _anywhere(codes: list[str], what: str) -> Look:
    def run(frames: CheckFrames) -> Outcome:
        marked = marked_series(frames, codes)
        return insufficient(_NO_HEADERS) if marked.n_examined == 0 else _judged(marked, "index series", what)

    return run


def _where_deidentified(codes: list[str], what: str) -> Look:
    def run(frames: CheckFrames) -> Outcome:
        return _of_declared(frames, Marker.DEIDENTIFIED, codes, what)

    return run


def _of_declared(frames: CheckFrames, declared: Marker, codes: list[str], what: str) -> Outcome:
    """The outcome over the series of which a header says that something was done, and in which ``what`` then lacks."""
    n_index = index_series(frames).height
    if n_index == 0:
        return insufficient(_NO_HEADERS)
    marked = marked_series(frames, codes, among=series_with(frames, [declared]))
    if marked.n_examined == 0:
        return not_applicable(f"No header of {n_index:,} index series {declared}.")
    return _judged(marked, f"index series of which a header {declared}", what)


def _judged(marked: Marked, noun: str, what: str) -> Outcome:
    n_found, n_examined = marked.found.height, marked.n_examined
    verb = "has" if n_found == 1 else "have"
    return judged(
        marked.found,
        n_examined,
        failed=f"{n_found:,} of {n_examined:,} {noun} {verb} {what}: {marked.codes}.{marked.others}",
        passed=f"None of {n_examined:,} {noun} has {what}.{marked.others}",
    )


def _check(id_: str, title: str, severity: Severity, method: str, run: Look) -> Check:
    return Check(id=id_, title=title, family="identifiers", severity=severity, method=method, unit="series", run=run)


IDENTIFIER_CHECKS = (
    _check(
        "identifiers_in_names",
        "No object is named by a patient's identifier",
        Severity.MINOR,
        "The header's own PatientID, AccessionNumber, name and birth date in the key of its object, or in the name of "
        "the member of an archive, standing alone; headers that say that they were de-identified are left out.",
        _anywhere(_IN_KEYS, "an identifier of the patient in an object key"),
    ),
    _check(
        "identifiers_in_text",
        "No free text holds a patient's identifier",
        Severity.MINOR,
        "The header's own PatientID, AccessionNumber, name and birth date in descriptions and comments, and whatever "
        "looks like a telephone number, an e-mail address or a titled name.",
        _anywhere(_IN_TEXTS, "what may identify a person in a free text"),
    ),
    _check(
        "identifiers_left",
        "No de-identified header has an identifier left",
        Severity.MAJOR,
        "Attributes that the basic profile of PS3.15 removes, PatientName and PatientBirthDate among them, with a "
        "value that is no dummy, and that no option which the header names keeps or cleans.",
        _where_deidentified(_LEFT, "an attribute left that names a person or tells of one"),
    ),
    _check(
        "private_tags_left",
        "No de-identified header has private elements left",
        Severity.MAJOR,
        "Private creators at the top level of a header that does not name the option to retain safe private elements.",
        _where_deidentified([Marker.PRIVATE_ELEMENTS], "private elements"),
    ),
    _check(
        "embedded_dates",
        "No date stands where dates were to go",
        Severity.MAJOR,
        "Dates in descriptions and comments, and components of UIDs that begin with a date and a time, of headers that "
        "say that they were de-identified and do not name the option to retain full dates.",
        embedded_dates,
    ),
)
