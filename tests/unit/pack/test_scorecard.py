import polars as pl
import pytest

from multisite.pack.evidence import Evidence
from multisite.pack.parameters import report_parameters
from multisite.pack.tables.integrity import failures_table, scorecard
from multisite.pack.tables.table import Table
from multisite.schemas.integrity import CHECK_RESULTS
from tests.lib.report_frames import report_inputs, study

MANY = [f"s{number:03}" for number in range(200)]


def check_results(verdicts: dict[str, str], *, check: str = "patient_overlap", order: int = 0) -> pl.DataFrame:
    """Rows of one check, with as many found as the verdict says."""
    rows = [
        {
            "site": site,
            "order": order,
            "check": check,
            "title": f"Title of {check}",
            "family": "overlap",
            "severity": "critical" if order == 0 else "minor",
            "method": "Counted.",
            "verdict": verdict,
            "blocking": False,
            "unit": "patients",
            "n_examined": 10,
            "n_found": int(verdict == "fail"),
            "sentence": f"Sentence of {site}." if verdict != "not applicable" else "Nothing is declared.",
        }
        for site, verdict in verdicts.items()
    ]
    return pl.DataFrame(rows, schema=CHECK_RESULTS.schema)


def evidence(results: pl.DataFrame) -> Evidence:
    made = Evidence.from_inputs(report_inputs(), report_parameters(study(), None))
    return Evidence(made.parameters, {**made.frames, CHECK_RESULTS.name: results}, {})


def texts(table: Table) -> list[tuple[str, ...]]:
    return [tuple(cell.text.strip() for cell in row.cells) for group in table.groups for row in group.rows]


def test_two_hundred_sites_take_a_row_for_each_verdict() -> None:
    verdicts = dict.fromkeys(MANY, "pass") | {"s007": "fail", "s009": "insufficient evidence"}
    table = scorecard(evidence(check_results(verdicts)))
    assert texts(table) == [
        ("fail", "s007", "1", "10", "Sentence of s007."),
        ("insufficient evidence", "s009", "0", "10", "Sentence of s009."),
        ("pass", "198 of 200", "0", "1,980", "s000: Sentence of s000. Likewise at 197 other sites."),
    ]


def test_what_says_the_same_everywhere_is_said_once() -> None:
    (row,) = texts(scorecard(evidence(check_results(dict.fromkeys(MANY, "not applicable")))))
    assert row == ("not applicable", "all", "0", "2,000", "Nothing is declared.")


def test_failures_stand_apart_with_the_gravest_first_and_each_site_speaks() -> None:
    minor = check_results({"north": "fail", "south": "fail"}, check="slice_gaps", order=1)
    grave = check_results({"north": "fail", "south": "pass"})
    table = failures_table(evidence(pl.concat([minor, grave])))
    assert table.title == "2 of 2 checks failed, at 2 sites"
    assert [group.heading for group in table.groups] == ["Title of patient_overlap", "Title of slice_gaps"]
    assert texts(table)[1] == ("fail", "all", "2", "20", "north: Sentence of north. south: Sentence of south.")


@pytest.mark.parametrize("verdict", ["pass", "insufficient evidence", "not applicable"])
def test_without_a_failure_the_first_table_says_so(verdict: str) -> None:
    table = failures_table(evidence(check_results({"north": verdict})))
    assert table.title == "None of 1 checks failed"
    assert texts(table)[0][-1] == "No check failed at any site."
