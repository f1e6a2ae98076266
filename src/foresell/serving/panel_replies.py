"""Forecasts as JSON: rows straight from a frame, and what every reply says of the version."""

import json
import re
from collections.abc import Mapping
from typing import Any

import polars as pl

from foresell.serving.served import Served
from foresell.spec.forecast import quantile_columns

_CURRENCY = re.compile(r"[A-Z]{3}")
_ENDS = {"q0.1": "p10", "q0.9": "p90"}
_BESIDE = "_planned"  # ends the names of what the plan says, beside a changed one


def rows_json(frame: pl.DataFrame, *, quantiles: bool = False) -> str:
    """Return the rows of a forecast as a JSON list of objects, days as YYYY-MM-DD.

    ``frame``: what is forecast, then ``prediction``, quantile columns and further ones. ``y_hat``
    is added, of the quantiles ``p10`` and ``p90`` are told; with ``quantiles`` all, by their level.

    >>> rows = pl.DataFrame({"shop": [1], "prediction": [2.5], "q0.1": [2.0], "q0.9": [3.0]})
    >>> rows_json(rows)
    '[{"shop":1,"prediction":2.5,"y_hat":2.5,"p10":2.0,"p90":3.0}]'
    """
    bands = {f"{name}{end}" for name in quantile_columns() for end in ("", _BESIDE)}
    ends = {f"{name}{end}": f"{told}{end}" for name, told in _ENDS.items() for end in ("", _BESIDE)}
    shown: list[pl.Expr] = []
    for name in frame.columns:
        if name in ends:
            shown.append(pl.col(name).alias(ends[name]))
        elif name not in bands:
            shown.append(pl.col(name))
        if name == "prediction":
            shown.append(pl.col(name).alias("y_hat"))
    for end in ("", _BESIDE) if quantiles else ():
        levels = [f"{name}{end}" for name in quantile_columns() if f"{name}{end}" in frame.columns]
        if levels:
            inside = [pl.col(name).alias(name.removesuffix(end)[1:]) for name in levels]
            shown.append(pl.struct(inside).alias(f"quantiles{end}"))
    return frame.select(shown).write_json()


def about(served: Served, request_id: str) -> dict[str, Any]:
    """Return what every reply says of the version that answered."""
    unit = served.spec.unit or ""
    return {
        "model_name": served.model_name,
        "model_version": served.live.version,
        "target_name": served.spec.target,
        "input_features": [one.name for one in served.form.fields],
        "request_id": request_id,
        **({"currency": unit} if _CURRENCY.fullmatch(unit) else {}),
    }


def with_rows(name: str, rows: str, told: Mapping[str, Any]) -> bytes:
    """Return an object of the field ``name``, whose value is JSON text, and those of ``told``.

    >>> with_rows("rows", "[1]", {"count": 1})
    b'{"rows":[1],"count":1}'
    """
    rest = json.dumps(told, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return f'{{"{name}":{rows},{rest[1:]}'.encode()
