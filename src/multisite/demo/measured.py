"""Faults that the pipeline finds by measuring: sensitivity of a vendor, calibration of a site, drift of a month."""

import math

import polars as pl

from multisite.demo.counted import Reader, Sighting
from multisite.demo.planted import Planted
from multisite.schemas.drift import DRIFT_COMPARISON
from multisite.schemas.performance import ESTIMATES
from multisite.stats import proportion
from multisite.vocabulary import ALL_SITES, OVERALL, EstimateStatus, Split

__all__ = ["in_calibration", "in_drift", "in_sensitivity"]

_IDEAL = {"calibration_slope": 1.0, "calibration_intercept": 0.0}
_SOFTWARE, _SCORE = "software_versions", "score"
_LARGE_PART = 0.5


def in_sensitivity(planted: Planted, read: Reader) -> Sighting:
    """Sensitivity on the vendor against that on all others, over all sites.

    Found when Newcombe's interval of the difference of two proportions lies below 0 and no other vendor is lower.
    Source: Newcombe RG. Stat Med 1998;17:873-890, method 10.
    doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I
    """
    vendor = str(planted.expected["name"])
    where = f"{ESTIMATES.name}, vendor {vendor}, {ALL_SITES}"
    rows = _test_estimates(read).filter((pl.col("site") == ALL_SITES) & (pl.col("metric") == "sensitivity"))
    levels = rows.filter((pl.col("stratum") == "vendor") & (pl.col("status") == EstimateStatus.OK.value))
    mine, overall = levels.filter(pl.col("level") == vendor), rows.filter(pl.col("stratum") == OVERALL)
    if mine.height != 1 or overall.height != 1:
        return Sighting(False, "no estimate for the vendor", where)
    own, whole = mine.row(0, named=True), overall.row(0, named=True)
    others = proportion(
        whole["numerator"] - own["numerator"], whole["denominator"] - own["denominator"], level=own["ci_level"]
    )
    if others.estimate is None or others.ci_low is None or others.ci_high is None:
        return Sighting(False, "no other vendor to compare with", where)
    difference = own["estimate"] - others.estimate
    low = difference - math.hypot(own["estimate"] - own["ci_low"], others.ci_high - others.estimate)
    high = difference + math.hypot(own["ci_high"] - own["estimate"], others.estimate - others.ci_low)
    lowest = own["estimate"] <= levels["estimate"].min()
    number = (
        f"{own['estimate']:.2f} ({own['ci_low']:.2f}–{own['ci_high']:.2f}), others {others.estimate:.2f}: "
        f"{100 * difference:+.0f} points ({100 * low:+.0f} to {100 * high:+.0f})"
    )
    return Sighting(high < 0 and lowest, number, where)


def in_calibration(planted: Planted, read: Reader) -> Sighting:
    """Calibration slope and intercept of every site.

    Found when their intervals exclude perfect calibration at the planted site, and at no other.
    """
    rows = _test_estimates(read).filter(
        (pl.col("site") != ALL_SITES) & (pl.col("stratum") == OVERALL) & pl.col("metric").is_in(list(_IDEAL))
    )
    ideal = pl.col("metric").replace_strict(_IDEAL, return_dtype=pl.Float64)
    off = rows.filter((pl.col("ci_low") > ideal) | (pl.col("ci_high") < ideal))
    slopes = rows.filter(pl.col("metric") == "calibration_slope")
    own = slopes.filter(pl.col("site") == planted.site).drop_nulls("estimate")
    where = f"{ESTIMATES.name}, calibration_slope, {planted.site}"
    if own.height != 1:
        return Sighting(False, "no estimate", where)
    slope = own.row(0, named=True)
    number = f"slope {slope['estimate']:.2f} ({slope['ci_low']:.2f}–{slope['ci_high']:.2f})"
    others = slopes.filter(pl.col("site") != planted.site)["estimate"].drop_nulls().to_list()
    if others:
        number += f", other sites {min(others):.2f} to {max(others):.2f}"
    return Sighting(set(off["site"]) == {planted.site}, number, where)


def in_drift(planted: Planted, read: Reader) -> Sighting:
    """Software versions and mean score month by month.

    Found when, at the planted site, the commonest software version of the validated cases has lost half of its share in
    every month from the planted one and in none before, and the mean score then moved by more than in any single
    earlier month and than at any other site.
    """
    month = str(planted.expected["name"])
    where = f"{DRIFT_COMPARISON.name}, {planted.site}, {month}"
    rows = read(ALL_SITES, DRIFT_COMPARISON.name).with_columns(
        (pl.col("mean_current") - pl.col("mean_reference")).alias("moved"),
        (pl.col("window") >= month).alias("after"),
    )
    own = rows.filter(pl.col("site") == planted.site)
    software = own.filter(pl.col("monitor") == _SOFTWARE).with_columns(
        (pl.col("mean_current") < _LARGE_PART * pl.col("mean_reference")).alias("lost")
    )
    means = rows.filter(pl.col("monitor").str.starts_with(_SCORE)).drop_nulls("moved")
    shifts = dict(means.group_by("site").agg(_mean(True) - _mean(False)).iter_rows())
    shift = shifts.pop(planted.site, None)
    if software.is_empty() or shift is None:
        return Sighting(False, "no comparison of the months", where)
    changed = bool((software["lost"] == software["after"]).all())
    scores = means.filter(pl.col("site") == planted.site)
    unrest = [*scores.filter(~pl.col("after"))["moved"].abs(), *(abs(s) for s in shifts.values() if s is not None)]
    windows = software.filter("lost")["window"].sort()
    since = f"new software since {windows[0]}" if windows.len() else "software as before"
    before, now = (scores.select(_mean(after, "mean_current")).item() for after in (False, True))
    number = f"{since}; mean score {before:.2f} → {now:.2f} ({shift:+.2f})"
    return Sighting(changed and all(abs(shift) > other for other in unrest), number, where)


def _test_estimates(read: Reader) -> pl.DataFrame:
    return read(ALL_SITES, ESTIMATES.name).filter(pl.col("split") == Split.TEST.value)


def _mean(after: bool, column: str = "moved") -> pl.Expr:
    """Mean over months before or after the change, each weighted by its studies."""
    months = pl.col("after") == after
    weights = pl.col("n_current").filter(months)
    return (pl.col(column).filter(months) * weights).sum() / weights.sum()
