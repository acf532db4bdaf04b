"""The page as a whole: whole, alone, and the same every time."""

import base64
import hashlib
import re
from collections import Counter
from dataclasses import replace
from functools import lru_cache
from html.parser import HTMLParser

import polars as pl
import pytest

from multisite.errors import ArtefactMissingError
from multisite.pack import REPORT_STAGE, ReportParameters, report_parameters
from multisite.pack.page import CHAPTERS
from multisite.schemas import StageInputs
from multisite.schemas.performance import ESTIMATES
from multisite.schemas.report import REPORT
from multisite.storage.canonical import digest_of
from tests.lib.report_frames import DRIFT_FRAMES, SITES, report_inputs, study

pytestmark = pytest.mark.slow

VOID = {"meta", "link", "br", "img", "hr", "input"}
HOSTILE = '<img src=x onerror=alert(1)> & "$x_1$"'


def parameters() -> ReportParameters:
    return report_parameters(study(), None)


def rendered(inputs: StageInputs, settings: ReportParameters | None = None) -> str:
    return REPORT_STAGE.run(inputs, settings or parameters()).files[REPORT.name].decode()


@lru_cache(maxsize=1)
def page() -> str:
    return rendered(report_inputs())


class Elements(HTMLParser):
    """Every element with its attributes, the path that leads to it, and the text inside."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.path: list[str] = []
        self.found: list[tuple[str, dict[str, str], tuple[str, ...]]] = []
        self.unbalanced: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {k: v or "" for k, v in attrs}, tuple(self.path)))
        if tag not in VOID:
            self.path.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {k: v or "" for k, v in attrs}, tuple(self.path)))

    def handle_endtag(self, tag: str) -> None:
        if self.path[-1:] != [tag]:
            self.unbalanced.append(tag)
        else:
            self.path.pop()


@lru_cache(maxsize=1)
def elements() -> Elements:
    return Elements(page())


def test_the_same_frames_give_the_same_bytes() -> None:
    assert rendered(report_inputs()) == page()


def test_the_order_of_the_rows_does_not_matter() -> None:
    inputs = report_inputs()
    shuffled = {name: frame.sample(fraction=1.0, shuffle=True, seed=5) for name, frame in inputs.frames.items()}
    mixed = replace(inputs, frames=shuffled)
    # The CSV links repeat the rows as they came; everything that is read does not.
    without_csv = [re.sub(r'href="data:text/csv[^"]*"', "", text) for text in (page(), rendered(mixed))]
    assert without_csv[0] == without_csv[1]


def test_every_element_is_closed() -> None:
    assert elements().unbalanced == []
    assert elements().path == []


def test_the_page_asks_nothing_of_the_network() -> None:
    loading = {"src", "srcset", "poster", "action", "formaction", "background", "data", "xlink:href"}
    assert [attrs for _, attrs, _ in elements().found if loading & set(attrs)] == []
    targets = {attrs["href"][:5] for tag, attrs, _ in elements().found if "href" in attrs and tag == "a"}
    assert all(target.startswith("#") or target == "data:" for target in targets)
    assert not re.search(r"url\s*\(|@import|https?://(?!www\.w3\.org/2000/svg\")", page())
    assert not {"link", "iframe", "object", "embed", "img", "base"} & {tag for tag, _, _ in elements().found}


def test_the_page_forbids_itself_what_it_does_not_need() -> None:
    policy = next(a["content"] for t, a, _ in elements().found if a.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'")
    script = re.findall(r"<script>(.*?)</script>", page(), flags=re.S)
    assert len(script) == 1
    digest = base64.b64encode(hashlib.sha256(script[0].encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in policy


def test_the_page_is_small() -> None:
    assert len(page().encode()) < 1_000_000


def test_every_figure_says_its_finding_what_is_drawn_and_offers_its_data() -> None:
    figures = re.findall(r"<figure.*?</figure>", page(), flags=re.S)
    assert len(figures) == 14
    for figure in figures:
        assert re.search(r"<figcaption><h([34])>[^<]+</h\1><p>[^<]+</p>", figure)
        assert 'href="data:text/csv' in figure
        pictures = re.findall(r"<svg.*?</svg>", figure, flags=re.S)
        assert pictures
        for picture in pictures:
            assert re.search(r'<title id="[^"]+">[^<]+</title><desc id="[^"]+">[^<]+</desc>', picture)


def test_ids_are_unique_and_every_inner_link_has_its_target() -> None:
    ids = Counter(attrs["id"] for _, attrs, _ in elements().found if "id" in attrs)
    assert [name for name, n in ids.items() if n > 1] == []
    named = [attrs[k] for _, attrs, _ in elements().found for k in ("aria-labelledby",) if k in attrs]
    targets = {part for value in named for part in value.split()}
    targets |= {a["href"][1:] for _, a, _ in elements().found if a.get("href", "").startswith("#")}
    assert targets <= set(ids)


def test_every_chapter_is_there_in_order_and_listed() -> None:
    anchors = [a["id"] for t, a, path in elements().found if t == "section" and path[-1] == "main"]
    assert anchors == [anchor for anchor, _ in CHAPTERS]
    assert [a["href"][1:] for t, a, path in elements().found if t == "a" and "nav" in path] == anchors


def test_heads_of_tables_have_a_scope_and_no_table_has_more_than_seven_columns() -> None:
    assert all(a.get("scope") in ("col", "row", "rowgroup") for t, a, _ in elements().found if t == "th")
    heads = re.findall(r"<thead>.*?</thead>", page(), flags=re.S)
    assert heads
    assert max(head.count("<th ") for head in heads) <= 7


def test_undefined_and_insufficient_rows_stay_visible_with_their_reason() -> None:
    text = page()
    assert "<small>fewer than 10 patients with a positive case</small>" in text
    assert "<small>no positive case</small>" in text
    assert ">fewer than 10 patients with a positive case</text>" in text
    assert "No curve: fewer than 10 patients with a positive case." in text


def test_rules_that_excluded_nobody_are_listed() -> None:
    row = re.search(r"<tr><th[^>]*>The case has no patient<small>no_patient</small></th>(.*?)</tr>", page())
    assert row is not None
    assert re.findall(r">(\d+)</td>", row.group(1)) == ["0"] * 5


def test_the_page_names_its_limits() -> None:
    assert "No disclosure control has been applied to this report" in page()
    assert "a picture, not an alarm" in page()
    assert "where patients have several cases" in page()


def test_hashes_of_the_protocol_the_sets_and_the_inputs_are_printed() -> None:
    inputs = report_inputs()
    digests = {*inputs.lineage.values(), *inputs.frames["cohort_identity"]["sha256"], parameters().protocol_sha256}
    assert len(digests) > 40
    assert all(digest in page() for digest in digests)


def test_missing_drift_is_shown_as_missing() -> None:
    text = rendered(report_inputs(without=DRIFT_FRAMES))
    assert f"No later month was compared at {', '.join(SITES)}" in text
    assert "No later month was compared with the baseline." in text


def test_a_protocol_without_a_list_of_invalid_uses_is_called_a_gap() -> None:
    text = rendered(report_inputs(), replace(parameters(), not_validated_for=()))
    assert "That is a gap of the protocol" in text


def test_names_with_markup_are_words() -> None:
    inputs = report_inputs()
    frames = {
        name: frame.with_columns(pl.col("level").replace({"Siemens": HOSTILE})) if "level" in frame.columns else frame
        for name, frame in inputs.frames.items()
    }
    text = rendered(replace(inputs, frames=frames), replace(parameters(), title=HOSTILE))
    parsed = Elements(text)
    assert parsed.unbalanced == []
    assert "img" not in {tag for tag, _, _ in parsed.found}
    assert "&lt;img src=x onerror=alert(1)&gt;" in text


def test_two_endpoints_have_their_own_chapters_and_ids() -> None:
    inputs = report_inputs()
    doubled = {
        name: pl.concat([frame, frame.with_columns(pl.lit("mass").alias("finding"))])
        if "finding" in frame.columns
        else frame
        for name, frame in inputs.frames.items()
    }
    first = parameters().findings[0]
    settings = replace(parameters(), findings=(first, replace(first, id="mass", title="Lung mass")))
    text = rendered(replace(inputs, frames=doubled), settings)
    ids = Counter(re.findall(r'\bid="([^"]+)"', text))
    assert [name for name, n in ids.items() if n > 1] == []
    assert {"performance-nodule-lungscan", "performance-mass-lungscan"} <= set(ids)


def test_a_study_without_any_estimate_still_has_a_page_that_says_so() -> None:
    inputs = report_inputs()
    empty = ("estimates", "reliability", "check_results", "header_counts", "drift_comparison", "deployment_counts")
    frames = {name: frame.clear() if name in empty else frame for name, frame in inputs.frames.items()}
    text = rendered(replace(inputs, frames=frames))
    assert "No estimate was made for Lung nodule at four sites." in text
    assert "No integrity check came to a verdict." in text


def test_a_page_without_its_estimates_is_refused() -> None:
    with pytest.raises(ArtefactMissingError, match="`estimates` has not been made"):
        rendered(report_inputs(without=(ESTIMATES,)))


def test_parameters_have_a_digest_that_follows_the_protocol() -> None:
    other = study().model_copy(update={"title": "Another"})
    assert digest_of(parameters()) == digest_of(report_parameters(study(), None))
    assert parameters().protocol_sha256 != report_parameters(other, None).protocol_sha256
