"""Figures as small inline SVG."""

import re
from xml.etree import ElementTree

import pytest

from multisite.pack.figures.canvas import Canvas, fitted, text_width, wrapped
from multisite.pack.figures.palette import ACCENT, INK, PAPER, VARIABLES

HOSTILE = '<script>alert("1")</script> & $x_1$ 漢字'


def drawing(slug: str = "a-1") -> str:
    canvas = Canvas(340, 60)
    canvas.text(0, 20, HOSTILE)
    canvas.segments([(0, 40, 100, 40), (0, 50, 100, 50)], width=6)
    canvas.dots([50, 60], [40, 40], colour=PAPER, edge=ACCENT)
    canvas.box(0, 0, 9, 9, colour=INK)
    return canvas.to_svg(slug=slug, title="A title", description="What it says")


def test_equal_drawings_give_equal_bytes() -> None:
    assert drawing() == drawing()


def test_a_figure_carries_its_text_alternative() -> None:
    root = ElementTree.fromstring(drawing())
    named = {node.attrib["id"]: node.text for node in root.iter() if node.tag.endswith(("}title", "}desc"))}
    assert named == {"a-1-t": "A title", "a-1-d": "What it says"}
    assert root.attrib["aria-labelledby"].split() == list(named)
    assert root.attrib["role"] == "img"


def test_words_stay_words_whatever_they_hold() -> None:
    svg = drawing()
    assert "<script>" not in svg
    texts = [node.text for node in ElementTree.fromstring(svg).iter() if node.tag.endswith("}text")]
    assert texts == [HOSTILE]


def test_every_colour_follows_the_page() -> None:
    svg = drawing()
    outside = re.sub(r"var\(--[a-z]+,#[0-9a-f]{6}\)", "", svg)
    assert not re.search(r"#[0-9a-f]{6}", outside)
    assert all(
        re.search(rf"var\({name},{colour}\)", svg) for colour, name in VARIABLES.items() if colour in (INK, ACCENT)
    )


def test_ids_of_two_figures_never_clash() -> None:
    first, second = (set(re.findall(r'\bid="([^"]+)"', drawing(slug))) for slug in ("a-1", "b-2"))
    assert first
    assert first.isdisjoint(second)


def test_references_inside_a_figure_lead_to_its_own_shapes() -> None:
    svg = drawing()
    targets = set(re.findall(r'href="#([^"]+)"', svg))
    assert targets
    assert targets <= set(re.findall(r'\bid="([^"]+)"', svg))


def test_separate_lines_of_one_kind_are_one_stroke() -> None:
    strokes = [path for path in re.findall(r'd="([^"]+)"', drawing()) if path.count("M") == 2]
    assert strokes == ["M 0 40 L 100 40 M 0 50 L 100 50"]


@pytest.mark.parametrize("room", [20.0, 60.0, 400.0])
def test_a_label_is_cut_to_its_room(room: float) -> None:
    cut = fitted("Slice thickness in millimetres", room)
    assert text_width(cut) <= room
    assert cut.endswith("…") or cut == "Slice thickness in millimetres"


def test_wrapping_keeps_every_word() -> None:
    lines = wrapped("No image of the case's study is in the stores", 120)
    assert len(lines) > 1
    assert " ".join(lines) == "No image of the case's study is in the stores"
