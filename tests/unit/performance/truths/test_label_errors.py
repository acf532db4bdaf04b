"""Errors of the labels from the study file to the corrected estimates of sites and of all of them."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from multisite.performance import ESTIMATES_STAGE, LABEL_ERRORS_STAGE, PERFORMANCE_STAGE
from multisite.performance.truths.label_errors import LabelErrorParameters
from multisite.schemas import StageInputs
from multisite.schemas.label_errors import CORRECTED_ESTIMATES, CORRECTED_METRICS
from multisite.stats import LabellerValidation, accuracy_bounds, corrected_accuracy
from multisite.study import Study
from multisite.tallies import Thresholds
from multisite.vocabulary import ALL_SITES
from tests.lib.report_frames import FINDING, study
from tests.unit.performance.builders import PARAMETERS, cohort_and_predictions

SITES = ("a", "b")
CHECK = LabellerValidation(positives_checked=200, positives_found=188, negatives_checked=400, negatives_found=392)
ERRORS = LabelErrorParameters(
    labellers=(("nodule", CHECK),), thresholds=Thresholds(0.5), ci_level=0.95, seed=4, n_draws=1000
)
SECTION = {
    "source": "report text",
    "labeller": "reader-of-reports 2.1",
    "sensitivity": {"positives_checked": 200, "found": 188},
    "specificity": {"negatives_checked": 400, "found": 392},
}


def inputs(*, n: int = 400, cases_per_patient: int = 1) -> StageInputs:
    parts: dict[str, list[pl.DataFrame]] = {}
    for site in SITES:
        cohort, predictions = cohort_and_predictions(site, n=n, cases_per_patient=cases_per_patient, seed=ord(site))
        frames = {"cohort": cohort, "predictions": predictions}
        for name, frame in PERFORMANCE_STAGE.run(StageInputs(site=site, frames=frames), PARAMETERS).frames.items():
            assert isinstance(frame, pl.DataFrame)
            parts.setdefault(name, []).append(frame)
    joined = StageInputs(site=ALL_SITES, frames={name: pl.concat(frames) for name, frames in parts.items()})
    estimated = ESTIMATES_STAGE.run(joined, PARAMETERS).frames["estimates"]
    assert isinstance(estimated, pl.DataFrame)
    return replace(joined, frames={**joined.frames, "estimates": estimated})


def corrected(given: StageInputs, parameters: LabelErrorParameters = ERRORS) -> pl.DataFrame:
    frame = LABEL_ERRORS_STAGE.run(given, parameters).frames[CORRECTED_ESTIMATES.name]
    assert isinstance(frame, pl.DataFrame)
    return CORRECTED_ESTIMATES.conform(frame)


@pytest.fixture(scope="module")
def given() -> StageInputs:
    return inputs()


@pytest.fixture(scope="module")
def found(given: StageInputs) -> pl.DataFrame:
    return corrected(given)


def test_every_site_and_all_sites_have_every_metric_of_every_model(found: pl.DataFrame) -> None:
    wanted = {(m, site, metric) for m in ("m1", "m2") for site in (*SITES, ALL_SITES) for metric in CORRECTED_METRICS}
    assert set(found.select("model", "site", "metric").rows()) == wanted
    assert found.height == len(wanted)


def test_what_is_as_labelled_is_what_the_estimates_say(given: StageInputs, found: pl.DataFrame) -> None:
    tested = given.frame("estimates").filter(split="test", stratum="overall")
    keys = ["finding", "model", "site", "metric"]
    both = found.join(tested, on=keys, suffix="_of_estimates")
    assert both.height == found.height
    for own, theirs in (("as_labelled", "estimate"), ("labelled_low", "ci_low"), ("labelled_high", "ci_high")):
        assert both[own].to_list() == both[f"{theirs}_of_estimates" if theirs in found.columns else theirs].to_list()


def test_the_corrections_are_those_of_the_table_of_calls_and_labels(given: StageInputs, found: pl.DataFrame) -> None:
    estimates = {
        row["metric"]: row
        for row in given.frame("estimates")
        .filter(split="test", stratum="overall", site="a", model="m1")
        .iter_rows(named=True)
    }
    positive, negative = estimates["sensitivity"], estimates["specificity"]
    cells = positive["numerator"], negative["denominator"] - negative["numerator"]
    cells += positive["denominator"] - positive["numerator"], negative["numerator"]
    rng = np.random.default_rng(0)
    alone = corrected_accuracy(*cells, CHECK, rng=rng, n_draws=100)
    bounds = accuracy_bounds(*cells, CHECK.errors)
    rows = {row["metric"]: row for row in found.filter(site="a", model="m1").iter_rows(named=True)}
    for metric in ("sensitivity", "specificity", "prevalence"):
        assert rows[metric]["estimate"] == getattr(alone, metric).estimate
    assert (rows["sensitivity"]["bound_low"], rows["sensitivity"]["bound_high"]) == (
        bounds.sensitivity.low,
        bounds.sensitivity.high,
    )


def test_a_corrected_value_lies_within_its_bounds_and_its_interval_is_wider(found: pl.DataFrame) -> None:
    bounded = found.filter(pl.col("bound_low").is_not_null())
    assert set(bounded["metric"]) == {"auc", "sensitivity", "specificity"}
    # The bounds of the AUC come from scores on the grid.
    slack = 0.001
    assert bounded.filter(
        ~pl.col("estimate").is_between(pl.col("bound_low") - slack, pl.col("bound_high") + slack)
    ).is_empty()
    width, labelled = pl.col("ci_high") - pl.col("ci_low"), pl.col("labelled_high") - pl.col("labelled_low")
    assert found.filter(width <= labelled).is_empty()


def test_a_perfect_model_would_not_look_perfect(found: pl.DataFrame) -> None:
    perfect = found.filter(pl.col("metric") != "prevalence")["of_perfect_model"]
    assert perfect.is_between(0.8, 0.999).all()
    assert found.filter(metric="prevalence")["of_perfect_model"].null_count() == found.height // 4


def test_a_perfect_model_shows_nothing_where_the_corrected_prevalence_is_impossible(given: StageInputs) -> None:
    noisy = LabellerValidation(positives_checked=200, positives_found=200, negatives_checked=400, negatives_found=40)
    blind = LabellerValidation(positives_checked=200, positives_found=20, negatives_checked=400, negatives_found=400)
    for check, kept in ((noisy, set()), (blind, {"sensitivity"})):
        rows = corrected(given, replace(ERRORS, labellers=(("nodule", check),)))
        beyond = rows.filter(metric="prevalence")["estimate"]
        assert (beyond <= 0).all() if check is noisy else (beyond >= 1).all()
        assert set(rows.filter(pl.col("of_perfect_model").is_not_null())["metric"]) == kept


def fourfold(given: StageInputs, *, of_the_same: bool) -> StageInputs:
    """Every case four times: of the same patient, or of four patients."""
    squares = 16 if of_the_same else 4
    factors = {"n_patients": 1 if of_the_same else 4, "sum_y": 4, "sum_n": 4}
    factors |= dict.fromkeys(("sum_yy", "sum_yn", "sum_nn"), squares)
    moments = given.frame("proportion_moments").with_columns(pl.col(name) * n for name, n in factors.items())
    return replace(given, frames={**given.frames, "proportion_moments": moments})


def test_repeated_patients_widen_the_interval_and_not_the_number(given: StageInputs) -> None:
    for metric in ("prevalence", "sensitivity", "specificity"):
        repeated, others = (
            corrected(fourfold(given, of_the_same=same)).filter(metric=metric) for same in (True, False)
        )
        assert repeated["estimate"].to_list() == others["estimate"].to_list()
        widths = [(frame["ci_high"] - frame["ci_low"]).mean() for frame in (repeated, others)]
        assert widths[0] > 1.3 * widths[1]


def test_what_is_withheld_against_the_labels_is_withheld_corrected() -> None:
    rows = corrected(inputs(n=20)).filter(site="a", metric="auc")
    assert set(rows["status"]) == {"insufficient"}
    withheld = rows.select("estimate", "ci_low", "bound_low", "of_perfect_model")
    assert withheld.null_count().sum_horizontal().item() == 4 * rows.height
    assert all("fewer than 10 patients" in str(reason) for reason in rows["reason"])


def test_no_result_depends_on_other_findings_models_or_the_order_of_rows(
    given: StageInputs, found: pl.DataFrame
) -> None:
    alone = {
        name: given.frame(name).filter(model="m2") for name in ("proportion_moments", "score_tally_grid", "estimates")
    }
    shuffled = {name: frame.sample(fraction=1.0, shuffle=True, seed=1) for name, frame in alone.items()}
    assert corrected(replace(given, frames=shuffled)).equals(found.filter(model="m2"))


def test_only_a_declared_labeller_is_asked_for() -> None:
    plain = study()
    assert LABEL_ERRORS_STAGE.is_asked_for is not None
    assert not LABEL_ERRORS_STAGE.is_asked_for(LABEL_ERRORS_STAGE.parameters(plain, None))
    declared = Study.model_validate(plain.model_dump(mode="json") | {"label_errors": {FINDING: SECTION}})
    parameters = LABEL_ERRORS_STAGE.parameters(declared, None)
    assert LABEL_ERRORS_STAGE.is_asked_for(parameters)
    assert parameters.labellers == ((FINDING, CHECK),)
