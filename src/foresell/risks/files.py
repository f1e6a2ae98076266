"""The files of one segment's risk: what was found, and its picture."""

from collections.abc import Mapping
from typing import Any

from foresell.charts.drawing import render_png, render_svg
from foresell.charts.theme import PAPER
from foresell.risks.document import document_bytes
from foresell.risks.picture import picture


def segment_files(told: Mapping[str, Any]) -> dict[str, bytes]:
    """Return ``NAME.json``, ``NAME.svg`` and ``NAME.png`` of a document, by name."""
    name, chart = str(told["name"]), picture(told)
    return {
        f"{name}.json": document_bytes(told),
        f"{name}.svg": render_svg(chart).encode(),
        f"{name}.png": render_png({**chart, "background": PAPER}),
    }
