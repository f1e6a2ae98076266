"""All series of one version, indexed once: what a filter, a sum or a page of them is taken from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import cast
from urllib.parse import quote

import numpy as np
import polars as pl
from numpy.typing import NDArray

from foresell.answer.published import BY_DEFAULT
from foresell.bundle.bundle import Bundle
from foresell.contracts.contract import parse_contract
from foresell.dashboard.forecast.blocks import Block, Grid, Matrix, Rows, Vector, laid
from foresell.features.alignment import year_periods
from foresell.report.wording import column
from foresell.spec.calendar import step
from foresell.spec.forecast import BANDS
from foresell.spec.project import ProjectSpec
from foresell.spec.reading import parse_project

UNKNOWN = "(unknown)"  # what a static column is shown as where nobody knows it
EDGES = tuple(f"q{level}" for level in sorted(level for band in BANDS.values() for level in band))
INNER = tuple(f"q{level}" for level in BANDS[80])
_MOST_CHOICES = 120  # values of a column that are listed; of more, some are typed
_MOST_SUGGESTED = 1000  # values of a column that is typed in, which a browser may complete
_RANGED = 12  # different numbers of a static column from which on it is chosen by a range
_MOST_OF = 0.9  # of the cells of a series: what a comparison with the year before needs


@dataclass(frozen=True, kw_only=True, eq=False)
class Measured:
    """One number of each series, (n series,), NaN where it has none.

    ``size``: its mean over the last year, a period; ``ahead``: the sum of its forecast;
    ``change``: that against the same periods of the year before, as a share; ``error``: of the
    test, the sum of absolute errors as a share of the sum of absolute truths; ``held``: the share
    of the test's truths inside the 80 % band; ``seen``: periods observed.
    """

    size: Vector
    ahead: Vector
    change: Vector
    error: Vector
    held: Vector
    seen: Vector


@dataclass(frozen=True, kw_only=True, eq=False)
class Index:
    """The series of a version.

    ``described``: (n series, key and static columns), sorted by key; ``texts``: the same columns as
    text, as people read and choose them; ``names``: what each series is called in an address, see
    `series_name`; ``search``: all of its words, in small letters, with a space around each.
    ``choices``: by column with few values, all of them as text; ``ends``: by column of many numbers
    that is no key, the least and the greatest; columns in neither have many values, of which
    ``suggested`` has all where they are not very many.
    ``last``: the last observed period; ``cut``: the last one the judged model knew, None where
    nothing was judged. ``asked``: (n series, width of ``published``) whether a row is one of those
    that are answered when nobody names any.
    """

    spec: ProjectSpec
    grid: Grid
    described: pl.DataFrame
    texts: pl.DataFrame
    names: Sequence[str]
    search: pl.Series
    choices: Mapping[str, tuple[str, ...]]
    suggested: Mapping[str, tuple[str, ...]]
    ends: Mapping[str, tuple[float, float]]
    last: int
    cut: int | None
    history: Block
    judged: Block
    published: Block
    asked: NDArray[np.bool_]
    measured: Measured
    metadata: Mapping[str, object]

    @property
    def n_series(self) -> int:
        """How many series there are."""
        return self.described.height

    @property
    def columns(self) -> Sequence[str]:
        """The columns that series are found by: keys, then what else is known of them."""
        return self.texts.columns

    @property
    def end(self) -> int:
        """The period after the last one that was observed or forecast."""
        return max(self.last + 1, self.published.after)


def series_name(values: Sequence[str]) -> str:
    """Return what a series is called in an address, by its keys as text.

    >>> series_name(["1", "a/b"])
    '1/a%2Fb'
    """
    return "/".join(quote(value, safe=" ") for value in values)


def label_of(keys: Sequence[str], values: Sequence[str]) -> str:
    """Return what a series is called on a page: its keys, a bare number with the column's name.

    >>> label_of(["Store", "Dept"], ["1", "7"]), label_of(["store_id"], ["north"])
    ('Store 1, Dept 7', 'north')
    """
    words = [
        f"{column(key)} {value}" if len(value) < 2 or value.isdigit() else value
        for key, value in zip(keys, values, strict=True)
    ]
    return ", ".join(words)


def indexed(bundle: Bundle) -> Index:
    """Return the series of a bundle, indexed: about a second for a million observed rows.

    A bundle from before forecasts were published has a history and no forecast.
    """
    spec = parse_project(bundle.project_text, "bundle/project.yaml")
    contract = parse_contract(bundle.contract_text, "bundle/contract.yaml")
    every = step(spec.frequency).days
    shown = [
        name
        for name in spec.with_role("key", "static")
        if name not in contract.columns or not contract.columns[name].personal
    ]
    described = _described(bundle, spec, shown)
    first = cast("date", bundle.history[spec.time].min())
    last = cast("date", bundle.history[spec.time].max())
    grid = Grid(keys=described.select(spec.keys), time=spec.time, first=first, every=every)
    history = laid(grid, bundle.history, [spec.target])
    judged, cut = _judged(bundle, grid)
    published, asked = _published(bundle, grid)
    texts = described.select(_text(described, name) for name in shown)
    search = texts.select(
        pl
        .format(
            " {} ",
            pl.concat_str(
                [pl.lit(f"{column(name).lower()} ") + pl.col(name) for name in shown], separator=" "
            ),
        )
        .str.to_lowercase()
        .alias("search")
    )["search"]
    ends = _ends(described, spec)
    values = {name: _values(described, texts, name) for name in shown if name not in ends}
    at = grid.period(last)
    return Index(
        spec=spec,
        grid=grid,
        described=described,
        texts=texts,
        names=[series_name(row) for row in texts.select(spec.keys).iter_rows()],
        search=search,
        choices={name: told for name, told in values.items() if len(told) <= _MOST_CHOICES},
        suggested={
            name: told
            for name, told in values.items()
            if _MOST_CHOICES < len(told) <= _MOST_SUGGESTED
        },
        ends=ends,
        last=at,
        cut=cut,
        history=history,
        judged=judged,
        published=published,
        asked=asked,
        measured=_measured(spec, at, history, judged, published, asked),
        metadata=bundle.metadata,
    )


def _described(bundle: Bundle, spec: ProjectSpec, shown: Sequence[str]) -> pl.DataFrame:
    """Return key columns and what else is known of each series, sorted by key.

    Static columns are as last known; of series without a history as the rows asked for say.
    """
    history, keys = bundle.history, list(spec.keys)
    parts = [
        frame.select(
            pl.col(name).cast(history.schema[name]) for name in shown if name in frame.columns
        )
        for frame in (bundle.published, bundle.asked, history)
        if not frame.is_empty()
    ]
    static = [name for name in shown if name not in keys]
    every = pl.concat(parts, how="diagonal").group_by(keys, maintain_order=True)
    return every.agg(pl.col(name).drop_nulls().last() for name in static).sort(keys).select(shown)


def _text(frame: pl.DataFrame, name: str) -> pl.Expr:
    """Return a column as people read it: whole numbers without a point."""
    values = pl.col(name)
    kind = frame.schema[name]
    if kind.is_float() and frame.select((values.drop_nulls() % 1 == 0).all()).item():
        values = values.cast(pl.Int64)
    return values.cast(pl.String).fill_null(UNKNOWN).alias(name)


def _ends(described: pl.DataFrame, spec: ProjectSpec) -> dict[str, tuple[float, float]]:
    """Return the least and the greatest value of the columns that are chosen by a range."""
    ends = {}
    for name, kind in described.schema.items():
        known = described[name].drop_nulls()
        if name not in spec.keys and kind.is_numeric() and known.n_unique() > _RANGED:
            ends[name] = (float(cast("float", known.min())), float(cast("float", known.max())))
    return ends


def _values(described: pl.DataFrame, texts: pl.DataFrame, name: str) -> tuple[str, ...]:
    """Return the values of a column as text, in their own order."""
    both = (
        pl
        .DataFrame({"own": described[name], "text": texts[name]})
        .unique()
        .sort("own", nulls_last=True)
    )
    return tuple(both["text"].to_list())


def _judged(bundle: Bundle, grid: Grid) -> tuple[Block, int | None]:
    """Return what the judged model said of the test, and the last period it knew."""
    told = bundle.metadata.get("judged_cutoff")
    if bundle.judged.is_empty() or not isinstance(told, str):
        nothing = {name: np.zeros((grid.keys.height, 0)) for name in ("y", "prediction", *INNER)}
        return Block(first=0, width=0, columns=nothing), None
    judged = laid(grid, bundle.judged, ["y", "prediction", *INNER])
    return judged, grid.period(date.fromisoformat(told))


def _published(bundle: Bundle, grid: Grid) -> tuple[Block, NDArray[np.bool_]]:
    """Return the published forecast, and which of its rows are those answered by default."""
    names = ["prediction", *EDGES]
    if bundle.published.is_empty():
        nothing = {name: np.zeros((grid.keys.height, 0)) for name in names}
        return Block(first=0, width=0, columns=nothing), np.zeros((grid.keys.height, 0), dtype=bool)
    made = laid(grid, bundle.published, [*names, BY_DEFAULT])
    columns = dict(made.columns)
    asked: NDArray[np.bool_] = columns.pop(BY_DEFAULT) == 1.0
    return Block(first=made.first, width=made.width, columns=columns), asked


def _measured(
    spec: ProjectSpec,
    last: int,
    history: Block,
    judged: Block,
    published: Block,
    asked: NDArray[np.bool_],
) -> Measured:
    """Return the numbers of each series that a list of them shows."""
    y, year = history.columns[spec.target], year_periods(spec)
    late = y[:, max(0, last + 1 - history.first - year) : last + 1 - history.first]
    said = published.columns["prediction"]
    mine = counted_alone(asked, said)
    change = year_change(y, history.first, said, mine, published.first - year)
    truth, told = judged.columns["y"], judged.columns["prediction"]
    low, high = (judged.columns[name] for name in INNER)
    known = np.isfinite(truth) & np.isfinite(told)
    return Measured(
        size=_ratio(_total(late), np.isfinite(late).sum(axis=1)),
        ahead=np.where(mine.any(axis=1), _total(np.where(mine, said, np.nan)), np.nan),
        change=change,
        error=_ratio(_total(np.abs(truth - told)), _total(np.abs(np.where(known, truth, np.nan)))),
        held=_ratio((known & (low <= truth) & (truth <= high)).sum(axis=1), known.sum(axis=1)),
        seen=np.isfinite(y).sum(axis=1).astype(np.float64),
    )


def counted_alone(asked: NDArray[np.bool_], said: Matrix) -> NDArray[np.bool_]:
    """Return which forecasts the numbers of each single series count.

    ``asked``, ``said``: (n, steps). Those that were asked for; of a series of which none was, all.

    >>> asked = np.array([[True, False], [False, False]])
    >>> counted_alone(asked, np.array([[3.0, 4.0], [5.0, np.nan]])).tolist()
    [[True, False], [True, False]]
    """
    some: NDArray[np.bool_] = np.asarray(asked.any(axis=1))
    counted: NDArray[np.bool_] = (asked | ~some[:, None]) & np.isfinite(said)
    return counted


def year_change(
    y: Matrix, first: int, said: Matrix, mine: NDArray[np.bool_], before: int
) -> Vector:
    """Return (n,) by what share the forecasts of each row differ from the year before.

    ``y``: (n, periods) the truth from period ``first``; ``said``: (n, steps) forecasts, of which
    those at ``mine`` count; ``before``: the period a year before the first step. NaN where more
    than a tenth of the cells have no year before, or the year before was not above 0.
    """
    steps = said.shape[1]
    past = np.full(said.shape, np.nan)
    low, high = max(before, first), min(before + steps, first + y.shape[1])
    if low < high:
        past[:, low - before : high - before] = y[:, low - first : high - first]
    both = mine & np.isfinite(past)
    new, old = (np.where(both, part, 0.0).sum(axis=1) for part in (said, past))
    enough = (both.sum(axis=1) >= _MOST_OF * mine.sum(axis=1)) & (old > 0)
    return np.where(enough, new / np.where(enough, old, 1.0) - 1.0, np.nan)


def _total(values: Matrix) -> Vector:
    """Return (n,) the sum of what is known of each row."""
    total: Vector = np.where(np.isfinite(values), values, 0.0).sum(axis=1)
    return total


def _ratio(above: NDArray[np.generic], below: NDArray[np.generic]) -> Vector:
    """Return (n,) ratios, NaN where nothing is below."""
    over, under = np.asarray(above, dtype=np.float64), np.asarray(below, dtype=np.float64)
    return np.where(under > 0, over / np.where(under > 0, under, 1.0), np.nan)


def all_rows(index: Index) -> Rows:
    """Return the place of every series."""
    return np.arange(index.n_series, dtype=np.int64)
