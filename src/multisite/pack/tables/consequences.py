"""How much what failed checks found changes the result."""

from typing import Any

from multisite.pack.evidence import Evidence
from multisite.pack.metrics import METRICS
from multisite.pack.numbers import count, fixed, per_cent, write
from multisite.pack.tables.table import Cell, Column, Group, Row, Table, csv_text, missing, written
from multisite.schemas.consequences import CONSEQUENCES
from multisite.schemas.integrity import CHECK_RESULTS

__all__ = ["consequences_table"]

_DECIMALS = 3


def consequences_table(evidence: Evidence) -> Table:
    """Per failed check that names tested patients: each metric with them, without them, and the difference."""
    rows = evidence.frame(CONSEQUENCES)
    checks = evidence.frame(CHECK_RESULTS).sort("order", "check").unique("check", keep="first", maintain_order=True)
    titles = {check: title for check, title in checks.select("check", "title").rows() if check in set(rows["check"])}
    groups = []
    for check in titles:
        shown = rows.filter(check=check).sort("site", "finding", "model", "metric").iter_rows(named=True)
        groups.append(Group(titles[check], tuple(_row(evidence, row) for row in shown)))
    nobody = Row((Cell("no failed check names a tested patient"), *(missing("") for _ in range(5))))
    return Table(
        "consequences",
        "What the failed checks change",
        (
            Column("Site and metric"),
            Column("Patients", "named of tested", kind="number"),
            Column("With them", kind="number"),
            Column("Without them", kind="number"),
            Column("Difference", kind="number"),
            Column("Reading"),
        ),
        tuple(groups) or (Group("", (nobody,)),),
        f"Test split. Above 0, the named patients flattered the model. {per_cent(100 * evidence.parameters.ci_level)} "
        "intervals of the paired difference, patients as clusters. Checks that name instances or columns are not here.",
        csv_text(rows),
    )


def _row(evidence: Evidence, row: dict[str, Any]) -> Row:
    model = next((m.title for m in evidence.parameters.models if m.id == row["model"]), row["model"])
    finding = next((f.title for f in evidence.parameters.findings if f.id == row["finding"]), row["finding"])
    many = len(evidence.parameters.findings) > 1 or len(evidence.parameters.models) > 1
    metric = METRICS[row["metric"]].title
    head = Cell(f"{row['site']}, {metric}", note=f"{finding} by {model}" if many else "")
    patients = Cell(f"{count(row['n_patients_removed'])} of {count(row['n_patients'])}")
    return Row((head, patients, _value(row["of_all"]), _value(row["without"]), _gap(row), Cell(_reading(row))))


def _value(value: float | None) -> Cell:
    return missing("") if value is None else Cell(fixed(value, _DECIMALS), sort=float(value))


def _gap(row: dict[str, Any]) -> Cell:
    if row["difference"] is None:
        return missing(row["reason"] or row["status"])
    return written(write(row["difference"], row["ci_low"], row["ci_high"], expected=0.0), row["difference"])


def _reading(row: dict[str, Any]) -> str:
    if row["difference"] is None:
        return "cannot be judged"
    if not row["n_patients_removed"]:
        return "none of them is in it"
    if row["ci_low"] is None or row["ci_high"] is None:
        return "cannot be judged"
    if row["ci_low"] > 0:
        return "flattered by them"
    return "harmed by them" if row["ci_high"] < 0 else "no change seen"
