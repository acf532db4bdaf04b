"""Reading anchors from packs, mails and notes, and telling what they say of each ledger."""

import email
import email.policy
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from multisite.audit import Chain
from multisite.audit.anchors import Anchor, Range, RangeKind, anchors_in_text, ranges_of
from multisite.cli.running import workspace_location
from multisite.cli.terminal import Terminal
from multisite.errors import LedgerBrokenError, PackError, UsageError
from multisite.pack.reading import read_pack
from multisite.runners.looks import ledger_of
from multisite.runners.work import STUDY_FOLDER, open_artefacts
from multisite.study import load_sites, load_study
from multisite.vocabulary import Zone

__all__ = ["read_anchors", "show_audit"]

_MARKS = {RangeKind.ANCHORED: "✓", RangeKind.UNANCHORED: "○"}
_LARGEST_MAIL = 50_000_000


def show_audit(
    study_file: Path, site_places: Sequence[Path], *, workspace: str, anchors: Sequence[str], json_lines: bool
) -> None:
    """Print what is known of every part of every ledger.

    Raises
    ------
    LedgerBrokenError
        When one is broken, cut or rewritten, after everything was printed.
    """
    study = load_study(study_file)
    names = [*(site.site for site in load_sites(site_places)), STUDY_FOLDER]
    store = open_artefacts(workspace_location(workspace), study, Zone.SITE)
    chains = {name: ledger_of(store, name).chain() for name in names}
    held = [anchor for place in anchors for anchor in read_anchors(place, study=study.study)]
    unknown = sorted({anchor.site for anchor in held} - {"", *chains})
    if unknown:
        raise UsageError(
            f"an anchor is of a ledger that is not looked at: {', '.join(unknown)}",
            place="--anchor",
            remedy="Name the files of all sites with --sites, or spell the site as its file does.",
        )
    by_ledger, lost = _placed(chains, held)
    found = {name: ranges_of(chain, by_ledger[name]) for name, chain in chains.items()}
    terminal = Terminal(json_lines=json_lines)
    terminal.table("Ledgers", ("ledger", "entries", "state", "held by"), list(_rows(found)), right=())
    for anchor in lost:
        terminal.warn(
            f"No ledger has the entry {anchor.count:,} that {anchor.source} holds: cut off, changed, or of another."
        )
    bad = [name for name, ranges in found.items() if not all(one.kind.is_sound for one in ranges)]
    if bad or lost:
        raise LedgerBrokenError(
            f"{len(bad) or 1} of {len(chains)} ledgers not as others hold them",
            place=", ".join(bad) or "ledger that an anchor without a site belongs to",
            remedy="Keep the folder as it is, compare it with a backup, and say so in the next pack.",
        )
    if not held:
        terminal.say("No anchor was given: nothing outside this workspace speaks for these entries.")
    terminal.say("Tamper-evident as far as there are anchors: what is unanchored could have been written anew.")


def read_anchors(place: str, *, study: str) -> Iterator[Anchor]:
    """The anchors in a pack of ``study``, a mail, a folder of them, or a note ``site:count:head``.

    Raises
    ------
    UsageError
        When there is none.
    """
    path = Path(place)
    found = list(_anchors_at(path, study)) if path.exists() else list(anchors_in_text(place, source="the command line"))
    if not found:
        raise UsageError(
            "no anchor was found there",
            place=f"--anchor {path.name}",
            remedy="Give a pack, a monthly mail as .eml, a folder of these, or site:count:head.",
        )
    yield from found


def _anchors_at(path: Path, study: str) -> Iterator[Anchor]:
    if path.is_dir() and not (path / "pack.json").exists():
        for inner in sorted(path.iterdir()):
            if inner.is_dir() or inner.suffix in (".eml", ".zip", ".txt"):
                yield from _anchors_at(inner, study)
    elif path.suffix in (".eml", ".txt"):
        content = path.read_bytes()[:_LARGEST_MAIL]
        text = _mail_text(content) if path.suffix == ".eml" else content.decode(errors="replace")
        yield from anchors_in_text(text, source=path.name)
    else:
        yield from _of_pack(path, study)


def _of_pack(path: Path, study: str) -> Iterator[Anchor]:
    try:
        facts = json.loads(read_pack(path)["pack.json"])
        of = str(facts["study"])
        anchors = [Anchor(str(s), int(h["count"]), str(h["head"]), path.name) for s, h in facts["ledgers"].items()]
    except (PackError, ValueError, KeyError, TypeError, AttributeError):
        raise UsageError(
            "the pack cannot be read", place=f"--anchor {path.name}", remedy="Leave it out, or get it again, whole."
        ) from None
    if of != study:
        raise UsageError(
            "the pack is of another study", place=f"--anchor {path.name}", remedy="Name packs of this study."
        )
    yield from anchors


def _mail_text(content: bytes) -> str:
    message = email.message_from_bytes(content, policy=email.policy.default)
    body = message.get_body(preferencelist=("plain", "html"))
    return body.get_content() if body is not None else ""


def _placed(chains: dict[str, Chain], held: Sequence[Anchor]) -> tuple[dict[str, list[Anchor]], list[Anchor]]:
    """Anchors by ledger, and those that name no site and fit none."""
    placed: dict[str, list[Anchor]] = {name: [] for name in chains}
    lost = []
    for anchor in held:
        if anchor.site:
            placed.setdefault(anchor.site, []).append(anchor)
            continue
        fitting = [
            name
            for name, chain in chains.items()
            if 0 < anchor.count <= len(chain.links) and chain.links[anchor.count - 1].sha256 == anchor.head
        ]
        for name in fitting:
            placed[name].append(anchor)
        if not fitting and anchor.count:
            lost.append(anchor)
    return {name: placed[name] for name in chains}, lost


def _rows(found: dict[str, tuple[Range, ...]]) -> Iterator[tuple[str, ...]]:
    for name, ranges in found.items():
        place = "the study" if name == STUDY_FOLDER else name
        if not ranges:
            yield (place, "none", "○ empty", "")
        for one in ranges:
            numbers = f"{one.first:,}" if one.first == one.last else f"{one.first:,} to {one.last:,}"
            yield (place, numbers, f"{_MARKS.get(one.kind, '✗')} {one.kind.value}", ", ".join(one.sources))
