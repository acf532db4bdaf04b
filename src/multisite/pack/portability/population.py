"""The reviewer's own patients as counts: one table by combinations of levels, or one by margins."""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from multisite.errors import UsageError
from multisite.pack.portability.facts import PackFacts, PackStratum
from multisite.pack.words import listed

__all__ = ["Counted", "Population", "read_population"]

_PLACE = "--population"
_N, _POSITIVE = "n", "n_positive"
_MARGINS = ("stratum", "level", _N)
_WHOLE = re.compile(r"[0-9]{1,9}")
_MOST_NAMED = 12
_MOST_ROWS = 10_000
_MOST_BYTES = 4 << 20


@dataclass(frozen=True, slots=True)
class Counted:
    """Patients, and those of them with the finding where that was counted."""

    n: int
    n_positive: int | None = None

    @property
    def n_negative(self) -> int | None:
        """Those without."""
        return None if self.n_positive is None else self.n - self.n_positive


@dataclass(frozen=True, slots=True)
class Population:
    """Counts by levels of ``strata``.

    ``joint`` is by one level of each; else ``margins`` has a table for each stratum. One of the two is empty.
    """

    strata: tuple[str, ...]
    joint: Mapping[tuple[str, ...], Counted]
    margins: tuple[Mapping[str, Counted], ...] = ()

    @property
    def total(self) -> int:
        """Patients; of margins, in the largest of them."""
        tables = self.margins or (self.joint,)
        return max(sum(counted.n for counted in table.values()) for table in tables)

    @property
    def counts_positives(self) -> bool:
        """Whether those with the finding are counted."""
        tables = self.margins or (self.joint,)
        return all(counted.n_positive is not None for table in tables for counted in table.values())


@dataclass(frozen=True, slots=True)
class _Row:
    number: int
    cells: Mapping[str, str]


def read_population(data: bytes, facts: PackFacts, *, minimum_count: int = 10) -> Population:
    """Parse the table and refuse what must not, or cannot, be used.

    Parameters
    ----------
    data
        A CSV file with a header: a column per stratum and ``n``; or ``stratum``, ``level``, ``n``; ``n_positive`` may
        stand in both.
    facts
        Of the pack, whose strata and levels are those that the table may name.
    minimum_count
        A count of patients, of those with or of those without the finding, may be 0, and else not below this.

    Raises
    ------
    UsageError
        With the row (the header is row 1) and what to do; nothing that stands in the table is told.
    """
    header, rows = _table(data)
    counted = {row.number: _counted(row, header) for row in rows}
    _refuse_small(counted, minimum_count)
    if "stratum" in header and facts.stratum("stratum") is None:
        found = _margins(header, rows, counted, facts)
    else:
        found = _joint(header, rows, counted, facts)
    if found.total == 0 or any(not sum(c.n for c in margin.values()) for margin in found.margins):
        raise _refused("the table counts nobody", "Give the number of your patients in each cell.")
    return found


def _table(data: bytes) -> tuple[tuple[str, ...], list[_Row]]:
    if len(data) > _MOST_BYTES:
        raise _refused("the table is larger than 4 MiB", "Give counts of patients, not one row per patient.")
    try:
        lines = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error):
        raise _refused("the table is no CSV file in UTF-8", "Save it as CSV, with commas between the cells.") from None
    filled = [(number, line) for number, line in enumerate(lines, start=1) if any(cell.strip() for cell in line)]
    if len(filled) < 2:
        raise _refused("the table is empty", "Give a header and a row of counts for each combination of levels.")
    if len(filled) > _MOST_ROWS:
        raise _refused("the table has more than 10,000 rows", "Give counts of patients, not one row per patient.")
    (_, first), *rest = filled
    header = tuple(name.strip() for name in first)
    if len(set(header)) != len(header) or "" in header:
        raise _refused("the header names a column twice, or leaves one without a name", "Name every column once.")
    if _N not in header:
        raise _refused("the table has no column `n`", "Name the column of counts `n`, and put commas between cells.")
    uneven = [number for number, line in rest if len(line) != len(header)]
    if uneven:
        raise _refused(
            f"{_rows(uneven)} another number of cells than the header",
            "Give one cell for every column, as in the header.",
        )
    return header, [
        _Row(number, dict(zip(header, (cell.strip() for cell in line), strict=True))) for number, line in rest
    ]


def _counted(row: _Row, header: Sequence[str]) -> Counted:
    texts = [row.cells[name] for name in (_N, _POSITIVE) if name in header]
    if not all(_WHOLE.fullmatch(text) for text in texts):
        raise _refused(
            f"row {row.number} has a count that is no whole number of 0 or more",
            "Give counts in digits only: no sign, no fraction, no thousands separator, no share.",
        )
    n, *positive = (int(text) for text in texts)
    if positive and positive[0] > n:
        raise _refused(
            f"row {row.number} has more positive than patients", "Count in `n_positive` only patients that are in `n`."
        )
    return Counted(n, positive[0] if positive else None)


def _refuse_small(counted: Mapping[int, Counted], minimum: int) -> None:
    small = [
        number
        for number, row in counted.items()
        if any(0 < count < minimum for count in (row.n, row.n_positive, row.n_negative) if count is not None)
    ]
    if small:
        raise _refused(
            f"{_rows(small)} counts under {minimum} (of patients, or of those with or without the finding)",
            f"Merge levels, or leave out `n_positive`: a table with counts from 1 to {minimum - 1} must not be passed "
            "around. 0 is allowed.",
        )


def _joint(header: Sequence[str], rows: Sequence[_Row], counted: Mapping[int, Counted], facts: PackFacts) -> Population:
    names = tuple(name for name in header if name not in (_N, _POSITIVE))
    unknown = [position for position, name in enumerate(header, start=1) if name in names and not facts.stratum(name)]
    if unknown or not names:
        which = listed([str(position) for position in unknown])
        fact = (
            f"column {which} of the table is no stratum of the pack"
            if len(unknown) == 1
            else f"columns {which} of the table are no strata of the pack"
        )
        raise _refused(fact if unknown else "the table has no column of a stratum", _known_strata(facts))
    strata = [stratum for name in names if (stratum := facts.stratum(name))]
    crossed = [stratum.id for stratum in strata if stratum.of]
    if crossed and len(names) > 1:
        raise _refused(
            f"`{crossed[0]}` is a crossing itself, and stands beside another stratum",
            "Give it alone, or give the strata that it crosses, a column each.",
        )
    joint: dict[tuple[str, ...], Counted] = {}
    for row in rows:
        key = tuple(_level(row, stratum, row.cells[stratum.id]) for stratum in strata)
        if key in joint:
            raise _refused(f"row {row.number} repeats a combination of levels", "Add the counts up, in one row.")
        joint[key] = counted[row.number]
    return Population(names, joint)


def _margins(
    header: Sequence[str], rows: Sequence[_Row], counted: Mapping[int, Counted], facts: PackFacts
) -> Population:
    if set(header) - {_POSITIVE} != set(_MARGINS):
        raise _refused(
            "a table of margins has the columns `stratum`, `level`, `n` and, if wanted, `n_positive`",
            "Give these, or one column per stratum and `n`.",
        )
    tables: dict[str, dict[str, Counted]] = {}
    for row in rows:
        stratum = facts.stratum(row.cells["stratum"])
        if stratum is None or stratum.of:
            raise _refused(f"row {row.number} names no simple stratum of the pack", _known_strata(facts, simple=True))
        level = _level(row, stratum, row.cells["level"])
        table = tables.setdefault(stratum.id, {})
        if level in table:
            raise _refused(f"row {row.number} repeats a level of `{stratum.id}`", "Add the counts up, in one row.")
        table[level] = counted[row.number]
    if len(tables) == 1:
        ((name, only),) = tables.items()
        return Population((name,), {(level,): row for level, row in only.items()})
    return Population(tuple(tables), {}, tuple(tables.values()))


def _level(row: _Row, stratum: PackStratum, text: str) -> str:
    # Keyboards have no ≥ and no –: the study file spells bands like this, too.
    spelt = {level.replace("≥", ">=").replace("–", "-"): level for level in stratum.levels}
    text = spelt.get(text, text)
    if text not in stratum.levels:
        raise _refused(
            f"row {row.number} has a level of `{stratum.id}` that the pack does not have",
            f"The levels of `{stratum.id}` are: {_some(stratum.levels)}.",
        )
    return text


def _known_strata(facts: PackFacts, *, simple: bool = False) -> str:
    names = [stratum.id for stratum in facts.strata if not (simple and stratum.of)]
    return f"The strata of the pack are: {_some(names)}." if names else "The pack has no strata."


def _some(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMED
    shown = ", ".join(f"`{name}`" for name in names[:_MOST_NAMED])
    return shown if more <= 0 else f"{shown} and {more} more"


def _rows(numbers: Sequence[int]) -> str:
    if len(numbers) == 1:
        return f"row {numbers[0]} has"
    shown = [str(number) for number in numbers[:_MOST_NAMED]]
    more = len(numbers) - len(shown)
    return f"rows {listed([*shown, f'{more} more'] if more else shown)} have"


def _refused(fact: str, remedy: str) -> UsageError:
    return UsageError(fact, place=_PLACE, remedy=remedy)
