"""Building, checking and comparing packs: what the commands do, and what people see of it."""

import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from multisite import __version__
from multisite.audit import Event
from multisite.audit.keys import public_key
from multisite.cli.locking import read_signing_key
from multisite.cli.running import workspace_location
from multisite.cli.terminal import Terminal
from multisite.errors import ConfigError, PackNotVerifiedError
from multisite.pack.reading import read_pack
from multisite.pack.validation.difference import difference_of
from multisite.pack.validation.files import pack_files
from multisite.pack.verifying.recomputation import recomputed
from multisite.pack.verifying.verify import FAILS, NOT_SHOWN, OK, Step, conclusion, verify
from multisite.pack.writing import write_pack
from multisite.runners.looks import ledger_of
from multisite.runners.packing import pack_sources
from multisite.runners.work import STUDY_FOLDER, open_artefacts
from multisite.storage.canonical import sha256_hex
from multisite.study import Study, load_sites, load_study
from multisite.vocabulary import Zone

__all__ = ["build_pack", "pdf_writer", "show_pack_difference", "verify_pack"]


_NOT_RECOMPUTED = "- intervals of single sites, other results, and the numbers as the page prints them."


def build_pack(
    study_file: Path,
    site_files: Sequence[Path],
    workspace: str,
    *,
    out: Path,
    key_file: Path | None,
    pdf: bool,
    json_lines: bool,
) -> None:
    """Build, write, and tell where it is and what it lacks."""
    study, sites = load_study(study_file), load_sites(site_files)
    key = read_signing_key(key_file) if key_file else None
    writer = pdf_writer() if pdf else None
    sources = pack_sources(study, sites, workspace_location(workspace), built=datetime.now(UTC))
    made = pack_files(sources, key=key, pdf=writer)
    _require_that_it_holds(made.files, signed=key is not None)
    # Noted first: a pack that no ledger knows of would be worse than an entry without a pack.
    _note_pack(workspace, study, made.files["SHA256SUMS"])
    archive = write_pack(made.files, out)
    terminal = Terminal(json_lines=json_lines)
    terminal.say(f"{made.page.standing.kind.value.capitalize()}: {made.page.standing.sentence}")
    rows = [
        (
            one.checklist.title,
            *(
                str(number)
                for number in (
                    one.coverage.n_items,
                    one.coverage.n_reported,
                    one.coverage.n_partial,
                    one.coverage.n_not_applicable,
                    one.coverage.n_missing,
                )
            ),
        )
        for one in made.page.answered
    ]
    heads = ("guideline", "items", "reported", "partly", "not applicable", "missing")
    terminal.table("Items answered", heads, rows, right=(1, 2, 3, 4, 5))
    terminal.path("pack", str(out / "index.html"))
    terminal.path("zip", f"{archive} ({archive.stat().st_size / 1e6:.1f} MB)")
    if key is None:
        terminal.warn("The pack is not signed: nothing in it says by whom it was made.")


def _require_that_it_holds(files: Mapping[str, bytes], *, signed: bool) -> None:
    """That a reviewer's check of these very files would hold: better no pack than one that refutes itself."""
    steps = verify(files, allow_unsigned=not signed)
    steps.append(recomputed(files, number=len(steps) + 1))
    failed = [step for step in steps if not step.holds]
    if failed:
        raise PackNotVerifiedError(
            f"the pack would not hold at step {failed[0].number}: {failed[0].sentence}",
            place=f"step {failed[0].title}",
            remedy="Run `multisite run` with the same sites and build again; if it repeats, report step and sentence.",
        )


def _note_pack(workspace: str, study: Study, sums: bytes) -> None:
    """That the pack was built stands in the ledger of the study, behind the head that the pack anchors."""
    store = open_artefacts(workspace_location(workspace), study, Zone.SITE)
    ledger_of(store, STUDY_FOLDER).append(
        Event.PACK,
        time=datetime.now(UTC),
        run=uuid.uuid4().hex,
        code_version=__version__,
        content={"protocol": study.protocol_sha256, "sha256sums": sha256_hex([sums])},
    )


def verify_pack(pack: Path, *, key_file: Path | None, allow_unsigned: bool, json_lines: bool) -> None:
    """Print every step, and what they cannot show.

    Raises
    ------
    PackNotVerifiedError
        When one fails, after all were printed.
    """
    files = read_pack(pack)
    key = _public_pem(key_file) if key_file else None
    steps = verify(files, key=key, allow_unsigned=allow_unsigned)
    steps.append(recomputed(files, number=len(steps) + 1))
    terminal = Terminal(json_lines=json_lines)
    marks = {OK: "✓", FAILS: "✗"}
    rows = [(str(s.number), s.title, f"{marks.get(s.outcome, '○')} {s.outcome}", _told(s)) for s in steps]
    terminal.table("Steps", ("no.", "step", "outcome", "found"), rows, right=(0,))
    # The last line is of the steps without the program, which has done one more.
    for line in (*NOT_SHOWN.splitlines()[:-1], _NOT_RECOMPUTED):
        terminal.say(line)
    line, code = conclusion(steps)
    if code:
        raise PackNotVerifiedError(
            line, place=pack.name, remedy="Do not rely on the pack; ask whoever sent it for it again, by another way."
        )
    terminal.conclude(line)


def _told(step: Step) -> str:
    return "; ".join([step.sentence.rstrip("."), *step.details])


def _public_pem(file: Path) -> bytes:
    try:
        content = file.read_bytes()
    except OSError:
        raise ConfigError(
            "the public key cannot be read", place=str(file), remedy="Name a file that exists and that you may read."
        ) from None
    public_key(content, place=str(file))
    return content


def show_pack_difference(before: Path, after: Path, *, json_lines: bool) -> None:
    """Tell what changed, results side by side, and the claims that are touched."""
    found = difference_of(read_pack(before), read_pack(after))
    terminal = Terminal(json_lines=json_lines)
    terminal.say("Neither pack is checked here: that is what `multisite pack verify` is for.")
    if not (found.changes or found.results or found.claims):
        terminal.say("Both packs say the same.")
        return
    changes = [(one.kind, one.what, one.before, one.after) for one in found.changes]
    terminal.table("What changed", ("of", "what", "before", "after"), changes)
    results = [(one.result, one.before, one.after, "▲ apart" if one.apart else "") for one in found.results]
    if results:
        terminal.table("Results over all sites", ("result", "before", "after", "intervals"), results)
    claims = [(f"{one.item} {one.topic}", "; ".join(one.because)) for one in found.claims]
    if claims:
        terminal.table("Items of CLAIM 2024 that are touched", ("item", "because of"), claims)


def pdf_writer() -> Callable[[str], bytes]:
    """What makes a PDF of a page; ConfigError where the extra is not installed."""
    try:
        from weasyprint import HTML
    except (ImportError, OSError):
        raise ConfigError(
            "a PDF needs WeasyPrint and the libraries that it draws with",
            place="--pdf",
            remedy="Install `multisite[pdf]` and libpango-1.0-0, libpangoft2-1.0-0, libharfbuzz-subset0; or print the"
            " page from a browser.",
        ) from None

    def written(page: str) -> bytes:
        # In pictures WeasyPrint knows no variables and would draw all in black; each stands with its colour on paper.
        drawn = re.sub(r"var\(--[a-z]+, ?(#[0-9a-f]{6})\)", r"\1", page)
        return bytes(HTML(string=drawn, url_fetcher=_refuse).write_pdf())

    return written


def _refuse(url: str) -> None:
    """Nothing is fetched: the page holds all of itself."""
    raise ValueError("a page of a pack fetches nothing")
