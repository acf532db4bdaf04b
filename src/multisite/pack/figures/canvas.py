"""A drawing surface in pixels, y downwards: the few strokes that every figure of the report is made of."""

import io
import math
import warnings
from collections.abc import Callable, Sequence
from functools import lru_cache
from importlib.resources import as_file, files
from typing import Literal

import matplotlib as mpl
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.patches import Polygon
from matplotlib.text import Text
from matplotlib.textpath import TextToPath
from matplotlib.transforms import Affine2D

from multisite.pack.figures.palette import GRID, INK, PAPER
from multisite.pack.figures.svg import clean_svg

__all__ = ["SMALL", "TEXT", "Canvas", "fitted", "text_width", "wrapped"]

TEXT, SMALL = 12.0, 10.5
"""Sizes of text, in pixels of the figure's own width (340 or less), so that 320 px of screen leave them readable."""

_ELLIPSIS = "…"
_BREAK = math.nan


class Canvas:
    """``width`` × ``height`` pixels. Nothing is clipped or laid out: what is drawn stays where it is put."""

    def __init__(self, width: float, height: float) -> None:
        self.width, self.height = width, height
        # Artists take the style's settings when they are made, so all are made at once, under the style.
        self._strokes: list[Callable[[Affine2D], Artist]] = []

    def text(
        self,
        x: float,
        y: float,
        words: str,
        *,
        size: float = TEXT,
        colour: str = INK,
        anchor: Literal["left", "center", "right"] = "left",
        bold: bool = False,
        italic: bool = False,
    ) -> None:
        """``words`` with their baseline at ``y``."""
        weight, style = "bold" if bold else "normal", "italic" if italic else "normal"
        self._strokes.append(
            lambda pixels: Text(
                x,
                y,
                words,
                transform=pixels,
                fontsize=size,
                color=colour,
                ha=anchor,
                va="baseline",
                fontweight=weight,
                fontstyle=style,
            )
        )

    def line(
        self, xs: Sequence[float], ys: Sequence[float], *, colour: str = GRID, width: float = 1.0, dashed: bool = False
    ) -> None:
        """A line through the points."""
        style: Literal["dashed", "solid"] = "dashed" if dashed else "solid"
        self._strokes.append(
            lambda pixels: Line2D(xs, ys, transform=pixels, color=colour, linewidth=width, linestyle=style)
        )

    def segments(
        self,
        ends: Sequence[tuple[float, float, float, float]],
        *,
        colour: str = GRID,
        width: float = 1.0,
        dashed: bool = False,
    ) -> None:
        """Separate lines (x1, y1, x2, y2) of one kind, as a single stroke."""
        xs = [x for x1, _, x2, _ in ends for x in (x1, x2, _BREAK)]
        ys = [y for _, y1, _, y2 in ends for y in (y1, y2, _BREAK)]
        if ends:
            self.line(xs, ys, colour=colour, width=width, dashed=dashed)

    def dots(
        self,
        xs: Sequence[float],
        ys: Sequence[float],
        *,
        colour: str,
        size: float = 5.0,
        shape: Literal["circle", "square", "down", "up"] = "circle",
        edge: str | None = None,
    ) -> None:
        """A mark at each point, ``size`` pixels across."""
        marker = {"circle": "o", "square": "s", "down": "v", "up": "^"}[shape]
        self._strokes.append(
            lambda pixels: Line2D(
                xs,
                ys,
                transform=pixels,
                linestyle="none",
                marker=marker,
                markersize=size,
                markerfacecolor=colour,
                markeredgecolor=edge or colour,
                markeredgewidth=1.2 if edge else 0,
            )
        )

    def area(self, xs: Sequence[float], ys: Sequence[float], *, colour: str) -> None:
        """A filled polygon."""
        corners = list(zip(xs, ys, strict=True))
        self._strokes.append(
            lambda pixels: Polygon(corners, transform=pixels, facecolor=colour, edgecolor="none", linewidth=0)
        )

    def box(self, left: float, top: float, right: float, bottom: float, *, colour: str) -> None:
        """A filled rectangle."""
        self.area([left, right, right, left], [top, top, bottom, bottom], colour=colour)

    def to_svg(self, *, slug: str, title: str, description: str) -> str:
        """The picture with its text alternative; equal drawings give equal bytes."""
        written = io.StringIO()
        # The salt replaces Matplotlib's random ids; the date and its own version would change from run to run.
        with mpl.rc_context(_style()), mpl.rc_context({"svg.hashsalt": slug}), warnings.catch_warnings():
            # The reader's browser sets the text, so it does not matter which scripts the local font lacks.
            warnings.filterwarnings("ignore", message="Glyph .* missing from font")
            figure = self._figure()
            FigureCanvasSVG(figure)
            figure.savefig(written, format="svg", metadata={"Date": None, "Creator": None})
        return clean_svg(written.getvalue(), slug=slug, title=title, description=description)

    def to_png(self) -> bytes:
        """The picture on white, for where SVG is not shown: in mails. Equal drawings give equal bytes."""
        written = io.BytesIO()
        with mpl.rc_context(_style()), warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Glyph .* missing from font")
            figure = self._figure()
            FigureCanvasAgg(figure)
            figure.savefig(written, format="png", facecolor=PAPER, metadata={"Software": None})
        return written.getvalue()

    def _figure(self) -> Figure:
        figure = Figure(figsize=(self.width / 72, self.height / 72))
        pixels = Affine2D().scale(1, -1).translate(0, self.height)
        for stroke in self._strokes:
            figure.add_artist(stroke(pixels))
        return figure


@lru_cache(maxsize=4096)
def text_width(words: str, size: float = TEXT) -> float:
    """Width of ``words`` in pixels in a wide common font; most system fonts need less."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        width, _, _ = TextToPath().get_text_width_height_descent(
            words, FontProperties(family="DejaVu Sans", size=size), ismath=False
        )
    return float(width)


def fitted(words: str, room: float, size: float = TEXT) -> str:
    """``words``, cut with an ellipsis where they need more than ``room`` pixels."""
    if text_width(words, size) <= room:
        return words
    cut = words
    while cut and text_width(cut + _ELLIPSIS, size) > room:
        cut = cut[:-1]
    return cut.rstrip() + _ELLIPSIS


def wrapped(words: str, room: float, size: float = TEXT) -> list[str]:
    """``words`` broken into lines of at most ``room`` pixels; a word that is too long is cut with an ellipsis."""
    lines: list[str] = []
    for word in words.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(longer, size) <= room:
            lines[-1] = longer
        else:
            lines.append(fitted(word, room, size))
    return lines


@lru_cache(maxsize=1)
def _style() -> mpl.RcParams:
    with as_file(files(__package__) / "report.mplstyle") as path:
        return mpl.rc_params_from_file(path, use_default_template=False)
