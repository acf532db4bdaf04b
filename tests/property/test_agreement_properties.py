"""What must hold for every agreement statistic, whatever the ratings."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from multisite.stats import Estimate
from multisite.stats.agreement import (
    ICC_FORMS,
    cohen_kappa,
    fleiss_kappa,
    gwet_ac1,
    gwet_ac2,
    icc,
    krippendorff_alpha,
    limits_of_agreement,
    limits_of_agreement_repeated,
    observed_agreement,
    specific_agreement,
)
from tests.lib.examples import examples

CATEGORIES = [0, 1, 2, 3]


@st.composite
def ratings(draw: st.DrawFn) -> np.ndarray:
    """Up to a dozen cases of two to four raters and four categories; missing ratings, and hardly any, included."""
    n, m = draw(st.integers(1, 12)), draw(st.integers(2, 4))
    cell = st.sampled_from([0.0, 1.0, 2.0, 3.0, float("nan")])
    return np.array(draw(st.lists(cell, min_size=n * m, max_size=n * m))).reshape(n, m)


def every_estimate(values: np.ndarray) -> dict[str, Estimate]:
    found: dict[str, Estimate] = {
        "ac1": gwet_ac1(values, categories=CATEGORIES),
        "ac1 wilson": gwet_ac1(values, categories=CATEGORIES, method="wilson"),
        "fleiss": fleiss_kappa(values, categories=CATEGORIES),
        "fleiss wilson": fleiss_kappa(values, categories=CATEGORIES, method="wilson"),
        "pairwise": observed_agreement(values),
        "unanimous": observed_agreement(values, kind="unanimous"),
    }
    for weights in ("linear", "ordinal"):
        found[f"ac2 {weights}"] = gwet_ac2(values, categories=CATEGORIES, weights=weights)
    for weights in ("unweighted", "quadratic"):
        for method in ("wald", "wilson"):
            found[f"kappa {weights} {method}"] = cohen_kappa(
                values[:, 0],
                values[:, 1],
                categories=CATEGORIES,
                weights=weights,  # type: ignore[arg-type]  # literals
                method=method,  # type: ignore[arg-type]  # literals
            )
    for metric in ("nominal", "ordinal", "interval", "ratio"):
        found[f"alpha {metric}"] = krippendorff_alpha(values, metric=metric, method="jackknife")
    for form in ICC_FORMS:
        found[f"icc {form}"] = icc(values, form=form)
    for one in fleiss_kappa(values, categories=CATEGORIES).by_category:
        found[f"fleiss of {one.category}"] = one
    for specific in specific_agreement(values, categories=CATEGORIES):
        found[f"specific {specific.category}"] = specific
    limits = limits_of_agreement(values[:, 0], values[:, 1])
    found |= {"bias": limits.bias, "lower": limits.lower, "upper": limits.upper}
    return found


@pytest.mark.slow
@examples(40)
@given(ratings())
def test_an_interval_holds_its_estimate_and_a_missing_number_has_a_reason(values: np.ndarray) -> None:
    for name, result in every_estimate(values).items():
        if result.ci_low is not None:
            assert result.ci_low <= result.estimate <= result.ci_high, name
            assert np.isfinite([result.ci_low, result.ci_high]).all(), name
            assert result.status == "ok", name
        if result.estimate is None or result.ci_low is None:
            assert result.reason, name
            assert result.status == ("undefined" if result.estimate is None else "insufficient"), name
        assert result.ci_method, name


@pytest.mark.slow
@examples(20)
@given(ratings(), st.randoms(use_true_random=False))
def test_the_order_of_cases_does_not_matter(values: np.ndarray, random: object) -> None:
    order = list(range(len(values)))
    random.shuffle(order)
    for (name, one), other in zip(every_estimate(values).items(), every_estimate(values[order]).values(), strict=True):
        assert one.status == other.status, name
        assert (one.estimate or 0.0) == pytest.approx(other.estimate or 0.0, abs=1e-9), name
        assert (one.ci_low or 0.0) == pytest.approx(other.ci_low or 0.0, rel=1e-6, abs=1e-6), name


@pytest.mark.slow
@examples(20)
@given(ratings())
def test_the_order_of_raters_matters_to_none_but_the_sign_of_the_bias(values: np.ndarray) -> None:
    one, other = every_estimate(values[:, :2]), every_estimate(values[:, 1::-1])
    for name in one.keys() - {"bias", "lower", "upper"}:
        assert one[name].status == other[name].status, name
        assert (one[name].estimate or 0.0) == pytest.approx(other[name].estimate or 0.0, abs=1e-9), name


@pytest.mark.slow
@examples(20)
@given(ratings())
def test_names_of_the_categories_do_not_matter(values: np.ndarray) -> None:
    texts = np.full(values.shape, None, dtype=object)
    for k, name in enumerate("zyxw"):
        texts[values == k] = name
    for statistic in (gwet_ac1, fleiss_kappa):
        one, other = statistic(values, categories=CATEGORIES), statistic(texts, categories=list("zyxw"))
        assert (one.estimate, one.ci_low, one.status) == (other.estimate, other.ci_low, other.status)
    one_alpha, other_alpha = (
        krippendorff_alpha(v, metric="ordinal", categories=c, method="jackknife")
        for v, c in ((values, CATEGORIES), (texts, list("zyxw")))
    )
    assert (one_alpha.estimate, one_alpha.ci_low) == (other_alpha.estimate, other_alpha.ci_low)


@pytest.mark.slow
@examples(20)
@given(ratings())
def test_the_scale_reversed_changes_no_statistic(values: np.ndarray) -> None:
    one, other = every_estimate(values), every_estimate(3.0 - values)
    for name in one.keys() - {"bias", "lower", "upper", "alpha ratio"}:
        if "specific" in name or "fleiss of" in name:
            continue
        assert (one[name].estimate or 0.0) == pytest.approx(other[name].estimate or 0.0, abs=1e-9), name


@pytest.mark.slow
@examples(20)
@given(ratings())
def test_every_case_twice_leaves_shares_and_kappas_and_narrows_intervals(values: np.ndarray) -> None:
    one, other = every_estimate(values), every_estimate(np.repeat(values, 2, axis=0))
    for name, result in one.items():
        if "alpha" in name or "icc" in name or name in ("lower", "upper"):
            continue
        assert (result.estimate or 0.0) == pytest.approx(other[name].estimate or 0.0, abs=1e-9), name
        if result.ci_low is not None and "perfect" not in result.ci_method:
            assert other[name].ci_low >= result.ci_low - 1e-9, name


@pytest.mark.slow
@examples(20)
@given(ratings())
def test_a_case_without_ratings_is_left_out_and_changes_nothing(values: np.ndarray) -> None:
    holed = np.vstack([values, np.full((1, values.shape[1]), np.nan)])
    for (name, one), other in zip(every_estimate(values).items(), every_estimate(holed).values(), strict=True):
        assert (one.estimate, one.ci_low, one.n_cases) == (other.estimate, other.ci_low, other.n_cases), name


@examples(12)
@given(ratings())
def test_of_two_raters_with_nothing_missing_alpha_and_fleiss_kappa_differ_by_the_sample_size_only(
    values: np.ndarray,
) -> None:
    complete = values[~np.isnan(values[:, :2]).any(axis=1)][:, :2]
    assume(len(complete) > 0)
    kappa, alpha = fleiss_kappa(complete), krippendorff_alpha(complete, metric="nominal", method="jackknife")
    if kappa.estimate is not None:
        n = complete.size
        assert 1 - alpha.estimate == pytest.approx((1 - kappa.estimate) * (n - 1) / n, abs=1e-12)


@examples(12)
@given(ratings())
def test_of_two_categories_alpha_has_one_value_for_nominal_ordinal_and_interval(values: np.ndarray) -> None:
    binary = np.where(np.isnan(values), np.nan, values >= 2)
    found = [krippendorff_alpha(binary, metric=m, method="jackknife") for m in ("nominal", "ordinal", "interval")]
    for other in found[1:]:
        assert (found[0].estimate or 0.0) == pytest.approx(other.estimate or 0.0, abs=1e-12)
        assert (found[0].ci_low or 0.0) == pytest.approx(other.ci_low or 0.0, abs=1e-9)


@examples(20)
@given(ratings(), st.integers(1, 4))
def test_repeated_limits_hold_their_estimates(values: np.ndarray, n_patients: int) -> None:
    patient = np.arange(len(values)) % n_patients
    found = limits_of_agreement_repeated(values[:, 0], values[:, 1], patient)
    for part in (found.bias, found.lower, found.upper):
        if part.ci_low is not None:
            assert part.ci_low <= part.estimate <= part.ci_high
        else:
            assert part.reason
