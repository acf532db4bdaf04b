"""Matplotlib's SVG, cleaned: no metadata, no clashing ids, short numbers, and colours that follow the page."""

import re
from xml.etree import ElementTree

from multisite.pack.figures.palette import VARIABLES

__all__ = ["clean_svg"]

_SVG = "{http://www.w3.org/2000/svg}"
_XLINK_HREF = "{http://www.w3.org/1999/xlink}href"
_NUMBER = re.compile(r"-?\d+\.\d+(?:e-?\d+)?")
_NO_ROTATION = re.compile(r"^rotate\(-?0 ")
_NOT_OURS = ("font-family", "stroke-linejoin")


def clean_svg(raw: str, *, slug: str, title: str, description: str) -> str:
    """The picture as an ``svg`` element to put inside a page.

    It carries ``title`` and ``description`` as its text alternative. Ids start with ``slug``, which must be unique in
    the page. Colours become CSS variables with the drawn colour as fallback; numbers keep one decimal.
    """
    ElementTree.register_namespace("", _SVG[1:-1])
    drawn = ElementTree.fromstring(raw)  # noqa: S314  # written by Matplotlib a moment ago, in this process
    picture = ElementTree.Element(f"{_SVG}svg", {"viewBox": drawn.attrib["viewBox"], "role": "img"})
    picture.set("aria-labelledby", f"{slug}-t {slug}-d")
    for tag, words in (("title", title), ("desc", description)):
        ElementTree.SubElement(picture, f"{_SVG}{tag}", {"id": f"{slug}-{tag[0]}"}).text = words
    for child in drawn:
        _append_cleaned(picture, child, slug)
    return ElementTree.tostring(picture, encoding="unicode")


def _append_cleaned(parent: ElementTree.Element, node: ElementTree.Element, slug: str) -> None:
    tag = node.tag.removeprefix(_SVG)
    if tag in ("metadata", "style") or _is_invisible(node) or (tag == "defs" and not _holds_shapes(node)):
        return
    if tag == "g":
        # Groups carry nothing but Matplotlib's names for its objects.
        for child in node:
            _append_cleaned(parent, child, slug)
        return
    copy = ElementTree.SubElement(parent, node.tag, _attributes(node, slug))
    copy.text = node.text.strip() if node.text else None
    for child in node:
        _append_cleaned(copy, child, slug)


def _holds_shapes(node: ElementTree.Element) -> bool:
    return any(child.tag != f"{_SVG}style" for child in node)


def _is_invisible(node: ElementTree.Element) -> bool:
    style = node.attrib.get("style", "")
    return node.tag == f"{_SVG}path" and "fill: none" in style and "stroke:" not in style and "id" not in node.attrib


def _attributes(node: ElementTree.Element, slug: str) -> dict[str, str]:
    kept: dict[str, str] = {}
    for name, value in node.attrib.items():
        if name == "style":
            kept["style"] = _style(value)
        elif name == "id":
            kept["id"] = f"{slug}-{value}"
        elif name == _XLINK_HREF:
            kept["href"] = f"#{slug}-{value[1:]}"
        elif name == "d":
            kept["d"] = _short(" ".join(value.split()))
        elif not (name == "transform" and _NO_ROTATION.match(value)):
            kept[name] = _short(value)
    return kept


def _style(text: str) -> str:
    kept = []
    for declaration in text.split(";"):
        name, _, value = declaration.strip().partition(": ")
        if name and name not in _NOT_OURS:
            variable = VARIABLES.get(value)
            kept.append(f"{name}:var({variable},{value})" if variable else f"{name}:{_short(value)}")
    return ";".join(kept)


def _short(text: str) -> str:
    def shorten(match: re.Match[str]) -> str:
        rounded = f"{float(match.group()):.1f}".removesuffix(".0")
        return "0" if rounded == "-0" else rounded

    return _NUMBER.sub(shorten, text)
