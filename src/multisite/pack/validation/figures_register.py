"""The exhibits that a reviewer may look for: where each stands in the pack, or why it does not."""

from collections.abc import Collection
from typing import Final

from multisite.pack.tables.table import Cell, Column, Row, Table, missing, plain_table

__all__ = ["register_table"]

_NOT_MADE: Final = "the data that it needs were not supplied, or the protocol does not ask for it"

_EXHIBITS: Final[tuple[tuple[str, tuple[str, ...], str], ...]] = (
    ("Flow of cases with counts per site", ("flow-figure", "table-flow-sites"), _NOT_MADE),
    ("Who was tested, by site, modality, scanner and software", ("table-who-",), _NOT_MADE),
    ("Completeness of tags", ("table-completeness-",), _NOT_MADE),
    ("Likeness to the target population", ("table-likeness",), _NOT_MADE),
    ("Leakage scorecard", ("table-scorecard",), _NOT_MADE),
    ("Whether headers tell the split", ("table-scorecard",), _NOT_MADE),
    ("Agreement of readers and reads per case", ("table-reader-agreement-", "table-readings-per-case-"), _NOT_MADE),
    ("What other reference standards would do", ("tornado-",), _NOT_MADE),
    ("ROC curves of the sites", ("roc-",), _NOT_MADE),
    ("Forest of the sites with a range for a new one", ("forest-sites-",), _NOT_MADE),
    ("Forest of the strata with margin and verdict", ("forest-strata-",), _NOT_MADE),
    ("Reliability curves with a null band", ("reliability-",), _NOT_MADE),
    ("Forest of observed over expected", ("ratios-forest-",), _NOT_MADE),
    ("What makes a gap in sensitivity", (), "gaps are judged per stratum, and not broken down"),
    ("Ladder of shortcuts", ("ladder-",), _NOT_MADE),
    ("Shift of scores by scanner, given the truth", ("shift-",), _NOT_MADE),
    ("Dose and response of the flip rate", (), "no image was degraded"),
    ("Slices found on one half and confirmed on the other", ("table-failures-",), _NOT_MADE),
    ("Taxonomy of failures by coders", (), "no coder looked at failures; images stay in the sites"),
    ("Justification of the threshold", ("table-operating-point-", "benefit-", "table-outcomes-"), _NOT_MADE),
    ("Transfer of the threshold", ("table-threshold-transfer-",), _NOT_MADE),
    ("Patients like yours", ("portability",), _NOT_MADE),
    ("Months after the validation", ("table-drift-verdicts-",), "no later month was judged"),
    ("Control charts", (), "in the timeline of each site, which stays there"),
    ("Estimates without labels, tested backwards", (), "in the timeline of each site, which stays there"),
    ("Readers with and without the model", (), "no reader study"),
    ("Ribbon of locks, looks, runs and deviations", ("ribbon",), _NOT_MADE),
    ("Smallest change that could be seen", ("table-detectable-",), "no later month was judged"),
)


def register_table(anchors: Collection[str]) -> Table:
    """Every exhibit of the list: a link to where it stands, or the reason for which it is not there.

    ``anchors`` are the ids of the page.
    """
    rows = [_row(number, *one, anchors) for number, one in enumerate(_EXHIBITS, start=1)]
    columns = (Column("No.", kind="number"), Column("Exhibit"), Column("Where, or why not"))
    return plain_table("register", "Figures and tables that a reviewer may look for", columns, rows)


def _row(number: int, title: str, prefixes: tuple[str, ...], why: str, anchors: Collection[str]) -> Row:
    found = next((a for prefix in prefixes for a in sorted(anchors) if a.startswith(prefix)), None)
    place = missing(why) if found is None else Cell("in this pack", link=f"#{found}", sort="in this pack")
    return Row((Cell(str(number), sort=float(number)), Cell(title), place))
