"""Each reader beside the other readers of the same cases."""

from typing import Any

from multisite.pack.evidence import Evidence
from multisite.pack.marks import verdict_mark
from multisite.pack.numbers import NO_NUMBER, count, per_cent, write
from multisite.pack.parameters import FindingText
from multisite.pack.sentences.reader_bias import reader_bias_title
from multisite.pack.tables.table import Cell, Column, Group, Row, Table, csv_text, missing, written
from multisite.schemas.reader_bias import READER_BIAS, READER_ERRORS

__all__ = ["reader_bias_table"]

_NO_BREAK = "\N{NO-BREAK SPACE}"


def reader_bias_table(evidence: Evidence, finding: FindingText) -> Table:
    """A row per reader of each site: for each way to call wrong both shares, and the difference with its verdict."""
    rows = evidence.frame(READER_BIAS).filter(finding=finding.id)
    groups = []
    for site in rows["site"].unique().sort():
        readers: dict[str, dict[str, dict[str, Any]]] = {}
        for row in rows.filter(site=site).iter_rows(named=True):
            readers.setdefault(row["reader"], {})[row["error"]] = row
        ordered = sorted(readers, key=lambda reader: int(reader.rpartition(" ")[2]))
        groups.append(Group(site, tuple(_row(reader, readers[reader]) for reader in ordered)))
    return Table(
        f"reader-bias-{finding.id}",
        reader_bias_title(evidence, finding),
        (
            Column("Reader"),
            Column("Negatives called positive", "share", kind="number"),
            Column("Difference", "from the others", kind="number"),
            Column("Positives called negative", "share", kind="number"),
            Column("Difference", "from the others", kind="number"),
        ),
        tuple(groups) or (Group("", (Row((Cell("none"), *(missing("") for _ in range(4)))),)),),
        "Wrong by the decision of the rule, in which the reader may have a part; each case counts once. Readings "
        f"before adjudication, all splits. {per_cent(100 * evidence.parameters.ci_level)} intervals, paired, of "
        "patients; fail only after Holm over the readers of a site and both errors, and where the truth does not lean "
        "on another reader who fails. A reader who calls wrong less often than the others passes.",
        csv_text(rows),
    )


def _row(reader: str, errors: dict[str, dict[str, Any]]) -> Row:
    cells = [cell for error in READER_ERRORS for cell in _cells(errors[error])]
    return Row((Cell(reader.replace(" ", _NO_BREAK)), *cells))


def _cells(row: dict[str, Any]) -> tuple[Cell, Cell]:
    verdict = f"{verdict_mark(row['verdict']).shape} {row['verdict']}"
    if row["difference"] is None:
        return missing(row["reason"] or row["status"]), Cell(NO_NUMBER, note=verdict, quiet=True)
    others = f"others {per_cent(100 * row['of_others'])}, {count(row['n_patients'])} patients"
    if row["reason"]:
        verdict = f"{verdict}: {row['reason']}"
    share = Cell(per_cent(100 * row["of_reader"]), note=others, sort=float(row["of_reader"]))
    number = write(row["difference"], row["ci_low"], row["ci_high"], expected=0.0)
    return share, written(number, row["difference"], note=verdict, quiet=row["ci_low"] is None)
