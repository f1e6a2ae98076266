"""How many bytes a thing holds: what it leads to counts, each once, and long lists are guessed."""

import json
import sys
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foresell.dashboard.reading.memory import Memory
from foresell.dashboard.reading.weight import weight_of

BIG = 1_000_000
values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner, inner),
)


@dataclass(frozen=True)
class Noun:
    """A frozen thing with another one in it."""

    name: str
    rows: Any


@dataclass(frozen=True, slots=True)
class Slotted:
    """The same in slots."""

    rows: Any
    more: Any = field(default=None)


def drawn(rows: Any) -> Any:
    """Return what draws rows later."""
    return lambda width: (width, rows)


ROWS = np.zeros(BIG // 8)


@pytest.mark.parametrize(
    "thing",
    [
        b"0" * BIG,
        "0" * BIG,
        ROWS,
        ROWS[:10],  # a view: all of it stays
        pl.Series([0.0] * (BIG // 8)),
        pl.DataFrame({"y": [0.0] * (BIG // 8)}),
        {"a": {"b": [ROWS]}},
        MappingProxyType({"a": ROWS}),
        Noun("a", Noun("b", ROWS)),
        Slotted(ROWS),
        partial(print, ROWS, end=""),
        drawn(ROWS),
        Noun("a", drawn(ROWS)),
        [drawn, ROWS, ROWS, {"again": ROWS}],
        [b"0" * (BIG // 2_000) + str(at).encode() for at in range(2_000)],
        {at: bytes(BIG // 2_000) + bytes([at % 256, at // 256]) for at in range(2_000)},
    ],
    ids=lambda thing: type(thing).__name__,
)
def test_the_weight_is_what_the_thing_holds_wherever_it_holds_it(thing: object) -> None:
    assert 0.98 * BIG < weight_of(thing) < 1.3 * BIG


def whole(thing: Any) -> int:
    """Return the bytes of plain values, each looked at."""
    if isinstance(thing, dict):
        return sys.getsizeof(thing) + sum(map(whole, [*thing.keys(), *thing.values()]))
    if isinstance(thing, list | tuple):
        return sys.getsizeof(thing) + sum(map(whole, thing))
    return sys.getsizeof(thing)


@given(thing=values)
def test_nothing_weighs_less_than_itself_or_more_than_all_of_its_parts_looked_at(
    thing: Any,
) -> None:
    assert sys.getsizeof(thing) <= weight_of(thing) <= whole(thing)


def test_a_long_file_of_records_weighs_what_its_records_do_though_few_are_looked_at() -> None:
    told = [{"name": f"row {at}", "value": at + 0.5, "more": [at] * 3} for at in range(50_000)]
    read = json.loads(json.dumps(told))
    assert 0.7 * whole(read) < weight_of(read) < 1.3 * whole(read)


def test_a_thing_that_leads_to_itself_is_counted_once() -> None:
    around: list[Any] = [b"0" * BIG]
    around.append(around)
    assert BIG <= weight_of(around) < 1.1 * BIG


def test_what_is_kept_apart_and_what_everybody_shares_is_not_counted() -> None:
    memory = Memory()
    memory.kept("one", None, lambda: b"0" * BIG)
    assert weight_of([memory, Noun, json], apart=Memory) < 1_000


def test_a_list_of_lists_without_end_is_weighed_in_a_moment() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep, 0.5]
    assert weight_of(deep) > 100_000
