"""Figures of a report of data: each drawn once, or twice where a phone needs another drawing."""

from markupsafe import Markup

from foresell.charts.drawing import inline_svg
from foresell.charts.theme import Spec
from foresell.report.figures import HALF, WIDE, Drawer, Figure

PHONE = 340  # pixels: as wide as a phone shows it, so that no letter shrinks
SMALL = 320


def wide(draw: Drawer, key: str, says: str, shows: str) -> Figure:
    """Return a figure over the whole page, with a drawing of its own for phones."""
    return Figure(
        name=key,
        says=says,
        shows=shows,
        wide=_drawn(draw(width=WIDE), f"{key}-w", says, shows),
        narrow=_drawn(draw(width=PHONE), f"{key}-n", says, shows),
    )


def half(draw: Drawer, key: str, says: str, shows: str) -> Figure:
    """Return a figure half a page wide, with a drawing of its own for phones."""
    return Figure(
        name=key,
        says=says,
        shows=shows,
        wide=_drawn(draw(width=HALF), f"{key}-w", says, shows),
        narrow=_drawn(draw(width=PHONE), f"{key}-n", says, shows),
    )


def small(draw: Drawer, key: str, says: str, shows: str) -> Figure:
    """Return a figure of a third of the page."""
    return Figure(
        name=key, says=says, shows=shows, wide=_drawn(draw(width=SMALL), key, says, shows)
    )


def _drawn(spec: Spec, key: str, title: str, text: str) -> Markup:
    """Return one inline SVG."""
    drawn = inline_svg(spec, name=key, title=title, text=text)
    return Markup(drawn)  # noqa: S704  every text in it was escaped by vl-convert or by inline_svg
