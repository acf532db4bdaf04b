"""Synthetic aggregates of a four-hospital study with faults of every kind, as the report stage receives them."""

import hashlib
from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from typing import Any

import numpy as np
import polars as pl

from multisite.cohort.representation import coverage_table, representation_table
from multisite.integrity.shortcuts.agreement import (
    AGREEING,
    AGREEMENT,
    DISAGREEING,
    agreement_moments,
    agreement_table,
    agreement_tally,
)
from multisite.integrity.shortcuts.header_scores import HEADERS_ALONE
from multisite.integrity.shortcuts.ladder import ladder
from multisite.integrity.shortcuts.patients import patients_per_score
from multisite.integrity.shortcuts.shift import score_shift_table
from multisite.integrity.shortcuts.site_told import site_told_table
from multisite.performance import (
    CALIBRATION_STRATA_STAGE,
    LABEL_ERRORS_STAGE,
    VERDICTS_STAGE,
    AcrossSitesParameters,
    across_sites,
)
from multisite.performance.calibration.recalibration_fit import fits_at_site, fits_of_rows
from multisite.performance.calibration.recalibration_gain import gains_at_site
from multisite.performance.operating_point.declared import DeclaredPoint, OperatingPointParameters
from multisite.performance.operating_point.outcomes import decision_curves, outcomes_per_1000
from multisite.performance.operating_point.threshold_choice import at_site, over_sites
from multisite.performance.operating_point.threshold_transfer import threshold_transfer
from multisite.schemas import Artefact, StageInputs
from multisite.schemas.across_sites import ACROSS_SITES, POOLED_SITES
from multisite.schemas.agreement_by_stratum import AGREEMENT_ACROSS_SITES
from multisite.schemas.calibration_strata import (
    CALIBRATION_BY_LEVEL,
    CALIBRATION_CAUSES,
    RECALIBRATION,
    SITE_RECALIBRATION,
)
from multisite.schemas.cohort import COHORT_IDENTITY, COMPOSITION, FLOW
from multisite.schemas.consequences import CONSEQUENCES
from multisite.schemas.drift import DEPLOYMENT_COUNTS, DRIFT_COMPARISON, DRIFT_COUNTS, DRIFT_COUNTS_BASELINE
from multisite.schemas.drift_baseline import DRIFT_BUDGET
from multisite.schemas.drift_verdicts import DRIFT_CASES, DRIFT_VERDICTS
from multisite.schemas.integrity import CHECK_RESULTS
from multisite.schemas.label_errors import CORRECTED_ESTIMATES
from multisite.schemas.looks import LOOKS
from multisite.schemas.operating_points import (
    DECISION_CURVES,
    OPERATING_POINTS,
    OUTCOMES_PER_1000,
    THRESHOLD_TRANSFER,
)
from multisite.schemas.performance import DESIGN_EFFECTS, ESTIMATES, PROPORTION_MOMENTS, RELIABILITY, SCORE_TALLY_GRID
from multisite.schemas.provenance import HEADER_COUNTS
from multisite.schemas.representation import COVERAGE, REPRESENTATION
from multisite.schemas.shortcut_use import HEADER_AGREEMENT, SCORE_SHIFT, SITE_TOLD
from multisite.schemas.shortcuts import SHORTCUT_LADDER
from multisite.schemas.standings import DEVIATIONS, STANDINGS, TIME_FORWARD
from multisite.schemas.truth_sensitivity import TRUTH_TORNADO
from multisite.schemas.verdicts import LEVEL_MOMENTS, VERDICTS
from multisite.stats import (
    ChoiceRule,
    Estimate,
    ScoreCounts,
    auc,
    brier,
    calibration_line,
    expected_calibration_error,
    observed_expected,
    perfect_calibration,
    proportion,
    reliability,
)
from multisite.study import Study
from multisite.tallies import ProportionMoments, tally_cross_moments, tally_proportions, tally_scores
from multisite.vocabulary import ALL_SITES, OVERALL
from tests.lib.timeline_frames import OTHER, timeline_inputs

__all__ = ["DRIFT_FRAMES", "FINDING", "LEVELS", "MODEL", "SITES", "corrected_frame", "report_inputs", "study"]

SEED = 20240229
SITES = ("amstel", "borealis", "cordoba", "danube")
FINDING, MODEL = "nodule", "lungscan"
LEVELS = {
    "vendor": ("Siemens", "GE", "Canon", "Philips"),
    "age_band": ("<45", "45–<60", "60–<75", "≥75", "unknown"),
    "sex": ("F", "M", "unknown"),
    "thickness": ("<1.5", "1.5–<3", "≥3"),
    "kernel": ("smooth", "medium", "sharp", "unknown"),
    "smoking": ("never", "former", "current", "unknown"),
}
_WEIGHTS = {
    "vendor": (0.35, 0.3, 0.2, 0.15),
    "age_band": (0.08, 0.3, 0.42, 0.19, 0.01),
    "sex": (0.46, 0.53, 0.01),
    "thickness": (0.55, 0.3, 0.15),
    "kernel": (0.3, 0.45, 0.22, 0.03),
    "smoking": (0.28, 0.37, 0.33, 0.02),
}
_ACQUISITION = {"vendor": "vendor", "thickness": "slice_thickness_mm", "kernel": "kernel_class"}
_SIZES = {"amstel": 1240, "borealis": 980, "cordoba": 760, "danube": 160}
TARGET = {"sex": {"F": 0.51, "M": 0.49}}
MONTHS = tuple(f"2025-{month:02d}" for month in range(1, 7))
_MINIMUM = 10
_THRESHOLD = 0.5
_VERDICT_FRAMES = (DRIFT_VERDICTS, DRIFT_CASES, DRIFT_BUDGET)
DRIFT_FRAMES = (DRIFT_COMPARISON, DRIFT_COUNTS, DRIFT_COUNTS_BASELINE, DEPLOYMENT_COUNTS, *_VERDICT_FRAMES)


MARGINS = (
    {"metric": "auc", "at_least": 0.7},
    {"metric": "sensitivity", "gap_at_most": 0.05},
    {"metric": "specificity", "gap_at_most": 0.05},
)


def study(*, judged: bool = False) -> Study:
    """A protocol that fits the frames; where it is ``judged``, with margins, and vendor and sex as primary strata."""
    plain = _study()
    if not judged:
        return plain
    declared = plain.model_dump(mode="json")
    declared["performance"]["margins"] = MARGINS
    for stratum in declared["cohort"]["strata"]:
        if stratum["id"] in ("vendor", "sex"):
            stratum["role"] = "primary"
    return Study.model_validate(declared)


def _study() -> Study:
    return Study.model_validate(
        {
            "study": "lung-nodules",
            "title": "LungScan for lung nodules on chest CT",
            "intended_use": {
                "task": "LungScan marks chest CT studies with a lung nodule of 6 mm or more, for a radiologist.",
                "population": "Adults who have a chest CT for any reason, in routine care.",
                "setting": "Radiology departments of four public hospitals.",
                "human_role": "A radiologist reads every study, with the mark shown beside it.",
                "not_validated_for": (
                    "Children and adolescents",
                    "Images with contrast in an arterial phase",
                    "Reading without a radiologist",
                ),
            },
            "findings": [{"id": FINDING, "title": "Lung nodule"}],
            "models": [{"id": MODEL, "title": "LungScan", "version": "2.3"}],
            "cohort": {
                "modalities": ["CT"],
                "eligibility": [
                    {
                        "id": "adult",
                        "column": "age_years",
                        "operator": ">=",
                        "value": 18,
                        "when_missing": "keep",
                        "reason": "The patient is under 18",
                    }
                ],
                "strata": [
                    {"when_missing": "level", **stratum}
                    for stratum in (
                        {"id": "vendor", "title": "Vendor", "column": "vendor"},
                        {
                            "id": "age_band",
                            "title": "Age",
                            "column": "age_years",
                            "bands": [45, 60, 75],
                            "unit": "years",
                        },
                        {"id": "sex", "title": "Sex", "column": "patient_sex", "levels": ["F", "M"]},
                        {"id": "thickness", "title": "Slice thickness", "column": "t", "bands": [1.5, 3], "unit": "mm"},
                        {"id": "kernel", "title": "Kernel", "column": "k", "levels": ["smooth", "medium", "sharp"]},
                        {"id": "smoking", "title": "Smoking", "column": "c", "levels": ["never", "former", "current"]},
                    )
                ],
                "target": {"source": "A national register, 2023", "shares": TARGET},
            },
            "integrity": {"blocking": ["patient_overlap"]},
            "performance": {"threshold": _THRESHOLD, "minimum_denominator": _MINIMUM, "seed": 1},
            "drift": {
                "acquisition": {
                    "numbers": ["slice_thickness_mm"],
                    "categories": ["kernel_class", "software_versions"],
                }
            },
        }
    )


def report_inputs(*, without: tuple[Artefact, ...] = (), judged: bool = False) -> StageInputs:
    """What the runner hands to the report stage, less the frames in ``without``."""
    made = _frames() | {VERDICTS.name: _verdicts(judged=judged)}
    frames = {name: frame for name, frame in made.items() if name not in {a.name for a in without}}
    lineage = {f"{site}/{name}": _digest(site, name) for name in sorted(frames) for site in SITES}
    return StageInputs(site=ALL_SITES, frames=frames, lineage=lineage)


@lru_cache(maxsize=1)
def _frames() -> dict[str, pl.DataFrame]:
    cases = _cases()
    tested = cases.filter(split="test")
    composition = _composition(cases)
    estimates = pl.DataFrame(list(_estimates(tested)), schema=ESTIMATES.schema)
    across = across_sites(
        estimates, _moments(estimates), DESIGN_EFFECTS.empty(), composition, AcrossSitesParameters(ci_level=0.95)
    )
    made = (
        (HEADER_COUNTS, _header_counts()),
        (FLOW, _flow(cases)),
        (COHORT_IDENTITY, _identity(cases)),
        (COMPOSITION, composition),
        (REPRESENTATION, representation_table(composition, strata=tuple(LEVELS), target=TARGET)),
        (COVERAGE, coverage_table(composition, strata=tuple(LEVELS), target=TARGET, minimum_patients=_MINIMUM)),
        (CHECK_RESULTS, _check_results()),
        (CONSEQUENCES, _consequences()),
        (SHORTCUT_LADDER, _ladder(tested)),
        *_score_use(tested),
        (ESTIMATES, estimates),
        (ACROSS_SITES, across.pools),
        (POOLED_SITES, across.sites),
        *_operating_points(cases),
        (RELIABILITY, pl.DataFrame(list(_reliability(tested)), schema=RELIABILITY.schema)),
        (TRUTH_TORNADO, TRUTH_TORNADO.empty()),
        (AGREEMENT_ACROSS_SITES, AGREEMENT_ACROSS_SITES.empty()),
        *_calibration(cases, estimates),
        (LOOKS, _looks()),
        (STANDINGS, _standings()),
        (DEVIATIONS, _deviations()),
        (TIME_FORWARD, _time_forward()),
        (DRIFT_COMPARISON, _comparison()),
        (DRIFT_COUNTS, DRIFT_COUNTS.empty()),
        (DRIFT_COUNTS_BASELINE, _baseline_counts()),
        (DEPLOYMENT_COUNTS, _deployment_counts()),
        *_verdicts_on_months(),
    )
    return {artefact.name: artefact.conform(frame) for artefact, frame in made}


def _verdicts_on_months() -> Iterator[tuple[Artefact, pl.DataFrame]]:
    """Borealis changes in the fourth of eight months, amstel does not; the other sites have no verdict."""
    quiet, changed = timeline_inputs(n_months=8, models=(OTHER,)), timeline_inputs(n_months=8, models=(MODEL,))
    for artefact in _VERDICT_FRAMES:
        calm = quiet.frames[artefact.name].with_columns(site=pl.lit("amstel"), model=pl.lit(MODEL))
        if artefact is DRIFT_CASES:
            calm = calm.clear()
        yield artefact, pl.concat([calm, changed.frames[artefact.name].with_columns(site=pl.lit("borealis"))])


def _calibration(cases: pl.DataFrame, estimates: pl.DataFrame) -> Iterator[tuple[Artefact, pl.DataFrame]]:
    """Calibration by level and recalibrations, every case of a patient of its own."""
    scored = cases.with_columns(
        finding=pl.lit(FINDING),
        model=pl.lit(MODEL),
        reference="positive",
        patient_id=pl.int_range(pl.len()).cast(pl.String),
    )
    parameters = CALIBRATION_STRATA_STAGE.parameters(study(), None)
    own = []
    for site in SITES:
        here = scored.filter(site=site)
        fits = fits_at_site(here, parameters.recalibration, site=site, endpoints=[(FINDING, MODEL)])
        own.append(gains_at_site(here, fits_of_rows(fits), parameters.recalibration, site=site))
    strata = list(LEVELS)
    frames = {
        ESTIMATES.name: estimates,
        PROPORTION_MOMENTS.name: tally_proportions(scored, strata=strata, thresholds=[_THRESHOLD]).frame,
        SCORE_TALLY_GRID.name: tally_scores(scored, strata=strata).on_grid(1000).to_frame(),
        DESIGN_EFFECTS.name: DESIGN_EFFECTS.empty(),
        SITE_RECALIBRATION.name: pl.concat(own),
    }
    made = CALIBRATION_STRATA_STAGE.run(StageInputs(site=ALL_SITES, frames=frames), parameters).frames
    for artefact in (CALIBRATION_BY_LEVEL, CALIBRATION_CAUSES, RECALIBRATION):
        frame = made[artefact.name]
        assert isinstance(frame, pl.DataFrame)
        yield artefact, frame


@lru_cache(maxsize=1)
def _tallied() -> dict[str, pl.DataFrame]:
    """What the stages over the sites read of the tests."""
    cases = _cases().filter(split="test")
    cases = cases.with_columns(
        finding=pl.lit(FINDING),
        model=pl.lit(MODEL),
        reference="positive",
        patient_id=pl.int_range(pl.len()).cast(pl.String),
    )
    strata = list(LEVELS)
    return {
        ESTIMATES.name: _frames()[ESTIMATES.name],
        PROPORTION_MOMENTS.name: tally_proportions(cases, strata=strata, thresholds=[_THRESHOLD]).frame,
        SCORE_TALLY_GRID.name: tally_scores(cases, strata=strata).on_grid(1000).to_frame(),
        LEVEL_MOMENTS.name: tally_cross_moments(cases, strata=strata, threshold=_THRESHOLD),
        DESIGN_EFFECTS.name: DESIGN_EFFECTS.empty(),
    }


def corrected_frame(declared: Study) -> pl.DataFrame:
    """What the stage makes of these tests where ``declared`` says how often labels err."""
    estimates = _tallied()[ESTIMATES.name]
    share = pl.col("n_positive") / (pl.col("n_positive") + pl.col("n_negative"))
    prevalence = estimates.filter(metric="auc").with_columns(
        metric=pl.lit("prevalence"), estimate=share, ci_low=share - 0.02, ci_high=share + 0.02
    )
    inputs = StageInputs(site=ALL_SITES, frames={**_tallied(), ESTIMATES.name: pl.concat([estimates, prevalence])})
    made = LABEL_ERRORS_STAGE.run(inputs, LABEL_ERRORS_STAGE.parameters(declared, None)).frames
    frame = made[CORRECTED_ESTIMATES.name]
    assert isinstance(frame, pl.DataFrame)
    return CORRECTED_ESTIMATES.conform(frame)


@lru_cache(maxsize=2)
def _verdicts(*, judged: bool) -> pl.DataFrame:
    inputs = StageInputs(site=ALL_SITES, frames=_tallied())
    made = VERDICTS_STAGE.run(inputs, VERDICTS_STAGE.parameters(study(judged=judged), None)).frames[VERDICTS.name]
    assert isinstance(made, pl.DataFrame)
    return VERDICTS.conform(made)


def _digest(*words: str) -> str:
    return hashlib.sha256("/".join(words).encode()).hexdigest()


def _cases() -> pl.DataFrame:
    rng = np.random.default_rng(SEED)
    parts = []
    for site, n in _SIZES.items():
        levels = {name: rng.choice(LEVELS[name], size=n, p=_WEIGHTS[name]) for name in LEVELS}
        if site == "danube":
            levels["vendor"] = rng.choice(["Siemens", "Canon"], size=n)
        # Scores are true where nothing is planted: the finding is drawn with the score's own probability.
        likely = rng.random(n) < (0.0 if site == "danube" else 0.32)
        logit = rng.normal(np.where(likely, 3.0, -5.0 if site == "danube" else -3.2), 1.9, size=n)
        positive = rng.random(n) < 1 / (1 + np.exp(-logit))
        logit = logit - np.where((levels["vendor"] == "Canon") & positive, 2.0, 0.0)
        if site == "cordoba":
            logit = logit + 1.4
        split = rng.choice(["train", "tune", "test"], size=n, p=(0.2, 0.1, 0.7))
        parts.append(
            pl.DataFrame(levels).with_columns(
                pl.Series("site", [site] * n),
                pl.Series("split", split),
                pl.Series("positive", positive),
                pl.Series("score", 1 / (1 + np.exp(-logit))).round(3),
            )
        )
    return pl.concat(parts)


def _header_counts() -> pl.DataFrame:
    outcomes = {"scanner": 41_200, "pydicom": 310, "truncated header": 7, "not DICOM": 4, "empty object": 2}
    rows = [
        (site, outcome, m, n * 520_000, n * 1_900 if n > 9 else 0, 0, m, 0, m, n * 2_100)
        for i, site in enumerate(SITES)
        for outcome, n in outcomes.items()
        for m in ((n if outcome == "scanner" or i < 2 else 0) // (i + 1),)
    ]
    return pl.DataFrame(rows, schema=HEADER_COUNTS.schema, orient="row")


def _flow(cases: pl.DataFrame) -> pl.DataFrame:
    rules = [
        ("table", "Cases in the site's table", 0),
        ("no_case_id", "The row has no case id", 0),
        ("duplicate_case_id", "The case id stands in more than one row of the table", 2),
        ("no_patient", "The case has no patient", 0),
        ("unknown_split", "The split is none of train, tune and test", 0),
        ("no_images", "No image of the case's study is in the stores", 9),
        ("no_eligible_modality", "The study has images, but none of modality CT", 4),
        ("no_reference", "No finding has a reference standard", 6),
        ("no_prediction", "A test case without any score", 3),
        ("score_not_a_number", "A score is missing or not a number", 1),
        ("score_out_of_range", "A score lies outside 0 to 1, or is no category of its model", 0),
        ("duplicate_prediction", "A finding and model has more than one score", 0),
        ("adult", "The patient is under 18", 11),
    ]
    rows = []
    for i, site in enumerate(SITES):
        lost = [max(0, n - i) for _, _, n in rules]
        left = cases.filter(site=site).height + sum(lost)
        for order, ((rule, reason, _), n) in enumerate(zip(rules, lost, strict=True)):
            left -= n
            rows.append((site, order, rule, reason, n, n, n, left, left - left // 12, left))
    return pl.DataFrame(rows, schema=FLOW.schema, orient="row")


def _identity(cases: pl.DataFrame) -> pl.DataFrame:
    rows = []
    for site in SITES:
        n = cases.filter(site=site).height
        rows.append((site, _digest(site, "cohort"), n, n - n // 12, 5, date(2023, 3, 1), date(2024, 11, 1)))
    return pl.DataFrame(rows, schema=COHORT_IDENTITY.schema, orient="row")


def _composition(cases: pl.DataFrame) -> pl.DataFrame:
    rows = []
    for (site, split), part in cases.group_by("site", "split"):
        for stratum, levels in {OVERALL: (OVERALL,), **LEVELS}.items():
            for order, level in enumerate(levels):
                here = part if stratum == OVERALL else part.filter(pl.col(stratum) == level)
                n, positive = here.height, int(here["positive"].sum())
                if n:
                    patients = n - n // 12
                    found = positive - positive // 12
                    rows.append(
                        (site, split, FINDING, stratum, level, order, patients, n, positive, n - positive, found)
                    )
    return pl.DataFrame(rows, schema=COMPOSITION.schema, orient="row").sort("site", "split", "stratum", "level_order")


def _check_results() -> pl.DataFrame:
    checks = [
        ("patient_overlap", "No patient is in more than one split", "critical", "patients", 3),
        ("study_overlap", "No study is in more than one split", "critical", "studies", 0),
        ("series_overlap", "No series is in more than one split", "critical", "series", 0),
        ("same_content", "No image content stands under two identities", "major", "instances", 1),
        ("test_after_train", "No test case is dated before the last training case", "minor", "cases", 0),
    ]
    rows = []
    for i, site in enumerate(SITES):
        for order, (check, title, severity, unit, n) in enumerate(checks):
            found = n if i == 1 or (n == 1 and i == 2) else 0
            verdict = "fail" if found else "pass"
            sentence = f"{found} {unit} of 512." if found else f"None of 512 {unit}."
            if check == "test_after_train" and site == "danube":
                verdict, sentence = "not applicable", "The protocol does not ask for it."
            if check == "same_content" and site == "danube":
                verdict, sentence = "error", "The check stopped with KeyError; nothing is known about its question."
            method = f"Counts per pseudonym of {unit}, over the included cases."
            blocking = check == "patient_overlap"
            row = (
                site,
                order,
                check,
                title,
                "overlap",
                severity,
                method,
                verdict,
                blocking,
                unit,
                512,
                found,
                sentence,
            )
            rows.append(row)
    return pl.DataFrame(rows, schema=CHECK_RESULTS.schema, orient="row")


def _consequences() -> pl.DataFrame:
    """The overlap at borealis flattered the AUC, did nothing to sensitivity, and left no negative."""
    how = (0.95, "linearised, patients as clusters, wald")
    shared = ("borealis", "patient_overlap", FINDING, MODEL)
    rows = [
        (*shared, "auc", 600, 3, 0.93, 0.91, 0.02, 0.01, 0.03, *how, "ok", None),
        (*shared, "sensitivity", 200, 3, 0.8, 0.8, 0.0, -0.01, 0.01, *how, "ok", None),
        (*shared, "specificity", 3, 3, 0.7, None, None, None, None, *how, "undefined", "no case is left"),
    ]
    return pl.DataFrame(rows, schema=CONSEQUENCES.schema, orient="row")


def _ladder(tested: pl.DataFrame) -> pl.DataFrame:
    cases = tested.select(
        "site", pl.lit(FINDING).alias("finding"), "split", pl.col("positive").alias("reference"), "score", "vendor"
    )
    share = cases.group_by("vendor").agg(pl.col("reference").mean().alias("told"))
    of_vendor = cases.join(share, on="vendor").with_columns(pl.col("told").alias("score"))
    sources = {MODEL: cases, HEADERS_ALONE: of_vendor, "(vendor)": of_vendor}
    rows = pl.concat(
        frame.drop("vendor", "told", strict=False)
        .with_columns(pl.lit(name).alias("model"))
        .select("site", "finding", "model", "split", "reference", "score")
        for name, frame in sources.items()
    )
    patients = dict(tested.group_by("site").len().rows())
    tally = tally_scores(rows, strata=[]).on_grid(1000)
    return ladder(tally, _label_counts(tested), patients=patients, ci_level=0.95)


def _score_use(tested: pl.DataFrame) -> Iterator[tuple[Artefact, pl.DataFrame]]:
    """What the scores go with; every case is of a patient of its own, and the headers say that GE has the finding."""
    number = pl.int_range(pl.len()).cast(pl.String)
    part = (
        pl.when((pl.col("vendor") == "GE") == pl.col("positive")).then(pl.lit(AGREEING)).otherwise(pl.lit(DISAGREEING))
    )
    scored = tested.select(
        "site",
        "split",
        "score",
        pl.lit(FINDING).alias("finding"),
        pl.lit(MODEL).alias("model"),
        pl.col("positive").alias("reference"),
        number.alias("case_id"),
        number.alias("patient_id"),
        part.alias(f"stratum_{AGREEMENT}"),
        *(pl.col(name).alias(f"stratum_{attribute}") for name, attribute in _ACQUISITION.items()),
    )
    columns = [f"stratum_{attribute}" for attribute in _ACQUISITION.values()]
    patients = pl.concat(patients_per_score(scored.filter(site=site), columns=columns, steps=1000) for site in SITES)
    rules = {"minimum_patients": _MINIMUM, "ci_level": 0.95}
    yield SITE_TOLD, site_told_table(patients, seed=SEED, **rules)
    yield SCORE_SHIFT, score_shift_table(patients, seed=SEED, **rules)
    tally, moments = agreement_tally(scored), agreement_moments(scored, threshold=_THRESHOLD)
    yield HEADER_AGREEMENT, agreement_table(tally.on_grid(1000), moments, **rules)


def _label_counts(tested: pl.DataFrame) -> pl.DataFrame:
    """Counts of the vendors, every case of a patient of its own."""
    positive, negative = (condition.sum().cast(pl.Int64) for condition in (pl.col("positive"), ~pl.col("positive")))
    return tested.group_by("site", pl.col("vendor").alias("level")).agg(
        pl.len().cast(pl.Int64).alias("n_patients"),
        pl.lit(FINDING).alias("finding"),
        pl.lit("vendor").alias("attribute"),
        *(negative.alias(name) for name in ("n_negative", "n_negative_patients")),
        *(positive.alias(name) for name in ("n_positive", "n_positive_patients")),
    )


def _segments(tested: pl.DataFrame) -> Iterator[tuple[str, str, str, pl.DataFrame]]:
    for site in (*SITES, ALL_SITES):
        here = tested if site == ALL_SITES else tested.filter(site=site)
        for stratum, levels in {OVERALL: (OVERALL,), **LEVELS}.items():
            for level in levels:
                part = here if stratum == OVERALL else here.filter(pl.col(stratum) == level)
                if part.height:
                    yield site, stratum, level, part


def _estimates(tested: pl.DataFrame) -> Iterator[dict[str, Any]]:
    for site, stratum, level, part in _segments(tested):
        counts = ScoreCounts.from_cases(part["positive"].to_numpy(), part["score"].to_numpy())
        called = part["score"] >= _THRESHOLD
        note = "; scores on a grid of 1000 steps" if site == ALL_SITES else ""
        shares = {
            "sensitivity": (part["positive"] & called, part["positive"], "positive case"),
            "specificity": (~part["positive"] & ~called, ~part["positive"], "negative case"),
            "ppv": (part["positive"] & called, called, "case called positive"),
            "npv": (~part["positive"] & ~called, ~called, "case called negative"),
        }
        names = {"site": site, "finding": FINDING, "model": MODEL, "split": "test", "stratum": stratum, "level": level}
        sizes = {"n_cases": part.height, "n_positive": counts.positives, "n_negative": counts.negatives}
        for metric, (y, n, unit) in shares.items():
            yield names | sizes | _share(metric, int(y.sum()), int(n.sum()), unit)
        thin = min(counts.positives, counts.negatives) < _MINIMUM
        for metric, estimate in _score_metrics(counts, stratum == OVERALL or site == ALL_SITES).items():
            withheld = thin and estimate.status != "undefined"
            yield (
                names
                | sizes
                | _row(metric, estimate, note, part.height)
                | (_withheld("positive case") if withheld else {})
            )


def _score_metrics(counts: ScoreCounts, with_calibration: bool) -> dict[str, Estimate]:
    found: dict[str, Estimate] = {"auc": auc(counts), "brier": brier(counts)}
    if with_calibration:
        line = calibration_line(counts)
        null = perfect_calibration(counts, rng=np.random.default_rng(SEED), n_replicates=200)
        ece = expected_calibration_error(counts, null=null)
        found |= {"calibration_in_the_large": line.in_the_large, "calibration_slope": line.slope}
        found |= {"observed_expected": observed_expected(counts), "ece": ece}
        found["ece_null_95"] = Estimate(
            estimate=ece.null_95,
            ci_low=None,
            ci_high=None,
            ci_level=0.95,
            ci_method="95th percentile of ECE under perfect calibration",
            n_cases=ece.n_cases,
            status=ece.status,
            reason=ece.reason,
        )
    return found


def _share(metric: str, numerator: int, denominator: int, unit: str) -> dict[str, Any]:
    row = _row(metric, proportion(numerator, denominator), "", denominator)
    row |= {"threshold": _THRESHOLD, "numerator": numerator, "denominator": denominator}
    if denominator == 0:
        return row | {"reason": f"no {unit}"}
    return row | (_withheld(unit) if denominator < _MINIMUM else {})


def _moments(estimates: pl.DataFrame) -> ProportionMoments:
    """Those of the proportions, every case of a patient of its own."""
    n, y = pl.col("denominator"), pl.col("numerator")
    sums = {"n_patients": n, "sum_y": y, "sum_n": n, "sum_yy": y, "sum_yn": y, "sum_nn": n}
    shares = estimates.filter(pl.col("denominator").is_not_null())
    frame = shares.with_columns(value.alias(name) for name, value in sums.items())
    return ProportionMoments.from_frame(frame.select(PROPORTION_MOMENTS.schema.names()))


def _operating_points(cases: pl.DataFrame) -> Iterator[tuple[Artefact, pl.DataFrame]]:
    """Every case of a patient of its own; a sensitivity of 0.8 was asked for."""
    scored = cases.select(
        "site",
        "split",
        "score",
        pl.lit(FINDING).alias("finding"),
        pl.lit(MODEL).alias("model"),
        pl.col("positive").alias("reference"),
        pl.int_range(pl.len()).cast(pl.String).alias("patient_id"),
        pl.col("vendor").alias("stratum_vendor"),
    )
    rule = ChoiceRule(by="sensitivity", at_least=0.8, judged_by="lower_bound")
    parameters = OperatingPointParameters(
        points=(DeclaredPoint(FINDING, MODEL, _THRESHOLD, rule),),
        strata=("vendor",),
        curve=(0.05, 0.5),
        ci_level=0.95,
        minimum_denominator=_MINIMUM,
        score_grid_steps=1000,
        n_replicates=200,
        seed=SEED,
    )
    strata = ["stratum_vendor"]
    tally = tally_scores(scored, strata=strata).on_grid(1000)
    moments = tally_proportions(scored, strata=strata, thresholds=[_THRESHOLD])
    together = over_sites(tally, moments, parameters)
    own = pl.concat(at_site(scored.filter(site=site), parameters, site=site) for site in SITES)
    yield OPERATING_POINTS, pl.concat([own, together])
    yield THRESHOLD_TRANSFER, threshold_transfer(tally, moments, together, parameters)
    yield OUTCOMES_PER_1000, outcomes_per_1000(moments, parameters)
    yield DECISION_CURVES, decision_curves(tally, moments, parameters)


def _withheld(unit: str) -> dict[str, Any]:
    reason = f"fewer than {_MINIMUM} patients with a {unit}"
    return {"estimate": None, "ci_low": None, "ci_high": None, "status": "insufficient", "reason": reason}


def _row(metric: str, estimate: Estimate, note: str, n_patients: int) -> dict[str, Any]:
    return {
        "metric": metric,
        "threshold": None,
        "estimate": estimate.estimate,
        "ci_low": estimate.ci_low,
        "ci_high": estimate.ci_high,
        "ci_level": estimate.ci_level,
        "ci_method": estimate.ci_method + note,
        "n_patients": n_patients,
        "status": str(estimate.status),
        "reason": estimate.reason,
        "numerator": None,
        "denominator": None,
    }


def _reliability(tested: pl.DataFrame) -> Iterator[dict[str, Any]]:
    for site, stratum, level, part in _segments(tested):
        if stratum != OVERALL:
            continue
        counts = ScoreCounts.from_cases(part["positive"].to_numpy(), part["score"].to_numpy())
        withheld = min(counts.positives, counts.negatives) < _MINIMUM
        null = perfect_calibration(counts, rng=np.random.default_rng(SEED), n_replicates=200)
        found = reliability(counts, null=null)
        for i in range(10):
            row = {
                "site": site,
                "finding": FINDING,
                "model": MODEL,
                "split": "test",
                "stratum": stratum,
                "level": level,
            }
            row |= {"bin": i, "n_cases": int(found.n_cases[i]), "n_positive": int(found.n_positive[i])}
            row |= {"bin_low": float(found.bin_low[i]), "bin_high": float(found.bin_high[i])}
            for name in ("mean_score", "observed", "ci_low", "ci_high", "band_low", "band_high"):
                value = float(getattr(found, name)[i])
                row[name] = None if withheld or np.isnan(value) else value
            yield row


def _looks() -> pl.DataFrame:
    """Borealis was evaluated twice, and the ledger of danube is broken."""
    rows = [("amstel", 1, 1, None), ("borealis", 3, 2, None), ("cordoba", 2, 1, None), ("danube", 1, 1, 2)]
    return pl.DataFrame(rows, schema=LOOKS.schema, orient="row")


def _standings() -> pl.DataFrame:
    """Three sites locked before they looked, danube has not locked."""
    locked = [("p" * 64, "planned", None, "2023-11-02T09:00:00+00:00", "A. Example", 0)] * 3
    rows = [(site, *row) for site, row in zip(SITES, locked, strict=False)]
    rows.append(("danube", "p" * 64, "exploratory", "the protocol was not locked", None, None, None))
    return pl.DataFrame(rows, schema=STANDINGS.schema, orient="row")


def _deviations() -> pl.DataFrame:
    row = ("borealis", 4, "2024-01-09T12:30:00+00:00", "B. Example", "two readers in May", "one was ill", "p" * 64)
    return pl.DataFrame([row], schema=DEVIATIONS.schema, orient="row")


def _time_forward() -> pl.DataFrame:
    frozen, locked = date(2023, 6, 30), date(2023, 11, 2)
    months = (date(2023, 1, 1), date(2023, 12, 1))
    rows = [(site, MODEL, frozen, locked, 200, 2, 98, 30, *months) for site in SITES[:3]]
    rows.append(("danube", MODEL, frozen, None, 40, 0, 20, None, *months))
    return pl.DataFrame(rows, schema=TIME_FORWARD.schema, orient="row")


def _comparison() -> pl.DataFrame:
    rng = np.random.default_rng(SEED)
    monitors = {
        "kernel_class": ("category", 0.46, 0.04),
        f"score_{FINDING}_{MODEL}": ("number", 0.34, 0.012),
        "slice_thickness_mm": ("number", 1.9, 0.06),
        "software_versions": ("category", 0.71, 0.03),
    }
    rows = []
    for site in SITES[:3]:
        for i, month in enumerate(MONTHS):
            for monitor, (kind, reference, noise) in monitors.items():
                moved = site == "borealis" and i >= 3 and monitor.startswith(("score", "software"))
                value = (
                    reference + rng.normal(0, noise) + (0.09 if moved and kind == "number" else -0.6 if moved else 0)
                )
                n = int(rng.integers(120, 190))
                thin = site == "cordoba" and i == 5
                statistic = 0.19 if moved else float(rng.uniform(0.01, 0.08))
                verdict = ("Wasserstein distance (normed)", statistic, 0.1, moved)
                rows.append(
                    (site, month, monitor, kind, 1200, 7 if thin else n, 0.0, 0.01)
                    + ((None, None, None, None) if thin else verdict)
                    + (reference, max(0.0, value), "fewer than 10 studies of the month have a value" if thin else None)
                )
    return pl.DataFrame(rows, schema=DRIFT_COMPARISON.schema, orient="row")


def _baseline_counts() -> pl.DataFrame:
    labels = {"kernel_class": ("medium", "smooth"), "software_versions": ("syngo CT VB20A", "syngo CT VB10A")}
    rows = [
        (site, "baseline", monitor, "category", position, "category", label, None, None, 700 - 100 * position)
        for site in SITES[:3]
        for monitor, names in labels.items()
        for position, label in enumerate(names)
    ]
    names = [name for name in DRIFT_COUNTS_BASELINE.schema if name not in ("baseline", "axis", "level")]
    frame = pl.DataFrame(rows, schema={name: DRIFT_COUNTS_BASELINE.schema[name] for name in names}, orient="row")
    whole = frame.with_columns(baseline=pl.lit(""), axis=pl.lit("overall"), level=pl.lit("overall"))
    return whole.select(DRIFT_COUNTS_BASELINE.schema.names())


def _deployment_counts() -> pl.DataFrame:
    outcomes = {"monitored": 940, "no images": 6, "score missing": 3, "duplicated": 0}
    rows = [(site, outcome, n) for site in SITES[:3] for outcome, n in outcomes.items()]
    return pl.DataFrame(rows, schema=DEPLOYMENT_COUNTS.schema, orient="row")
