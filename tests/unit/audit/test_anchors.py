"""What a head that somebody else holds says of a ledger."""

from multisite.audit.anchors import Anchor, Range, RangeKind, anchors_in_text, ranges_of
from multisite.audit.chain import BEFORE_THE_FIRST, Chain, chain_of
from multisite.audit.entry import Entry, Event
from multisite.storage.canonical import sha256_hex


def files(n: int, *, word: str = "w") -> list[tuple[int, bytes]]:
    found, previous = [], BEFORE_THE_FIRST
    for number in range(1, n + 1):
        content = {"protocol": "p", "what": f"{word}{number}", "why": "y", "by": "a"}
        entry = Entry(
            number, "2026-05-01T10:00:00+00:00", Event.DEVIATION.value, "chest", "north", "r", "1", content, previous
        )
        found.append((number, entry.to_bytes()))
        previous = sha256_hex([entry.to_bytes()])
    return found


def chain(entries: list[tuple[int, bytes]]) -> Chain:
    return chain_of(entries, study="chest", site="north")


def anchor(of: Chain, count: int, source: str = "mail") -> Anchor:
    return Anchor("north", count, of.links[count - 1].sha256, source)


def test_entries_up_to_a_held_head_are_anchored_and_the_rest_is_not() -> None:
    held = chain(files(5))
    assert ranges_of(held, [anchor(held, 3)]) == (
        Range(1, 3, RangeKind.ANCHORED, ("mail",)),
        Range(4, 5, RangeKind.UNANCHORED),
    )


def test_without_an_anchor_nothing_is_anchored() -> None:
    assert ranges_of(chain(files(2)), []) == (Range(1, 2, RangeKind.UNANCHORED),)
    assert ranges_of(chain([]), []) == ()


def test_a_cut_tail_is_found_by_who_holds_more_entries() -> None:
    whole = chain(files(5))
    cut = chain(files(5)[:3])
    assert cut.broken_at is None
    assert ranges_of(cut, [anchor(whole, 5, "pack")]) == (
        Range(1, 3, RangeKind.UNANCHORED),
        Range(4, 5, RangeKind.CUT, ("pack",)),
    )


def test_a_ledger_that_was_written_anew_is_found_though_its_chain_is_whole() -> None:
    whole, anew = chain(files(5)), chain(files(5, word="x"))
    assert anew.broken_at is None
    assert ranges_of(anew, [anchor(whole, 4)]) == (
        Range(1, 4, RangeKind.REWRITTEN, ("mail",)),
        Range(5, 5, RangeKind.UNANCHORED),
    )


def test_what_was_written_anew_behind_an_anchor_is_told_apart_from_what_it_covers() -> None:
    whole = chain(files(4))
    tail = files(2)
    changed = chain([*tail, *_continued(tail, 2)])
    assert ranges_of(changed, [anchor(whole, 2, "first"), anchor(whole, 4, "second")]) == (
        Range(1, 2, RangeKind.ANCHORED, ("first",)),
        Range(3, 4, RangeKind.REWRITTEN, ("second",)),
    )


def _continued(entries: list[tuple[int, bytes]], more: int) -> list[tuple[int, bytes]]:
    found, previous = [], sha256_hex([entries[-1][1]])
    for number in range(len(entries) + 1, len(entries) + 1 + more):
        content = {"protocol": "p", "what": "other", "why": "y", "by": "a"}
        entry = Entry(
            number, "2026-06-01T10:00:00+00:00", Event.DEVIATION.value, "chest", "north", "r", "1", content, previous
        )
        found.append((number, entry.to_bytes()))
        previous = sha256_hex([entry.to_bytes()])
    return found


def test_a_broken_chain_is_broken_from_its_first_false_entry_on_and_anchored_before() -> None:
    entries = files(4)
    spoilt = chain([*entries[:2], (3, entries[2][1].replace(b"w3", b"v3")), entries[3]])
    # The third has other words and fits the second; that the fourth does not fit it shows only behind it.
    assert ranges_of(spoilt, [anchor(chain(entries), 2)]) == (
        Range(1, 2, RangeKind.ANCHORED, ("mail",)),
        Range(3, 3, RangeKind.UNANCHORED),
        Range(4, 4, RangeKind.BROKEN),
    )


def test_an_anchor_of_an_empty_ledger_says_nothing() -> None:
    assert ranges_of(chain(files(1)), [Anchor("north", 0, BEFORE_THE_FIRST, "pack")]) == (
        Range(1, 1, RangeKind.UNANCHORED),
    )


def test_anchors_are_read_from_the_words_of_a_mail_and_from_a_note() -> None:
    head = "ab" * 32
    mail = f"…\nLedger {head}\n· 1,204 entries. Keep this mail: it proves them.\n"
    assert anchors_in_text(mail, source="m.eml") == (Anchor("", 1204, head, "m.eml"),)
    assert anchors_in_text(f"north:7:{head} north:7:{head}", source="note") == (Anchor("north", 7, head, "note"),)
    assert anchors_in_text("Ledger of nothing", source="m") == ()
