"""Profiles of columns: what each holds, what it lacks and when."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from foresell.contracts.contract import Contract
from foresell.eda.grid import numbers_of
from foresell.spec.project import ProjectSpec

_QUANTILES = {
    "p01": 0.01,
    "p05": 0.05,
    "p25": 0.25,
    "p50": 0.5,
    "p75": 0.75,
    "p95": 0.95,
    "p99": 0.99,
}
_SCHEMA: Mapping[str, Any] = {
    "column": pl.String,
    "role": pl.String,
    "type": pl.String,
    "unit": pl.String,
    "description": pl.String,
    "n": pl.Int64,
    "missing": pl.Int64,
    "missing_share": pl.Float64,
    "distinct": pl.Int64,
    "min": pl.Float64,
    "max": pl.Float64,
    "mean": pl.Float64,
    "std": pl.Float64,
    **dict.fromkeys(_QUANTILES, pl.Float64),
    "zeros": pl.Int64,
    "negatives": pl.Int64,
    "first": pl.Date,
    "last": pl.Date,
    "commonest": pl.String,
    "commonest_rows": pl.Int64,
}


def number_columns(frame: pl.DataFrame, project: ProjectSpec) -> tuple[str, ...]:
    """Return the columns of numbers that say how much, the target first; no key, no group."""
    names = [
        name
        for name in frame.columns
        if frame.schema[name].is_numeric() and project.columns.get(name) not in {"key", "group"}
    ]
    return tuple(sorted(names, key=lambda name: name != project.target))


def profile_columns(frame: pl.DataFrame, project: ProjectSpec, contract: Contract) -> pl.DataFrame:
    """Return the table ``columns``: first those of ``frame``, then the personal ones, unread."""
    rows = [
        {
            "column": name,
            "role": project.columns.get(name, "none"),
            "type": declared.logical_type if (declared := contract.columns.get(name)) else "",
            "unit": _unit(name, project, contract),
            "description": declared.description if declared else "",
            **profile(frame[name]),
        }
        for name in frame.columns
    ]
    rows += [
        {
            "column": name,
            "role": "personal" if column.personal else "none",
            "type": column.logical_type,
            "unit": column.unit,
            "description": column.description,
        }
        for name, column in contract.columns.items()
        if name not in frame.columns
    ]
    return pl.DataFrame(rows, schema=_SCHEMA)


def profile(values: pl.Series) -> dict[str, Any]:
    """Return the facts of one column by the names of the table ``columns``.

    >>> {k: v for k, v in profile(pl.Series(["a", "b", "a", None])).items() if v is not None}
    ... # doctest: +NORMALIZE_WHITESPACE
    {'n': 3, 'missing': 1, 'missing_share': 0.25, 'distinct': 2, 'commonest': 'a',
     'commonest_rows': 2}
    """
    there = values.drop_nulls().sort()
    runs = there.rle().struct.unnest()
    found: dict[str, Any] = {
        "n": len(there),
        "missing": len(values) - len(there),
        "missing_share": (len(values) - len(there)) / len(values) if len(values) else None,
        "distinct": runs.height,
    }
    if runs.height and (most := int(runs["len"].cast(pl.Int64).to_numpy().max())) > 1:
        found["commonest"] = shown(runs["value"][int(runs["len"].arg_max() or 0)])
        found["commonest_rows"] = most
    if there.dtype == pl.Date and len(there):
        found |= {"first": there[0], "last": there[-1]}
    if (there.dtype.is_numeric() or there.dtype == pl.Boolean) and len(there):
        numbers = numbers_of(there)
        quantiles = np.quantile(numbers, list(_QUANTILES.values()))
        found |= {
            "min": float(numbers[0]),
            "max": float(numbers[-1]),
            "mean": float(numbers.mean()),
            "std": float(numbers.std(ddof=1)) if len(numbers) > 1 else None,
            **dict(zip(_QUANTILES, map(float, quantiles), strict=True)),
            "zeros": int((numbers == 0).sum()),
            "negatives": int((numbers < 0).sum()),
        }
    return found


def missing_by_period(
    frame: pl.DataFrame, time: str | None, names: Iterable[str], *, monthly: bool
) -> pl.DataFrame:
    """Return the table ``missing_by_period`` of the columns ``names`` that lack a value somewhere.

    No row without a column ``time``; rows that lack the time are in no period.
    """
    lacking = [name for name in names if frame[name].null_count()]
    if time is None or not lacking:
        return pl.DataFrame(
            schema={
                "period": pl.Date,
                "column": pl.String,
                "rows": pl.Int64,
                "missing": pl.Int64,
                "share": pl.Float64,
            }
        )
    period = pl.col(time).dt.truncate("1mo") if monthly else pl.col(time)
    return (
        frame
        .filter(pl.col(time).is_not_null())
        .group_by(period.alias("__period"))
        .agg(pl.len().alias("__rows"), *(pl.col(name).null_count() for name in lacking))
        .unpivot(
            index=["__period", "__rows"], on=lacking, variable_name="column", value_name="missing"
        )
        .rename({"__period": "period", "__rows": "rows"})
        .with_columns(pl.col("rows", "missing").cast(pl.Int64))
        .with_columns((pl.col("missing") / pl.col("rows")).alias("share"))
        .join(pl.DataFrame({"column": lacking}).with_row_index("at"), on="column")
        .sort("at", "period")
        .select("period", "column", "rows", "missing", "share")
    )


def shown(value: object) -> str:
    """Return a value as text: a number in its shortest form, a day in ISO's.

    >>> shown(3.0), shown(True), shown("NA")
    ('3', 'true', 'NA')
    """
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.12g}"
    return str(value)


def as_text(values: Sequence[object]) -> pl.Series:
    """Return ``values`` as text, see `shown`; null stays null."""
    return pl.Series([None if value is None else shown(value) for value in values], dtype=pl.String)


def _unit(name: str, project: ProjectSpec, contract: Contract) -> str:
    """Return the unit of a column: of the contract; of the target the project's."""
    declared = contract.columns.get(name)
    told = declared.unit if declared is not None else ""
    return told or (project.unit if name == project.target else "")
