"""What must hold of the repository itself."""

import inspect
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

import multisite.stats as statistics
from multisite import __version__
from multisite.cli.reference_pages import pages
from multisite.cli.verbs import VERB_HELP

ROOT = Path(__file__).resolve().parents[2]
JOBS = sorted((ROOT / "jobs").glob("*.py"))


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


def test_there_is_one_job_per_verb() -> None:
    assert [job.stem for job in JOBS] == sorted(VERB_HELP)


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.stem)
def test_a_job_file_is_thin(job: Path) -> None:
    text = job.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 40
    assert f'run_job("{job.stem}")' in text


def test_the_version_stands_in_one_place_of_the_code_and_one_of_the_packaging() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert declared == __version__
    assert f"## {__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", sorted(pages()), ids=str)
def test_generated_pages_are_up_to_date(path: Path) -> None:
    assert (ROOT / path).read_text(encoding="utf-8") == pages()[path]


def test_no_file_names_a_package_registry() -> None:
    forbidden = re.compile(r"(index-url|find-links|pypi\.org|files\.pythonhosted|registry\.npmjs)")
    own = Path(__file__)
    binary = {".png", ".dcm", ".parquet"}
    guilty = [
        path.name
        for path in tracked()
        if path != own
        and path.suffix not in binary
        and forbidden.search(path.read_text(encoding="utf-8", errors="ignore").replace("--no-emit-index-url", ""))
    ]
    assert guilty == []


def test_every_requirement_of_the_lock_is_pinned_by_hash() -> None:
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    entries = [line for line in lines if line and not line.startswith((" ", "#"))]
    assert len(entries) > 50
    assert all("==" in line and line.endswith("\\") for line in entries)


PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]


def anchors(page: Path) -> set[str]:
    """What a link may name of a page: its headings as GitHub spells them in links."""
    prose = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    found: dict[str, int] = {}
    for heading in re.findall(r"^#+ +(.*?)\s*$", prose, flags=re.MULTILINE):
        shown = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading)
        name = re.sub(r"[^\w\- ]", "", shown.lower()).replace(" ", "-")
        found[name] = found.get(name, -1) + 1
    return {f"{name}-{n}" if n else name for name, last in found.items() for n in range(last + 1)}


def test_every_function_of_the_statistics_stands_on_one_of_their_pages() -> None:
    pages = sorted((ROOT / "docs/methods/statistics").glob("*.md"))
    named = {name for page in pages for name in re.findall(r"`([a-z]\w*)", page.read_text(encoding="utf-8"))}
    public = {name for name in statistics.__all__ if inspect.isfunction(getattr(statistics, name))}
    assert public - named == set()


def test_every_page_of_the_statistics_names_the_tests_that_prove_it() -> None:
    pages = sorted((ROOT / "docs/methods/statistics").glob("*.md"))
    assert [page.name for page in pages if "](../../../tests/" not in page.read_text(encoding="utf-8")] == []


def test_links_between_the_pages_lead_somewhere() -> None:
    broken = []
    for page in PAGES:
        for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
            path, _, anchor = link.partition("#")
            target = page.parent / path if path else page
            if "://" in link or link.startswith("mailto:"):
                continue
            if not target.exists() or (anchor and target.suffix == ".md" and anchor not in anchors(target)):
                broken.append(f"{page.relative_to(ROOT)} → {link}")
    assert broken == []
