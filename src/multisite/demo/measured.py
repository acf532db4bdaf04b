"""Faults that the pipeline finds by measuring: sensitivity of a vendor, calibration of a site, drift, a reader."""

import polars as pl

from multisite.demo.counted import Reader, Sighting
from multisite.demo.planted import Planted
from multisite.schemas.calibration_strata import CALIBRATION_BY_LEVEL, CALIBRATION_CAUSES
from multisite.schemas.drift import DRIFT_COMPARISON
from multisite.schemas.reader_bias import OVER_CALLS, READER_BIAS
from multisite.schemas.verdicts import VERDICTS
from multisite.vocabulary import ALL_SITES, SITE_AXIS, MarginKind, MarginVerdict, MiscalibrationCause, Verdict

__all__ = ["in_calibration", "in_drift", "in_readers", "in_sensitivity"]

_SOFTWARE, _SCORE = "software_versions", "score"
_LARGE_PART = 0.5


def in_sensitivity(planted: Planted, read: Reader) -> Sighting:
    """The verdict on the vendor's sensitivity against that of all others, over all sites.

    Found when the vendor fails the declared margin and no other level of a primary stratum does.
    """
    vendor = str(planted.expected["name"])
    where = f"{VERDICTS.name}, sensitivity, vendor {vendor}"
    gaps = read(ALL_SITES, VERDICTS.name).filter(
        (pl.col("metric") == "sensitivity") & (pl.col("margin_kind") == MarginKind.GAP.value)
    )
    mine = gaps.filter((pl.col("stratum") == "vendor") & (pl.col("level") == vendor))
    if mine.height != 1 or mine["difference"].null_count():
        return Sighting(False, "no difference for the vendor", where)
    own = mine.row(0, named=True)
    failing = gaps.filter(pl.col("verdict") == MarginVerdict.FAILS.value)
    low, high = 100 * own["difference_low"], 100 * own["difference_high"]
    number = (
        f"{own['estimate']:.2f} ({own['ci_low']:.2f}–{own['ci_high']:.2f}), others {own['rest']:.2f}: "
        f"{100 * own['difference']:+.0f} points ({low:+.0f} to {high:+.0f}), {own['verdict'] or 'not judged'}"
    )
    return Sighting(failing.height == 1 and own["verdict"] == MarginVerdict.FAILS, number, where)


def in_calibration(planted: Planted, read: Reader) -> Sighting:
    """Why the sites are miscalibrated, and the calibration slope of each.

    Found when prevalence does not explain the miscalibration of the planted site, and no other site departs.
    """
    where = f"{CALIBRATION_CAUSES.name}, {SITE_AXIS} {planted.site}"
    causes = read(ALL_SITES, CALIBRATION_CAUSES.name).filter(stratum=SITE_AXIS)
    slopes = read(ALL_SITES, CALIBRATION_BY_LEVEL.name).filter(stratum=SITE_AXIS, metric="calibration_slope")
    own = slopes.filter(pl.col("level") == planted.site).drop_nulls("estimate")
    if own.height != 1:
        return Sighting(False, "no estimate", where)
    slope = own.row(0, named=True)
    departing = (MiscalibrationCause.OTHER.value, MiscalibrationCause.PREVALENCE.value)
    off = {level: cause for level, cause in causes.select("level", "cause").rows() if cause in departing}
    number = f"slope {slope['estimate']:.2f} ({slope['ci_low']:.2f}–{slope['ci_high']:.2f})"
    others = slopes.filter(pl.col("level") != planted.site)["estimate"].drop_nulls().to_list()
    if others:
        number += f", other sites {min(others):.2f} to {max(others):.2f}"
    if planted.site in off:
        number += f"; {off[planted.site]}"
    return Sighting(off == {planted.site: MiscalibrationCause.OTHER.value}, number, where)


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


def in_readers(planted: Planted, read: Reader) -> Sighting:
    """The verdicts on how often readers call wrong.

    Found when the planted reader fails for the negatives that are called positive, and nothing else of any reader does.
    """
    reader = str(planted.expected["name"])
    where = f"{READER_BIAS.name}, {planted.site}, {reader}"
    rows = read(ALL_SITES, READER_BIAS.name)
    mine = rows.filter(site=planted.site, reader=reader, error=OVER_CALLS).drop_nulls("difference")
    if mine.height != 1:
        return Sighting(False, "no difference for the reader", where)
    own = mine.row(0, named=True)
    low, high = 100 * own["ci_low"], 100 * own["ci_high"]
    number = (
        f"{100 * own['of_reader']:.0f}% of negatives, others {100 * own['of_others']:.0f}%: "
        f"{100 * own['difference']:+.0f} points ({low:+.0f} to {high:+.0f}), {own['verdict']}"
    )
    failing = rows.filter(verdict=Verdict.FAIL.value)
    return Sighting(failing.height == 1 and own["verdict"] == Verdict.FAIL, number, where)


def _mean(after: bool, column: str = "moved") -> pl.Expr:
    """Mean over months before or after the change, each weighted by its studies."""
    months = pl.col("after") == after
    weights = pl.col("n_current").filter(months)
    return (pl.col(column).filter(months) * weights).sum() / weights.sum()
