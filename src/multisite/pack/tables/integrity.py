"""The integrity scorecard: per check a row for each verdict, whatever the number of sites."""

import polars as pl

from multisite.pack.evidence import Evidence
from multisite.pack.marks import verdict_mark
from multisite.pack.tables.table import Cell, Column, Group, Row, Table, counted, csv_text, missing
from multisite.pack.words import listed, named
from multisite.schemas.integrity import CHECK_RESULTS
from multisite.vocabulary import Severity, Verdict

__all__ = ["failures_table", "scorecard"]

_COLUMNS = (
    Column("Verdict"),
    Column("Sites"),
    Column("Found", kind="number"),
    Column("Looked at", kind="number"),
    Column("Outcome"),
)
_GRAVEST_FIRST = {
    Verdict.FAIL.value: 0,
    Verdict.ERROR.value: 1,
    Verdict.INSUFFICIENT.value: 2,
    Verdict.PASS.value: 3,
    Verdict.NOT_APPLICABLE.value: 4,
}
_FAILED = (Verdict.FAIL.value, Verdict.ERROR.value)
_TOLD_OF_FAILURES, _TOLD_OF_OTHERS = 8, 1
"""Sites whose sentence is printed; every one is in the CSV."""
_NAMED_SITES = 3


def failures_table(evidence: Evidence) -> Table:
    """The checks that failed or broke down anywhere, the gravest first, with where."""
    results = evidence.frame(CHECK_RESULTS)
    failed = results.filter(pl.col("verdict").is_in(_FAILED))
    rank = pl.col("severity").replace_strict({s.value: i for i, s in enumerate(Severity)}, return_dtype=pl.Int64)
    n_checks = results["check"].n_unique()
    if failed.is_empty():
        rows = (Row((Cell("none"), Cell("–"), missing(""), missing(""), Cell("No check failed at any site."))),)
        return Table("failures", f"None of {n_checks} checks failed", _COLUMNS, (Group("", rows),))
    sites = failed["site"].n_unique()
    title = f"{failed['check'].n_unique()} of {n_checks} checks failed, at {sites} {'site' if sites == 1 else 'sites'}"
    groups = _groups(failed.with_columns(rank.alias("rank")).sort("rank", "order"), results["site"].n_unique())
    return Table("failures", title, _COLUMNS, groups, "The gravest first. Where a check did not fail, see below.")


def scorecard(evidence: Evidence) -> Table:
    """Every check in the order of the protocol, of each the gravest verdict first."""
    results = evidence.frame(CHECK_RESULTS)
    return Table(
        "scorecard",
        "Scorecard of the integrity checks",
        _COLUMNS,
        _groups(results.sort("order", "check"), results["site"].n_unique()) or (Group("", ()),),
        "Each check was run inside each site on pseudonyms; only these counts left it. A patient, study or image at "
        "two sites has not been looked for. A pass says that nothing was found by the method named, among what was "
        "looked at. The CSV has each site's own sentence.",
        csv_text(results),
    )


def _groups(results: pl.DataFrame, n_sites: int) -> tuple[Group, ...]:
    """One per check, in the order of ``results``."""
    groups = []
    for (_,), of_check in results.group_by(["check"], maintain_order=True):
        check = of_check.row(0, named=True)
        stops = ", blocking" if of_check["blocking"].any() else ""
        remark = f"{check['method']} Severity: {check['severity']}{stops}. Counted in {check['unit']}."
        verdicts = sorted(of_check["verdict"].unique(), key=lambda name: _GRAVEST_FIRST[name])
        rows = tuple(_row(of_check.filter(verdict=verdict).sort("site"), n_sites) for verdict in verdicts)
        groups.append(Group(check["title"], rows, remark))
    return tuple(groups)


def _row(results: pl.DataFrame, n_sites: int) -> Row:
    verdict = results["verdict"][0]
    return Row(
        (
            Cell(verdict, mark=verdict_mark(verdict), sort=verdict),
            Cell(_sites(results["site"].to_list(), n_sites)),
            counted(int(results["n_found"].sum())),
            counted(int(results["n_examined"].sum())),
            Cell(_outcome(results, alone=n_sites == 1)),
        )
    )


def _sites(sites: list[str], n_sites: int) -> str:
    if len(sites) == n_sites:
        return "all" if n_sites > 1 else sites[0]
    if len(sites) <= _NAMED_SITES:
        return listed(sites)
    return f"{len(sites)} of {n_sites}"


def _outcome(results: pl.DataFrame, *, alone: bool) -> str:
    """The sentences of the sites where the most was found; one stands for all where it says the same everywhere."""
    sentences = results["sentence"].unique(maintain_order=True).to_list()
    if alone or len(sentences) == 1:
        return str(sentences[0])
    most = _TOLD_OF_FAILURES if results["verdict"][0] == Verdict.FAIL.value else _TOLD_OF_OTHERS
    told = results.sort("n_found", "site", descending=[True, False]).head(most)
    said = " ".join(f"{site}: {sentence}" for site, sentence in told.select("site", "sentence").rows())
    more = results.height - told.height
    return said + (f" Likewise at {named(more, 'other site', 'other sites')}." if more else "")
