"""Specs to pictures, without a browser and without a network."""

import re
from html import escape

import vl_convert

from foresell.charts.theme import PAPER, Spec

_ID = re.compile(r'<(?:clipPath|linearGradient|radialGradient|mask|pattern) id="([^"]+)"')
_LONG = re.compile(r"-?\d+\.\d{3,}")
_ATTRIBUTES = re.compile(r' (?:xmlns(?::xlink)?|version|class|pointer-events)="[^"]*"')
_SAID = re.compile(r"(?:<(title|desc)[^>]*>.*?</\1>)*", re.DOTALL)
_TAG = re.compile(r"<[a-zA-Z][^>]*>")
_EMPTY = re.compile(r'<path(?: class="[^"]*")?(?: aria-hidden="true")? d=""[^>]*/>')


def render_svg(spec: Spec) -> str:
    """Return ``spec`` drawn as one SVG document. No address is ever fetched.

    Two calls with the same spec give the same text: Vega counts its identifiers through the life
    of a process, so they are numbered anew here.
    """
    svg: str = vl_convert.vegalite_to_svg(spec, allowed_base_urls=[])
    return _renamed(svg, "c")


def render_png(spec: Spec, *, scale: float = 2.0) -> bytes:
    """Return ``spec`` drawn as PNG, ``scale`` pixels to one CSS pixel, on a clear ground."""
    png: bytes = vl_convert.vegalite_to_png(spec, scale=scale, allowed_base_urls=[])
    return png


def inline_svg(spec: Spec, *, name: str, title: str, text: str) -> str:
    """Return ``spec`` as an ``<svg>`` element for an HTML page.

    ``name`` must be unique in the page; every identifier inside starts with it. ``title`` and
    ``text`` are what a screen reader says; both are escaped here. The element has no fixed size:
    it fills the width of its parent and keeps its proportions.
    """
    svg = _renamed(render_svg(spec), name)
    opening, body = svg.split(">", 1)
    box = re.search(r'viewBox="([^"]+)"', opening)
    view = box.group(1) if box else "0 0 1 1"
    label = escape(title, quote=True)
    ids = f'aria-labelledby="{name}-t {name}-d"'
    return (
        f'<svg viewBox="{view}" role="img" {ids}>'
        f'<title id="{name}-t">{label}</title><desc id="{name}-d">{escape(text)}</desc>'
        f"{_slim(_EMPTY.sub('', body))}"
    )


def standalone_svg(inline: str) -> str:
    """Return what ``inline_svg`` returned as a document of its own: with a size and a ground.

    >>> drawn = standalone_svg('<svg viewBox="0 0 4 3"><title>Sales</title></svg>')
    >>> drawn.split(">", 2)[0].split("2000/svg")[1]
    '" viewBox="0 0 4 3" width="4" height="3"'
    >>> drawn.split("</title>")[1]
    '<rect width="4" height="3" fill="#fffefb"/></svg>'
    """
    opening, body = inline.split(">", 1)
    box = re.search(r'viewBox="([^"]+)"', opening)
    *_, width, height = (box.group(1) if box else "0 0 1 1").split()
    size = f'width="{width}" height="{height}"'
    words = _SAID.match(body)
    said = words.group() if words else ""
    namespaced = opening.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1)
    ground = f'<rect {size} fill="{PAPER}"/>'
    return f"{namespaced} {size}>{said}{ground}{body[len(said) :]}"


def _slim(body: str) -> str:
    """Return ``body`` with shorter tags: no empty attributes, two decimals; text is left alone."""

    def shorter(tag: re.Match[str]) -> str:
        rounded = _LONG.sub(lambda number: f"{float(number.group()):.2f}", tag.group())
        return _ATTRIBUTES.sub("", rounded)

    return _TAG.sub(shorter, body)


def _renamed(svg: str, prefix: str) -> str:
    """Return ``svg`` with its identifiers, and what points at them, numbered from 0."""
    names = list(dict.fromkeys(_ID.findall(svg)))
    for number, name in enumerate(names):
        svg = svg.replace(f'id="{name}"', f'id="\0{number}"').replace(
            f"url(#{name})", f"url(#\0{number})"
        )
    return svg.replace("\0", f"{prefix}-")
