"""The numbers under the pointer: what a chart over a shared axis tells of the nearest place."""

import json
from collections.abc import Mapping
from typing import Any

import polars as pl

from foresell.charts.theme import INK, Spec, inline, require

_SEEN = 0.35  # opacity of the rule at the nearest place


def pointed(
    spec: Spec,
    rows: pl.DataFrame,
    x: str,
    tips: Mapping[str, str],
    *,
    formats: Mapping[str, str] | None = None,
) -> Spec:
    """Return ``spec`` with a rule at the row that is nearest to the pointer, which tells its tips.

    ``rows``: the column ``x`` (a date or a number, on the x axis of the chart, whose scale another
    layer has) and those of ``tips``: column -> what it is called, in order. ``formats``: of numbers
    among them, as d3 writes it. Nothing of it is seen where nobody points.

    A missing column is a DataError.
    """
    require(rows, [x, *tips], "what is pointed at")
    formats = formats or {}
    kind = "temporal" if rows.schema[x] == pl.Date else "quantitative"
    layer: dict[str, Any] = {
        "name": "pointed",
        "data": inline(rows.select(x, *(name for name in tips if name != x))).to_dict(),
        "mark": {"type": "rule", "color": INK},
        "encoding": {
            "x": {"field": x, "type": kind},
            "opacity": {
                "condition": {"param": "near", "empty": False, "value": _SEEN},
                "value": 0,
            },
            "tooltip": [_tip(name, title, formats.get(name)) for name, title in tips.items()],
        },
        "params": [
            {"name": "near", "select": {"type": "point", "on": "pointermove", "nearest": True}}
        ],
    }
    if set(tips) - set(formats):
        # Vega-Lite 6.1 looks for text in the cell around the row, and not in the row ("undefined"):
        # remove it once `isValid(datum["` is gone from what vl_convert makes of such tips.
        del layer["encoding"]["tooltip"]
        told = [f"{json.dumps(tips[name])}: {_cell(name, formats.get(name))}" for name in tips]
        layer["mark"]["tooltip"] = {"expr": f"{{{', '.join(told)}}}"}
    return {**spec, "layer": [*spec["layer"], layer]}


def _tip(name: str, title: str, form: str | None) -> dict[str, str | None]:
    """Return one line of what is told."""
    return {"field": name, "type": "quantitative", "title": title, "format": form}


def _cell(name: str, form: str | None) -> str:
    """Return the expression of what is told of a column: a dash where nothing is known."""
    value = f"(datum.datum || datum)[{json.dumps(name)}]"
    shown = value if form is None else f"format({value}, {json.dumps(form)})"
    return f"isValid({value}) ? {shown} : '–'"
