"""The timeline as a whole: alone, small, the same every time, and the worst first."""

import re
from collections import Counter
from dataclasses import replace
from datetime import date
from functools import lru_cache

import polars as pl
import pytest

from multisite.pack.timeline import TIMELINE_STAGE
from multisite.schemas import StageInputs
from multisite.schemas.drift_feed import DEPLOYMENT_DEVICES
from multisite.schemas.drift_performance import DRIFT_PERFORMANCE
from multisite.schemas.drift_verdicts import DRIFT_MONITORS, DRIFT_VERDICTS
from multisite.schemas.timeline import MONTH_CHART, TIMELINE_PAGE
from multisite.study import Study
from tests.lib.report_frames import study
from tests.lib.timeline_frames import HOSTILE, MODEL, OTHER, PARAMETERS, timeline_inputs

pytestmark = pytest.mark.slow


def rendered(inputs: StageInputs) -> str:
    return TIMELINE_STAGE.run(inputs, PARAMETERS).files[TIMELINE_PAGE.name].decode()


@lru_cache(maxsize=1)
def page() -> str:
    return rendered(timeline_inputs(models=(OTHER, MODEL)))


def altered(frame: str, **columns: pl.Expr) -> StageInputs:
    inputs = timeline_inputs()
    return replace(inputs, frames={**inputs.frames, frame: inputs.frames[frame].with_columns(**columns)})


def test_two_years_of_sixty_monitors_stay_below_three_megabytes_and_the_picture_below_forty_kilobytes() -> None:
    files = TIMELINE_STAGE.run(timeline_inputs(n_months=24, n_monitors=60), PARAMETERS).files
    assert len(files[TIMELINE_PAGE.name]) <= 3_000_000
    assert len(files[MONTH_CHART.name]) <= 40_000


def test_the_same_frames_give_the_same_bytes_whatever_the_order_of_their_rows() -> None:
    inputs = timeline_inputs(models=(OTHER, MODEL))
    shuffled = {name: frame.sample(fraction=1.0, shuffle=True, seed=3) for name, frame in inputs.frames.items()}
    mixed = TIMELINE_STAGE.run(replace(inputs, frames=shuffled), PARAMETERS).files
    plain = TIMELINE_STAGE.run(inputs, PARAMETERS).files
    assert mixed[MONTH_CHART.name] == plain[MONTH_CHART.name]
    without_csv = [
        re.sub(r'href="data:text/csv[^"]*"', "", text.decode())
        for text in (mixed[TIMELINE_PAGE.name], plain[TIMELINE_PAGE.name])
    ]
    assert without_csv[0] == without_csv[1]


def test_the_page_asks_nothing_of_the_network_and_links_only_to_pictures_beside_it() -> None:
    targets = set(re.findall(r'href="([^"]{1,60})', page()))
    outward = {t for t in targets if not t.startswith(("#", "data:text/csv"))}
    assert outward
    assert all(re.fullmatch(r"\.\./evidently_month_page/part-\d{4}-\d{2}\.html", target) for target in outward)
    assert not re.search(r"url\s*\(|@import|https?://(?!www\.w3\.org/2000/svg\")|<img|<link|<iframe", page())
    assert "default-src 'none'" in page()


def test_a_month_without_a_picture_has_no_link_and_the_page_says_so() -> None:
    assert "part-2024-06.html" not in page()
    assert "part-2024-07.html" in page()
    assert "Evidently drew no page of one month" in page()


def test_the_reason_for_missing_pictures_is_printed() -> None:
    reason = "Evidently cannot be imported (ModuleNotFoundError)"
    text = rendered(altered("drift_comparison", evidently_drift=pl.lit(None, pl.Boolean), reason=pl.lit(reason)))
    assert f"Evidently drew no page of 24 months ({reason}). The verdicts need none." in text


def test_ids_are_unique_and_inner_links_have_targets() -> None:
    ids = Counter(re.findall(r'\bid="([^"]+)"', page()))
    assert [name for name, n in ids.items() if n > 1] == []
    assert set(re.findall(r'href="#([^"]+)"', page())) <= set(ids)


def test_no_table_has_more_than_seven_columns() -> None:
    heads = re.findall(r"<thead>.*?</thead>", page(), flags=re.S)
    assert max(head.count("<th ") for head in heads) == 7


def test_the_worst_model_comes_first_with_word_and_shape() -> None:
    red, green = page().index("LungScan 2.3, May"), page().index("LungScan 3.0, May")
    assert red < green
    ribbon = page()[red:green]
    assert ribbon.count('<span class="word">') == 24
    assert re.search(r'<span class="shape" aria-hidden="true">■</span><span class="word">RED</span>', ribbon)


def test_quiet_monitors_are_folded_and_those_with_a_signal_are_not() -> None:
    folded = "".join(re.findall(r'<details class="more">.*?</details>\n(?=<|\n)', page(), flags=re.S))
    assert "Monitor 1 of acquisition: control chart" in folded
    assert "AI alert rate for lung nodule: control chart" in page()
    assert "AI alert rate for lung nodule: control chart" not in folded


def test_what_could_not_be_judged_cases_and_the_budget_stand_on_the_page() -> None:
    assert "fewer than 10 studies of the month have a value" in page()
    assert "2026-04-07<small>by Dr Lee</small>" in page()
    assert "In 100 simulated years without change, with 800 studies a month" in page()
    assert "by the baseline before: GREEN" in page()


def test_a_site_without_a_judged_month_has_a_page_that_says_so_and_no_picture() -> None:
    inputs = timeline_inputs()
    empty = {name: frame.clear() for name, frame in inputs.frames.items()}
    files = TIMELINE_STAGE.run(replace(inputs, frames=empty), PARAMETERS).files
    assert list(files) == [TIMELINE_PAGE.name]
    assert b"No month of routine use has been judged at this site" in files[TIMELINE_PAGE.name]


def test_a_single_month_and_a_month_with_nothing_judged_are_drawn() -> None:
    assert "May\N{NO-BREAK SPACE}2026" in rendered(timeline_inputs(n_months=1))
    nothing = altered(DRIFT_VERDICTS.name, evidence=pl.lit(None, pl.Float64), red_evidence=pl.lit(None, pl.Float64))
    assert "No month had a monitor that could be judged." in rendered(nothing)
    gone = altered(DRIFT_MONITORS.name, **{n: pl.lit(None, pl.Float64) for n in ("value", "usual_low", "usual_high")})
    assert "no month has a value" in rendered(gone)


def test_names_with_markup_are_words() -> None:
    text = rendered(altered(DRIFT_MONITORS.name, title=pl.lit(HOSTILE), cell=pl.lit(HOSTILE)))
    assert "<img" not in text
    assert "&lt;img src=x onerror=alert(1)&gt;" in text


def test_parameters_are_plain_and_name_the_models() -> None:
    declared: Study = study()
    made = TIMELINE_STAGE.parameters(declared, None)
    assert made.models == (("lungscan", "LungScan 2.3"),)


def test_devices_and_performance_stand_on_the_page_where_they_are_known() -> None:
    inputs = timeline_inputs()
    month = inputs.frames[DRIFT_VERDICTS.name]["month"].max()
    devices = [
        {"site": "harbour", "month": month, "device": name * 16, "software_versions": "5.3", "modality": "CT",
         "vendor": "GE", "model_name": "Revolution", "n_studies": 30, "first_date": date(2026, 5, 1),
         "last_date": date(2026, 5, day)}
        for name, day in (("ab", 9), ("cd", 29))
    ]  # fmt: skip
    told = {
        "site": "harbour", "month": month, "finding": "nodule", "model": MODEL, "axis": "overall", "level": "overall",
        "measure": "sensitivity", "method": "labels", "n_studies": 400, "n_labelled": 120, "maturity": 0.5,
        "estimate": 0.88, "lower": 0.78, "upper": 0.95, "ci_method": "anytime", "reference": 0.9, "margin": 0.1,
        "verdict": "insufficient evidence", "n_backtested": 0, "n_needed": 108,
    }  # fmt: skip
    frames = {
        **inputs.frames,
        DEPLOYMENT_DEVICES.name: pl.DataFrame(devices, schema=DEPLOYMENT_DEVICES.schema),
        DRIFT_PERFORMANCE.name: pl.DataFrame([told], schema=DRIFT_PERFORMANCE.schema),
    }
    page = rendered(replace(inputs, frames=frames))
    assert "0.88 (0.78–0.95)" in page
    assert "needs about 108 to see such a fall" in page
    # The longest silent stands first.
    assert page.index("abababababab…") < page.index("cdcdcdcdcdcd…")
