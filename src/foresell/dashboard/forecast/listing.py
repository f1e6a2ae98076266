"""The list of series: one page of it, with a small picture and a few numbers each."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from foresell.dashboard.forecast.asked import Asked
from foresell.dashboard.forecast.blocks import Rows, Vector, stretched
from foresell.dashboard.forecast.indexed import Index, label_of
from foresell.dashboard.forecast.matching import ordered
from foresell.dashboard.forecast.telling import noun_of
from foresell.features.alignment import year_periods
from foresell.report.wording import amount, count, percent, signed

PER_PAGE = 20
SPARK = (132, 26)  # width and height of a small picture
_PICTURED = 91  # periods before the forecast that it has at most


@dataclass(frozen=True, kw_only=True)
class Head:
    """A column of the list. ``href``: sorts by it; ``here``: it is sorted by it."""

    text: str
    href: str
    here: bool


@dataclass(frozen=True, kw_only=True)
class Listed:
    """One series. ``past`` and ``ahead``: paths of its small picture, "" for none."""

    name: str
    label: str
    href: str
    chosen: bool
    past: str
    ahead: str
    size: str
    forecast: str
    change: str
    error: str
    held: str
    seen: str


@dataclass(frozen=True, kw_only=True)
class Listing:
    """A page of the list. ``first`` and ``last``: which of ``found`` series are on it, from 1.

    ``before`` and ``after``: links, "" where there is no such page. ``spark``: viewBox of pictures;
    ``pictured``: what of time they show before the forecast.
    """

    heads: Sequence[Head]
    rows: Sequence[Listed]
    found: int
    first: int
    last: int
    page: int
    pages: int
    before: str
    after: str
    pictured: str
    spark: tuple[int, int] = SPARK


def listing(index: Index, asked: Asked, matched: Rows) -> tuple[Listing, Rows]:
    """Return the asked page of the ``matched`` series, and the places of those on it, in order."""
    rows = ordered(index, matched, asked.sort)
    pages = max(1, -(-len(rows) // PER_PAGE))
    page = min(asked.page, pages)
    shown = rows[(page - 1) * PER_PAGE : page * PER_PAGE]
    return Listing(
        heads=_heads(index, asked),
        rows=[_listed(index, asked, int(row)) for row in shown],
        found=len(rows),
        first=(page - 1) * PER_PAGE + 1 if len(rows) else 0,
        last=(page - 1) * PER_PAGE + len(shown),
        page=page,
        pages=pages,
        before=asked.link(page=str(page - 1)) if page > 1 else "",
        after=asked.link(page=str(page + 1)) if page < pages else "",
        pictured=_pictured(index),
    ), shown


def _pictured(index: Index) -> str:
    """Return what of time a small picture shows before the forecast."""
    if year_periods(index.spec) <= _PICTURED:
        return "Last year"
    return f"Last {count(_PICTURED, noun_of(index))}"


def _heads(index: Index, asked: Asked) -> Sequence[Head]:
    """Return the columns that the list can be sorted by."""
    noun, unit = noun_of(index), f", {index.spec.unit}" if index.spec.unit else ""
    told: Mapping[str, str] = {
        "name": "Series",
        "size": f"A {noun}, last year{unit}",
        "ahead": f"Forecast, in all{unit}",
        "change": "Against the year before",
        "error": "Error of the test",
        "held": "In the 80 % band",
        "seen": f"{noun.capitalize()}s observed",
    }
    return [
        Head(text=text, href=asked.link(sort=sort), here=asked.sort == sort)
        for sort, text in told.items()
    ]


def _listed(index: Index, asked: Asked, row: int) -> Listed:
    """Return one series of the list."""
    keys, m = list(index.spec.keys), index.measured
    past, ahead = _spark(index, row)
    name = index.names[row]
    return Listed(
        name=name,
        label=label_of(keys, index.texts.select(keys).row(row)),
        href=asked.link(series=name, view=None, level=None),
        chosen=name in asked.series,
        past=past,
        ahead=ahead,
        size=_told(m.size[row], amount),
        forecast=_told(m.ahead[row], amount),
        change=_told(m.change[row], signed),
        error=_told(m.error[row], percent),
        held=_told(m.held[row], lambda share: percent(share, 0)),
        seen=count(int(m.seen[row])),
    )


def _told(value: float, say: Callable[[float], str]) -> str:
    """Return a number in words, nothing where there is none."""
    return say(float(value)) if np.isfinite(value) else ""


def _spark(index: Index, row: int) -> tuple[str, str]:
    """Return the paths of what was last observed and of the forecast, in one frame."""
    year = min(year_periods(index.spec), _PICTURED)
    span = (index.last + 1 - year, index.end)
    y = stretched(index.history.columns[index.spec.target][row], index.history.first, span)
    said = stretched(index.published.columns["prediction"][row], index.published.first, span)
    both = np.concatenate([y[np.isfinite(y)], said[np.isfinite(said)]])
    if not len(both):
        return "", ""
    low, high = float(both.min()), float(both.max())
    return _path(y, low, high), _path(said, low, high)


def _path(values: Vector, low: float, high: float) -> str:
    """Return a line through the values, broken where there is none, as the path of an SVG.

    >>> _path(np.array([0.0, 1.0, np.nan, 1.0]), 0.0, 1.0)
    'M0 25L44 1M132 1h.1'
    """
    width, height = SPARK
    across = width / max(len(values) - 1, 1)
    down = (height - 2) / ((high - low) or 1.0)
    parts, open_ = [], False
    for at, value in enumerate(values):
        if not np.isfinite(value):
            open_ = False
            continue
        x, y = f"{at * across:.4g}", f"{height - 1 - (value - low) * down:.3g}"
        alone = not open_ and (at + 1 == len(values) or not np.isfinite(values[at + 1]))
        parts.append(f"{'L' if open_ else 'M'}{x} {y}{'h.1' if alone else ''}")
        open_ = True
    return "".join(parts)
