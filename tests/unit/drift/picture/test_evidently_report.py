import json
import os
from html.parser import HTMLParser

import polars as pl
import pytest

from multisite.drift.picture.evidently_report import compare_with_evidently
from tests.unit.drift.builders import monitored

pytestmark = pytest.mark.slow
COLUMNS = ["number_score_nodule_ai", "number_age_years", "category_vendor"]


def compare(reference: pl.DataFrame, month: pl.DataFrame, columns: list[str] = COLUMNS):
    return compare_with_evidently(reference, month, columns=columns, site="north", window="2026-01", left_out={})


def test_a_column_that_evidently_stops_on_is_named_and_the_others_are_compared() -> None:
    month = monitored(60).with_columns(pl.lit(None, pl.Float64).alias("number_age_years"))
    document = compare(monitored(200), month)
    assert set(document.failed) == {"number_age_years"}
    assert set(document.verdicts) == {"number_score_nodule_ai", "category_vendor"}
    assert b"age years: Evidently stopped on it" in (document.page or b"")


def test_when_evidently_stops_on_every_column_there_is_no_page() -> None:
    month = monitored(60).with_columns(pl.lit(None, pl.Float64).alias("number_age_years"))
    document = compare(monitored(200), month, ["number_age_years"])
    assert (document.page, document.snapshot, set(document.failed)) == (None, None, {"number_age_years"})


def test_above_a_thousand_reference_studies_the_statistic_is_a_distance() -> None:
    document = compare(monitored(1200), monitored(400, seed=3, shift=0.2))
    score = document.verdicts["number_score_nodule_ai"]
    assert (score.method, score.threshold, score.drift) == ("Wasserstein distance (normed)", 0.1, True)
    assert document.verdicts["category_vendor"].method == "Jensen-Shannon distance"


def test_evidently_can_read_its_snapshot_back() -> None:
    from evidently.core.report import Snapshot

    document = compare(monitored(200), monitored(60))
    snapshot = json.loads(document.snapshot or b"")
    assert snapshot["timestamp"].startswith("2026-01-01")
    assert snapshot["metadata"]["window"] == "2026-01"
    assert len(Snapshot.load_dict(snapshot).dict()["metrics"]) == 2 * len(COLUMNS)


def test_no_identifier_reaches_a_page_or_snapshot() -> None:
    document = compare(monitored(200), monitored(60))
    for content in (document.page, document.snapshot):
        assert content
        assert b"study-000" not in content
        assert b"patient-000" not in content


def test_usage_reporting_is_off_before_evidently_runs() -> None:
    compare(monitored(200), monitored(60))
    from evidently.telemetry import event_logger

    assert os.environ["DO_NOT_TRACK"] == "1"
    assert event_logger.is_enabled() is False


class Loads(HTMLParser):
    """Collects what a browser would fetch because of the markup, and the style sheets."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.styles: list[str] = []
        self.in_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.fetched += [f"{tag} {name}" for name, _ in attrs if name in ("src", "href", "data", "srcset")]
        self.in_style = tag == "style"

    def handle_data(self, data: str) -> None:
        if self.in_style:
            self.styles.append(data)


def test_a_page_loads_nothing_when_it_is_opened() -> None:
    loads = Loads()
    loads.feed((compare(monitored(200), monitored(60)).page or b"").decode())
    assert loads.fetched == []
    styles = "".join(loads.styles)
    assert "@import" not in styles
    assert styles.count("url(") == styles.count("url(data:") == 1
