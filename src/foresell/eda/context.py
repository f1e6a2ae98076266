"""What a description is asked for and what it gives."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import polars as pl

Rows = Literal["train", "all"]


@dataclass(frozen=True, kw_only=True)
class RawFacts:
    """A raw file as the manifest lists it."""

    name: str
    rows: int | None
    bytes: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class EdaContext:
    """What is known beside the rows themselves.

    ``rows``: whether they are the ones models learn from, or all. ``of``: how many the layer holds.
    ``cutoff``: the last date of a panel's training rows; None for a table and for all rows.
    ``files``: the raw files. ``asked``: the rows to forecast (keys, time, known-future columns), or
    None.
    """

    rows: Rows
    of: int
    cutoff: date | None = None
    files: Sequence[RawFacts] = ()
    asked: pl.DataFrame | None = None


@dataclass(frozen=True, kw_only=True)
class Eda:
    """A description: ``told`` is what eda_report.json holds, ``tables`` as `eda.tables` says."""

    told: Mapping[str, Any]
    tables: Mapping[str, pl.DataFrame]


@dataclass(frozen=True, kw_only=True)
class Found:
    """One sentence of a description.

    ``weight``: 0 to 100, how much it matters: what misleads a model or a reader first. ``about``: a
    table of `eda.tables`, where its numbers stand. ``says``: the sentence. ``numbers``: by name.
    """

    weight: int
    about: str
    says: str
    numbers: Mapping[str, float | int | str | None]
