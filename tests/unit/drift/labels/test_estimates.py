"""Performance in use, month by month, from a hospital whose labels come late."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from multisite.drift.labels.estimates import InUse, performance_rows
from multisite.drift.labels.performance_row import Endpoint
from multisite.drift.labels.tallies import count_labels, count_scores, sum_audits
from multisite.drift.labels.validated import Validated, ValidatedRate
from multisite.schemas.drift_performance import (
    DEPLOYMENT_LABELS,
    DRIFT_AUDIT,
    DRIFT_LABEL_COUNTS,
    DRIFT_PERFORMANCE,
    DRIFT_SCORE_COUNTS,
)
from multisite.stats import ScoreCounts, anytime_difference, calibration_line

MONTHS = [f"2026-{month:02d}" for month in range(1, 9)]
ENDPOINT = Endpoint("nodule", "ai", 0.5, 0.1)
DELAY = 2


def studies(
    *,
    n: int = 400,
    sensitivity: float = 0.9,
    later: float | None = None,
    labelled: tuple[float, float] = (1.0, 1.0),
    audit: float = 0.0,
    seed: int = 7,
) -> pl.DataFrame:
    """``n`` studies a month, half of them with the finding, specificity 0.8, labels after two months.

    ``later`` is the sensitivity from the fifth month on, if another. ``labelled`` are the shares of alerts and of
    others that get a label at all.
    """
    rng = np.random.default_rng(seed)
    rows = []
    for place, month in enumerate(MONTHS):
        truth = rng.random(n) < 0.5
        finds = sensitivity if later is None or place < 4 else later
        alert = np.where(truth, rng.random(n) < finds, rng.random(n) < 0.2)
        known = rng.random(n) < np.where(alert, *labelled)
        drawn = rng.random(n) < audit
        known_in = f"2026-{place + 1 + DELAY:02d}"
        for i in range(n):
            has = bool(known[i] or drawn[i])
            rows.append(
                {
                    "site": "north", "study_instance_uid": f"{month}-{i}", "patient_id": f"{month}-{i}",
                    "month": month, "finding": "nodule", "model": "ai", "score": 0.7 if alert[i] else 0.3,
                    "is_alert": bool(alert[i]), "software_versions": "A" if place < 4 else "B",
                    "reference_positive": bool(truth[i]) if has else None, "known_in": known_in if has else None,
                    "audit_probability": audit if drawn[i] else None,
                }
            )  # fmt: skip
    return DEPLOYMENT_LABELS.conform(pl.DataFrame(rows, schema=DEPLOYMENT_LABELS.schema))


def validated(sensitivity: float | None = 0.9, *, width: float = 0.02) -> dict[tuple[str, str], Validated]:
    # Scores of 0.3 and 0.7 with the shares of truth that the studies have.
    line = calibration_line(ScoreCounts([0.3, 0.7], [50, 450], [400, 100]))
    rate = None if sensitivity is None else around(sensitivity, width)
    return {("nodule", "ai"): Validated(rate, around(0.8, width), line)}


def around(estimate: float, width: float) -> ValidatedRate:
    return ValidatedRate(estimate, estimate - width, min(1.0, estimate + width), 1.0)


def told(rows: pl.DataFrame, known: dict[tuple[str, str], Validated] | None = None) -> pl.DataFrame:
    lines = {pair: one.line for pair, one in validated().items()}
    tallies = InUse(
        DRIFT_LABEL_COUNTS.conform(count_labels(rows)),
        DRIFT_SCORE_COUNTS.conform(count_scores(rows, steps=1000)),
        DRIFT_AUDIT.conform(sum_audits(rows, lines)),
    )
    made = performance_rows(
        tallies, site="north", months=MONTHS, endpoints=[ENDPOINT], validated=validated() if known is None else known
    )
    return DRIFT_PERFORMANCE.conform(made)


def of(rows: pl.DataFrame, month: str, method: str, measure: str = "sensitivity") -> dict[str, object]:
    return rows.filter(axis="overall", month=month, method=method, measure=measure).row(0, named=True)


def test_labels_are_estimated_from_once_they_are_mature_and_not_before() -> None:
    rows = told(studies())
    assert of(rows, "2026-01", "labels")["estimate"] is None
    last = of(rows, "2026-08", "labels")
    assert last["verdict"] == "holds"
    assert last["estimate"] == pytest.approx(0.9, abs=0.03)
    # Six of eight months are old enough.
    assert last["n_labelled"] == pytest.approx(6 * 200, rel=0.1)


def test_a_fall_beyond_the_margin_is_a_breach_and_one_within_is_not() -> None:
    assert of(told(studies(sensitivity=0.7)), "2026-08", "labels")["verdict"] == "breached"
    assert of(told(studies(sensitivity=0.87)), "2026-08", "labels")["verdict"] in ("holds", "insufficient evidence")


def test_an_uncertain_validated_value_takes_more_to_breach() -> None:
    rows = studies(sensitivity=0.75)
    assert of(told(rows), "2026-08", "labels")["verdict"] == "breached"
    vague = of(told(rows, validated(width=0.1)), "2026-08", "labels")
    # That it fell is certain, that it fell by more than the margin is not.
    assert vague["verdict"] == "fallen"
    assert of(told(rows, validated(width=0.3)), "2026-08", "labels")["verdict"] == "insufficient evidence"


def test_repeated_patients_of_the_validated_set_widen_what_labels_say() -> None:
    alone, repeated = (
        {("nodule", "ai"): replace(known, sensitivity=ValidatedRate(0.9, 0.88, 0.92, effect))}
        for effect in (1.0, 4.0)
        for known in validated().values()
    )
    rows = studies()
    narrow, wide = (of(told(rows, known), "2026-08", "labels") for known in (alone, repeated))
    assert narrow["estimate"] == wide["estimate"]
    assert float(str(wide["lower"])) < float(str(narrow["lower"]))
    assert int(str(wide["n_needed"])) > 3.5 * int(str(narrow["n_needed"]))


def test_a_fall_after_good_months_is_told_from_the_months_since() -> None:
    rows = told(studies(n=200, later=0.6))
    assert of(rows, "2026-08", "labels")["verdict"] != "breached"
    since = rows.filter(axis="since", month="2026-08", measure="sensitivity").row(0, named=True)
    assert (since["level"], since["verdict"]) == ("2026-05", "breached")
    assert since["estimate"] == pytest.approx(0.6, abs=0.08)
    # Months that could not be told then say nothing of it.
    assert rows.filter(pl.col("axis") == "since", pl.col("month") < "2026-07").is_empty()


def test_where_nothing_fell_there_is_no_such_stretch() -> None:
    assert told(studies()).filter(axis="since").is_empty()


def test_a_fall_that_is_over_stops_alarming_although_all_months_together_remember_it() -> None:
    rows = told(studies(sensitivity=0.4, later=0.9))
    # The four months of the fall are mature in June, and the good ones after them from July on.
    assert of(rows, "2026-06", "labels")["verdict"] == "breached"
    last = of(rows, "2026-08", "labels")
    assert (last["verdict"], last["upper"]) == ("insufficient evidence", pytest.approx(0.6, abs=0.1))
    assert "do not bear it out" in str(last["reason"])
    assert rows.filter(axis="since", month="2026-08").is_empty()


def test_a_few_labels_that_come_three_times_as_often_to_alerts_decide_nothing() -> None:
    rows = told(studies(n=2000, labelled=(0.12, 0.04)))
    for measure in ("sensitivity", "specificity"):
        row = of(rows, "2026-08", "labels", measure)
        assert row["verdict"] == "insufficient evidence"
        assert "no random part" in str(row["reason"])


def test_an_audit_counts_when_its_labels_were_known_and_not_before_most_have_come() -> None:
    rows = studies(labelled=(0.0, 0.0), audit=0.3)
    # January's audit is known in March; a tenth of February's only in August.
    late = (pl.col("month") == "2026-02") & (pl.int_range(pl.len()).over("month") % 5 == 0)
    rows = rows.with_columns(
        pl.when(late & pl.col("known_in").is_not_null()).then(pl.lit("2026-08")).otherwise("known_in").alias("known_in")
    )
    march, april, august = (of(told(rows), month, "audit") for month in ("2026-03", "2026-04", "2026-08"))
    assert march == of(told(rows.filter(pl.col("month") <= "2026-03")), "2026-03", "audit")
    # In April four of five of February's are known: too few, so that only January counts, as in March.
    assert april["n_studies"] == march["n_studies"] == 400
    assert august["n_studies"] == 6 * 400


def test_drawn_studies_without_a_label_make_no_estimate() -> None:
    rows = studies(sensitivity=0.6, labelled=(0.0, 0.0), audit=0.3)
    lacking = pl.int_range(pl.len()) % 3 == 0
    rows = rows.with_columns(
        pl.when(lacking).then(None).otherwise("reference_positive").alias("reference_positive"),
        pl.when(lacking).then(None).otherwise("known_in").alias("known_in"),
    )
    assert told(rows).filter(method="audit").is_empty()


def test_labels_that_come_mostly_to_alerts_decide_nothing() -> None:
    row = of(told(studies(sensitivity=0.7, labelled=(0.9, 0.2))), "2026-08", "labels")
    assert row["verdict"] == "insufficient evidence"
    assert "no random part" in str(row["reason"])


def test_an_audit_is_right_where_labels_are_chosen() -> None:
    rows = told(studies(labelled=(0.9, 0.2), audit=0.15))
    row = of(rows, "2026-08", "audit")
    assert float(str(row["lower"])) <= 0.9 <= float(str(row["upper"]))
    assert row["verdict"] in ("holds", "insufficient evidence")


def test_nothing_is_expected_of_scores_before_it_can_be_tested_against_labels() -> None:
    rows = told(studies())
    assert of(rows, "2026-01", "without labels")["estimate"] is None
    last = of(rows, "2026-08", "without labels")
    assert last["verdict"] == "estimate only"
    assert last["estimate"] == pytest.approx(0.9, abs=0.03)
    assert last["backtest_error"] == pytest.approx(0.0, abs=0.04)


def test_what_is_needed_to_see_a_fall_is_told_with_when_to_expect_it() -> None:
    row = of(told(studies(n=40)), "2026-04", "labels")
    needed = int(str(row["n_needed"]))
    # Of samples of so many studies, at a sensitivity that fell by the margin, the rule calls about 80 % fallen.
    hits = np.random.default_rng(1).binomial(needed, 0.8, 400)
    tops = [anytime_difference(int(k), needed, reference=0.9, reference_limits=(0.88, 0.92))[1] for k in hits]
    told_fallen = np.mean([top < 0 and k / needed <= 0.85 for top, k in zip(tops, hits, strict=True)])
    assert 0.72 <= told_fallen <= 0.9
    assert str(row["next_month"]) > "2026-04"


def test_software_versions_are_told_apart() -> None:
    rows = told(studies()).filter(axis="software_versions", month="2026-08", measure="sensitivity", method="labels")
    assert rows["level"].to_list() == ["A", "B"]


def test_mature_months_are_told_one_by_one() -> None:
    rows = told(studies()).filter(axis="month", month="2026-08", measure="sensitivity", method="labels")
    assert rows["level"].to_list() == MONTHS[:6]
    assert rows["estimate"].null_count() == 0


def test_without_a_validated_value_there_is_an_estimate_and_no_verdict() -> None:
    row = of(told(studies(), validated(None)), "2026-08", "labels")
    assert (row["verdict"], row["reference"]) == ("insufficient evidence", None)
    assert row["estimate"] is not None


def test_a_month_is_told_as_it_could_have_been_told_then() -> None:
    rows = studies()
    early = told(rows.filter(pl.col("month") <= "2026-05"))
    assert of(early, "2026-05", "labels") == of(told(rows), "2026-05", "labels")
