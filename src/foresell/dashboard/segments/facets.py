"""By what judged rows can be told apart: their columns, and the values that occur in them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

import polars as pl

from foresell.charts.placed import full
from foresell.contracts.contract import Contract
from foresell.dashboard.segments.judged import Judged
from foresell.evaluate.row_segments import band_names
from foresell.evaluate.row_truth import ROW
from foresell.report.wording import NBSP, day, segment_value
from foresell.spec.forecast import quantile_columns
from foresell.spec.project import ProjectSpec

Kind = Literal["choice", "band", "range", "dates", "text"]
NONE = "(none)"  # what an address says for rows without a value
FEW = 30  # values that are listed, each to be ticked
_WORDS = {"true": "yes", "false": "no", NONE: "no value"}
_OWN = frozenset({ROW, "y", "weight", "prediction", *quantile_columns()})  # no columns of the data


@dataclass(frozen=True, kw_only=True)
class Value:
    """A value of a column. ``text``: in an address; ``rows``: how many judged rows have it."""

    text: str
    label: str
    rows: int


@dataclass(frozen=True, kw_only=True)
class Facet:
    """A column by which rows are chosen, and how.

    ``names``: in an address, one, or that of the lower and of the upper end. ``values``: to be
    ticked; ``edges``: of bands. ``low`` and ``high``: the least and the largest there are.
    ``says``: what the contract says of it.
    """

    column: str
    kind: Kind
    names: tuple[str, ...]
    values: tuple[Value, ...] = ()
    edges: tuple[float, ...] = ()
    low: float | date | None = None
    high: float | date | None = None
    unit: str = ""
    says: str = ""

    @property
    def grouping(self) -> bool:
        """Whether its values part the rows into few groups."""
        return self.kind in {"choice", "band"}

    @property
    def limits(self) -> str:
        """Between what the values of a range lie, in words."""
        low, high = (
            one if one is None else day(one) if isinstance(one, date) else full(one)
            for one in (self.low, self.high)
        )
        if low is None or high is None:
            return "no judged row has a value"
        # "10,000 USD" beside a number would be read as one more of them.
        between = ", in " if self.unit[:1].isdigit() else NBSP
        return f"{low} to {high}{between if self.unit else ''}{self.unit}"


def text_of(column: str) -> pl.Expr:
    """Return the values of a column as an address names them."""
    return pl.col(column).cast(pl.String).fill_null(NONE)


def code_of(facet: Facet) -> pl.Expr:
    """Return the place of each row among the bands of a facet, from 0; null without a number."""
    value = pl.col(facet.column).cast(pl.Float64).fill_nan(None)
    first, *others = ((value >= edge).cast(pl.Int64) for edge in facet.edges)
    for one in others:  # a plain sum keeps null, which `sum_horizontal` makes a 0
        first = first + one
    return first


def name_of(facet: Facet) -> pl.Expr:
    """Return what the group of each row is called in an address; null for nowhere."""
    if facet.kind == "band":
        texts = [one.text for one in facet.values]
        return code_of(facet).replace_strict(list(range(len(texts))), texts, return_dtype=pl.String)
    return text_of(facet.column)


def facets_of(judged: Judged, spec: ProjectSpec, contract: Contract) -> tuple[Facet, ...]:
    """Return by what the rows can be chosen: segments, bands and time first, then the rest."""
    rows = judged.rows
    columns = [name for name in rows.columns if name not in _OWN]
    timed = [spec.time] if spec.timed else []
    head = [name for name in (*spec.segments, *timed) if name in columns]
    rest = [name for name in columns if name not in head]
    bands = [_band(rows, name, edges) for name, edges in spec.bands.items() if name in columns]
    first, others = ([_facet(rows, name, contract) for name in names] for names in (head, rest))
    return (*first, *bands, *others)


def _band(rows: pl.DataFrame, column: str, edges: Sequence[float]) -> Facet:
    """Return a number of the project that is cut at declared values."""
    cut = tuple(map(float, edges))
    facet = Facet(column=column, kind="band", names=(f"band.{column}",), edges=cut)
    codes = rows.select(code=code_of(facet)).drop_nulls().group_by("code").len()
    counts: Mapping[object, int] = dict(codes.iter_rows())
    values = tuple(
        Value(text=name, label=name, rows=counts.get(place, 0))
        for place, name in enumerate(band_names(edges))
    )
    return replace(facet, values=values)


def _facet(rows: pl.DataFrame, column: str, contract: Contract) -> Facet:
    """Return how rows are chosen by a column, which depends on its type and on how many it has."""
    told = contract.columns.get(column)
    says, unit = (told.description, told.unit) if told is not None else ("", "")
    own = rows[column]
    few = own.n_unique() <= FEW
    if own.dtype.is_temporal() or own.dtype.is_float() or (own.dtype.is_integer() and not few):
        return replace(_range(own), unit=unit, says=says)
    if not few:
        return Facet(column=column, kind="text", names=(f"has.{column}",), says=says)
    counts = rows.select(value=text_of(column)).group_by("value").len(name="n")
    if own.dtype.is_integer():
        order = counts.sort(pl.col("value").cast(pl.Int64, strict=False), nulls_last=True)
    else:
        order = counts.sort(["n", "value"], descending=[True, False])
    values = tuple(
        Value(text=text, label=_WORDS.get(text) or _label(own, text), rows=n)
        for text, n in order.iter_rows()
    )
    return Facet(column=column, kind="choice", names=(f"is.{column}",), values=values, says=says)


def _label(own: pl.Series, text: str) -> str:
    """Return a value as a list shows it: a number alone, for its column stands above it."""
    return text if own.dtype.is_integer() else segment_value(own.name, text)


def _range(own: pl.Series) -> Facet:
    """Return a column that is chosen between two ends."""
    names = (f"from.{own.name}", f"to.{own.name}")
    if own.dtype.is_temporal():
        days = own.cast(pl.Date)
        low, high = days.min(), days.max()
        return Facet(
            column=own.name,
            kind="dates",
            names=names,
            low=low if isinstance(low, date) else None,
            high=high if isinstance(high, date) else None,
        )
    numbers = own.cast(pl.Float64).fill_nan(None)
    low, high = numbers.min(), numbers.max()
    return Facet(
        column=own.name,
        kind="range",
        names=names,
        low=low if isinstance(low, float) else None,
        high=high if isinstance(high, float) else None,
    )
