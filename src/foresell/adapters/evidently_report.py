"""Evidently's own report on drift, beside ours: one page and its numbers."""

import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import polars as pl

from foresell.monitor.columns import Column


@contextmanager
def _unheard() -> Iterator[None]:
    """Ignore warnings, and leave them as they were told before.

    Plotly, which Evidently imports when it likes, lays every warning of the process out its own
    way.
    """
    layout = warnings.formatwarning
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        warnings.formatwarning = layout


with _unheard():  # a library beneath it still uses names that NumPy gave up
    from evidently import DataDefinition, Dataset, Report  # type: ignore[import-untyped]
    from evidently.presets import DataDriftPreset  # type: ignore[import-untyped]

_MOST = 5_000  # rows of each side: the page holds pictures of them
_IDENTITY = re.compile(r"(?<![0-9A-Za-z+/])[0-9a-f]{32}(?![0-9A-Za-z+/])")
_DASHED = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def evidently_files(
    reference: pl.DataFrame, current: pl.DataFrame, columns: Sequence[Column], seed: int
) -> Mapping[str, bytes]:
    """Return ``evidently_report.html`` and ``evidently_report.json`` of its drift preset.

    Of either side at most 5,000 rows, drawn by ``seed``; a column without a value on one side is
    left out, for Evidently refuses it. Levels of a column that is not shown are numbered. What it
    names by chance is numbered, so that equal rows give
    equal bytes. It reports nothing home: see `foresell.settings.silence_telemetry`.
    """
    reference, current = _hidden(reference, current, columns)
    with _unheard():  # as above, and of columns of one value
        told = [one for one in columns if reference[one.name].count() and current[one.name].count()]
        definition = DataDefinition(
            numerical_columns=[one.name for one in told if one.kind == "number"],
            categorical_columns=[one.name for one in told if one.kind == "category"],
        )
        before, now = (
            Dataset.from_pandas(_drawn(side, told, seed), data_definition=definition)
            for side in (reference, current)
        )
        report = Report([DataDriftPreset()]).run(now, before)
        page, numbers = report.get_html_str(as_iframe=False), report.json()
    return {
        "evidently_report.html": _numbered(page).encode(),
        "evidently_report.json": numbers.encode(),
    }


def _drawn(rows: pl.DataFrame, columns: Sequence[Column], seed: int) -> Any:
    """Return some of the rows as pandas has them; which, hangs on the rows alone."""
    names = [one.name for one in columns]
    found = rows.select(
        pl.col(one.name).cast(pl.String) if one.kind == "category" else _number(rows, one.name)
        for one in columns
    ).sort(names, nulls_last=True)
    if found.height > _MOST:
        drawn = np.random.default_rng(seed).choice(found.height, _MOST, replace=False)
        found = found[np.sort(drawn)]
    return found.to_pandas()


def _hidden(
    reference: pl.DataFrame, current: pl.DataFrame, columns: Sequence[Column]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return both sides with numbers for the levels that may not be told."""
    sides = [reference, current]
    for name in [one.name for one in columns if one.kind == "category" and not one.shown]:
        levels = reference[name].cast(pl.String).drop_nulls().unique().sort().to_list()
        words = {level: f"level {place + 1}" for place, level in enumerate(levels)}
        told = pl.col(name).cast(pl.String)
        known = told.replace_strict(words, default="never seen in training", return_dtype=pl.String)
        hidden = pl.when(told.is_not_null()).then(known).alias(name)
        sides = [side.with_columns(hidden) for side in sides]
    return sides[0], sides[1]


def _number(rows: pl.DataFrame, name: str) -> pl.Expr:
    """Return a column as numbers, days as days since 1970."""
    column = pl.col(name)
    return (column.to_physical() if rows[name].dtype.is_temporal() else column).cast(pl.Float64)


def _numbered(page: str) -> str:
    """Return the page with the names that it draws by chance numbered in their order."""
    found: dict[str, str] = {}

    def number(match: re.Match[str]) -> str:
        return found.setdefault(match[0], f"{len(found):032x}")

    return _DASHED.sub(number, _IDENTITY.sub(number, page))
