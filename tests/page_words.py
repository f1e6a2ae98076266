"""Numbers as pages write them, worked out for tests apart from the code that writes them."""

import math
from collections.abc import Sequence
from datetime import date

import polars as pl

from tests.page_numbers import Node, Seen, _pair, numbers_in

_LONG = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


def total(values: pl.Series) -> float:
    """The exact sum of what is known."""
    return math.fsum(values.drop_nulls())


def minus(text: str) -> str:
    """A real minus."""
    return text.replace("-", "−")


def share(value: float, digits: int = 1) -> str:
    """0.0712 is 7.1 %."""
    text = f"{100 * value:,.{digits}f}"
    return f"{minus(text if text.strip('-0.') else text.lstrip('-'))} %"


def change(value: float) -> str:
    """A share with its sign, none before nothing."""
    text = share(value)
    return f"+{text}" if value > 0 and text.strip("0. %") else text


def size(value: float, unit: str = "") -> str:
    """About three digits: 965 k USD, 47.2 M USD, 1,234, 0.41."""
    number = abs(value)
    if number >= 1e9:
        told = [f"{value / 1e9:.{0 if number >= 1e11 else 1}f}", "B"]
    elif number >= 1e6:
        told = [f"{value / 1e6:.{0 if number >= 1e8 else 1}f}", "M"]
    elif number >= 1e4:
        told = [f"{value / 1e3:.{0 if number >= 1e5 else 1}f}", "k"]
    else:
        told = [f"{value:,.0f}" if number >= 100 else f"{value:.3g}"]
    return minus(" ".join([*told, unit] if unit else told))


def aligned(value: float) -> str:
    """As `size`, with the zeros at its end below 100: 67.0."""
    return size(value) if abs(value) >= 100 else minus(f"{value:#.3g}".rstrip("."))


def day(value: date) -> str:
    """3 Feb 2012."""
    return f"{value.day} {_MONTHS[value.month - 1]} {value.year}"


def pointed(value: float | None) -> str:
    """As a pointer over a series tells it."""
    if value is None:
        return "not known"
    return minus(f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2f}")


def whole(value: float) -> str:
    """To four digits or more."""
    return minus(f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}")


def month(value: date) -> str:
    """February 2012."""
    return f"{_LONG[value.month - 1]} {value.year}"


def short_month(value: date) -> str:
    """Feb 2012."""
    return f"{_MONTHS[value.month - 1]} {value.year}"


def heading(page: Seen, *said: str) -> None:
    """Claim the heading: it says these, in this order, and has no other number."""
    told(page, page.root.all("h1")[0], said)


def line(page: Seen, words: str, *said: str) -> None:
    """Claim the smallest element with ``words`` in its text, as `heading` does."""
    found = [one for one in page.root.walk() if words in page.words(one)]
    assert found, f"nothing says {words!r}"
    least = min(found, key=lambda one: one.end - one.start)
    told(page, page._around(least), said)


def heard(page: Seen, figure: str, *said: str, passing: Sequence[str] = ()) -> None:
    """Claim what a reader of the screen says of a chart, as `heading` does."""
    found = [one for one in page.root.walk() if one.tag == "spoken" and one.attrs["id"] == figure]
    assert found, f"there is no chart {figure!r}; there are {sorted(page.figures)}"
    told(page, found[0], said, passing)


def caption(page: Seen, figure: str, *said: str, passing: Sequence[str] = ()) -> None:
    """Claim the words above a chart, as `heading` does."""
    found = [
        two
        for one in page.root.all("figure")
        if one.attrs.get("id") == figure
        for two in one.all("figcaption")
    ]
    assert found, f"there is no chart {figure!r}; there are {sorted(page.figures)}"
    told(page, found[0], said, passing)


def fact(page: Seen, label: str, value: str, *said: str) -> None:
    """Claim each fact whose label begins so: its value, and all numbers of its label and notes."""
    terms = [pair for box in page.root.all("div") for pair in _pair(box)]
    found = [pair for pair in terms if page.words(pair[0]).startswith(label)]
    assert found, f"{label!r} is not one of {[page.words(one) for one, _ in terms]}"
    for term, shown in found:
        assert page.words(shown) == value, f"{label!r} is {page.words(shown)!r}, not {value!r}"
        told(page, term, said)
        page._claim(shown.start, shown.end)


def table(
    page: Seen,
    words: str,
    said: Sequence[str],
    heads: Sequence[str],
    rows: Sequence[Sequence[str | None]],
) -> None:
    """Claim the table with ``words`` in its caption, and the caption, which says ``said``.

    ``heads``: a word that each of them has. A cell None has no number.
    """
    found = [
        (one, two)
        for one in page.root.all("table")
        for two in one.all("caption")
        if words in page.words(two)
    ]
    assert len(found) == 1, f"{len(found)} tables are {words!r}"
    own, named = found[0]
    told(page, named, said)
    lines = [one.all("th", "td") for one in own.all("tr")]
    shown = [page.words(one) for one in lines[0]]
    assert len(shown) == len(heads), shown
    assert all(word in head for word, head in zip(heads, shown, strict=True)), shown
    assert len(lines) == len(rows) + 1, f"{words}: {len(lines) - 1} rows, not {len(rows)}"
    for given, row in zip(lines[1:], rows, strict=True):
        assert len(given) == len(row)
        for cell, asked in zip(given, row, strict=True):
            if asked is None:
                assert not page.numbers(cell.start, cell.end), page.words(cell)
            else:
                assert page.words(cell) == asked, f"{words}: {list(map(page.words, given))}, {row}"
    for one in lines:
        page._claim(one[0].start, one[-1].end)


def options(page: Seen, name: str, *said: str) -> None:
    """Claim all numbers of the labels of a choice."""
    found = [one for one in page.root.all("select") if one.attrs.get("name") == name]
    assert found, f"there is no choice {name!r}"
    told(page, found[0], said)


def told(page: Seen, node: Node, said: Sequence[str], passing: Sequence[str] = ()) -> None:
    """Claim an element: it says all of ``said`` in this order, and has no other number.

    ``passing``: names of bands and the like, which may stand anywhere else.
    """
    text, at = page.words(node), 0
    for one in said:
        found = text.find(one, at)
        assert found >= 0, f"{text!r} does not say {one!r} after {text[:at]!r}"
        at = found + len(one)
    numbers = [one for each in said for one in numbers_in(each) if one not in passing]
    shown = [one for one in page.numbers(node.start, node.end) if one not in passing]
    assert shown == numbers, f"{text!r} says more than {said}"
    page._claim(node.start, node.end)
