"""Control charts: ranges that breathe, marks by shape, and lines that join only what is the same."""

import re
from dataclasses import replace

import pytest

from multisite.pack.figures.control_chart import ChartMonth, ControlChart, draw_control_chart, last_words, ticks
from multisite.pack.figures.evidence_chart import EvidenceMonth, draw_evidence
from multisite.vocabulary import MonitorStatus

BAND = "var(--band"


def month(number: int, value: float | None = 0.06, n: int = 800, **more: object) -> ChartMonth:
    half = 1.0 / n**0.5 / 2
    plain = ChartMonth(f"2026-{number:02d}", n, value, 0.06, 0.06 - half, 0.06 + half, status="in range", baseline="a")
    return replace(plain, **more)  # type: ignore[arg-type]  # fields of the test's own choice


def chart(*months: ChartMonth, is_share: bool = True) -> ControlChart:
    return ControlChart("c", "AI alert rate", months, is_share, "")


def heights(svg: str) -> list[float]:
    boxes = re.findall(rf'<path[^>]*d="([^"]+)"[^>]*{re.escape(BAND)}|{re.escape(BAND)}[^>]*d="([^"]+)"', svg)
    found = []
    for pair in boxes:
        ys = [float(y) for _, y in re.findall(r"[ML] ?([\d.]+) ([\d.]+)", "".join(pair))]
        found.append(max(ys) - min(ys))
    return found


def test_the_usual_range_is_wider_where_a_month_has_fewer_studies() -> None:
    svg = draw_control_chart(chart(month(1, n=400), month(2, n=1600))).svg
    small, large = heights(svg)
    assert small == pytest.approx(2 * large, rel=0.05)


def test_every_month_stands_in_the_text_alternative_with_its_studies_and_what_is_said_of_it() -> None:
    signal = month(2, 0.094, status=MonitorStatus.SIGNAL.value)
    none = month(3, None, status=MonitorStatus.NOT_ASSESSABLE.value, reason="no study")
    svg = draw_control_chart(chart(month(1), signal, none, ChartMonth("2026-04"))).svg
    said = re.findall(r"<desc[^>]*>(.*?)</desc>", svg)[0]
    assert said == (
        "AI alert rate. 2026-01: 6.0\N{NARROW NO-BREAK SPACE}%, n 800. "
        "2026-02: 9.4\N{NARROW NO-BREAK SPACE}%, n 800, signal. 2026-03: no value (no study)."
    )


def test_the_last_month_with_a_value_is_told_with_its_range() -> None:
    said = last_words(chart(month(1), month(2, None)))
    assert said.replace("\N{NARROW NO-BREAK SPACE}", " ") == "2026-01: 6.0 %, usual 4.2 % to 7.8 %, n 800"
    assert last_words(chart(month(1, None))) == "no month has a value"


def test_shares_of_two_categories_are_not_joined() -> None:
    same = draw_control_chart(chart(month(1, cell="GE"), month(2, cell="GE"))).svg
    other = draw_control_chart(chart(month(1, cell="GE"), month(2, cell="Canon"))).svg
    assert same.count("<path") == other.count("<path") + 1


def test_a_month_that_could_not_be_judged_does_not_stretch_the_axis() -> None:
    wild = month(2, 0.9, n=4, status=MonitorStatus.NOT_ASSESSABLE.value)
    assert chart(month(1), wild).spread() == chart(month(1)).spread()
    assert chart(wild).spread()[1] > 0.9


def test_a_new_baseline_is_marked_where_it_begins() -> None:
    assert "new baseline" in draw_control_chart(chart(month(1), month(2, baseline="b"))).svg
    assert "new baseline" not in draw_control_chart(chart(month(1), month(2))).svg


@pytest.mark.parametrize(
    ("low", "high", "expected"), [(0.0, 1.0, [0.0, 0.5, 1.0]), (57.2, 60.8, [58, 59, 60]), (3.0, 3.0, [3.0])]
)
def test_ticks_are_round_and_inside(low: float, high: float, expected: list[float]) -> None:
    assert ticks(low, high) == pytest.approx(expected)


def test_evidence_is_drawn_on_a_logarithmic_axis_with_both_lines_named() -> None:
    months = [EvidenceMonth(f"2026-{i:02d}", 10.0**i, None, 24, 60) for i in range(1, 4)]
    svg = draw_evidence(months, slug="e", title="LungScan").svg
    assert ">amber 24<" in svg
    assert ">red 60<" in svg
    assert "Amber from 24, red from 60." in svg
    assert "2026-03: 1,000, may turn red none." in svg
