"""The page of a validation pack in a real browser: keyboard, phone, screen reader, paper, and the rules of WCAG."""

import html
import itertools
import logging
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from multisite.pack.validation.files import pack_files
from tests.lib.pack_sources import pack_sources

CHROMIUM = next((p for name in ("chromium", "chromium-browser", "google-chrome") if (p := shutil.which(name))), None)
MILLISECONDS = 30_000
WIDTHS = (320, 375, 768, 1280)
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice")
LOADED_WITHIN = 1000
WEASYPRINT_WITHIN = 60


def _lacking() -> str:
    """Why nothing here can run; empty where all can."""
    if CHROMIUM is None:
        return "chromium is not installed"
    for name in ("playwright.sync_api", "axe_playwright_python"):
        try:
            __import__(name)
        except ImportError:
            return f"{name} is not installed"
    return ""


pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.skipif(bool(_lacking()), reason=_lacking() or "-")]


@lru_cache(maxsize=2)
def page_text(*, locked: bool = True) -> str:
    return pack_files(pack_sources(locked=locked), key=None).files["index.html"].decode()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"], timeout=MILLISECONDS)
        try:
            yield started
        finally:
            started.close()


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[bool, Path]:
    """The file of the planned pack (True) and of the exploratory one (False)."""
    folder = tmp_path_factory.mktemp("pack")
    files = {}
    for locked in (True, False):
        files[locked] = folder / f"{'planned' if locked else 'exploratory'}.html"
        files[locked].write_text(page_text(locked=locked), encoding="utf-8")
    return files


@contextmanager
def opened(
    browser: Any, file: Path, *, width: int = 1280, height: int = 900, anchor: str = "", **context: Any
) -> Iterator[Any]:
    """The page, opened; afterwards: it asked for nothing but itself, and the browser had nothing to complain of."""
    within = browser.new_context(viewport={"width": width, "height": height}, **context)
    within.set_default_timeout(MILLISECONDS)
    try:
        page = within.new_page()
        asked, said = [], []
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(file.as_uri() + anchor)
        yield page
        assert said == []
        assert {url.partition("#")[0] for url in asked} == {file.as_uri()}
    finally:
        within.close()


@lru_cache(maxsize=1)
def axe() -> str:
    import axe_playwright_python

    return (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")


OPEN_ALL = "() => { for (const more of document.querySelectorAll('details')) more.open = true; }"

CONTRAST = """() => {
  const parsed = (text) => (text.match(/[\\d.]+/g) ?? [0, 0, 0, 0]).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((part) => part / 255)
    .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
    .reduce((sum, part, place) => sum + part * [0.2126, 0.7152, 0.0722][place], 0);
  const ground = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if (!colour.endsWith(", 0)") && colour !== "transparent") return parsed(colour);
    }
    return [255, 255, 255];
  };
  const poor = new Map();
  let n = 0;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text = walker.nextNode(); text; text = walker.nextNode()) {
    const node = text.parentElement;
    if (!text.textContent.trim() || !node.getClientRects().length || node.closest("title, desc")) continue;
    n += 1;
    const style = getComputedStyle(node);
    const inks = [parsed(node instanceof SVGElement ? style.fill : style.color), ground(node)].map(light);
    const ratio = (Math.max(...inks) + 0.05) / (Math.min(...inks) + 0.05);
    // A shape beside a word is a graphical object: three to one.
    const needed = node.closest(".shape") ? 3 : 4.5;
    if (ratio < needed) poor.set(`${node.tagName} ${node.className.baseVal ?? node.className} ${style.color}`, ratio);
  }
  return {n, poor: [...poor]};
}"""


@pytest.mark.parametrize(("scheme", "unfolded"), [("light", False), ("dark", False), ("light", True), ("dark", True)])
def test_no_rule_of_accessibility_is_broken(
    browser: Any, pages: dict[bool, Path], scheme: str, *, unfolded: bool
) -> None:
    with opened(browser, pages[not unfolded], color_scheme=scheme, bypass_csp=True) as page:
        if unfolded:
            page.evaluate(OPEN_ALL)
        page.evaluate(axe())
        # Of contrast axe is slow, and unsure beside columns that stick: it is measured below.
        found = page.evaluate(
            "(tags) => axe.run(document, {resultTypes: ['violations'], runOnly: {type: 'tag', values: tags},"
            " rules: {'color-contrast': {enabled: false}}})",
            list(RULES),
        )
        broken = [(one["id"], [node["html"][:120] for node in one["nodes"][:3]]) for one in found["violations"]]
        assert broken == []
        assert len(found["passes"]) > 30


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_from_its_ground(browser: Any, pages: dict[bool, Path], scheme: str) -> None:
    for file in pages.values():
        with opened(browser, file, color_scheme=scheme) as page:
            page.evaluate(OPEN_ALL)
            found = page.evaluate(CONTRAST)
            assert found["n"] > 2000
            assert found["poor"] == []


def test_axe_itself_finds_no_poor_contrast_on_the_first_page(browser: Any, pages: dict[bool, Path]) -> None:
    with opened(browser, pages[True], bypass_csp=True) as page:
        page.evaluate(axe())
        found = page.evaluate(
            "() => axe.run({include: [['header'], ['#first'], ['#rungs'], ['nav']]},"
            " {resultTypes: ['violations'], runOnly: ['color-contrast']})"
        )
        assert [one["id"] for one in found["violations"]] == []


def test_it_is_there_within_a_second(browser: Any, pages: dict[bool, Path]) -> None:
    took = []
    # The best of a few: other work of the machine is not the page's.
    for _ in range(4):
        with opened(browser, pages[True]) as page:
            took.append(
                page.evaluate(
                    "() => { const [of] = performance.getEntriesByType('navigation');"
                    " return Math.max(of.domContentLoadedEventEnd, of.loadEventEnd); }"
                )
            )
    assert 0 < min(took) < LOADED_WITHIN


def test_tab_reaches_the_skip_link_first_and_it_leads_into_the_answer(browser: Any, pages: dict[bool, Path]) -> None:
    with opened(browser, pages[False]) as page:
        page.keyboard.press("Tab")
        assert page.evaluate("() => document.activeElement.className") == "skip"
        assert page.evaluate("() => document.activeElement.getBoundingClientRect().left") >= 0
        page.keyboard.press("Enter")
        page.wait_for_function("() => location.hash === '#first'")
        page.keyboard.press("Tab")
        assert page.evaluate("() => document.activeElement.closest('#first') !== null")


FOCUSED = """() => {
  const node = document.activeElement;
  if (!node || node === document.body) return null;
  const style = getComputedStyle(node);
  const seen = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1;
  node.dataset.reached = "yes";
  return [node.tagName + " " + node.textContent.slice(0, 40), seen];
}"""


def test_the_keyboard_reaches_everything_and_shows_where_it_is(browser: Any, pages: dict[bool, Path]) -> None:
    with opened(browser, pages[True]) as page:
        page.evaluate(OPEN_ALL)
        wanted = "a[href], button, input, summary"
        n = page.evaluate("(wanted) => document.querySelectorAll(wanted).length", wanted)
        unseen = []
        # Regions that scroll are stops, too.
        for _ in range(2 * n):
            page.keyboard.press("Tab")
            at = page.evaluate(FOCUSED)
            if at is None:
                break
            if not at[1]:
                unseen.append(at[0])
        missed = page.evaluate(
            "(wanted) => [...document.querySelectorAll(wanted)].filter((node) => !node.dataset.reached"
            " && getComputedStyle(node).display !== 'none').map((node) => node.outerHTML.slice(0, 90))",
            wanted,
        )
        assert n > 400
        assert missed == []
        assert unseen == []


def test_enter_on_a_head_sorts_and_says_so_and_the_filter_leaves_what_matches(
    browser: Any, pages: dict[bool, Path]
) -> None:
    with opened(browser, pages[True]) as page:
        rows = page.locator("#claim-index tbody tr")
        n = rows.count()
        shown = page.locator("#claim-index tbody tr:visible")
        field = page.locator("#index .filter input")
        said = page.locator("#index .filter output")
        head = page.locator("#claim-index thead th").first

        def items() -> list[int]:
            return [int(text) for text in shown.locator("th a").all_inner_texts()]

        assert head.get_attribute("aria-sort") is None
        assert items() == list(range(1, n + 1))
        head.locator("button").focus()
        page.keyboard.press("Enter")
        assert head.get_attribute("aria-sort") == "ascending"
        page.keyboard.press("Enter")
        assert head.get_attribute("aria-sort") == "descending"
        assert items() == list(range(n, 0, -1))

        field.fill("missing")
        kept = items()
        assert 0 < len(kept) < n
        assert kept == sorted(kept, reverse=True)
        assert all("missing" in text.lower() for text in shown.all_inner_texts())
        assert said.inner_text() == f"{len(kept)} of {n} rows"
        head.locator("button").focus()
        page.keyboard.press("Enter")
        assert items() == sorted(kept)
        field.fill("no such words")
        assert (items(), said.inner_text()) == ([], f"0 of {n} rows")
        field.fill("")
        assert (items(), said.inner_text()) == (list(range(1, n + 1)), "")


IN_VIEW = """(hash) => {
  const target = document.getElementById(hash.slice(1));
  const notice = document.querySelector(".standing.exploratory");
  const covered = notice && notice.getBoundingClientRect().top <= 0 ? notice.getBoundingClientRect().bottom : 0;
  const {top, height} = target.getBoundingClientRect();
  return {there: height > 0 || target.getClientRects().length > 0, top, covered, window: innerHeight};
}"""


@pytest.mark.parametrize(("width", "height"), [(1280, 900), (375, 812)])
def test_links_lead_to_what_is_then_in_view(browser: Any, pages: dict[bool, Path], width: int, height: int) -> None:
    """Of the exploratory pack, whose notice sticks to the top."""
    with opened(browser, pages[False], width=width, height=height) as page:
        hashes = page.evaluate(
            "() => [...new Set([...document.querySelectorAll('nav a, #claim-index a, a.evidence, #crosswalk a')]"
            ".map((link) => link.hash))]"
        )
        assert len(hashes) > 60
        wrong = []
        for anchor in hashes:
            page.evaluate("(hash) => document.querySelector(`a[href='${hash}']`).click()", anchor)
            found = page.evaluate(IN_VIEW, anchor)
            if not found["there"] or not found["covered"] - 1 <= found["top"] < found["window"] - 20:
                wrong.append((anchor, found))
        assert wrong == []


def test_a_link_into_something_folded_opens_it(browser: Any, pages: dict[bool, Path]) -> None:
    folded = "() => document.querySelector('#table-inputs').closest('details').open"
    with opened(browser, pages[True]) as page:
        assert not page.evaluate(folded)
        page.locator("#claim-index a[href='#table-inputs']").first.click()
        assert page.evaluate(folded)
        assert 0 <= page.evaluate(IN_VIEW, "#table-inputs")["top"] < 400
    with opened(browser, pages[True], anchor="#table-inputs") as page:
        assert page.evaluate(folded)
        assert 0 <= page.evaluate(IN_VIEW, "#table-inputs")["top"] < 400


TOO_WIDE = """() => {
  const root = document.documentElement;
  const wide = [...document.querySelectorAll("body *")].filter((node) => {
    if (node.closest(".unseen, .skip, svg *, script") || node.parentElement.closest(".scroll")) return false;
    const {left, right, width} = node.getBoundingClientRect();
    return width > 0 && (right > root.clientWidth + 1 || left < -1);
  });
  const cut = [...document.querySelectorAll("body *")].filter((node) => !node.closest(".unseen, .skip, svg")
    && node.scrollWidth > node.clientWidth + 1 && getComputedStyle(node).overflowX !== "visible"
    && !node.matches(".scroll, input"));
  const sizes = [...document.querySelectorAll("figure svg text")].filter((node) => node.getClientRects().length)
    .map((node) => {
      const svg = node.ownerSVGElement;
      const shrunk = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
      return parseFloat(getComputedStyle(node).fontSize) * shrunk;
    });
  return {client: root.clientWidth, scroll: root.scrollWidth, texts: sizes.length, smallest: Math.min(...sizes),
    wide: wide.map((node) => node.outerHTML.slice(0, 90)), cut: cut.map((node) => node.outerHTML.slice(0, 90))};
}"""


@pytest.mark.parametrize("width", WIDTHS)
def test_it_fits_every_width_and_figures_stay_readable(browser: Any, pages: dict[bool, Path], width: int) -> None:
    for file in pages.values():
        with opened(browser, file, width=width) as page:
            page.evaluate(OPEN_ALL)
            found = page.evaluate(TOO_WIDE)
            assert (found["client"], found["scroll"]) == (width, width)
            assert found["wide"] == []
            assert found["cut"] == []
            assert found["texts"] > 100
            assert found["smallest"] >= 8.5


def test_the_contents_are_folded_on_a_phone_and_beside_the_text_on_a_desk(
    browser: Any, pages: dict[bool, Path]
) -> None:
    for scripts in (True, False):
        with opened(browser, pages[True], width=375, height=812, java_script_enabled=scripts) as page:
            links = page.locator("nav a")
            assert not links.first.is_visible()
            assert page.locator("main h1").bounding_box()["y"] < 200
            page.locator("nav summary").click()
            assert all(link.is_visible() for link in links.all())
            assert page.locator("nav").bounding_box()["width"] <= 375
        with opened(browser, pages[True], width=1280, java_script_enabled=scripts) as page:
            assert page.locator("nav a").first.bounding_box()["x"] < page.locator("main").bounding_box()["x"]
            assert page.locator("nav a").last.is_visible()
            assert not page.locator("nav summary").is_visible()
            assert page.locator("nav ol").bounding_box()["height"] > 300
            page.mouse.wheel(0, 4000)
            page.wait_for_timeout(200)
            assert page.locator("nav a").first.bounding_box()["y"] >= 0


STRUCTURE = """() => {
  const all = (what) => [...document.querySelectorAll(what)];
  const named = (node) => (node.getAttribute("aria-label")
    ?? document.getElementById(node.getAttribute("aria-labelledby"))?.textContent
    ?? node.querySelector("caption")?.textContent ?? "").trim();
  const ids = all("[id]").map((node) => node.id);
  return {
    language: document.documentElement.lang,
    title: document.title,
    landmarks: ["main", "nav", "main > header"].map((what) => all(what).length),
    nav: named(document.querySelector("nav")),
    levels: all("h1, h2, h3, h4, h5, h6").map((node) => Number(node.tagName[1])),
    nameless: all("table, .scroll").filter((node) => !named(node)).length,
    tables: all("table").length,
    figures: all("figure svg").length,
    mute: all("figure svg").filter((node) => node.getAttribute("role") !== "img"
      || !node.querySelector("title")?.textContent.trim() || !node.querySelector("desc")?.textContent.trim()).length,
    twice: ids.filter((id, place) => ids.indexOf(id) !== place),
    marks: all(".mark").map((node) => [...node.childNodes].filter((part) => !part.classList?.contains("shape"))
      .map((part) => part.textContent.trim()).join("")),
  };
}"""


def test_a_screen_reader_finds_its_way(browser: Any, pages: dict[bool, Path]) -> None:
    with opened(browser, pages[True]) as page:
        found = page.evaluate(STRUCTURE)
    assert found["language"] == "en"
    assert found["title"]
    assert found["landmarks"] == [1, 1, 1]
    assert found["nav"] == "Contents"
    levels = found["levels"]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    assert found["tables"] > 40
    assert found["nameless"] == 0
    assert found["figures"] > 10
    assert found["mute"] == 0
    assert found["twice"] == []


def test_every_status_has_a_word(browser: Any, pages: dict[bool, Path]) -> None:
    """What a shape and a colour say, a word says, too: the page is as good in grey."""
    for file in pages.values():
        with opened(browser, file) as page:
            marks = page.evaluate(STRUCTURE)["marks"]
        assert len(marks) > 60
        assert all(re.search(r"[A-Za-z]{2}", word) for word in marks)


def pdf_pages(file: Path) -> list[str]:
    """The text of each page."""
    told = subprocess.run(
        ["pdftotext", "-layout", str(file), "-"], check=True, capture_output=True, text=True, timeout=60
    ).stdout
    return told.split("\f")[:-1]


def check_first_page(pages: list[str], *, standing: str) -> None:
    first = re.sub(r"\s+", " ", pages[0])
    assert standing in first
    assert "Claim under test." in first
    assert "Summary of findings" in first
    assert re.search(r"AUC \S* ?0\.9\d+ \(0\.\d+–0\.\d+\)", first)
    assert "sensitivity" in first
    # The first two minutes are the two sides of one sheet.
    assert "SHA256SUMS" in pages[1]
    assert "Index by CLAIM 2024" in pages[2]


def check_every_page(pages: list[str], *, standing: str) -> None:
    footers = [re.search(r"multisite validation pack\s+(\d+) of (\d+)", text) for text in pages]
    assert [(int(f[1]), int(f[2])) for f in footers if f] == [(n, len(pages)) for n in range(1, len(pages) + 1)]
    bare = [re.sub(r"multisite validation pack.*|Exploratory results", "", text) for text in pages]
    assert [n for n, text in enumerate(bare, start=1) if len(text.split()) < 15] == []
    exploratory = [n for n, text in enumerate(pages, start=1) if "Exploratory results" not in text.splitlines()[0]]
    assert exploratory == ([] if standing == "Exploratory" else list(range(1, len(pages) + 1)))
    # The index of CLAIM is longer than a page: its head stands on each.
    heads = [n for n, text in enumerate(pages) if re.search(r"Item\s+Asks\s+Status\s+Answered by", text)]
    assert len(heads) > 1
    assert heads == list(range(2, 2 + len(heads)))


needs_poppler = pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext (poppler-utils) is missing")


@needs_poppler
@pytest.mark.parametrize("locked", [True, False])
def test_it_prints_well_from_the_browser(
    browser: Any, pages: dict[bool, Path], tmp_path: Path, *, locked: bool
) -> None:
    standing = "Planned" if locked else "Exploratory"
    # 703 pixels are between the margins of the sheet; what is wider would make all of it smaller.
    with opened(browser, pages[locked], width=703) as page:
        page.emulate_media(media="print")
        assert page.evaluate("() => document.documentElement.scrollWidth") == 703
        page.emulate_media(media=None)
        page.pdf(path=tmp_path / "page.pdf", prefer_css_page_size=True)
    printed = pdf_pages(tmp_path / "page.pdf")
    check_first_page(printed, standing=standing)
    check_every_page(printed, standing=standing)
    text = re.sub(r"\s+", " ", " ".join(printed))
    assert "Every input with its digest: on the page, not in print" in text


@needs_poppler
@pytest.mark.timeout(2 * WEASYPRINT_WITHIN + 60)
@pytest.mark.parametrize("locked", [True, False])
def test_weasyprint_makes_the_same_of_it(tmp_path: Path, caplog: pytest.LogCaptureFixture, *, locked: bool) -> None:
    pytest.importorskip("weasyprint")
    from multisite.cli.packing import pdf_writer

    standing = "Planned" if locked else "Exploratory"
    writer = pdf_writer()
    begun = time.monotonic()
    with caplog.at_level(logging.WARNING, logger="weasyprint"):
        made = writer(page_text(locked=locked))
    assert time.monotonic() - begun < WEASYPRINT_WITHIN
    # It reads what pictures say of their strokes as if it were of text, and says that it does not know it.
    said = [one.getMessage() for one in caplog.records]
    assert [text for text in said if not text.endswith("unknown property.")] == []
    (tmp_path / "page.pdf").write_bytes(made)
    printed = pdf_pages(tmp_path / "page.pdf")
    check_first_page(printed, standing=standing)
    check_every_page(printed, standing=standing)


@needs_poppler
def test_weasyprint_draws_pictures_in_their_colours(tmp_path: Path) -> None:
    pytest.importorskip("weasyprint")
    from multisite.cli.packing import pdf_writer

    drawn = re.findall(r'style="[^"]*(fill: ?var\(--accent, ?#0072b2\))', page_text())
    assert drawn
    file = tmp_path / "picture.pdf"
    square = f'<rect width="90" height="90" style="{drawn[0]}"/>'
    file.write_bytes(pdf_writer()(f'<svg xmlns="http://www.w3.org/2000/svg" width="90" height="90">{square}</svg>'))
    seen = subprocess.run(["pdftoppm", "-r", "20", str(file)], check=True, capture_output=True, timeout=60).stdout
    assert bytes.fromhex("0072b2") * 8 in seen


def test_the_title_of_the_page_is_in_its_own_words() -> None:
    title = re.search(r"<title>(.*?)</title>", page_text())
    assert title is not None
    assert "validation pack" in html.unescape(title[1])
