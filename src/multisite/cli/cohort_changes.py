"""What became of a set, in a terminal: counts and reasons, and no case."""

from pathlib import Path

from multisite.cli.cohort_places import read_cohort
from multisite.cli.csv_file import write_csv
from multisite.cli.terminal import Terminal, Value
from multisite.cohort.difference import CaseChange, CohortDifference, SetNumbers, cohort_difference

__all__ = ["closing_sentence", "show_difference"]

_DIGITS = 12
"""Of a hash, enough for a person to tell two sets apart."""

_MOST_REASONS = 20


def show_difference(before: str, after: str, *, csv: Path | None, json_lines: bool) -> None:
    """Print what differs between the cohorts at the two places; with ``csv``, also write a row per case.

    Raises
    ------
    MultisiteError
        When a place holds no cohort, the two are of different sites, or the CSV file cannot be written.
    """
    difference = cohort_difference(read_cohort(before), read_cohort(after))
    if csv is not None:
        write_csv(difference.cases, csv)
    terminal = Terminal(json_lines=json_lines)
    terminal.title("Difference of two sets", ", ".join(difference.sites) or "no case in either")
    _print_sets(difference, terminal)
    _print_reasons(difference, terminal, n_most=difference.counts.height if json_lines else _MOST_REASONS)
    _print_columns(difference, terminal)
    if difference.have_no_case_in_common:
        terminal.warn("The two cohorts share no case: perhaps another pseudonym key, or another site.")
    terminal.conclude(closing_sentence(difference))
    if csv is not None:
        terminal.path(f"{difference.cases.height:,} rows; row-level, stays in the site", str(csv))


def closing_sentence(difference: CohortDifference) -> str:
    """What happened in one sentence, without a case: for a mail."""
    site, before, after = ", ".join(difference.sites), difference.before, difference.after
    place = f" of {site}" if site else ""
    if difference.are_equal:
        numbers = f"{_cases(after.n_cases)} of {_people(after.n_patients)}"
        return f"The set{place} is unchanged: {numbers}, hash {after.sha256[:_DIGITS]}."
    moved = ", ".join(
        (
            f"{_cases(difference.n_cases(CaseChange.ENTERED))} entered",
            f"{difference.n_cases(CaseChange.LEFT):,} left",
            f"{difference.n_cases(CaseChange.CHANGED):,} changed",
        )
    )
    clauses = [
        moved,
        *(f"{_count(len(names), 'column', 'columns')} {what}" for names, what in _columns_in_one(difference)),
        *(["no case in common"] if difference.have_no_case_in_common else []),
    ]
    return (
        f"The set{place} went from {_cases(before.n_cases)} ({before.sha256[:_DIGITS]}) to {_cases(after.n_cases)}"
        f" ({after.sha256[:_DIGITS]}): {'; '.join(clauses)}."
    )


def _print_sets(difference: CohortDifference, terminal: Terminal) -> None:
    head = ("set", "hash", "cases", "patients", "excluded cases")
    rows = [_set_row("before", difference.before), _set_row("after", difference.after)]
    terminal.table("Sets", head, rows, right=(2, 3, 4))
    terminal.say(f"The hashes {'are equal' if difference.are_equal else 'differ'}.")
    for names, what in _columns_in_one(difference):
        terminal.say(f"Columns {what}: {', '.join(names)}.")


def _set_row(name: str, numbers: SetNumbers) -> tuple[Value, ...]:
    return (name, numbers.sha256[:_DIGITS], numbers.n_cases, numbers.n_patients, numbers.n_excluded)


def _print_reasons(difference: CohortDifference, terminal: Terminal, *, n_most: int) -> None:
    counts = difference.counts
    if counts.is_empty():
        return
    rows = [
        (row["change"], row["n_cases"], row["n_patients"], row["why"])
        for row in counts.head(n_most).iter_rows(named=True)
    ]
    terminal.table("Changes", ("change", "cases", "patients", "why"), rows, right=(1, 2))
    rest = counts[n_most:]
    if rest.height:
        reasons = _count(rest.height, "more reason", "more reasons")
        terminal.say(f"… and {reasons} with {_cases(int(rest['n_cases'].sum()))}; `--csv` and `--json` have them all.")


def _print_columns(difference: CohortDifference, terminal: Terminal) -> None:
    if difference.columns.height:
        rows = [(row["column"], row["n_cases"], row["n_patients"]) for row in difference.columns.iter_rows(named=True)]
        terminal.table("Changed columns of cases in both sets", ("column", "cases", "patients"), rows, right=(1, 2))


def _columns_in_one(difference: CohortDifference) -> list[tuple[tuple[str, ...], str]]:
    """Columns that one cohort lacks, and what became of them."""
    both = ((difference.columns_added, "added"), (difference.columns_removed, "removed"))
    return [(names, what) for names, what in both if names]


def _cases(number: int) -> str:
    return _count(number, "case", "cases")


def _people(number: int) -> str:
    return _count(number, "patient", "patients")


def _count(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"
