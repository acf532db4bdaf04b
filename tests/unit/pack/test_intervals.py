"""The method line under a table of estimates."""

from dataclasses import replace

from multisite.pack.evidence import EstimateRow, Evidence
from multisite.pack.parameters import report_parameters
from multisite.pack.tables.intervals import interval_methods
from tests.lib.report_frames import report_inputs, study


def evidence() -> Evidence:
    return Evidence.from_inputs(report_inputs(), report_parameters(study(), None))


def row(metric: str, method: str, *, site: str = "amstel") -> EstimateRow:
    found = evidence().estimate(evidence().endpoints[0], "auc")
    assert found is not None
    return replace(found, metric=metric, ci_method=method, site=site)


def test_measures_made_alike_are_named_together_and_authors_keep_their_capitals() -> None:
    said = interval_methods(evidence(), [row("sensitivity", "wilson"), row("specificity", "wilson")])
    assert said == "Intervals of 95\N{NARROW NO-BREAK SPACE}%. Sensitivity and Specificity: Wilson."


def test_the_commonest_method_comes_first_and_its_remarks_last() -> None:
    rows = [
        row("auc", "newcombe score, since AUC is 1"),
        row("auc", "delong, logit scale"),
        row("auc", "delong, logit scale; scores on a grid of 1000 steps", site="all sites"),
    ]
    assert interval_methods(evidence(), rows).endswith(
        "AUC: DeLong (logit scale) or Newcombe score (since AUC is 1); over all sites scores on a grid of 1000 steps."
    )


def test_a_method_that_gave_no_number_is_not_named() -> None:
    withheld = replace(row("auc", "newcombe score"), estimate=None, ci_low=None, ci_high=None)
    assert "Newcombe" not in interval_methods(evidence(), [withheld, row("auc", "delong")])
