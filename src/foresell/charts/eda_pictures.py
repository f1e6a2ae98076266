"""A picture of a chart that is drawn already: no second look at its specification."""

import vl_convert


def png_of(svg: str, *, scale: float = 1.5) -> bytes:
    """Return an SVG document as PNG, ``scale`` pixels to one CSS pixel. It names no address."""
    png: bytes = vl_convert.svg_to_png(svg, scale=scale)
    return png
