"""Every number of a page, each claimed by what a test worked out from the artifacts itself.

A test asks for a page in a ``with claimed(site, path) as page`` block and says what has to stand
where: `Seen.fact`, `Seen.table`, `Seen.sentence`, `Seen.options`, `Seen.static`, `Seen.chart`.
What is said and does not stand there fails at once; what stands there and nobody said fails at the
end of the block, with the words around it. Text is compared with plain spaces.
"""

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from foresell.serving.site import Site
from tests.dashboard_site import get, site_of
from tests.page_reading import HASH, INLINE, TOKEN, Node, Reader, numbers_in, whole

__all__ = ["TOKEN", "Node", "Seen", "claimed", "numbers_in", "site_over"]


class Seen:
    """A page as it is seen, or a part of it, and what was claimed of its numbers."""

    def __init__(self, html: str, site: Site | None = None) -> None:
        read = Reader(html)
        self.site, self.figures = site, read.figures
        self.text, self.root = "".join(read.pieces), read.root
        code = [one for one in self.root.walk() if one.tag == "code"]
        self.tokens = [
            found.span()
            for found in TOKEN.finditer(self.text)
            if HASH.fullmatch(found.group())
            or not any(one.start <= found.start() < one.end for one in code)
        ]
        self.open = set(range(len(self.tokens)))  # by number: not claimed yet
        self.undrawn = set(read.figures)  # charts whose data nobody asked for yet

    def within(self, name: str) -> "Seen":
        """Return the part with this id, or labelled by it; claims are those of the page."""
        found = [
            one
            for one in self.root.walk()
            if name in {one.attrs.get("id"), one.attrs.get("aria-labelledby")}
        ]
        assert found, f"no part of the page is {name!r}"
        part = object.__new__(Seen)
        part.__dict__.update(self.__dict__)
        part.root = max(found, key=lambda one: one.end - one.start)
        return part

    def words(self, node: Node, *, notes: bool = True) -> str:
        """Return the text of an element; without what is ``<small>`` in it, if so asked."""
        text = self.text[node.start : node.end]
        for small in () if notes else reversed(node.all("small")):
            text = text[: small.start - node.start] + text[small.end - node.start :]
        return " ".join(text.split())

    def numbers(self, start: int, end: int) -> list[str]:
        """Return the numbers of a stretch of the text, in order."""
        return [whole(self.text[a:b]) for a, b in self.tokens if start <= a < end]

    def _said(self, node: Node) -> list[str]:
        return self.numbers(node.start, node.end)

    def _claim(self, start: int, end: int) -> None:
        for place, (first, last) in enumerate(self.tokens):
            if first < end and last > start:
                assert start <= first, f"{self.text[start:end]!r} is a part of a number"
                assert last <= end, f"{self.text[start:end]!r} is a part of a number"
                self.open.discard(place)

    def fact(self, label: str, value: str, *notes: str, of: str = "") -> None:
        """Claim that a fact with this label has this value, and its notes the numbers ``notes``.

        ``label``: all words of its term but notes, or how they begin where only one begins so.
        ``of``: a class of its list, where other lists have such a fact too.
        """
        lists = [one for one in self.root.all("dl") if of in one.attrs.get("class", "")]
        terms = [pair for one in lists for box in one.all("div") for pair in _pair(box)]
        named = [pair for pair in terms if self.words(pair[0], notes=False) == label]
        found = named or [
            pair for pair in terms if self.words(pair[0], notes=False).startswith(label)
        ]
        known = sorted({self.words(one, notes=False) for one, _ in terms})
        assert found, f"no fact is {label!r}; there are {known}"
        told = {self.words(two, notes=False) for _, two in found}
        assert told == {value}, f"{label!r} is {told}, not {value!r}"
        for pair in found:
            smalls = [small for one in pair for small in one.all("small")]
            said = [number for one in smalls for number in self.numbers(one.start, one.end)]
            assert said == list(notes), f"the notes of {label!r} have {said}, not {notes}"
            for one in (*smalls, *(pair if named else pair[1:])):
                self._claim(one.start, one.end)

    def table(
        self, caption: str, heads: Sequence[str], rows: Sequence[Sequence[str | tuple[str, ...]]]
    ) -> None:
        """Claim a whole table, found by words of its caption: its heads, and its rows in order.

        A cell that is a tuple: all numbers of its text, whose words do not matter. Numbers of the
        caption are for `sentence`.
        """
        tables = {
            self.words(two): one for one in self.root.all("table") for two in one.all("caption")
        }
        found = [one for words, one in tables.items() if caption in words]
        assert len(found) == 1, f"{len(found)} tables are {caption!r}; there are {sorted(tables)}"
        lines = [one.all("th", "td") for one in found[0].all("tr")]
        assert [self.words(one) for one in lines[0]] == list(heads), caption
        assert len(lines) == len(rows) + 1, f"{caption}: {len(lines) - 1} rows, not {len(rows)}"
        for line, row in zip(lines[1:], rows, strict=True):
            told = [
                self.words(one) if isinstance(asked, str) else tuple(self._said(one))
                for one, asked in zip(line, row, strict=True)
            ]
            assert told == list(row), caption
        for one in lines:
            self._claim(one[0].start, one[-1].end)

    def sentence(self, words: str, *numbers: str) -> None:
        """Claim all numbers of each smallest element with ``words`` in its text, in their order."""
        found = [one for one in self.root.walk() if words in self.words(one)]
        least = [one for one in found if not any(two in found for two in one.children)]
        assert least, f"nothing says {words!r}"
        for one in least:
            self._has(one if one.tag not in INLINE else self._around(one), numbers)

    def spoken(self, figure: str, *numbers: str) -> None:
        """Claim all numbers that a reader of the screen says of a chart, in their order."""
        self._has(self._of_figure(figure, "spoken"), numbers)

    def captioned(self, figure: str, *numbers: str) -> None:
        """Claim all numbers of what stands above a chart, in their order."""
        self._has(self._of_figure(figure, "figcaption"), numbers)

    def _of_figure(self, figure: str, tag: str) -> Node:
        found = [
            part
            for one in self.root.all("figure")
            if one.attrs.get("id") == figure
            for part in one.all(tag)
        ]
        assert found, f"there is no chart {figure!r}; there are {sorted(self.figures)}"
        return found[0]

    def heading(self, *numbers: str) -> None:
        """Claim all numbers of the heading of the page, in their order."""
        (found,) = self.root.all("h1")
        self._has(found, numbers)

    def only(self, *numbers: str) -> None:
        """Claim all numbers of this part of the page, in their order."""
        self._has(self.root, numbers)

    def _has(self, node: Node, numbers: Sequence[str]) -> None:
        said = self._said(node)
        assert said == list(numbers), f"{self.words(node)!r} has {said}, not {list(numbers)}"
        self._claim(node.start, node.end)

    def options(self, name: str, labels: Sequence[str]) -> None:
        """Claim the labels of all options of a choice, in their order."""
        found = [one for one in self.root.all("select") if one.attrs.get("name") == name]
        assert found, f"there is no choice {name!r}"
        for one in found:
            assert [self.words(two) for two in one.all("option")] == list(labels), name
            self._claim(one.start, one.end)

    def field(self, name: str, value: str) -> None:
        """Claim what stands in an input field."""
        found = [one for one in self.root.all("input") if one.attrs.get("name") == name]
        assert found, f"there is no field {name!r}"
        for one in found:
            assert one.attrs.get("value", "") == value, name
            self._claim(one.start, one.end)

    def says(self, *texts: str) -> None:
        """Claim that these very words stand on the page, and the numbers in them, each time."""
        flat = self.text[self.root.start : self.root.end].replace("\n", " ")
        for text in texts:
            at = [found.start() for found in re.finditer(re.escape(text), flat)]
            assert at, f"{text!r} is not on the page"
            for start in at:
                self._claim(self.root.start + start, self.root.start + start + len(text))

    static = says  # of numbers that are no result, such as those of an explanation

    def chart(self, figure: str) -> list[dict[str, Any]]:
        """Return the rows that a chart draws, of all its layers; the chart is claimed."""
        assert self.site is not None
        assert figure in self.figures, f"no chart {figure!r}; there are {sorted(self.figures)}"
        self.undrawn.discard(figure)
        answer = get(self.site, self.figures[figure])
        assert answer.status_code == 200, answer.text
        return list(_drawn(json.loads(answer.text)))

    def _around(self, node: Node) -> Node:
        """Return the element of its own line that ``node`` stands in."""
        within = [
            one
            for one in self.root.walk()
            if one.tag not in INLINE and one.start <= node.start and node.end <= one.end
        ]
        return min(within, key=lambda one: one.end - one.start, default=self.root)

    def left(self) -> list[str]:
        """Return the numbers that nobody claimed, each with the words around it."""
        found = []
        for place in sorted(self.open):
            first, last = self.tokens[place]
            before, after = self.text[max(first - 60, 0) : first], self.text[last : last + 40]
            found.append(f"{before}[{self.text[first:last]}]{after}".replace("\n", " | "))
        return found + [f"the data of the chart {name}" for name in sorted(self.undrawn)]


@cache
def site_over(home: Path) -> Site:
    """Return the site over a home of `tests.looked_homes`; it is made once."""
    return site_of(home, "walmart", "sales_orders")


@contextmanager
def claimed(site: Site, path: str) -> Iterator[Seen]:
    """Ask for a page; when the block ends, all its numbers and charts must have been claimed."""
    answer = get(site, path)
    assert answer.status_code == 200, answer.text
    page = Seen(answer.text, site)
    yield page
    left = page.left()
    assert not left, f"nobody knows where {len(left)} numbers of {path} are from:\n" + "\n".join(
        left
    )


def _pair(box: Node) -> Iterator[tuple[Node, Node]]:
    """Yield the term and what is said of it, where ``box`` holds these two."""
    inside = [one for one in box.children if one.tag in {"dt", "dd"}]
    if [one.tag for one in inside] == ["dt", "dd"]:
        yield inside[0], inside[1]


def _drawn(spec: Any) -> Iterator[dict[str, Any]]:
    """Yield the rows of all data that lie in a Vega-Lite specification."""
    if isinstance(spec, list):
        for inner in spec:
            yield from _drawn(inner)
    if not isinstance(spec, dict):
        return
    for rows in (*spec.get("datasets", {}).values(), (spec.get("data") or {}).get("values", ())):
        yield from rows
    for name, inner in spec.items():
        if name not in {"datasets", "data"}:
            yield from _drawn(inner)
