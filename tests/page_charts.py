"""The data of a chart, layer by layer, each to be claimed by what a test worked out itself.

In a ``with drawn(page, "months") as chart`` block a test says what each layer draws: `Chart.same`
for the values of its channels, `Chart.told` for what a pointer is told, `Chart.says` for words.
What is said and not drawn fails at once; what is drawn and nobody said fails at the end.
"""

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

import httpx
import polars as pl

from tests.dashboard_site import get
from tests.page_numbers import Seen

Row = tuple[Any, ...]
Ask = Callable[[str], httpx.Response]
Told = str | tuple[str, ...]  # words, or some of which any will do
CLOSE = 1e-9  # of a value: what sums in another order may be apart
_PLACES = ("x", "x2", "y", "y2")


@dataclass(frozen=True)
class Layer:
    """A mark, the columns of its channels, what a pointer is told by name, and its rows."""

    mark: str
    channels: dict[str, str]
    tips: dict[str, str]
    rows: list[dict[str, Any]]
    fixed: tuple[Any, ...] = ()

    @property
    def places(self) -> tuple[str, ...]:
        """The columns that place the mark."""
        return tuple(self.channels[name] for name in _PLACES if name in self.channels)

    @property
    def values(self) -> list[Row]:
        """What stands in those columns, row by row."""
        return [tuple(row.get(name) for name in self.places) for row in self.rows]


class Chart:
    """A chart's layers that nobody claimed yet."""

    def __init__(self, spec: Any) -> None:
        self.layers = list(_layers(spec, {}, spec.get("datasets", {})))

    def same(self, mark: str, places: Sequence[str], rows: Sequence[Row]) -> None:
        """Claim a layer: its mark is placed by these columns, and these are their values.

        Raises:
            AssertionError: there is no such layer.
        """
        known = [one for one in self.layers if one.mark == mark and len(one.places) == len(places)]
        assert known, f"no {mark} by {places}; there are {self.left()}"
        fitting = [one for one in known if one.places == tuple(places)] or known
        for one in fitting:  # a column may be called otherwise: the values decide
            if alike(one.values, rows):
                self.layers.remove(one)
                return
        raise AssertionError(f"{mark} by {places}: {_apart(fitting[0].values, rows)}")

    def told(self, rows: Sequence[Mapping[str, Told]]) -> None:
        """Claim a layer that only tells a pointer something: by its names, row by row."""
        fitting = [one for one in self.layers if one.tips and list(one.tips) == list(rows[0])]
        assert fitting, f"nothing tells {list(rows[0])}; there are {self.left()}"
        one = fitting[0]
        shown = [{name: row.get(at) for name, at in one.tips.items()} for row in one.rows]
        assert len(shown) == len(rows), f"{len(shown)} rows, not {len(rows)}"
        for given, asked in zip(shown, rows, strict=True):
            for name, words in asked.items():
                assert given[name] in ((words,) if isinstance(words, str) else words), (
                    f"{given} is not {asked}"
                )
        self.layers.remove(one)

    def tips(self, mark: str, places: Sequence[str], rows: Sequence[dict[str, str]]) -> None:
        """Say what a pointer is told at a layer that is still to be claimed, in any order."""
        fitting = [
            {name: row.get(at) for name, at in one.tips.items()}
            for one in self.layers
            if one.mark == mark and one.places == tuple(places)
            for row in one.rows
        ]
        shown, asked = (sorted(map(tuple_of, some)) for some in (fitting, rows))
        assert shown == asked, _apart(shown, asked)

    def holds(self, mark: str, names: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
        """Claim a layer that hands its rows to a pointer: these columns of these rows."""
        fitting = [one for one in self.layers if one.mark == mark and one.places == ("date",)]
        assert fitting, f"no {mark} by date; there are {self.left()}"
        shown = [tuple(row[name] for name in names) for row in fitting[0].rows]
        asked = [tuple(row[name] for name in names) for row in rows]
        assert alike(shown, asked), _apart(shown, asked)
        self.layers.remove(fitting[0])

    def says(self, *texts: str) -> None:
        """Claim all words: these, once or twice each, and no others."""
        words = [one for one in self.layers if one.mark == "text"]
        found = {row[one.channels["text"]] for one in words for row in one.rows}
        assert found == set(texts), f"it says {sorted(found)}, not {sorted(texts)}"
        self.layers = [one for one in self.layers if one not in words]

    def words(self) -> list[str]:
        """Claim all words, whatever they are, and return them."""
        words = [one for one in self.layers if one.mark == "text"]
        self.layers = [one for one in self.layers if one not in words]
        return [str(row[one.channels["text"]]) for one in words for row in one.rows]

    def drop(self, mark: str, *places: str) -> None:
        """Claim layers that draw no number: a grid, a line under the pointer."""
        gone = [one for one in self.layers if one.mark == mark and one.places == places]
        assert gone, f"no {mark} by {places}; there are {self.left()}"
        self.layers = [one for one in self.layers if one not in gone]

    def left(self) -> list[tuple[str, tuple[str, ...], list[str]]]:
        """What was not claimed yet."""
        return [(one.mark, one.places, list(one.tips)) for one in self.layers]


@contextmanager
def drawn(page: Seen, figure: str, width: int = 0, ask: Ask | None = None) -> Iterator[Chart]:
    """Ask for the data of a chart; when the block ends, all its layers must have been claimed.

    ``ask``: how an address is asked for, where the page is not of a site without a socket.
    """
    assert figure in page.figures, f"no chart {figure!r}; there are {sorted(page.figures)}"
    page.undrawn.discard(figure)
    path = page.figures[figure]
    path = f"{path}{'&' if '?' in path else '?'}width={width}" if width else path
    answer = _asked(page, path) if ask is None else ask(path)
    assert answer.status_code == 200, answer.text
    chart = Chart(json.loads(answer.text))
    yield chart
    assert not chart.left(), f"nobody knows what {figure} draws here: {chart.left()}"


def _asked(page: Seen, path: str) -> httpx.Response:
    assert page.site is not None
    return get(page.site, path)


def by_column(frame: pl.DataFrame, *names: str) -> list[Row]:
    """Rows of a frame as a chart holds them: days as text."""
    return [
        tuple(one.isoformat() if isinstance(one, date) else one for one in row)
        for row in frame.select(names).iter_rows()
    ]


def alike(shown: Sequence[Row], rows: Sequence[Row]) -> bool:
    """Whether all values are the same, numbers within what the order of a sum may do."""
    return len(shown) == len(rows) and all(
        len(one) == len(two) and all(map(_equal, one, two))
        for one, two in zip(shown, rows, strict=True)
    )


def tuple_of(row: dict[str, Any]) -> Row:
    """A row as values that can be ordered."""
    return tuple(map(str, row.values()))


def _equal(one: Any, two: Any) -> bool:
    if isinstance(one, int | float) and isinstance(two, int | float):
        return math.isclose(one, two, rel_tol=CLOSE, abs_tol=CLOSE)
    return bool(one == two)


def _apart(shown: Sequence[Row], rows: Sequence[Row]) -> str:
    """Return the first row that differs."""
    for at, (one, two) in enumerate(zip(shown, rows, strict=False)):
        if len(one) != len(two) or not all(map(_equal, one, two)):
            return f"row {at} is {one}, not {two}"
    return f"{len(shown)} rows, not {len(rows)}"


def _layers(spec: Any, data: Any, held: Any) -> Iterator[Layer]:
    """Yield the marks of a specification, however deep they lie."""
    data = spec.get("data", data)
    inner = [*spec.get("layer", []), *spec.get("hconcat", []), *spec.get("vconcat", [])]
    for one in inner:
        yield from _layers(one, data, held)
    if "mark" not in spec:
        return
    encoded = spec.get("encoding", {})
    tips = encoded.get("tooltip", [])
    mark = spec["mark"] if isinstance(spec["mark"], dict) else {"type": spec["mark"]}
    yield Layer(
        mark=mark["type"],
        channels={
            name: one["field"]
            for name, one in encoded.items()
            if isinstance(one, dict) and "field" in one
        },
        tips={one.get("title", one["field"]): one["field"] for one in _listed(tips)},
        rows=[_plain(row) for row in (data["values"] if "values" in data else held[data["name"]])],
        fixed=tuple(encoded[name]["value"] for name in _PLACES if "value" in encoded.get(name, {})),
    )


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row whose words have plain spaces, as `tests.page_numbers` has those of a page."""
    return {
        name: one.replace("\u00a0", " ") if isinstance(one, str) else one
        for name, one in row.items()
    }


def _listed(told: Any) -> list[Any]:
    return told if isinstance(told, list) else [told]
