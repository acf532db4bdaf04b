"""The report and the timeline in a real browser: they fit a phone, and tables sort."""

import html
import json
import os
import re
import shutil
import signal
import subprocess
from functools import lru_cache
from pathlib import Path

import pytest

from multisite.pack import REPORT_STAGE, TIMELINE_STAGE, report_parameters
from multisite.schemas.report import REPORT
from multisite.schemas.timeline import TIMELINE_PAGE
from tests.lib.report_frames import report_inputs, study
from tests.lib.timeline_frames import PARAMETERS, timeline_inputs

CHROMIUM = next((p for name in ("chromium", "chromium-browser", "google-chrome") if (p := shutil.which(name))), None)
SECONDS = 90

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
]

MEASURE = """
  const root = inner.document.documentElement;
  const wide = [...inner.document.querySelectorAll("main *")].filter((node) =>
    !node.closest(".scroll") && !node.closest("nav") && !node.closest(".unseen") && !node.closest("details:not([open])")
    && node.getBoundingClientRect().right > root.clientWidth + 1);
  return {client: root.clientWidth, scroll: root.scrollWidth, wide: wide.map((node) => node.tagName)};
"""

SORT = """
  const table = inner.document.querySelector("#table-flow-sites table");
  const head = table.tHead.rows[0].cells[1];
  const order = () => [...table.tBodies[0].rows].map((row) => row.cells[0].textContent);
  const before = order();
  head.querySelector("button").click();
  const rising = order();
  head.querySelector("button").click();
  return {before, rising, falling: order(), said: head.getAttribute("aria-sort")};
"""

FONTS = """
  const sizes = [...inner.document.querySelectorAll("figure svg text")].map((node) => {
    const svg = node.ownerSVGElement;
    return parseFloat(node.style.fontSize) * svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
  });
  return {smallest: Math.min(...sizes), texts: sizes.length};
"""


@lru_cache(maxsize=1)
def page() -> str:
    return REPORT_STAGE.run(report_inputs(), report_parameters(study(), None)).files[REPORT.name].decode()


def in_browser(folder: Path, *, width: int, body: str, text: str | None = None) -> dict[str, object]:
    """What the JavaScript ``body`` returns, run beside the report (or ``text``) in a frame of ``width`` pixels."""
    wrapper = folder / "wrapper.html"
    script = (
        "frame.addEventListener('load', () => { const inner = frame.contentWindow;"
        f"document.getElementById('found').textContent = JSON.stringify((() => {{ {body} }})()); }});"
        "frame.srcdoc = JSON.parse(document.getElementById('page').textContent);"
    )
    # In a script element only the less-than sign could end the text too early.
    quoted = json.dumps(text or page()).replace("<", "\\u003c")
    wrapper.write_text(
        f'<!doctype html><meta charset="utf-8"><pre id="found"></pre>'
        f'<iframe id="frame" style="border:0;width:{width}px;height:800px"></iframe>'
        f'<script type="application/json" id="page">{quoted}</script>'
        f"<script>const frame = document.getElementById('frame'); {script}</script>",
        encoding="utf-8",
    )
    found = re.search(r'<pre id="found">(.*?)</pre>', dumped(wrapper, folder / "profile"), flags=re.S)
    assert found is not None
    return json.loads(html.unescape(found.group(1)))


def dumped(file: Path, profile: Path) -> str:
    """The document after its scripts have run; the browser and all of its children end with this call."""
    assert CHROMIUM is not None
    command = [
        CHROMIUM,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--hide-scrollbars",
        f"--user-data-dir={profile}",
        "--virtual-time-budget=5000",
        "--dump-dom",
        file.as_uri(),
    ]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True
    ) as browser:
        try:
            written, _ = browser.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(browser.pid, signal.SIGKILL)
            raise
    return written


@pytest.mark.parametrize("width", [320, 360, 768, 1280])
def test_the_body_never_scrolls_sideways(tmp_path: Path, width: int) -> None:
    found = in_browser(tmp_path, width=width, body=MEASURE)
    assert found["client"] == width
    assert found["scroll"] == width
    assert found["wide"] == []


def test_words_in_figures_stay_readable_on_a_phone(tmp_path: Path) -> None:
    found = in_browser(tmp_path, width=320, body=FONTS)
    assert isinstance(found["smallest"], float)
    assert found["smallest"] > 8.5


def test_a_click_on_a_head_sorts_the_rows_and_says_so(tmp_path: Path) -> None:
    found = in_browser(tmp_path, width=1280, body=SORT)
    assert found["before"] == ["amstel", "borealis", "cordoba", "danube"]
    assert found["rising"] == ["danube", "cordoba", "borealis", "amstel"]
    assert found["falling"] == ["amstel", "borealis", "cordoba", "danube"]
    assert found["said"] == "descending"


def test_the_timeline_fits_a_phone_and_its_figures_stay_readable(tmp_path: Path) -> None:
    text = TIMELINE_STAGE.run(timeline_inputs(), PARAMETERS).files[TIMELINE_PAGE.name].decode()
    opened = "for (const more of inner.document.querySelectorAll('details')) more.open = true;"
    both = f"{opened} return {{...(() => {{ {MEASURE} }})(), ...(() => {{ {FONTS} }})()}};"
    found = in_browser(tmp_path, width=320, body=both, text=text)
    assert (found["client"], found["scroll"], found["wide"]) == (320, 320, [])
    assert isinstance(found["smallest"], float)
    assert found["smallest"] > 8
