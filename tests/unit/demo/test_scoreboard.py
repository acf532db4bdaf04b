"""What counts as found, on small artefacts written by hand."""

from collections.abc import Mapping

import polars as pl
import pytest

from multisite.demo import Planted, Reader, score
from multisite.errors import ArtefactMissingError
from multisite.vocabulary import ALL_SITES


def reader(frames: Mapping[tuple[str, str], pl.DataFrame]) -> Reader:
    def read(site: str, artefact: str) -> pl.DataFrame:
        if (site, artefact) not in frames:
            raise ArtefactMissingError(f"`{artefact}` has not been made")
        return frames[(site, artefact)]

    return read


def only(planted: Planted, frames: Mapping[tuple[str, str], pl.DataFrame]):
    (line,) = score([planted], reader(frames))
    return line


COUNTED = [
    ("check", "patient_overlap", "check_results", "check", "n_found"),
    ("rule", "no_images", "flow", "rule", "excluded_cases"),
    ("objects", "not DICOM", "header_counts", "outcome", "n_objects"),
]


@pytest.mark.parametrize(("kind", "name", "artefact", "key", "number"), COUNTED)
@pytest.mark.parametrize(("counted", "found"), [(3, True), (2, False), (4, False), (0, False)])
def test_a_count_is_found_when_it_is_the_planted_one(
    kind: str, name: str, artefact: str, key: str, number: str, counted: int, found: bool
) -> None:
    frame = pl.DataFrame({key: [name, "something else"], number: [counted, 99]})
    line = only(Planted("x", kind, "Three.", "a", {"name": name, "number": 3}), {("a", artefact): frame})
    assert (line.planted, line.found, line.number) == ("Three.", found, str(counted))
    assert line.where == f"{artefact}, {name}, a"


def test_a_count_that_is_not_listed_is_not_found() -> None:
    frame = pl.DataFrame({"outcome": ["scanner"], "n_objects": [5]})
    line = only(Planted("x", "objects", "s", "a", {"name": "not DICOM", "number": 5}), {("a", "header_counts"): frame})
    assert not line.found


def test_studies_without_a_case_are_read_from_the_identity_of_the_cohort() -> None:
    frame = pl.DataFrame({"n_studies_without_case": [2]})
    planted = Planted("x", "unclaimed", "s", "a", {"name": "n_studies_without_case", "number": 2})
    assert only(planted, {("a", "cohort_identity"): frame}).found


READER = Planted("x", "reader", "s", "b", {"name": "reader 1", "number": 0.3})


def bias(*failing: tuple[str, str, str]) -> pl.DataFrame:
    """READER_BIAS of two sites with two readers; ``failing`` are site, reader and error."""
    keys = [
        (site, reader, error)
        for site in "ab"
        for reader in ("reader 1", "reader 2")
        for error in ("negatives called positive", "positives called negative")
    ]
    return pl.DataFrame(keys, schema=["site", "reader", "error"], orient="row").with_columns(
        of_reader=0.3, of_others=0.05, difference=0.25, ci_low=0.2, ci_high=0.3,
        verdict=pl.Series(["fail" if key in failing else "pass" for key in keys]),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("failing", "found"),
    [
        ((("b", "reader 1", "negatives called positive"),), True),
        ((), False),
        ((("b", "reader 1", "positives called negative"),), False),
        ((("a", "reader 1", "negatives called positive"),), False),
        ((("b", "reader 1", "negatives called positive"), ("a", "reader 2", "positives called negative")), False),
    ],
)
def test_a_reader_is_found_when_that_one_fails_and_no_other(
    failing: tuple[tuple[str, str, str], ...], found: bool
) -> None:
    line = only(READER, {(ALL_SITES, "reader_bias"): bias(*failing)})
    assert line.found is found
    assert line.number.startswith("30% of negatives, others 5%: +25 points (+20 to +30), ")


def test_a_reader_of_whom_nothing_could_be_said_is_not_found() -> None:
    withheld = bias().with_columns(difference=pl.lit(None, pl.Float64))
    line = only(READER, {(ALL_SITES, "reader_bias"): withheld})
    assert (line.found, line.number) == (False, "no difference for the reader")


def test_an_artefact_that_has_not_been_made_finds_nothing() -> None:
    line = only(Planted("x", "check", "s", "a", {"name": "patient_overlap", "number": 3}), {})
    assert (line.found, line.where) == (False, "`check_results` has not been made")


WEAK = Planted("x", "sensitivity", "s", ALL_SITES, {"name": "Philips", "number": -0.15})


# stratum | level | estimate | low | high | rest | difference | low | high | verdict
def verdicts(
    *rows: tuple[str, str, float, float, float, float | None, float | None, float | None, float | None, str],
) -> dict[tuple[str, str], pl.DataFrame]:
    spans = ["estimate", "ci_low", "ci_high", "rest", "difference", "difference_low", "difference_high"]
    schema = {"stratum": pl.String, "level": pl.String, **dict.fromkeys(spans, pl.Float64), "verdict": pl.String}
    frame = pl.DataFrame(list(rows), schema=schema, orient="row")
    return {(ALL_SITES, "verdicts"): frame.with_columns(metric=pl.lit("sensitivity"), margin_kind=pl.lit("gap"))}


PHILIPS = ("vendor", "Philips", 0.70, 0.61, 0.77, 0.83, -0.13, -0.22, -0.05)
OTHER = ("vendor", "GE HealthCare", 0.83, 0.79, 0.87, 0.76, 0.07, 0.01, 0.12, "meets")


def test_a_vendor_that_fails_its_margin_is_found_with_both_numbers() -> None:
    line = only(WEAK, verdicts((*PHILIPS, "fails"), OTHER))
    assert line.found
    assert line.number == "0.70 (0.61–0.77), others 0.83: -13 points (-22 to -5), fails"


@pytest.mark.parametrize("verdict", ["insufficient evidence", "meets"])
def test_a_vendor_that_does_not_fail_is_not_found(verdict: str) -> None:
    assert not only(WEAK, verdicts((*PHILIPS, verdict), OTHER)).found


def test_a_vendor_that_fails_beside_another_level_is_not_found() -> None:
    assert not only(WEAK, verdicts((*PHILIPS, "fails"), (*OTHER[:-1], "fails"))).found


def test_a_vendor_without_a_difference_is_not_found() -> None:
    thin = ("vendor", "Philips", 0.70, 0.61, 0.77, None, None, None, None, "insufficient evidence")
    for frames in (verdicts(OTHER), verdicts(thin)):
        line = only(WEAK, frames)
        assert (line.found, line.number) == (False, "no difference for the vendor")


MISCALIBRATED = Planted("x", "calibration", "s", "b", {"name": "calibration_slope", "number": 1})


NO_SIGN, PREVALENCE, UNEXPLAINED = (
    "no sign of miscalibration",
    "explained by prevalence",
    "not explained by prevalence",
)


@pytest.mark.parametrize(
    ("cause_a", "cause_b", "found"),
    [
        (NO_SIGN, UNEXPLAINED, True),
        ("insufficient evidence", UNEXPLAINED, True),
        (NO_SIGN, NO_SIGN, False),  # nothing at the planted site
        (NO_SIGN, PREVALENCE, False),  # the wrong cause
        (UNEXPLAINED, UNEXPLAINED, False),  # elsewhere too
        (PREVALENCE, UNEXPLAINED, False),  # another site departs as well
    ],
)
def test_miscalibration_is_found_at_the_planted_site_and_nowhere_else(cause_a: str, cause_b: str, found: bool) -> None:
    # Over all sites, and in strata, nothing is looked at.
    causes = [
        ("site", "a", cause_a),
        ("site", "b", cause_b),
        ("overall", "overall", UNEXPLAINED),
        ("vendor", "Canon", UNEXPLAINED),
    ]
    slopes = [("site", "a", 1.02, 0.8, 1.2), ("site", "b", 0.55, 0.44, 0.66), ("overall", "overall", 0.8, 0.7, 0.9)]
    by_level = pl.DataFrame(slopes, schema=["stratum", "level", "estimate", "ci_low", "ci_high"], orient="row")
    line = only(
        MISCALIBRATED,
        {
            (ALL_SITES, "calibration_causes"): pl.DataFrame(causes, schema=["stratum", "level", "cause"], orient="row"),
            (ALL_SITES, "calibration_by_level"): by_level.with_columns(metric=pl.lit("calibration_slope")),
        },
    )
    assert line.found == found
    assert line.number.startswith("slope 0.55 (0.44–0.66), other sites 1.02 to 1.02")


def comparison(
    scores_a: list[float], versions_a: list[float], scores_b: list[float]
) -> dict[tuple[str, str], pl.DataFrame]:
    """Months 2024-01… of two sites; the reference has mean score 0.30 and the commonest version in 0.45 of studies."""
    rows = []
    for site, monitor, reference, values in (
        ("a", "score_nodule_chest_ai", 0.30, scores_a),
        ("a", "software_versions", 0.45, versions_a),
        ("b", "score_nodule_chest_ai", 0.30, scores_b),
    ):
        for month, value in enumerate(values, start=1):
            rows.append((site, f"2024-{month:02d}", monitor, 50, reference, value))
    columns = ["site", "window", "monitor", "n_current", "mean_reference", "mean_current"]
    return {(ALL_SITES, "drift_comparison"): pl.DataFrame(rows, schema=columns, orient="row")}


DRIFT = Planted("x", "drift", "s", "a", {"name": "2024-03", "number": 3})
STEADY = [0.31, 0.29, 0.30, 0.30]


@pytest.mark.parametrize(
    ("scores_a", "versions_a", "scores_b", "found"),
    [
        ([0.31, 0.29, 0.40, 0.40], [0.46, 0.44, 0.0, 0.0], STEADY, True),
        ([0.31, 0.29, 0.40, 0.40], [0.46, 0.44, 0.45, 0.0], STEADY, False),  # software changed a month later
        ([0.31, 0.29, 0.40, 0.40], [0.46, 0.0, 0.0, 0.0], STEADY, False),  # and a month earlier
        ([0.31, 0.29, 0.305, 0.295], [0.46, 0.44, 0.0, 0.0], STEADY, False),  # scores as before
        ([0.31, 0.29, 0.40, 0.40], [0.46, 0.44, 0.0, 0.0], [0.30, 0.30, 0.45, 0.45], False),  # more so elsewhere
    ],
)
def test_drift_is_found_when_software_and_scores_change_in_the_planted_month(
    scores_a: list[float], versions_a: list[float], scores_b: list[float], found: bool
) -> None:
    assert only(DRIFT, comparison(scores_a, versions_a, scores_b)).found == found


def test_drift_is_told_with_the_month_and_both_means() -> None:
    line = only(DRIFT, comparison([0.31, 0.29, 0.40, 0.42], [0.46, 0.44, 0.0, 0.0], STEADY))
    assert line.number == "new software since 2024-03; mean score 0.30 → 0.41 (+0.11)"


def test_months_that_were_not_compared_find_nothing() -> None:
    frame = comparison([], [], [])[(ALL_SITES, "drift_comparison")].cast(
        {"site": pl.String, "window": pl.String, "monitor": pl.String, "n_current": pl.Int64,
         "mean_reference": pl.Float64, "mean_current": pl.Float64}
    )  # fmt: skip
    assert not only(DRIFT, {(ALL_SITES, "drift_comparison"): frame}).found


ALARM = Planted("x", "alarm", "s", "a", {"name": "2024-02", "number": 2})


def monthly_verdicts(*rows: tuple[str, str, str, str]) -> dict[tuple[str, str], pl.DataFrame]:
    frame = pl.DataFrame(rows, schema=["site", "month", "state", "cause"], orient="row")
    return {(ALL_SITES, "drift_verdicts"): frame}


@pytest.mark.parametrize(
    ("before", "state", "cause", "elsewhere", "found"),
    [
        ("GREEN", "AMBER-2", "software 1 → 2 on X", "GREEN", True),
        ("GREEN", "RED", "software 1 → 2 on X", "GREY", True),
        ("GREEN", "AMBER-2", "", "GREEN", False),  # no cause is named
        ("GREEN", "GREEN", "", "GREEN", False),  # silent
        ("AMBER-1", "AMBER-2", "software 1 → 2 on X", "GREEN", False),  # a month too early
        ("GREEN", "AMBER-2", "software 1 → 2 on X", "AMBER-1", False),  # and at a site where nothing changed
    ],
)
def test_an_alarm_is_found_when_the_planted_month_alone_alarms_and_names_its_software(
    before: str, state: str, cause: str, elsewhere: str, found: bool
) -> None:
    frames = monthly_verdicts(
        ("a", "2024-01", before, ""), ("a", "2024-02", state, cause), ("b", "2024-02", elsewhere, "")
    )
    assert only(ALARM, frames).found == found


def test_a_month_without_a_verdict_finds_nothing() -> None:
    assert not only(ALARM, monthly_verdicts(("b", "2024-02", "GREEN", ""))).found
