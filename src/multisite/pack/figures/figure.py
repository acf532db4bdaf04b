"""A figure of the page: its finding, what is drawn, its pictures, and the data behind them."""

from dataclasses import dataclass

from multisite.pack.tables.table import Table

__all__ = ["Figure", "MissingPanel", "Panel"]


@dataclass(frozen=True, slots=True)
class Panel:
    """One picture as an inline ``svg`` element that carries its own text alternative."""

    svg: str


@dataclass(frozen=True, slots=True)
class MissingPanel:
    """What stands where a picture cannot be drawn: the evidence is missing, and this says why."""

    title: str
    reason: str


@dataclass(frozen=True, slots=True)
class Figure:
    """``title`` says the finding, ``subtitle`` what is drawn, ``method`` how it was made.

    ``panels`` share their axes and are laid side by side where the screen is wide; ``panel_width`` is the width in
    pixels they were drawn for.
    """

    slug: str
    title: str
    subtitle: str
    panels: tuple[Panel | MissingPanel, ...]
    panel_width: int
    data: Table
    method: str
