"""Sentences follow from the numbers."""

from dataclasses import replace

import polars as pl

from multisite.pack.evidence import Evidence
from multisite.pack.marks import CONCERN, NO_EVIDENCE, QUIET
from multisite.pack.parameters import report_parameters
from multisite.pack.sentences.calibration import calibration_statement, calibration_title
from multisite.pack.sentences.drift import drift_statement, monitor_finding, sites_without_months
from multisite.pack.sentences.headline import answer, spread_title
from multisite.pack.sentences.integrity import blocking_failures, integrity_statement
from multisite.pack.sentences.missing import missing_statement
from multisite.pack.sentences.strata import gap_title, strata_statement
from multisite.schemas import Artefact
from multisite.schemas.drift import DRIFT_COMPARISON
from multisite.schemas.integrity import CHECK_RESULTS
from multisite.schemas.performance import ESTIMATES
from tests.lib.report_frames import FINDING, MODEL, report_inputs, study


def evidence() -> Evidence:
    return Evidence.from_inputs(report_inputs(), report_parameters(study(), None))


def altered(artefact: Artefact, *changes: pl.Expr) -> Evidence:
    found = evidence()
    return replace(found, frames={**found.frames, artefact.name: found.frame(artefact).with_columns(changes)})


def filtered(artefact: Artefact, rule: pl.Expr) -> Evidence:
    found = evidence()
    return replace(found, frames={**found.frames, artefact.name: found.frame(artefact).filter(rule)})


def test_the_answer_names_the_model_its_measures_and_the_threshold() -> None:
    said = answer(evidence(), evidence().endpoints[0])
    row = evidence().estimate(evidence().endpoints[0], "auc")
    assert row is not None
    assert said.startswith(f"Lung nodule by LungScan 2.3: AUC {row.value:.3f} (")
    assert "at threshold 0.5, sensitivity 0." in said


def test_the_spread_is_told_of_the_measure_whose_sites_lie_furthest_apart() -> None:
    assert spread_title(evidence(), evidence().endpoints[0]).startswith("Specificity runs from 0.8")


def test_failed_checks_are_told_the_gravest_first() -> None:
    said = integrity_statement(evidence())
    assert said.mark is CONCERN
    assert said.text.startswith("2 of 5 checks failed, at two sites. borealis: 3 patients of 512 (critical); ")
    assert said.text.endswith("One check could not be answered at danube.")


def test_no_failed_check_is_told_with_how_many_passed() -> None:
    clean = altered(CHECK_RESULTS, pl.lit("pass").alias("verdict"))
    assert integrity_statement(clean).mark is QUIET
    assert integrity_statement(clean).text == "Five checks passed at four sites, and none failed."


def test_no_check_at_all_is_no_evidence_and_not_a_pass() -> None:
    assert integrity_statement(filtered(CHECK_RESULTS, pl.lit(False))).mark is NO_EVIDENCE


def test_a_blocking_failure_stands_above_the_numbers_and_a_plain_one_does_not() -> None:
    assert "did not hold at borealis" in blocking_failures(evidence())
    assert blocking_failures(altered(CHECK_RESULTS, pl.lit(False).alias("blocking"))) == ""


def test_the_worst_stratum_is_the_planted_one_with_its_gap_and_the_size_of_the_search() -> None:
    endpoint = evidence().endpoints[0]
    said = strata_statement(evidence(), endpoint)
    assert said.mark is CONCERN
    assert said.text.startswith("Vendor Canon: sensitivity 0.")
    assert "below all other cases" in said.text
    assert "by chance" in said.text
    assert gap_title(evidence(), endpoint).startswith("Vendor Canon: sensitivity ")


def test_without_strata_nothing_is_said_to_be_fine() -> None:
    only = filtered(ESTIMATES, pl.col("stratum") == "overall")
    assert strata_statement(only, only.endpoints[0]).mark is NO_EVIDENCE


def test_the_miscalibrated_site_is_named_with_its_direction() -> None:
    endpoint = evidence().endpoints[0]
    said = calibration_statement(evidence(), endpoint)
    assert said.mark is CONCERN
    assert said.text.startswith("At cordoba scores are too high: they add up to ")
    assert "cordoba" in calibration_title(evidence(), endpoint)


def test_overconfident_scores_are_called_too_extreme() -> None:
    steep = pl.when(pl.col("metric") == "calibration_slope", pl.col("site") == "cordoba")
    even = pl.when(pl.col("metric") == "observed_expected")
    found = altered(
        ESTIMATES,
        *(
            steep.then(v).otherwise(even.then(w).otherwise(n)).alias(n)
            for n, v, w in zip(("estimate", "ci_low", "ci_high"), (0.57, 0.42, 0.72), (1.0, 0.9, 1.1), strict=True)
        ),
    )
    said = calibration_statement(found, found.endpoints[0]).text
    assert said.startswith("At cordoba scores are too extreme: slope 0.57 (0.42–0.72), where 1 is expected; ECE ")


def test_one_sign_alone_is_doubt_and_not_miscalibration() -> None:
    # Every ECE within chance: what intercept, slope and O:E say alone puts no site in the wrong.
    calm = altered(
        ESTIMATES,
        pl.when(pl.col("metric") == "ece", pl.col("status") == "ok")
        .then(0.001)
        .otherwise("estimate")
        .alias("estimate"),
    )
    said = calibration_statement(calm, calm.endpoints[0])
    assert said.mark is QUIET
    assert "In doubt: " in said.text
    clear, _, doubtful = said.text.partition("In doubt: ")
    assert "cordoba" in doubtful
    assert "cordoba" not in clear
    # Here every site is in doubt, so that none is said to be without a sign.
    assert clear == "Miscalibration is not shown at any site, nor is one without a sign of it. "
    assert calibration_title(calm, calm.endpoints[0]) == clear.removesuffix(". ")


def test_sites_in_doubt_are_not_among_those_without_a_sign_of_miscalibration() -> None:
    line = pl.col("metric").is_in(["calibration_intercept", "calibration_in_the_large", "calibration_slope"])
    wide = (line | (pl.col("metric") == "observed_expected")) & (pl.col("site") != "cordoba")
    calm = altered(
        ESTIMATES,
        pl.when(pl.col("metric") == "ece", pl.col("status") == "ok")
        .then(0.001)
        .otherwise("estimate")
        .alias("estimate"),
        *(pl.when(wide).then(v).otherwise(n).alias(n) for n, v in (("ci_low", -0.5), ("ci_high", 1.5))),
    )
    said = calibration_statement(calm, calm.endpoints[0])
    assert said.mark is QUIET
    assert said.text.startswith("No sign of miscalibration was seen at amstel and borealis. In doubt: cordoba, where")
    assert calibration_title(calm, calm.endpoints[0]) == "No sign of miscalibration was seen at amstel and borealis"


def test_drift_is_told_as_a_picture_with_the_place_and_month() -> None:
    said = drift_statement(evidence())
    assert (
        "Most at borealis, score for Lung nodule by LungScan: 3 of 6 months, the first April\N{NO-BREAK SPACE}2025"
        in (said.text)
    )
    assert "This is a picture, not an alarm." in said.text
    assert said.text.endswith("Nothing was compared at danube, which supplied no later month.")
    assert sites_without_months(evidence()) == ["danube"]


def test_the_largest_change_of_a_mean_score_is_told_whatever_evidently_says() -> None:
    same = altered(DRIFT_COMPARISON, (pl.col("evidently_drift") & False).alias("evidently_drift"))
    assert "The mean score lay furthest from its baseline at borealis: 0.34" in drift_statement(same).text


def test_months_that_look_alike_are_quiet_and_no_month_is_no_evidence() -> None:
    same = altered(DRIFT_COMPARISON, (pl.col("evidently_drift") & False).alias("evidently_drift"))
    assert drift_statement(same).mark is QUIET
    assert monitor_finding(same, f"score_{FINDING}_{MODEL}").endswith("Evidently calls no month different")
    none = filtered(DRIFT_COMPARISON, pl.lit(False))
    assert drift_statement(none).mark is NO_EVIDENCE
    assert sites_without_months(none) == ["amstel", "borealis", "cordoba", "danube"]


def test_what_cannot_be_judged_is_said_with_its_reason() -> None:
    said = missing_statement(evidence(), evidence().endpoints[0])
    assert said.mark is NO_EVIDENCE
    assert said.text.startswith(
        "AUC and sensitivity at danube cannot be judged (fewer than 10 patients with a positive case)"
    )
